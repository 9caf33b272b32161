"""Time and memory that training takes."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import torch


class Stopwatch:
    """Seconds while it runs; it stands while others have the thread."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._since: float | None = None

    @property
    def seconds(self) -> float:
        running = 0.0 if self._since is None else time.perf_counter() - self._since
        return self._seconds + running

    def go(self) -> None:
        if self._since is None:
            self._since = time.perf_counter()

    def pause(self) -> None:
        self._seconds, self._since = self.seconds, None


class Pace:
    """Training frames per second of a stopwatch's time from now on."""

    def __init__(self, watch: Stopwatch) -> None:
        self.watch = watch
        self._began = watch.seconds
        self._n_frames = 0.0

    def after(self, n_frames: float) -> float:
        """The pace so far, with ``n_frames`` more done."""
        self._n_frames += n_frames
        return self._n_frames / max(1e-6, self.watch.seconds - self._began)


def memory_bytes(device: str) -> int:
    """Memory in use: of the device if that is a GPU, else of this process; 0 if unknown."""
    if device != "cpu":
        return int(torch.cuda.memory_allocated(device))
    if sys.platform.startswith("linux"):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
