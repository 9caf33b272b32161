"""Pieces of clips, and what is known of them: how long they sound, how high they reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

BLOCK_S = 0.1
QUIET_DB = -40.0
"""Blocks lower than this under the loud ones of their clip count as silence."""

QUIET_DBFS = -60.0
LEAST_SHARE = 0.05
"""A piece that sounds for less of its length is not drawn."""

BAND_DB = -75.0
"""A recording ends where its spectrum stays this far under its strongest part for good.

Files that were once at a lower rate, or coded, end in a cliff: of 53 files looked at, the ends of
nearly all moved by less than 1 kHz between -65 and -95 dB.
"""

LOWEST_BAND_HZ = 6000.0
"""No recording counts as narrower: it may simply have no highs."""

_BAND_FRAMES, _BAND_WINDOW_S, _SMOOTH_HZ = 200, 0.1, 200.0


@dataclass(frozen=True)
class Piece:
    """A part of the clip numbered ``clip``, from one sample to another (exclusive)."""

    clip: int
    start: int
    stop: int

    @property
    def n_samples(self) -> int:
        return self.stop - self.start


def sounding_s(
    samples: FloatArray, sample_rate: int, bounds: Sequence[tuple[int, int]]
) -> list[float]:
    """For how many seconds each part of ``samples`` ``(n_channels, n)`` between bounds sounds."""
    block = max(1, round(BLOCK_S * sample_rate))
    n_blocks = samples.shape[1] // block
    if not n_blocks:
        return [(stop - start) / sample_rate for start, stop in bounds]
    power = np.zeros(n_blocks)
    for channel in samples:
        blocks = channel[: n_blocks * block].reshape(n_blocks, block)
        power += np.einsum("ij,ij->i", blocks, blocks)
    power /= block * len(samples)
    loud = float(np.percentile(power, 95))
    threshold = max(loud * 10 ** (QUIET_DB / 10), 10 ** (QUIET_DBFS / 10))
    found = []
    for start, stop in bounds:
        first = start // block
        part = power[first : max(first + 1, stop // block)]
        share = float(np.mean(part > threshold))
        found.append(share * (stop - start) / sample_rate if share >= LEAST_SHARE else 0.0)
    return found


def band_hz(samples: FloatArray, sample_rate: int) -> float:
    """Up to where ``samples`` ``(n_channels, n)`` reach; half the rate where they never end."""
    window = max(16, round(_BAND_WINDOW_S * sample_rate))
    n_frames = samples.shape[1] // window
    if not n_frames:
        return sample_rate / 2
    chosen = np.unique(np.linspace(0, n_frames - 1, min(n_frames, _BAND_FRAMES)).astype(int))
    bell = np.hanning(window).astype(np.float32)
    power = np.zeros(window // 2 + 1)
    for frame in chosen:
        part = np.asarray(samples[:, frame * window : (frame + 1) * window]) * bell
        power += np.square(np.abs(np.fft.rfft(part, axis=1))).sum(axis=0)
    n_smooth = max(1, round(_SMOOTH_HZ * window / sample_rate))
    smooth = np.convolve(power, np.ones(n_smooth) / n_smooth, mode="same")
    strong = np.flatnonzero(smooth > smooth.max() * 10 ** (BAND_DB / 10))
    if not strong.size:
        return sample_rate / 2
    end = (int(strong[-1]) + 1 - n_smooth / 2) * sample_rate / window
    if end > 0.97 * sample_rate / 2:
        return sample_rate / 2
    return max(end, min(LOWEST_BAND_HZ, sample_rate / 2))
