"""What the songs of the queue will take, before they are begun."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.song import Song, SongState
from app.speed_memory import WINDOW, Estimate, SpeedMemory, total
from core.audio.duration import said_duration_s

if TYPE_CHECKING:
    from app.session import Session
    from app.tasks import TaskHandle

_PRIORITY = -8  # in the pool: before nothing but what is kept for later
_TOTAL_INTERVAL_MS = 250
_WAITING = (SongState.QUEUED, SongState.WAITING)


class QueueEstimates(QObject):
    """Asks the files how long they are, one after the other, and the memory of former runs."""

    changed = Signal(object)  # song_id
    total_changed = Signal(object)  # Estimate of all that is left to do, or None

    def __init__(
        self, session: Session, speeds: SpeedMemory, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._speeds = session, speeds
        self._length_s: dict[int, float | None] = {}
        self._to_ask: deque[tuple[int, Path]] = deque()
        self._asked: tuple[int, TaskHandle] | None = None
        self._total: Estimate | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_TOTAL_INTERVAL_MS)
        self._timer.timeout.connect(self._on_total_due)
        session.song_added.connect(self._on_song_added)
        session.song_removed.connect(self._on_song_removed)
        session.song_changed.connect(self._on_song_changed)
        session.model_changed.connect(self._on_speed_changed)
        session.device_changed.connect(self._on_speed_changed)
        session.speed_noted.connect(self._on_speed_changed)
        for song in session.songs:
            self._on_song_added(song.song_id)

    def estimate(self, song: Song) -> Estimate | None:
        """What separating ``song`` with the model in use will take; None while nothing is known."""
        if song.decoded is not None:
            audio = song.decoded.audio
            length_s: float | None = audio.n_samples / audio.sample_rate
        else:
            length_s = self._length_s.get(song.song_id)
        if length_s is None:
            return None
        return self._speeds.estimate(song.model_id, self._session.device, WINDOW, length_s)

    def is_first_run(self, song: Song) -> bool:
        """No song of any length has gone through this model on this device yet."""
        return self._speeds.estimate(song.model_id, self._session.device, WINDOW, 1.0) is None

    def _left(self, song: Song) -> Estimate | None:
        estimate = self.estimate(song)
        if estimate is None or song.state is not SongState.SEPARATING:
            return estimate
        return Estimate(estimate.work_s * (1.0 - song.fraction), estimate.n_bytes)

    # Lengths

    @Slot(object)
    def _on_song_added(self, song_id: int) -> None:
        song = self._session.song(song_id)
        if song is not None:
            self._to_ask.append((song_id, song.path))
            self._ask()

    @Slot(object)
    def _on_song_removed(self, song_id: int) -> None:
        self._length_s.pop(song_id, None)
        self._total_due()

    @Slot(object)
    def _on_song_changed(self, song_id: int) -> None:
        self._total_due()

    def _ask(self) -> None:
        while self._asked is None and self._to_ask:
            song_id, path = self._to_ask.popleft()
            song = self._session.song(song_id)
            if song is None or song.decoded is not None:
                continue

            def task(
                progress: object, should_stop: Callable[[], bool], path: Path = path
            ) -> float | None:
                return said_duration_s(path)

            handle = self._session.pool.submit(task, priority=_PRIORITY)
            self._asked = song_id, handle
            handle.finished.connect(self._on_told)
            handle.failed.connect(self._on_told)

    @Slot(object)
    def _on_told(self, length_s: object) -> None:
        if self._asked is None:
            return
        song_id, self._asked = self._asked[0], None
        if self._session.song(song_id) is not None:
            self._length_s[song_id] = length_s if isinstance(length_s, float) else None
            self.changed.emit(song_id)
            self._total_due()
        self._ask()

    # Totals

    @Slot()
    def _on_speed_changed(self) -> None:
        for song in self._session.songs:
            if song.state in _WAITING:
                self.changed.emit(song.song_id)
        self._total_due()

    def _total_due(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _on_total_due(self) -> None:
        busy = [song for song in self._session.songs if song.state.is_busy]
        self._total = total(self._left(song) for song in busy)
        self.total_changed.emit(self._total)
