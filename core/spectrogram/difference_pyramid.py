"""The difference of two masks at every zoom, on a grid as fine as the finer of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import Cancelled
from core.masks import FloatArray, Mask
from core.spectrogram.codes import code_of_fraction, fraction_of_code
from core.spectrogram.columns import ColumnPyramid, pool_mean

CHUNK_COLUMNS = 512


class DifferencePyramid(ColumnPyramid):
    """A − B of one source, averaged over channels; the last bin is for what lies above both bands.

    Stored as (A − B + 1) / 2, so that no difference is one half. ``a`` and ``b`` may be replaced by
    masks on the same grids. Coarser levels show means, as they do for a mask: the picture is that
    of A less that of B at any zoom.
    """

    def __init__(
        self,
        a: Mask,
        b: Mask,
        sources: tuple[int, int] = (0, 0),
        directory: str | Path | None = None,
    ) -> None:
        self.a, self.b, self.sources = a, b, sources
        column_s = min(mask.hop_samples / mask.sample_rate for mask in (a, b))
        last_s = max((mask.n_frames - 1) * mask.hop_samples / mask.sample_rate for mask in (a, b))
        self.bin_hz = min(mask.sample_rate / mask.window_samples for mask in (a, b))
        half_rate = max(mask.sample_rate for mask in (a, b)) / 2
        self.n_model_bins = int(np.ceil(half_rate / self.bin_hz - 1e-9)) + 1
        self.top_hz = (self.n_model_bins - 1) * self.bin_hz
        self._freqs = np.append(np.arange(self.n_model_bins), 2 * self.n_model_bins) * self.bin_hz
        super().__init__(
            n_columns=1 + int(np.ceil(last_s / column_s - 1e-6)),
            n_bins=self.n_model_bins + 1,
            column_s=column_s,
            pool=pool_mean,
            directory=directory,
        )

    def update(
        self,
        first_column: int,
        last_column: int,
        should_stop: Callable[[], bool] | None = None,
    ) -> tuple[int, int]:
        """Compare both masks at columns ``first_column`` to ``last_column``."""
        first, last = max(0, first_column), min(last_column, self.n_columns)
        for start in range(first, last, CHUNK_COLUMNS):
            if should_stop is not None and should_stop():
                raise Cancelled
            stop = min(start + CHUNK_COLUMNS, last)
            times = np.arange(start, stop) * self.column_s
            apart = self._sampled(self.a, times, self.sources[0])
            apart -= self._sampled(self.b, times, self.sources[1])
            self._write_columns(start, code_of_fraction((apart.T + 1) / 2))
        return first, last

    def _sampled(self, mask: Mask, times_s: NDArray[np.floating], source: int) -> FloatArray:
        """``(n_bins, n_times)``"""
        return np.asarray(mask.sample(times_s, self._freqs, source).mean(axis=0))

    def value_at(self, time_s: float, frequency_hz: float) -> float | None:
        """A − B at the nearest column and bin; None where not computed."""
        above = frequency_hz > self.top_hz
        row = self.n_model_bins if above else round(frequency_hz / self.bin_hz)
        half = fraction_of_code(self.code_at(time_s, row))
        return None if half is None else 2 * half - 1
