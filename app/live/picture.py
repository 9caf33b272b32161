"""The latest columns of what came in and of its mask, for a picture that scrolls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.live import Frames
from core.spectrogram.codes import Codes, code_of_energy, code_of_fraction
from core.stft import Stft

N_COLUMNS = 1024


@dataclass(frozen=True)
class Columns:
    """Columns ``first`` and later: codes ``(n, n_bins)`` of levels and of the first mask."""

    first: int
    levels: Codes
    masks: Codes


class Picture:
    """A ring of columns, one per frame; one thread writes, one reads.

    Levels are in dBFS, 0 being the peak of a full-scale sine, as in ``core.spectrogram``.
    """

    def __init__(self, stft: Stft, sample_rate: int) -> None:
        self.bin_hz = sample_rate / stft.window_samples
        self.n_bins = stft.n_bins
        self.column_s = stft.hop_samples / sample_rate
        self.sample_rate = sample_rate
        self.n_written = 0
        self._scale = np.float32((2 / stft.weights.sum()) ** 2)
        self._levels = np.zeros((N_COLUMNS, stft.n_bins), np.uint8)
        self._masks = np.zeros((N_COLUMNS, stft.n_bins), np.uint8)

    def add(self, frames: Frames) -> None:
        """Keep the columns of ``frames``; the oldest give way."""
        energy = np.mean(np.square(np.abs(frames.spectra)), axis=0) * self._scale
        codes = code_of_energy(energy), code_of_fraction(frames.masks[0].mean(axis=0))
        for k in range(len(energy)):
            slot = (self.n_written + k) % N_COLUMNS
            self._levels[slot], self._masks[slot] = codes[0][k], codes[1][k]
        self.n_written += len(energy)

    def since(self, column: int) -> Columns:
        """Copies of the columns from ``column`` on, as far as they are still there."""
        stop = self.n_written
        first = max(column, stop - N_COLUMNS + 8)  # some are being written while these are copied
        slots = np.arange(first, max(first, stop)) % N_COLUMNS
        return Columns(first, self._levels[slots], self._masks[slots])
