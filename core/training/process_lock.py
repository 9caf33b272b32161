"""A lock that ends with the process that holds it, however that process ends."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(handle: int) -> None:
        # flock and not lockf: two holders within one process exclude each other as well.
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


# Somebody who only looks holds a lock for some microseconds.
_N_TRIES = 5
_BETWEEN_TRIES_S = 0.02


@contextlib.contextmanager
def held(path: Path, n_tries: int = _N_TRIES) -> Iterator[bool]:
    """Hold the lock file ``path`` (made if absent) for the body.

    Yields False, and the body holds nothing, if somebody else holds it. The system frees the lock
    when the process ends, even by ``kill -9``; a process id could belong to another program by
    then. Raises ``OSError`` if the file cannot be made.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield _taken(handle, n_tries)
    finally:
        os.close(handle)


def _taken(handle: int, n_tries: int) -> bool:
    for n_left in reversed(range(n_tries)):
        try:
            _take(handle)
        except (BlockingIOError, PermissionError):
            if n_left:
                time.sleep(_BETWEEN_TRIES_S)
        except OSError:
            return True  # a file system without locks: better to train than to refuse
        else:
            return True
    return False


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock file ``path``."""
    if not path.exists():
        return False
    try:
        with held(path, n_tries=1) as free:
            return not free
    except OSError:
        return False
