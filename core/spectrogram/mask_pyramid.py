"""A mask at every zoom, on the grid of the model that made it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.errors import Cancelled
from core.spectrogram.codes import PENDING, code_of_fraction, fraction_of_code
from core.spectrogram.columns import ColumnPyramid, pool_mean

CHUNK_FRAMES = 1024


class MaskLike(Protocol):
    """The part of a mask that drawing needs; see ``core.masks.Mask``."""

    @property
    def values(self) -> NDArray[np.float16]:
        """``(n_sources - 1, n_channels or 1, n_bins, n_frames)`` in [0, 1]."""

    @property
    def above(self) -> NDArray[np.float16]:
        """``(n_sources - 1, n_channels or 1, n_frames)``: the value above the model's band."""

    @property
    def sample_rate(self) -> int: ...

    @property
    def hop_samples(self) -> int: ...

    @property
    def window_samples(self) -> int: ...


class MaskPyramid(ColumnPyramid):
    """One source's mask, averaged over channels; the last bin is the value above the band."""

    def __init__(
        self, mask: MaskLike, source: int = 0, directory: str | Path | None = None
    ) -> None:
        self.mask = mask
        self.source = source
        self.bin_hz = mask.sample_rate / mask.window_samples
        self.n_model_bins = int(mask.values.shape[2])
        self.top_hz = (self.n_model_bins - 1) * self.bin_hz
        # Between the end of the model's band and half its rate its values fade into `above`,
        # as they do when the mask is applied.
        band_hz = float(getattr(mask, "band_hz", self.top_hz))
        over = (np.arange(self.n_model_bins) * self.bin_hz - band_hz) / max(
            self.top_hz - band_hz, 1e-9
        )
        self._fade = np.clip(over, 0, 1).astype(np.float32)[:, None]
        if band_hz >= self.top_hz:
            self._fade[:] = 0
        super().__init__(
            n_columns=int(mask.values.shape[3]),
            n_bins=self.n_model_bins + 1,
            column_s=mask.hop_samples / mask.sample_rate,
            pool=pool_mean,
            directory=directory,
        )

    def update(
        self,
        first_frame: int,
        last_frame: int,
        should_stop: Callable[[], bool] | None = None,
    ) -> tuple[int, int]:
        """Take over the mask's frames ``first_frame`` to ``last_frame``; ``Cancelled`` on stop."""
        first, last = max(0, first_frame), min(last_frame, self.n_columns)
        for start in range(first, last, CHUNK_FRAMES):
            if should_stop is not None and should_stop():
                raise Cancelled
            stop = min(start + CHUNK_FRAMES, last)
            inside = self.mask.values[self.source, :, :, start:stop].astype(np.float32).mean(0)
            above = self.mask.above[self.source, :, start:stop].astype(np.float32).mean(0)
            inside = inside * (1 - self._fade) + above * self._fade
            self._write_columns(start, code_of_fraction(np.vstack([inside, above]).T))
        return first, last

    def value_at(self, time_s: float, frequency_hz: float) -> float | None:
        """The mask value at the nearest frame and bin; None where not computed."""
        above = frequency_hz > self.top_hz
        row = self.n_model_bins if above else round(frequency_hz / self.bin_hz)
        return fraction_of_code(self.code_at(time_s, row))

    def channel_values(self, time_s: float, frequency_hz: float) -> tuple[float, ...] | None:
        """As ``value_at`` for each channel that has a mask of its own; None where not computed."""
        above = frequency_hz > self.top_hz
        row = self.n_model_bins if above else round(frequency_hz / self.bin_hz)
        if self.code_at(time_s, row) == PENDING:
            return None
        frame = round(time_s / self.column_s)
        outer = self.mask.above[self.source, :, frame].astype(np.float32)
        if above:
            return tuple(outer.tolist())
        inner = self.mask.values[self.source, :, row, frame].astype(np.float32)
        fade = self._fade[row, 0]
        return tuple((inner * (1 - fade) + outer * fade).tolist())
