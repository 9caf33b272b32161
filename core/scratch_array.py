"""Arrays too large for memory, in a temporary file that disappears with them."""

from __future__ import annotations

import contextlib
import mmap
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def scratch_zeros(
    shape: tuple[int, ...], dtype: DTypeLike, directory: str | Path | None = None
) -> NDArray[Any]:
    """Zeros of ``shape``, mapped from a file; ``OSError`` if the disk has no room for it.

    The room is taken at once: a map that meets a full disk later would end the program.
    """
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if directory is not None:
        Path(directory).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(prefix="stemscope-", dir=directory) as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, n_bytes)
        else:
            file.truncate(n_bytes)
        # The map has a handle of its own: the file may be closed.
        return np.memmap(file, dtype, "r+", shape=shape)


def let_go(array: NDArray[Any]) -> None:
    """Take a mapped array out of memory until it is read again; others stay as they are."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        with contextlib.suppress(OSError):
            base.madvise(mmap.MADV_DONTNEED)
