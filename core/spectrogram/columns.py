"""Columns of bytes on disk with a pyramid of levels, each half as fine in time as the last."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.scratch_file import ScratchFile
from core.spectrogram.codes import PENDING, Codes

TOP_COLUMNS = 256  # the coarsest level has at most so many columns

Pool = Callable[[Codes, Codes], Codes]


def pool_max(left: Codes, right: Codes) -> Codes:
    """The louder of two columns; what is pending yields to what is known."""
    return np.maximum(left, right)


def pool_mean(left: Codes, right: Codes) -> Codes:
    """The mean of two columns; where one is pending the other stands for both."""
    mean = ((left.astype(np.uint16) + right + 1) >> 1).astype(np.uint8)
    return np.where(left == PENDING, right, np.where(right == PENDING, left, mean))


class ColumnPyramid:
    """A grid of codes, ``n_columns`` in time by ``n_bins`` in frequency, at every zoom.

    Kept in a temporary file that disappears with the object, so that an hour takes no memory. One
    thread writes at a time; any number read meanwhile. ``column_s`` is the time between columns
    of level 0, whose column k is centred on ``k * column_s``.
    """

    def __init__(
        self,
        n_columns: int,
        n_bins: int,
        column_s: float,
        pool: Pool = pool_max,
        directory: str | Path | None = None,
    ) -> None:
        self.n_columns = n_columns
        self.n_bins = n_bins
        self.column_s = column_s
        self._pool = pool
        self._sizes = [n_columns]
        while self._sizes[-1] > TOP_COLUMNS:
            self._sizes.append((self._sizes[-1] + 1) // 2)
        self._starts = np.concatenate([[0], np.cumsum(self._sizes)]).tolist()
        self._file = ScratchFile(self._starts[-1] * n_bins, directory)
        self._writing = threading.Lock()

    @property
    def n_levels(self) -> int:
        """Number of levels; level 0 is the finest."""
        return len(self._sizes)

    def level_columns(self, level: int) -> int:
        """Number of columns of ``level``."""
        return self._sizes[level]

    def tile(self, level: int, first_column: int, n_columns: int) -> Codes:
        """Codes ``(n_bins, n_columns)`` of a level; ``IndexError`` outside it."""
        return self._read(level, first_column, first_column + n_columns).T

    def close(self) -> None:
        """Give the disk space back; nothing can be read afterwards."""
        self._file.close()

    def code_at(self, time_s: float, row: int) -> int:
        """The code of the column nearest to a time; pending outside the signal."""
        column = round(time_s / self.column_s)
        if not (0 <= column < self.n_columns and 0 <= row < self.n_bins):
            return PENDING
        return int(self._read(0, column, column + 1)[0, row])

    def _write_columns(self, first: int, codes: Codes) -> None:
        """Store columns ``(n, n_bins)`` from ``first`` and bring the levels above up to date."""
        with self._writing:
            self._write(0, first, codes)
            start, stop = first, first + codes.shape[0]
            for level in range(1, self.n_levels):
                start, stop = start // 2, (stop + 1) // 2
                below = self._read(level - 1, 2 * start, min(2 * stop, self._sizes[level - 1]))
                if below.shape[0] % 2:
                    below = np.concatenate([below, below[-1:]])
                self._write(level, start, self._pool(below[0::2], below[1::2]))

    def _read(self, level: int, start: int, stop: int) -> Codes:
        if not 0 <= start <= stop <= self._sizes[level]:
            raise IndexError(f"columns {start} to {stop} of {self._sizes[level]}")
        codes = np.empty((stop - start, self.n_bins), np.uint8)
        view = codes.data.cast("B") if codes.size else memoryview(b"")
        self._file.read_into((self._starts[level] + start) * self.n_bins, view)
        return codes

    def _write(self, level: int, start: int, codes: Codes) -> None:
        view = np.ascontiguousarray(codes).data.cast("B")
        self._file.write((self._starts[level] + start) * self.n_bins, view)
