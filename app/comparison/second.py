"""The separation of a song by a second model, behind everything that is on screen."""

from __future__ import annotations

import enum
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from app.jobs import JobHandle, JobProgress, Priority
from app.outcomes import Failure
from app.separation_job import Noticed, SeparationBegun, SeparationRequest
from app.song import SongResult, StemsAdvanced, joined
from app.song_work import SongWork
from app.tasks import TaskHandle
from app.workshop import Found, Workshop


class SecondState(enum.Enum):
    WAITING = "waiting"  # for its turn in the compute thread
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_busy(self) -> bool:
        return self in (SecondState.WAITING, SecondState.WORKING)


class SecondSeparation(QObject):
    """Makes the result of ``model_id`` for a song that is separated, or finds it in the cache.

    The song keeps its model. The result is among its others once it is whole; until then it is
    here alone, and ``advanced`` tells what of it is there.
    """

    begun = Signal()  # there is a ``result``, whole or still empty
    advanced = Signal(object)  # StemsAdvanced
    changed = Signal()  # of state, fraction or time left
    failed = Signal(object)  # Failure
    noticed = Signal(object)  # Failure: something to tell, the work goes on

    def __init__(
        self, work: SongWork, model_id: str, shop: Workshop, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.work, self.model_id = work, model_id
        self.state = SecondState.WAITING
        self.fraction, self.seconds_left = 0.0, None
        self.stage = "Waiting"  # English source text
        self.result: SongResult | None = None
        self._shop = shop
        self._found: Found | None = None
        self._device = "auto"
        self._handle: TaskHandle | JobHandle | None = None

    def start(self, device: str) -> None:
        """Begin, or begin again on another device."""
        song = self.work.song
        assert song.decoded is not None
        self._drop()
        self._device = device
        self._show(SecondState.WAITING, "Waiting")
        handle = self._shop.look_up(
            self.model_id, song.decoded.audio, self.work.fingerprint, song.project
        )
        self._take(handle, self._on_found)

    def cancel(self) -> None:
        """Stop; what is half done is dropped."""
        if self.state.is_busy:
            self._drop()
            self.result = None
            self._show(SecondState.CANCELLED, "Cancelled")

    def _take(self, handle: TaskHandle | JobHandle, on_finished: Callable[[object], None]) -> None:
        self._handle = handle
        handle.finished.connect(on_finished)
        handle.failed.connect(self._on_failed)
        handle.cancelled.connect(self._on_cancelled)

    def _drop(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.cancel()

    def _show(self, state: SecondState, stage: str) -> None:
        self.state, self.stage = state, stage
        self.fraction, self.seconds_left = float(state is SecondState.DONE), None
        self.changed.emit()

    def _is_current(self) -> bool:
        return self._handle is not None and self.sender() is self._handle

    @Slot(object)
    def _on_found(self, found: Found) -> None:
        song = self.work.song
        if not self._is_current() or song.decoded is None:
            return
        self._handle, self._found = None, found
        if found[2] is not None:
            if found[1] is not None:
                self.work.stored_models.add(self.model_id)
            self._finish(found[2])
            return
        request = SeparationRequest(
            song.song_id,
            song.decoded.audio,
            self.model_id,
            found[0],
            self._device,
            self._shop.make_separator,
            self._shop.scratch_dir,
        )
        handle = self._shop.runner.submit(request, Priority.QUEUE)
        self._take(handle, self._on_separated)
        handle.running_changed.connect(self._on_running_changed)
        handle.progressed.connect(self._on_progressed)

    @Slot(bool)
    def _on_running_changed(self, running: bool) -> None:
        if self._is_current():
            self.state = SecondState.WORKING if running else SecondState.WAITING
            self.stage = "Separating" if running else "Waiting"
            self.seconds_left = None
            self.changed.emit()

    @Slot(object)
    def _on_progressed(self, progress: JobProgress) -> None:
        if not self._is_current():
            return
        spans: list[StemsAdvanced] = []
        for detail in progress.details:
            if isinstance(detail, SeparationBegun):
                self.result = detail.result
                self.begun.emit()
            elif isinstance(detail, StemsAdvanced):
                spans.append(detail)
            elif isinstance(detail, Noticed):
                self.noticed.emit(Failure(detail.error, ""))
        self.stage, self.fraction = progress.stage, progress.fraction
        self.seconds_left = progress.seconds_left
        result = self.result
        if result is not None:
            for span in joined(spans):
                result.note(span)
                self.advanced.emit(span)
        self.changed.emit()

    @Slot(object)
    def _on_separated(self, result: SongResult) -> None:
        if not self._is_current():
            return
        self._handle = None
        result.seek = None
        result.complete = True
        self._shop.note_speed(result, self._device)
        assert self._found is not None
        self.work.store(result, self._found[1])
        self._finish(result)

    def _finish(self, result: SongResult) -> None:
        self.work.song.results[self.model_id] = result
        is_new = result is not self.result
        self.result = result
        if is_new:
            self.begun.emit()
        self._show(SecondState.DONE, "Done")

    @Slot(object)
    def _on_failed(self, failure: Failure) -> None:
        if self._is_current():
            self._handle = self.result = None
            self._show(SecondState.FAILED, "Failed")
            self.failed.emit(failure)

    @Slot()
    def _on_cancelled(self) -> None:  # the program is closing
        if self._is_current():
            self._handle = self.result = None
            self._show(SecondState.CANCELLED, "Cancelled")
