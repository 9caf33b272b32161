"""From the bins of a spectrum to the rows of a picture on any frequency scale."""

from __future__ import annotations

from typing import Literal

import numpy as np

from core.spectrogram.codes import Codes
from core.spectrogram.frequency import FrequencyScale


class RowMap:
    """Turns tiles ``(n_bins, n)`` into pictures ``(n_rows, n)``, lowest frequency first.

    A row that holds several bins shows the loudest ("max", for levels) or their mean ("mean", for
    masks); where rows are finer than bins the value is interpolated between bin centres. With
    ``above`` the bin after the last carries everything over the model's band.
    """

    def __init__(
        self,
        scale: FrequencyScale,
        n_rows: int,
        bin_hz: float,
        n_bins: int,
        combine: Literal["max", "mean"] = "max",
        above: bool = False,
    ) -> None:
        self.n_rows = n_rows
        self._combine = combine
        units = np.arange(n_rows + 1, dtype=np.float64) / n_rows
        edges = scale.to_hz(units) / bin_hz
        centres = scale.to_hz((units[:-1] + units[1:]) / 2) / bin_hz
        top = n_bins - 1
        # Rows up to `n_band` show bins, the others what lies above the band.
        n_band = int(np.searchsorted(centres, top, side="right")) if above else n_rows
        self._n_above = n_rows - n_band
        self._n_bins = n_bins
        # All scales are straight or concave, so fine rows come first and coarse ones after.
        n_fine = int(np.searchsorted(np.diff(edges), 1.0 - 1e-9)) if n_rows else 0
        n_fine = min(n_fine, n_band)
        position = np.clip(centres[:n_fine], 0, top)
        self._left = np.minimum(position.astype(np.intp), max(0, top - 1))
        self._right = np.minimum(self._left + 1, top)
        weight = np.rint((position - self._left) * 256).astype(np.uint16)
        self._weight = weight[:, None]
        starts = np.ceil(edges[n_fine:n_band] - 1e-9).astype(np.intp)
        self._starts = np.clip(starts, 0, top)
        end = int(np.ceil(edges[n_band] - 1e-9))
        self._end = n_bins if n_band == n_rows else min(max(end, 0), n_bins)
        if self._starts.size:
            self._end = max(self._end, int(self._starts[-1]) + 1)

    def apply(self, tile: Codes) -> Codes:
        """The picture of ``tile``; pending columns stay pending."""
        parts: list[Codes] = []
        if self._left.size:
            left, right = tile[self._left].astype(np.uint16), tile[self._right].astype(np.uint16)
            mixed = (left * (256 - self._weight) + right * self._weight + 128) >> 8
            parts.append(mixed.astype(np.uint8))
        if self._starts.size:
            parts.append(self._coarse(tile[: self._end]))
        if self._n_above:
            parts.append(np.repeat(tile[self._n_bins : self._n_bins + 1], self._n_above, axis=0))
        return np.concatenate(parts)

    def _coarse(self, bins: Codes) -> Codes:
        # Along the contiguous axis of the stored columns, which is where the bins lie.
        columns = bins.T
        if self._combine == "max":
            loudest: Codes = np.maximum.reduceat(columns, self._starts, axis=1)
            return loudest.T
        counts = np.diff(np.append(self._starts, columns.shape[1]))
        totals = np.add.reduceat(columns, self._starts, axis=1, dtype=np.uint32)
        means = (totals + counts // 2) // np.maximum(counts, 1)
        return np.asarray(means, np.uint8).T
