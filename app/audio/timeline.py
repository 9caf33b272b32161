"""Which part of the song is heard when: a way through it, or round a loop."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

LOOP_FADE_S = 0.005
"""Length of the crossfade at a loop's joint, in seconds."""
SHORTEST_LOOP_S = 0.05
"""A shorter loop is stretched to this, in seconds."""


@dataclass(frozen=True, eq=False)
class Timeline:
    """A way through a song in device frames: from ``start`` to the end, or round a loop.

    Played frame 0 is song frame ``start``; with a ``loop`` (first, last) that the way enters, the
    song frame after ``last - 1`` is ``first``, for ever. ``step`` is song samples per frame.
    """

    n_frames: int
    n_samples: int
    step: Fraction
    start: int = 0
    loop: tuple[int, int] | None = None
    fade_frames: int = 0

    def __post_init__(self) -> None:
        if self.loop is not None and self.start >= self.loop[1]:
            object.__setattr__(self, "loop", None)

    @property
    def end(self) -> int | None:
        """Played frames until the song ends; None where it loops."""
        return None if self.loop is not None else max(self.n_frames - self.start, 0)

    @property
    def joint_frames(self) -> int:
        """Frames of the crossfade at the loop's joint."""
        if self.loop is None:
            return 0
        return min(self.fade_frames, (self.loop[1] - self.loop[0]) // 2)

    def song_frame(self, played: int) -> int:
        """The song frame that is heard as frame ``played`` of this way."""
        if self.loop is None:
            return min(self.start + played, self.n_frames)
        first_pass = self.loop[1] - self.start
        if played < first_pass:
            return self.start + played
        return self.loop[0] + (played - first_pass) % (self.loop[1] - self.loop[0])

    def frame_at(self, played: int, step: Fraction) -> int:
        """The song frame heard as frame ``played``, among frames of ``step`` samples."""
        frame = self.song_frame(played)
        return frame if step == self.step else round(frame * self.step / step)

    def sample(self, played: int) -> int:
        """The song sample that is heard as frame ``played``, at most ``n_samples``."""
        frame = self.song_frame(played)
        return min(frame * self.step.numerator // self.step.denominator, self.n_samples)

    def straight(self, played: int) -> int:
        """Frames from ``played`` on that lie side by side in the song."""
        frame = self.song_frame(played)
        return (self.n_frames if self.loop is None else self.loop[1]) - frame


def held_inside(loop: tuple[int, int], n_samples: int, rate: int) -> tuple[int, int] | None:
    """``loop`` in order, inside a song and of some length; None for a song without samples."""
    shortest = int(SHORTEST_LOOP_S * rate)
    start = min(max(min(loop), 0), max(n_samples - shortest, 0))
    stop = min(max(max(loop), start + shortest), n_samples)
    return (start, stop) if start < stop else None
