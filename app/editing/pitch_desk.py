"""Finds the pitch of the voice of the song on screen, where somebody wants to see it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.song import SongResult
from app.tasks import TaskHandle

if TYPE_CHECKING:
    from app.session import Session
    from app.spectrogram import SpectrogramView
    from core.pitch import PitchLine

PRIORITY = -1
SETTLE_MS = 600
"""So long after the last edit the pitch is found again."""


class PitchDesk(QObject):
    """One line for the first stem, found once it is all there and again when it was edited."""

    changed = Signal()
    failed = Signal(object)  # Failure

    def __init__(
        self, session: Session, view: SpectrogramView, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._view = session, view
        self._wanted = False
        self._line: PitchLine | None = None
        self._of: tuple[SongResult, int] | None = None  # what the line is of: result and edits
        self._at_work: tuple[SongResult, int] | None = None
        self._handle: TaskHandle | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._work)
        session.current_changed.connect(self.refresh)
        session.model_changed.connect(self.refresh)
        session.song_changed.connect(self._on_song_changed)

    @property
    def idle(self) -> bool:
        return self._handle is None and not self._timer.isActive()

    @property
    def line(self) -> PitchLine | None:
        """The pitch of the voice on screen; None as long as it is not known."""
        return self._line if self._of is not None and self._of == self._now() else None

    def set_wanted(self, wanted: bool) -> None:
        """Whether the line is to be found and shown."""
        self._wanted = wanted
        self.refresh()

    def refresh(self) -> None:
        """Another song, another result, or other edits: show what is known of it, find the rest."""
        now = self._now()
        line = self._line if self._wanted and self._of is not None and self._of == now else None
        self._view.set_pitch(line)
        if line is None and self._wanted and now is not None:
            self._timer.start(0 if self._of is None or self._of[0] is not now[0] else SETTLE_MS)

    def _now(self) -> tuple[SongResult, int] | None:
        song = self._session.current
        result = None if song is None else song.result
        if song is None or result is None or not result.complete or song.is_decoding:
            return None
        return result, song.n_edits

    def _work(self) -> None:
        now = self._now()
        song = self._session.current
        if now is None or now == self._of or not self._wanted:
            return
        if self._handle is not None:
            if self._at_work != now:
                self._handle.cancel()
            return
        if song is not None and song.edits_pending:
            self._timer.start(SETTLE_MS)
            return
        audio = now[0].stems[now[0].sources[0]]
        self._at_work = now

        def task(progress: Callable[..., None], should_stop: Callable[[], bool]) -> PitchLine:
            from core.pitch import find_pitch

            return find_pitch(audio, should_stop, progress)

        self._handle = self._session.pool.submit(task, stage="Finding the pitch", priority=PRIORITY)
        self._handle.finished.connect(self._on_found)
        self._handle.failed.connect(self._on_failed)
        self._handle.cancelled.connect(self._on_over)

    @Slot(object)
    def _on_found(self, line: PitchLine) -> None:
        self._line, self._of = line, self._at_work
        self._on_over()
        self.changed.emit()

    @Slot(object)
    def _on_failed(self, failure: object) -> None:
        self._of = self._at_work  # not again until something changes
        self._handle = self._at_work = None
        self.failed.emit(failure)

    @Slot()
    def _on_over(self) -> None:
        self._handle = self._at_work = None
        self.refresh()

    def _on_song_changed(self, song_id: int) -> None:
        song = self._session.current
        if self._wanted and song is not None and song.song_id == song_id:
            self.refresh()
