"""What is heard now: frames given to the device, seen through the device's latency."""

from __future__ import annotations

from app.audio.timeline import Timeline

_N_NOTES = 1024
_CATCH_UP = 0.05
_LARGEST_JITTER_S = 0.08


class Playhead:
    """Notes of the last blocks: when each is heard and which frames it plays.

    ``note`` is called by the audio callback, ``at`` by the window: one writer, entries complete
    before they are counted, and old enough to be left alone when they are overwritten.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._heard_at = [0.0] * _N_NOTES
        self._timelines: list[Timeline | None] = [None] * _N_NOTES
        self._before = [0] * _N_NOTES
        self._after = [0] * _N_NOTES
        self._count = 0
        self._next_at = 0.0

    def note(
        self, heard_at: float, timeline: Timeline | None, before: int, after: int, n_frames: int
    ) -> None:
        """A block of ``n_frames`` is heard from ``heard_at`` (seconds) on; it plays the frames
        ``before`` to ``after`` of ``timeline``, and is silent for the rest."""
        late = heard_at - self._next_at
        if -_LARGEST_JITTER_S < late < _LARGEST_JITTER_S:
            # Drivers ask for blocks in bursts: follow their clock on average only.
            heard_at = self._next_at + _CATCH_UP * late
        self._next_at = heard_at + n_frames / self._rate
        index = self._count % _N_NOTES
        self._heard_at[index] = heard_at
        self._timelines[index] = timeline
        self._before[index] = before
        self._after[index] = after
        self._count += 1

    def restart(self) -> None:
        """Forget the device's clock (a stream was opened anew)."""
        self._next_at = 0.0

    def at(self, now: float) -> tuple[Timeline, int] | None:
        """The way through the song and the frame of it that is heard at ``now`` (seconds)."""
        count = self._count
        for index in range(count - 1, max(count - _N_NOTES // 2, 0) - 1, -1):
            slot = index % _N_NOTES
            heard_at = self._heard_at[slot]
            if heard_at <= now:
                break
        else:
            if count == 0:
                return None
            slot, heard_at = max(count - _N_NOTES // 2, 0) % _N_NOTES, now
        timeline = self._timelines[slot]
        if timeline is None:
            return None
        played = self._before[slot] + int((now - heard_at) * self._rate)
        return timeline, min(played, self._after[slot])
