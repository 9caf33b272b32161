"""Sums up, beside the window's thread, how far two masks of a song lie apart."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from app.song import SongResult
from app.tasks import TaskHandle, TaskPool
from core.audio import Audio
from core.certainty import next_after, previous_before
from core.editing.grid import Span
from core.mask_difference import Difference, DifferenceTrack
from core.masks import Mask
from core.ranges import Ranges

PRIORITY = -3  # in the pool: what is looked at and heard comes first, then the ribbon
PIECE_FRAMES = 512
SOON_S = 0.05
"""Going on from a place that was sought does not find that place again."""

Known = tuple[Difference | None, list[Span]]


class DifferenceDesk(QObject):
    """Compares piece by piece, as far as the second model is, and again what was edited."""

    changed = Signal()  # more is known

    def __init__(self, pool: TaskPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._track: DifferenceTrack | None = None
        self._results: tuple[SongResult, SongResult] | None = None
        self._sources = (0, 0)
        self._second_frames = self._there = self._behind = Ranges()
        self._handle: TaskHandle | None = None
        self._figures: Difference | None = None
        self._spans: list[Span] = []

    @property
    def idle(self) -> bool:
        return self._handle is None and not self._behind

    @property
    def figures(self) -> Difference | None:
        """What is known so far; None while nothing is."""
        return self._figures

    def next_place(self, after_s: float) -> float | None:
        """Where the next stretch begins in which the masks lie far apart; None if there is none."""
        span = next_after(self._spans, after_s + SOON_S)
        return None if span is None else span[0]

    def previous_place(self, before_s: float) -> float | None:
        span = previous_before(self._spans, before_s - SOON_S)
        return None if span is None else span[0]

    @property
    def n_places(self) -> int:
        return len(self._spans)

    def begin(
        self,
        mixture: Audio | None,
        first: SongResult | None,
        second: SongResult | None,
        sources: tuple[int, int] = (0, 0),
    ) -> None:
        """Compare these results of a song; nothing is there of the second one yet."""
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.cancel()
        self._second_frames = self._there = self._behind = Ranges()
        self._figures, self._spans, self._sources = None, [], sources
        self._track = self._results = None
        if mixture is not None and first is not None and second is not None:
            self._track = DifferenceTrack(mixture)
            self._results = first, second
        self.changed.emit()

    def first_advanced(self, first_frame: int, last_frame: int) -> None:
        """Frames of the first mask have changed."""
        if self._track is not None and self._results is not None:
            touched = self._frames(self._results[0].mask, first_frame - 1, last_frame)
            for start, stop in self._there.within(*touched):
                self._behind = self._behind.plus(start, stop)
            self._work()

    def second_advanced(self, first_frame: int, last_frame: int) -> None:
        """Frames of the second mask are there, or have changed."""
        track = self._track
        if track is None or self._results is None or first_frame >= last_frame:
            return
        mask = self._results[1].mask
        self._second_frames = self._second_frames.plus(first_frame, last_frame)
        start, stop = self._second_frames.around(first_frame)
        # Between a frame of these and a neighbour of theirs the mask can be read as well.
        begin, end = max(start, first_frame - 1), min(stop - 1, last_frame)
        first, last = self._frames(mask, begin, end)
        if end == mask.n_frames - 1:  # behind the last frame that one is read
            last = track.n_frames
        self._there = self._there.plus(first, last)
        self._behind = self._behind.plus(first, last)
        self._work()

    def _frames(self, mask: Mask, first: int, last: int) -> tuple[int, int]:
        """The frames of the track between the centres of two frames of ``mask``."""
        assert self._track is not None
        frame_s = mask.hop_samples / mask.sample_rate
        return self._track.frames_of(first * frame_s, last * frame_s)

    def _work(self) -> None:
        track, results, sources = self._track, self._results, self._sources
        if self._handle is not None or not self._behind or track is None or results is None:
            return
        first, last = self._behind.ranges[0]
        last = min(last, first + PIECE_FRAMES)
        self._behind = self._behind.minus(first, last)
        a, b = results[0].mask, results[1].mask
        self._handle = self._pool.submit(
            lambda progress, should_stop: _piece(track, a, b, sources, first, last, should_stop),
            priority=PRIORITY,
        )
        self._handle.finished.connect(self._on_done)
        self._handle.failed.connect(self._on_over)
        self._handle.cancelled.connect(self._on_over)

    @Slot(object)
    def _on_done(self, known: Known) -> None:
        if self.sender() is not self._handle:
            return
        self._handle = None
        self._figures, self._spans = known
        self._work()
        self.changed.emit()

    @Slot()
    def _on_over(self, *_: object) -> None:
        if self.sender() is self._handle:
            self._handle = None


def _piece(
    track: DifferenceTrack,
    a: Mask,
    b: Mask,
    sources: tuple[int, int],
    first: int,
    last: int,
    should_stop: Callable[[], bool],
) -> Known:
    track.update(a, b, sources, first, last, should_stop)
    return track.figures(), track.spans()
