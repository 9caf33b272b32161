"""Adapts the model in use to the song on screen, and keeps or drops what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.adaptation.job import AdaptationRequest, Adapted, LoopLook
from app.adaptation.looks import look_edit
from app.i18n import mark
from app.jobs import JobHandle, JobProgress, Priority
from app.outcomes import Failure, failure_from
from app.tasks import TaskHandle
from app.training.models import install
from core.editing.edits import Edit
from core.editing.grid import Span
from core.editing.marks import Marks, marks_of
from core.errors import StemscopeError
from core.models import ModelEntry

if TYPE_CHECKING:
    from app.editing.desk import EditingDesk
    from app.editing.work import EditedSong
    from app.session import Session

MARKING = -1  # priority in the pool
LONGEST_LOOP_S = 30.0
"""More of the song is not separated again while the model learns."""

KEPT = mark("Kept as the model “{name}”; the song is separated with it.")


@dataclass(eq=False)
class Attempt:
    """One adaptation: of which song and model, how far it is, what it came to."""

    song_id: int
    song: str
    model_id: str
    edited: EditedSong
    request: AdaptationRequest
    handle: JobHandle
    fraction: float = 0.0
    seconds_left: float | None = None
    look: Edit | None = None
    adapted: Adapted | None = None
    is_being_kept: bool = False

    @property
    def is_running(self) -> bool:
        return self.adapted is None


class AdaptationDesk(QObject):
    """One adaptation at a time, over the edits of an ``EditingDesk``. GUI thread only."""

    changed = Signal()  # what can be done, what is being done, how far it is
    marks_changed = Signal()  # what the edits of the song on screen mark
    kept = Signal(object)  # ModelEntry: it is among the user's models
    said = Signal(str, object)  # a sentence for the user, with its fields
    failed = Signal(object)  # Failure

    def __init__(
        self, session: Session, editing: EditingDesk, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._editing = session, editing
        self.attempt: Attempt | None = None
        self.marks = Marks()
        self._marked: tuple[Edit, ...] = ()
        self._marking: TaskHandle | None = None
        self._keeping: TaskHandle | None = None
        editing.changed.connect(self._on_edits_changed)
        session.song_removed.connect(self._on_song_removed)

    # what there is

    @property
    def is_here(self) -> bool:
        """Whether the adaptation is of the song on screen with the model in use."""
        attempt = self.attempt
        return attempt is not None and attempt.edited is self._editing.song

    @property
    def can_start(self) -> bool:
        return self.attempt is None and self._editing.can_edit and bool(self.marks)

    @property
    def hears_after(self) -> bool:
        """Whether the loop is heard and seen as the adapted model makes it."""
        return self.is_here and self.attempt is not None and self.attempt.edited.look is not None

    # what one can do

    def start(self, seconds: float, loop_s: Span) -> None:
        """Learn for ``seconds`` from what is marked; meanwhile ``loop_s`` is separated again."""
        song, edited = self._session.current, self._editing.song
        if not self.can_start or song is None or song.decoded is None or edited is None:
            return
        result = edited.result
        try:
            entry = self._session.shop.find_model(song.model_id)
        except StemscopeError as error:
            self.failed.emit(failure_from(error))
            return
        start = loop_s[0]
        request = AdaptationRequest(
            song.decoded.audio,
            result.stems[result.sources[0]],
            self.marks,
            entry.folder,
            song.title,
            seconds,
            (start, min(loop_s[1], start + LONGEST_LOOP_S)),
            self._session.device,
        )
        handle = self._session.jobs.submit(request, Priority.QUEUE)  # before any training
        handle.progressed.connect(self._on_progressed)
        handle.finished.connect(self._on_finished)
        handle.failed.connect(self._on_failed)
        handle.cancelled.connect(self._on_cancelled)
        self.attempt = Attempt(song.song_id, song.title, song.model_id, edited, request, handle)
        self.changed.emit()

    def enough(self) -> None:
        """Do not wait for the end of the time: take what was learnt so far."""
        if self.attempt is not None and self.attempt.is_running:
            self.attempt.request.enough.set()

    def hear(self, after: bool) -> None:
        """Hear and see the loop after the adaptation, or before it."""
        attempt = self.attempt
        if attempt is not None and self.is_here:
            self._editing.look(attempt.edited, attempt.look if after else None)
            self.changed.emit()

    def keep(self) -> None:
        """Make it one of the user's models, and separate the song with it."""
        attempt = self.attempt
        if attempt is None or attempt.adapted is None or attempt.is_being_kept:
            return
        attempt.is_being_kept = True
        model = attempt.adapted.model
        self._keeping = self._session.pool.submit(
            lambda progress, should_stop: _installed(model), stage="Keeping the model"
        )
        self._keeping.finished.connect(self._on_kept)
        self._keeping.failed.connect(self._on_not_kept)
        self.changed.emit()

    def drop(self) -> None:
        """Stop learning, or forget what was learnt: all is as before."""
        attempt, self.attempt = self.attempt, None
        if attempt is None:
            return
        attempt.handle.cancel()
        self._editing.look(attempt.edited, None)
        if attempt.adapted is not None:
            attempt.adapted.discard()
        self.changed.emit()

    def shutdown(self) -> None:
        """The program ends: nothing is left behind."""
        self.drop()

    # the work

    @Slot(object)
    def _on_progressed(self, progress: JobProgress) -> None:
        attempt = self._current()
        if attempt is None:
            return
        attempt.fraction, attempt.seconds_left = progress.fraction, progress.seconds_left
        looks = [detail for detail in progress.details if isinstance(detail, LoopLook)]
        if looks:
            first = attempt.look is None
            attempt.look = look_edit(looks[-1], attempt.edited.history.state.shape,
                                     attempt.edited.network_mask)  # fmt: skip
            if first or attempt.edited.look is not None:
                self._editing.look(attempt.edited, attempt.look)
        self.changed.emit()

    @Slot(object)
    def _on_finished(self, adapted: Adapted) -> None:
        attempt = self._current()
        if attempt is None:  # it was dropped at the last moment
            adapted.discard()
            return
        attempt.adapted, attempt.fraction = adapted, 1.0
        self.changed.emit()

    @Slot(object)
    def _on_failed(self, failure: Failure) -> None:
        if self._current() is not None:
            self.drop()
            self.failed.emit(failure)

    @Slot()
    def _on_cancelled(self) -> None:
        if self._current() is not None:
            self.drop()

    def _current(self) -> Attempt | None:
        """The adaptation whose signal is handled, if it is the one that counts."""
        attempt = self.attempt
        return attempt if attempt is not None and self.sender() is attempt.handle else None

    @Slot(object)
    def _on_kept(self, entry: ModelEntry) -> None:
        attempt, self.attempt = self.attempt, None
        self._keeping = None
        if attempt is None or attempt.adapted is None:
            return
        attempt.adapted.discard()
        state = attempt.edited.history.state
        self._editing.look(attempt.edited, None)
        self._editing.carry(attempt.song_id, entry.model_id, state)
        self.changed.emit()
        self.kept.emit(entry)
        self.said.emit(KEPT, {"name": entry.card.title})

    @Slot(object)
    def _on_not_kept(self, failure: Failure) -> None:
        """The disk is full, for example: it is still there, and can be tried again."""
        self._keeping = None
        if self.attempt is not None:
            self.attempt.is_being_kept = False
        self.failed.emit(failure)
        self.changed.emit()

    @Slot(object)
    def _on_song_removed(self, song_id: int) -> None:
        if self.attempt is not None and self.attempt.song_id == song_id:
            self.drop()

    # the marks

    def _on_edits_changed(self) -> None:
        song = self._editing.song
        edits = () if song is None else song.history.state.edits
        if edits != self._marked:
            self._marked = edits
            self._mark()
        self.changed.emit()

    def _mark(self) -> None:
        """Find what the edits mark, once what is being found out is."""
        if self._marking is not None:
            return
        song, edits = self._editing.song, self._marked
        if song is None or not edits:
            self._take_marks(Marks())
            return
        duration_s = song.mixture.n_samples / song.mixture.sample_rate
        self._marking = self._session.pool.submit(
            _marking(edits, duration_s, song.mixture.sample_rate / 2), priority=MARKING
        )
        self._marking.finished.connect(self._on_marked)
        self._marking.failed.connect(self._on_marking_over)
        self._marking.cancelled.connect(self._on_marking_over)

    @Slot(object)
    def _on_marked(self, found: tuple[tuple[Edit, ...], Marks]) -> None:
        edits, marks = found
        self._marking = None
        if edits is self._marked:
            self._take_marks(marks)
        else:
            self._mark()

    @Slot()
    def _on_marking_over(self, *_: object) -> None:
        self._marking = None

    def _take_marks(self, marks: Marks) -> None:
        if marks != self.marks:
            self.marks = marks
            self.marks_changed.emit()
            self.changed.emit()


def _marking(edits: tuple[Edit, ...], duration_s: float, top_hz: float) -> Callable[..., object]:
    def task(progress: object, should_stop: object) -> tuple[tuple[Edit, ...], Marks]:
        return edits, marks_of(edits, duration_s, top_hz)

    return task


def _installed(model: Path) -> ModelEntry:
    from core.card import read_card

    return install(model, read_card(model).title)
