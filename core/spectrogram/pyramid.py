"""The level of one signal over time and frequency, computed as the signal becomes known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from core.audio.source import Audio, read_padded
from core.errors import Cancelled
from core.spectrogram.codes import code_of_energy, db_of_code
from core.spectrogram.columns import ColumnPyramid, pool_max

CHUNK_COLUMNS = 256  # about 3 s: `should_stop` is polled this often


def display_stft(sample_rate: int) -> tuple[int, int]:
    """Window and hop in samples for showing a signal: 2048 and 512 at 44.1 kHz.

    Other rates get about the same 46 ms, as a multiple of four without large prime factors, which
    keeps the Fourier transform fast.
    """
    wanted = 2048 * sample_rate / 44100
    candidates = {4 * round(wanted / 4 * (1 + d / 1000)) for d in range(-80, 81)}
    smooth = [n for n in candidates if n >= 4 and _is_smooth(n)]
    window = min(smooth, key=lambda n: abs(n - wanted), default=max(4, 4 * round(wanted / 4)))
    return window, window // 4


def _is_smooth(number: int) -> bool:
    for prime in (2, 3, 5, 7):
        while number % prime == 0:
            number //= prime
    return number == 1


class SpectrogramPyramid(ColumnPyramid):
    """Levels in dBFS of a signal of known length: 0 dBFS is the peak of a full-scale sine.

    Column k is centred on sample ``k * hop_samples``; bin b lies at ``b * bin_hz``. The energy is
    the mean over channels (out-of-phase sound does not vanish). Hann window.
    """

    def __init__(
        self, n_samples: int, sample_rate: int, directory: str | Path | None = None
    ) -> None:
        self.n_samples = n_samples
        self.sample_rate = sample_rate
        self.window_samples, self.hop_samples = display_stft(sample_rate)
        self.bin_hz = sample_rate / self.window_samples
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
        for start in range(first, last, CHUNK_COLUMNS):
            if should_stop is not None and should_stop():
                raise Cancelled
            stop = min(start + CHUNK_COLUMNS, last)
            self._write_columns(start, code_of_energy(self._energy(audio, start, stop)))
            if progress is not None:
                progress((stop - first) / (last - first))
        return first, last

    def level_db(self, time_s: float, frequency_hz: float) -> float | None:
        """The level in dBFS at the nearest column and bin; None where not computed."""
        return db_of_code(self.code_at(time_s, round(frequency_hz / self.bin_hz)))

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
