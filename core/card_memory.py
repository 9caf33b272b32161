"""How many chunks a graphics card has memory for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

MOST_CHUNKS = 64
_SHARE = 0.5
"""Of the free memory: other programs may want some too, and blocks do not fit without gaps."""


class CardMemory:
    """What chunks took on one card so far, and how many of them its free memory holds."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._chunk_bytes = 0.0

    @contextmanager
    def watched(self, n_chunks: int) -> Iterator[None]:
        """Measure the most that computing ``n_chunks`` takes."""
        before = torch.cuda.memory_allocated(self._device)
        torch.cuda.reset_peak_memory_stats(self._device)
        yield
        most = torch.cuda.max_memory_allocated(self._device) - before
        self._chunk_bytes = max(self._chunk_bytes, most / n_chunks)

    def n_chunks(self, at_first: int) -> int:
        """How many to compute at a time; ``at_first`` as long as nothing is known of them."""
        if not self._chunk_bytes:
            return at_first
        free, _ = torch.cuda.mem_get_info(self._device)
        reserved = torch.cuda.memory_reserved(self._device)
        unused = reserved - torch.cuda.memory_allocated(self._device)
        return fitting(free + unused, self._chunk_bytes)


def fitting(free_bytes: float, chunk_bytes: float) -> int:
    """Chunks that half of the free memory holds, from 1 to ``MOST_CHUNKS``."""
    return max(1, min(MOST_CHUNKS, int(_SHARE * free_bytes / chunk_bytes)))
