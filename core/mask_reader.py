"""A mask read frame by frame on the grid of a song, as synthesis needs it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.masks import FloatArray, Mask, band_weights, neighbours
from core.stft import ComplexArray, Stft


class MaskReader:
    """Reads one source's mask as ``Mask.sample`` does, on the grid ``stft`` of a song.

    What depends on frequencies alone is worked out once. Each frame of the mask is brought to the
    song's bins, then frames of the song are weighted sums of two such rows.
    """

    def __init__(self, mask: Mask, stft: Stft, sample_rate: int, source: int = 0) -> None:
        self._values, self._above = mask.values[source], mask.above[source]
        self._frames_per_frame = (
            stft.hop_samples / sample_rate * (mask.sample_rate / mask.hop_samples)
        )
        freqs = np.arange(stft.n_bins, dtype=np.float64) * (sample_rate / stft.window_samples)
        # Above the mask's band there is one value for all bins.
        self._n_bins = stft.n_bins
        self._n_inside = int(np.searchsorted(freqs, mask.sample_rate / 2))
        inside: NDArray[np.float64] = freqs[: self._n_inside]
        bins: NDArray[np.float64] = inside * (mask.window_samples / mask.sample_rate)
        self._is_same = len(bins) == stft.n_bins - 1 and bool((bins == np.arange(len(bins))).all())
        self._low, self._high, self._share = neighbours(bins, mask.n_bins)
        self._fade = band_weights(inside, mask)

    def read(self, first: int, last: int) -> FloatArray:
        """The mask of frames ``first`` to ``last``: ``(n_channels or 1, n_frames, n_bins)``."""
        position = np.arange(first, last, dtype=np.float64) * self._frames_per_frame
        early, late, part = neighbours(position, self._values.shape[-1])
        begin = int(early[0]) if len(early) else 0
        end = int(late[-1]) + 1 if len(late) else 0
        rows = self._rows(begin, end)
        early, late = early - begin, late - begin
        if (part == 0).all():
            return rows[:, early]
        found = rows[:, early]
        found *= (1 - part)[:, None]
        other = rows[:, late]
        other *= part[:, None]
        found += other
        return found

    def filtered(self, spectra: ComplexArray, first: int) -> ComplexArray:
        """``spectra``, ``(n_channels, n_frames, n_bins)`` from frame ``first`` on, times the mask.

        In place, and returned.
        """
        spectra *= self.read(first, first + spectra.shape[1])
        return spectra

    def _rows(self, begin: int, end: int) -> FloatArray:
        """Frames ``begin`` to ``end`` of the mask at the song's bins."""
        columns: NDArray[np.float16] = self._values[:, :, begin:end]
        values = np.ascontiguousarray(columns.swapaxes(1, 2)).astype(np.float32)
        above = self._above[:, begin:end].astype(np.float32)
        rows = np.empty((*above.shape, self._n_bins), np.float32)
        inside = rows[..., : self._n_inside]
        if self._is_same:
            inside[:] = values[..., : self._n_inside]
        else:
            np.take(values, self._low, axis=2, out=inside)
            inside *= 1 - self._share
            other = np.take(values, self._high, axis=2)
            other *= self._share
            inside += other
        faded = np.flatnonzero(self._fade)
        if len(faded):
            top = slice(int(faded[0]), self._n_inside)
            inside[..., top] *= 1 - self._fade[top]
            inside[..., top] += above[..., None] * self._fade[top]
        rows[..., self._n_inside :] = above[..., None]
        return rows
