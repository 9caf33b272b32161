"""Rooms for voices: noise that dies away, the high frequencies sooner.

A diffuse room's response is noise under an exponential (Moorer 1979, "About this reverberation
business"); the air and the walls take the highs first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

BANDS = ((0.0, 1.0), (1500.0, 0.8), (5000.0, 0.45))
"""Where each band begins in Hz, and how long it sounds compared with the lowest."""

_FALL = math.log(1000)  # 60 dB


@dataclass(frozen=True)
class Room:
    """``rt60_s``: until the lows have fallen by 60 dB; ``wet_db``: all echoes against the voice."""

    rt60_s: float
    pre_delay_s: float
    wet_db: float
    seed: int

    def response(self, sample_rate: int, n_channels: int) -> FloatArray:
        """The echoes without the direct sound, ``(n_channels, n_samples)``, at unit energy each."""
        n_late = max(8, round(self.rt60_s * sample_rate))
        first = round(self.pre_delay_s * sample_rate)
        length = scipy.fft.next_fast_len(n_late, real=True)
        rng = np.random.default_rng(self.seed)
        noise = rng.standard_normal((n_channels, length), dtype=np.float32)
        spectrum = scipy.fft.rfft(noise, axis=1)
        hertz = scipy.fft.rfftfreq(length, 1 / sample_rate).astype(np.float32)
        time = np.arange(n_late, dtype=np.float32) / np.float32(sample_rate)
        late = np.zeros((n_channels, n_late), np.float32)
        above = np.ones_like(hertz)
        for number, (_, share) in enumerate(BANDS):
            here = above
            if number + 1 < len(BANDS):
                above = _high_pass(hertz, BANDS[number + 1][0])
                here = here - above
            falling = np.exp(time * np.float32(-_FALL / (self.rt60_s * share)))
            late += scipy.fft.irfft(spectrum * here, length, axis=1)[:, :n_late] * falling
        energy = np.sqrt(np.sum(np.square(late), axis=1, keepdims=True))
        late /= np.maximum(energy, np.float32(1e-9))
        return np.pad(late, ((0, 0), (first, 0)))


def _high_pass(hertz: FloatArray, edge_hz: float) -> FloatArray:
    """From 0 to 1 around ``edge_hz``, over about an octave."""
    return np.asarray(1 / (1 + np.square(np.square(edge_hz / np.maximum(hertz, 1)))), np.float32)
