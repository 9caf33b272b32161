"""A piece of a mask that was copied."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.editing.checks import MAX_CELLS, refuse, whole
from core.masks import HalfArray

MAX_CHANNELS = 64


@dataclass(frozen=True)
class Patch:
    """Values of a mask with a place of their own on the mask's grid.

    ``packed`` holds float16 of ``shape`` ``(n_channels or 1, n_bins, n_frames)``, in C order and
    little-endian; the first cell belongs to ``first_bin`` and ``first_frame``. ``packed_above`` is
    what lies above the band, ``(n_channels or 1, n_frames)``, or empty where that was not copied.
    """

    first_frame: int
    first_bin: int
    shape: tuple[int, int, int]
    packed: bytes
    packed_above: bytes = b""

    def __post_init__(self) -> None:
        for name in ("first_frame", "first_bin"):
            object.__setattr__(self, name, whole(name, getattr(self, name)))
        n_channels, n_bins, n_frames = self.shape
        n_channels = whole("shape", n_channels, 1, MAX_CHANNELS)
        n_bins, n_frames = whole("shape", n_bins, 0), whole("shape", n_frames, 0)
        object.__setattr__(self, "shape", (n_channels, n_bins, n_frames))
        if math.prod(self.shape) > MAX_CELLS:
            refuse("shape", self.shape, f"0 … {MAX_CELLS} cells", MAX_CELLS)
        for name, n_bytes in (
            ("packed", 2 * math.prod(self.shape)),
            ("packed_above", 2 * n_channels * n_frames if self.packed_above else 0),
        ):
            packed = getattr(self, name)
            if len(packed) != n_bytes:
                refuse(name, f"{len(packed)} bytes", f"{n_bytes} bytes", n_bytes)
            values = np.frombuffer(packed, "<f2")
            if not ((values >= 0) & (values <= 1)).all():
                refuse(name, "what lies outside", "0 … 1", 0)

    @classmethod
    def of(
        cls, values: HalfArray, first_frame: int, first_bin: int, above: HalfArray | None = None
    ) -> Patch:
        """Of ``values`` ``(n_channels or 1, n_bins, n_frames)``, and ``above`` without the bins."""
        return cls(
            first_frame,
            first_bin,
            values.shape,
            np.ascontiguousarray(values, "<f2").tobytes(),
            b"" if above is None else np.ascontiguousarray(above, "<f2").tobytes(),
        )

    def moved(self, frames: int, bins: int = 0) -> Patch:
        """The same values, so many frames later and bins higher."""
        return dataclasses.replace(
            self, first_frame=self.first_frame + frames, first_bin=self.first_bin + bins
        )

    @cached_property
    def values(self) -> HalfArray:
        """``(n_channels or 1, n_bins, n_frames)``; not to be written to."""
        return np.frombuffer(self.packed, "<f2").reshape(self.shape)

    @cached_property
    def above(self) -> HalfArray | None:
        """``(n_channels or 1, n_frames)``, or None; not to be written to."""
        if not self.packed_above:
            return None
        return np.frombuffer(self.packed_above, "<f2").reshape(self.shape[0], self.shape[2])
