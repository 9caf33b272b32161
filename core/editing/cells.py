"""A region of single cells, such as a magic wand finds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.editing.checks import MAX_CELLS, WHOLE, refuse, whole
from core.editing.grid import Grid, Span
from core.editing.regions import Axis
from core.masks import FloatArray

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """Any set of cells of a grid, which need not be the mask's; read by the nearest cell.

    ``packed`` holds one bit per cell of ``shape`` ``(n_bins, n_frames)``, bin by bin, as
    ``np.packbits`` does; the first cell is that of ``first_bin`` and ``first_frame``.
    """

    first_frame: int
    first_bin: int
    shape: tuple[int, int]
    packed: bytes
    sample_rate: int
    hop_samples: int
    window_samples: int

    def __post_init__(self) -> None:
        for name in ("first_frame", "first_bin"):
            object.__setattr__(self, name, whole(name, getattr(self, name)))
        for name in ("sample_rate", "hop_samples", "window_samples"):
            object.__setattr__(self, name, whole(name, getattr(self, name), 1))
        n_bins, n_frames = (whole("shape", size, 0) for size in self.shape)
        object.__setattr__(self, "shape", (n_bins, n_frames))
        if n_bins * n_frames > MAX_CELLS:
            refuse("shape", f"({n_bins}, {n_frames})", f"0 … {MAX_CELLS} cells", MAX_CELLS)
        n_bytes = packed_bytes(self.shape)
        if len(self.packed) != n_bytes:
            refuse("packed", f"{len(self.packed)} bytes", f"{n_bytes} bytes", n_bytes)

    @classmethod
    def of(
        cls,
        cells: BoolArray,
        first_frame: int,
        first_bin: int,
        sample_rate: int,
        hop_samples: int,
        window_samples: int,
    ) -> Cells:
        """The cells that are true in ``(n_bins, n_frames)``; an empty rim is left out."""
        rows, columns = _extent(cells, axis=1), _extent(cells, axis=0)
        inner = cells[rows, columns]
        return cls(
            first_frame + columns.start,
            first_bin + rows.start,
            inner.shape,
            np.packbits(inner).tobytes(),
            sample_rate,
            hop_samples,
            window_samples,
        )

    @property
    def grid(self) -> Grid:
        return Grid(self.sample_rate, self.hop_samples, self.window_samples)

    @cached_property
    def cells(self) -> BoolArray:
        """The cells, ``(n_bins, n_frames)``; not to be written to."""
        n_bins, n_frames = self.shape
        bits = np.unpackbits(np.frombuffer(self.packed, np.uint8), count=n_bins * n_frames)
        cells = bits.view(np.bool_).reshape(n_bins, n_frames)
        cells.flags.writeable = False
        return cells

    @property
    def span_s(self) -> Span:
        # A cell reaches half a frame to both sides of its centre.
        start = self.first_frame - 0.5
        return start / self.grid.frames_per_s, (start + self.shape[1]) / self.grid.frames_per_s

    def weights(self, times_s: Axis, freqs_hz: Axis) -> FloatArray:
        result = np.zeros((len(freqs_hz), len(times_s)), np.float32)
        frames = _nearest(times_s * self.grid.frames_per_s) - self.first_frame
        bins = _nearest(freqs_hz / self.grid.hertz_per_bin) - self.first_bin
        columns = np.flatnonzero((frames >= 0) & (frames < self.shape[1]))
        rows = np.flatnonzero((bins >= 0) & (bins < self.shape[0]))
        result[np.ix_(rows, columns)] = self.cells[np.ix_(bins[rows], frames[columns])]
        return result


def packed_bytes(shape: tuple[int, int]) -> int:
    """How many bytes the bits of ``shape`` take."""
    return (shape[0] * shape[1] + 7) // 8


def _nearest(position: Axis) -> NDArray[np.int64]:
    return np.floor(np.clip(position, *WHOLE) + 0.5).astype(np.int64)


def _extent(cells: BoolArray, axis: int) -> slice:
    """From the first to the last row or column that holds any; empty where none does."""
    places = np.flatnonzero(cells.any(axis=axis))
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0, 0)
