"""Keeps the ribbon of the song on screen up to date, and finds the next place worth a look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.song import SongResult, StemsAdvanced
from app.tasks import TaskHandle
from core.audio import Audio
from core.audio.growing import n_there
from core.certainty import CertaintyTrack, doubtful_spans, next_after, phrases, previous_before
from core.ranges import Ranges

if TYPE_CHECKING:
    from app.session import Session
    from app.spectrogram.ribbon import Ribbon

PRIORITY = -2  # in the pool: what is looked at and heard comes first
PIECE_FRAMES = 2048
SOON_S = 0.05
"""Going on from a place that was sought does not find that place again."""


class CertaintyDesk(QObject):
    """Computes doubt and voice piece by piece, as mask and stems become known or change."""

    changed = Signal()  # more is known

    def __init__(self, session: Session, ribbon: Ribbon, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._ribbon = session, ribbon
        self._result: SongResult | None = None
        self._mixture: Audio | None = None
        self._track: CertaintyTrack | None = None
        self._behind = Ranges()
        self._handle: TaskHandle | None = None
        session.current_changed.connect(self.refresh)
        session.model_changed.connect(self.refresh)
        session.song_changed.connect(self._on_song_changed)
        session.stems_advanced.connect(self.on_advanced)

    @property
    def idle(self) -> bool:
        return self._handle is None and not self._behind

    def refresh(self) -> None:
        """Another song or result may be on screen."""
        song = self._session.current
        result = None if song is None else song.result
        if result is self._result:
            return
        self._result = result
        self._mixture = song.decoded.audio if song is not None and song.decoded else None
        self._track, self._behind = None, Ranges()
        if result is None or self._mixture is None:
            self._ribbon.set_track(None)
            return
        self._track = CertaintyTrack(result.mask.n_frames)
        self._ribbon.set_track(self._track, self._frames_per_s)
        whole = Ranges([(0, result.mask.n_frames)])
        self._behind = whole if result.complete else result.frames_ready
        self._work()

    def on_advanced(self, advanced: StemsAdvanced) -> None:
        """Frames of the mask are there, or have changed."""
        song, result = self._session.current, self._result
        if song is None or result is None or result is not song.result:
            return
        if (advanced.song_id, advanced.model_id) == (song.song_id, result.model_id):
            self._behind = self._behind.plus(advanced.first_frame, advanced.last_frame)
            self._work()

    def next_doubt(self, after_s: float) -> float | None:
        """Where the next doubtful stretch begins; None if there is none."""
        return _start(next_after(self._doubts(), after_s + SOON_S))

    def previous_doubt(self, before_s: float) -> float | None:
        return _start(previous_before(self._doubts(), before_s - SOON_S))

    def next_phrase(self, after_s: float) -> float | None:
        """Where the next sung phrase begins; None if there is none."""
        return _start(next_after(self._phrases(), after_s + SOON_S))

    def previous_phrase(self, before_s: float) -> float | None:
        return _start(previous_before(self._phrases(), before_s - SOON_S))

    @property
    def _frames_per_s(self) -> float:
        assert self._result is not None
        mask = self._result.mask
        return mask.sample_rate / mask.hop_samples

    def _doubts(self) -> list[tuple[float, float]]:
        track = self._track
        if track is None:
            return []
        return doubtful_spans(track.doubt, track.voice, self._frames_per_s)

    def _phrases(self) -> list[tuple[float, float]]:
        return [] if self._track is None else phrases(self._track.voice, self._frames_per_s)

    def _work(self) -> None:
        track, mixture, result = self._track, self._mixture, self._result
        if self._handle is not None or not self._behind or track is None:
            return
        assert mixture is not None
        assert result is not None
        first, last = self._behind.ranges[0]
        last = min(last, first + PIECE_FRAMES)
        heard_s = n_there(mixture) / mixture.sample_rate
        if n_there(mixture) < mixture.n_samples:  # a song that is still being decoded
            last = min(last, int(heard_s * self._frames_per_s) - 2)
        if last <= first:
            return
        self._behind = self._behind.minus(first, last)
        mask = result.mask
        self._handle = self._session.pool.submit(
            lambda progress, should_stop: track.update(mask, mixture, first, last, should_stop),
            priority=PRIORITY,
        )
        self._handle.finished.connect(self._on_done)
        self._handle.failed.connect(self._on_over)
        self._handle.cancelled.connect(self._on_over)

    @Slot(object)
    def _on_done(self, _nothing: object) -> None:
        self._on_over()
        self._ribbon.redraw()
        self.changed.emit()
        self._work()

    @Slot()
    def _on_over(self, *_: object) -> None:
        self._handle = None

    def _on_song_changed(self, song_id: int) -> None:
        song = self._session.current
        if song is not None and song.song_id == song_id:
            self.refresh()
            self._work()


def _start(span: tuple[float, float] | None) -> float | None:
    return None if span is None else span[0]
