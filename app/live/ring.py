"""Sound between threads: one writes, one reads, nobody waits, nothing is allocated."""

from __future__ import annotations

import numpy as np

from core.audio import FloatArray


class Ring:
    """Frames on their way from one thread to another, ``capacity`` of them at most.

    Frames are counted from the start and never wrap. ``written`` is the writer's, ``read`` the
    reader's; each side only looks at the other's.
    """

    def __init__(self, capacity: int, n_channels: int) -> None:
        self.capacity = capacity
        self._frames = np.zeros((capacity, n_channels), np.float32)
        self.written = 0
        self.read = 0

    @property
    def n_there(self) -> int:
        """Frames that can be read."""
        return self.written - self.read

    def write(self, frames: FloatArray) -> int:
        """Add ``frames`` ``(n, n_channels)``; returns how many of them fitted."""
        n = min(len(frames), self.capacity - self.n_there)
        start = self.written % self.capacity
        first = min(n, self.capacity - start)
        self._frames[start : start + first] = frames[:first]
        if first < n:
            self._frames[: n - first] = frames[first:n]
        self.written += n
        return n

    def take(self, out: FloatArray) -> int:
        """Fill ``out`` ``(n, n_channels)`` from its start; returns how many frames there were."""
        n = min(len(out), self.n_there)
        start = self.read % self.capacity
        first = min(n, self.capacity - start)
        out[:first] = self._frames[start : start + first]
        if first < n:
            out[first:n] = self._frames[: n - first]
        self.read += n
        return n

    def skip(self, n_frames: int) -> None:
        """Leave out frames that are there. For the reader."""
        self.read += min(n_frames, self.n_there)
