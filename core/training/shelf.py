"""Room for arrays: memory for the first of them, then a temporary file that is mapped."""

from __future__ import annotations

import mmap
import os
import tempfile
import threading

import numpy as np
from numpy.typing import NDArray

MEMORY_BYTES = 2 * 2**30
"""All sets that fit are kept in memory; of larger ones the rest lies in temporary files."""

SEGMENT_BYTES = 256 * 2**20
_ZEROS = bytes(2**20)


class Shelf:
    """Keeps arrays for as long as anything uses them. May be called from any thread.

    ``disk_bytes`` bounds the temporary files (0: none, None: as large as need be), which disappear
    with the last array in them and by themselves when the program ends.
    """

    def __init__(
        self,
        memory_bytes: int = MEMORY_BYTES,
        disk_bytes: int | None = None,
        segment_bytes: int = SEGMENT_BYTES,
        directory: str | None = None,
    ) -> None:
        self._memory_left = memory_bytes
        self._disk_left = disk_bytes
        self._segment_bytes = segment_bytes
        self._directory = directory
        self._segment: mmap.mmap | None = None
        self._filled = 0
        self._keeping = threading.Lock()

    def keep(self, array: NDArray[np.generic]) -> NDArray[np.generic] | None:
        """``array`` itself or the same in a file; None where there is no room left for it.

        Raises ``OSError`` if the disk is full.
        """
        with self._keeping:
            if array.nbytes <= self._memory_left:
                self._memory_left -= array.nbytes
                return array
            if not array.nbytes:
                return array
            place = self._place(array.nbytes)
            if place is None:
                return None
            kept = np.frombuffer(place[0], array.dtype, array.size, place[1]).reshape(array.shape)
            kept[...] = array
            kept.flags.writeable = False
            return kept

    def _place(self, n_bytes: int) -> tuple[mmap.mmap, int] | None:
        n_bytes = -(-n_bytes // 64) * 64
        if self._segment is None or self._filled + n_bytes > len(self._segment):
            wanted = max(n_bytes, self._segment_bytes)
            if self._disk_left is not None:
                if wanted > self._disk_left:
                    return None
                self._disk_left -= wanted
            self._segment, self._filled = self._mapped(wanted), 0
        start = self._filled
        self._filled += n_bytes
        return self._segment, start

    def _mapped(self, n_bytes: int) -> mmap.mmap:
        with tempfile.TemporaryFile(prefix="stemscope-", dir=self._directory) as file:
            # Every block is there before it is mapped: writing to a map of a full disk would end
            # the program instead of raising an error.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, n_bytes)
            else:
                for start in range(0, n_bytes, len(_ZEROS)):
                    file.write(_ZEROS[: n_bytes - start])
                file.flush()
            return mmap.mmap(file.fileno(), n_bytes)
