"""The level of one signal over time and frequency, computed as the signal becomes known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from core.audio.source import Audio, read_padded
from core.errors import Cancelled
from core.spectrogram.analysis import Analysis
from core.spectrogram.codes import FLOOR_DB, PENDING, code_of_energy, db_of_code
from core.spectrogram.columns import ColumnPyramid, pool_max

CHUNK_CELLS = 2**19  # of a chunk: about 3 s at 44.1 kHz, after which `should_stop` is polled


class SpectrogramPyramid(ColumnPyramid):
    """Levels in dBFS of a signal of known length: 0 dBFS is the peak of a full-scale sine.

    Column k is centred on sample ``k * hop_samples``; bin b lies at ``b * bin_hz``. The energy is
    the mean over channels (out-of-phase sound does not vanish). Hann window.
    """

    def __init__(
        self,
        n_samples: int,
        sample_rate: int,
        directory: str | Path | None = None,
        analysis: Analysis = Analysis(),  # noqa: B008 (plain values that nobody changes)
    ) -> None:
        self.n_samples = n_samples
        self.sample_rate = sample_rate
        self.window_samples, self.hop_samples = analysis.grid(sample_rate)
        self.bin_hz = sample_rate / self.window_samples
        self.chunk_columns = max(16, CHUNK_CELLS // self.window_samples)
        turn = np.arange(self.window_samples) / self.window_samples
        window = 0.5 - 0.5 * np.cos(2 * np.pi * turn)
        # Scaled so that the bin of a sine of amplitude 1 has magnitude 1.
        self._window = (window * 2 / window.sum()).astype(np.float32)
        super().__init__(
            n_columns=1 + -(-n_samples // self.hop_samples),
            n_bins=self.window_samples // 2 + 1,
            column_s=self.hop_samples / sample_rate,
            pool=pool_max,
            directory=directory,
        )

    def columns_touched(self, start_sample: int, stop_sample: int) -> tuple[int, int]:
        """First and one past the last column whose window sees any of the samples."""
        half = self.window_samples // 2
        first = max(0, -(-(start_sample - half + 1) // self.hop_samples))
        last = min(self.n_columns, (stop_sample + half - 1) // self.hop_samples + 1)
        return first, max(first, last)

    def update(
        self,
        audio: Audio,
        start_sample: int,
        stop_sample: int,
        should_stop: Callable[[], bool] | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> tuple[int, int]:
        """Compute the columns that see samples ``start_sample`` to ``stop_sample``.

        Columns at the seam of two calls are computed by both, so that parts in any order end up
        equal to the whole. Returns the first and one past the last column. Raises ``Cancelled``
        when ``should_stop`` says so (columns done so far stay) and ``OSError`` on a full disk.
        """
        first, last = self.columns_touched(start_sample, stop_sample)
        for start in range(first, last, self.chunk_columns):
            if should_stop is not None and should_stop():
                raise Cancelled
            stop = min(start + self.chunk_columns, last)
            self._write_columns(start, code_of_energy(self._energy(audio, start, stop)))
            if progress is not None:
                progress((stop - first) / (last - first))
        return first, last

    def level_db(self, time_s: float, frequency_hz: float) -> float | None:
        """The level in dBFS at the nearest column and bin; None where not computed."""
        return db_of_code(self.code_at(time_s, round(frequency_hz / self.bin_hz)))

    def channel_levels_db(
        self, audio: Audio, time_s: float, frequency_hz: float
    ) -> tuple[float, ...] | None:
        """The level in dBFS of each channel at the nearest column and bin: one window is read.

        None where the column is not computed: what it is made of may not be there yet.
        """
        column, row = round(time_s / self.column_s), round(frequency_hz / self.bin_hz)
        if self.code_at(time_s, row) == PENDING:
            return None
        half = self.window_samples // 2
        start = column * self.hop_samples - half
        block = read_padded(audio, start, start + self.window_samples) * self._window
        turns = np.arange(self.window_samples, dtype=np.int64) * row % self.window_samples
        wave = np.exp((-2j * np.pi / self.window_samples) * turns)
        energy = np.abs(block @ wave) ** 2
        if row == 0 or 2 * row == self.window_samples:  # as in `_energy`
            energy /= 4
        with np.errstate(divide="ignore"):
            levels_db = np.maximum(10 * np.log10(energy), FLOOR_DB)
        return tuple(levels_db.tolist())

    def _energy(self, audio: Audio, first: int, last: int) -> NDArray[np.float32]:
        """Mean energy over channels of columns ``first`` to ``last``: ``(columns, bins)``."""
        half = self.window_samples // 2
        start = first * self.hop_samples - half
        stop = (last - 1) * self.hop_samples + half
        block = read_padded(audio, start, stop)
        total = np.zeros((last - first, self.n_bins), np.float32)
        for channel in block:
            frames = sliding_window_view(channel, self.window_samples)[:: self.hop_samples]
            spectrum = np.fft.rfft(frames * self._window)
            total += spectrum.real**2
            total += spectrum.imag**2
        total /= max(1, block.shape[0])
        # The bins at zero and at half the rate have no mirror image: a constant is not doubled.
        total[:, 0] /= 4
        if self.window_samples % 2 == 0:
            total[:, -1] /= 4
        return total
