"""Memory that is given back only to be taken again.

The C library returns large blocks to the system at once and gets them again page by page; a
training step, or the separation of a batch of chunks, does so hundreds of times, and convolutions
then spend a fourth of their time in it.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_LARGEST_KEPT = 32 << 20
"""The most that glibc takes for ``M_MMAP_THRESHOLD``: half a heap."""
_USUAL = 128 << 10

_lock = threading.Lock()
_n_inside = 0


@contextmanager
def memory_kept() -> Iterator[None]:
    """Keep freed memory for the next step (glibc alone); at the end the system gets it back.

    The setting is the whole program's: with several inside at once it ends with the last.
    """
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if libc is None or not hasattr(libc, "mallopt"):
        yield
        return
    _count(libc, 1)
    try:
        yield
    finally:
        _count(libc, -1)


def _count(libc: ctypes.CDLL, change: int) -> None:
    global _n_inside
    with _lock:
        was, _n_inside = _n_inside, _n_inside + change
        if not was:
            libc.mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT)
            libc.mallopt(_TRIM_THRESHOLD, 2**31 - 1)
            # Heaps that threads have to themselves are given back whatever these settings say:
            # threads that begin from now on share one.
            libc.mallopt(_ARENA_MAX, 1)
        if not _n_inside:
            libc.mallopt(_MMAP_THRESHOLD, _USUAL)
            libc.mallopt(_TRIM_THRESHOLD, _USUAL)
            libc.malloc_trim(0)
