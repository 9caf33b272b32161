"""Masks: values in [0, 1] that say how much of each bin belongs to a source.

A mask is a function of seconds and hertz. It is kept on the grid of the model that made it and read
at any time and frequency, so that a song at any rate is filtered on a grid of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.scratch_array import scratch_zeros

FloatArray = NDArray[np.float32]
HalfArray = NDArray[np.float16]

# Resamplers and microphones roll off just below half the rate, so that a network has heard little
# there: the last part of its band is left out of the mean and faded into what lies above.
BAND_EDGE = 0.92
ABOVE_SMOOTHING_S = 0.05

IN_MEMORY_BYTES = 96 << 20
"""Larger masks lie on disk."""


@dataclass(frozen=True)
class Mask:
    """The masks of one song on a model's grid.

    ``values`` is float16 ``(n_sources - 1, n_channels or 1, n_bins, n_frames)``: the last source
    is one minus the others. ``above`` is float16 ``(n_sources - 1, n_channels or 1, n_frames)``,
    the value above the model's band. Frame k is centred at ``k * hop_samples / sample_rate``
    seconds, bin b at ``b * sample_rate / window_samples`` hertz. ``window`` is the shape of the
    model's window.
    """

    values: HalfArray
    above: HalfArray
    sample_rate: int
    hop_samples: int
    window_samples: int
    window: str = "sine"

    @classmethod
    def empty(
        cls,
        n_sources: int,
        n_frames: int,
        sample_rate: int,
        hop_samples: int,
        window_samples: int,
        n_channels: int = 1,
        scratch_dir: str | None = None,
        window: str = "sine",
    ) -> Mask:
        """A mask of zeros, to be filled as it is computed.

        That of an hour may be larger than memory should hold: then it lies in a temporary file in
        ``scratch_dir``, frame by frame. ``OSError`` if there is no room for it.
        """
        n_bins = window_samples // 2 + 1
        shape = (n_sources - 1, n_channels, n_frames, n_bins)
        if 2 * math.prod(shape) > IN_MEMORY_BYTES:
            values = scratch_zeros(shape, np.float16, scratch_dir).swapaxes(2, 3)
        else:
            values = np.zeros((n_sources - 1, n_channels, n_bins, n_frames), np.float16)
        return cls(
            values,
            np.zeros((n_sources - 1, n_channels, n_frames), np.float16),
            sample_rate,
            hop_samples,
            window_samples,
            window,
        )

    @property
    def n_channels(self) -> int:
        return self.values.shape[1]

    @property
    def n_frames(self) -> int:
        return self.values.shape[-1]

    @property
    def n_bins(self) -> int:
        return self.values.shape[-2]

    @property
    def band_hz(self) -> float:
        """Up to here the values are the network's own."""
        return BAND_EDGE * self.sample_rate / 2

    def sample(
        self, times_s: NDArray[np.floating], freqs_hz: NDArray[np.floating], source: int = 0
    ) -> FloatArray:
        """The mask of ``source`` read bilinearly: ``(n_channels or 1, n_freqs, n_times)``.

        Times before the first and after the last frame read those frames. Between ``band_hz`` and
        half the model's rate the values fade into ``above``.
        """
        position = np.asarray(times_s, np.float64) * (self.sample_rate / self.hop_samples)
        early, late, part = neighbours(position, self.n_frames)
        # Only the columns in use are widened to float32.
        first = int(early.min()) if len(early) else 0
        last = int(late.max()) + 1 if len(late) else 0
        columns = self.values[source, :, :, first:last].astype(np.float32)
        edge = self.above[source, :, first:last].astype(np.float32)
        early, late = early - first, late - first
        in_time = columns[:, :, early] * (1 - part) + columns[:, :, late] * part
        above = edge[:, early] * (1 - part) + edge[:, late] * part

        freqs = np.asarray(freqs_hz, np.float64)
        bins = freqs * (self.window_samples / self.sample_rate)
        low, high, share = neighbours(bins, self.n_bins)
        inside = in_time[:, low] * (1 - share[:, None]) + in_time[:, high] * share[:, None]
        weight = band_weights(freqs, self)[:, None]
        return np.asarray(inside * (1 - weight) + above[:, None, :] * weight, np.float32)


def band_weights(freqs_hz: NDArray[np.float64], mask: Mask) -> FloatArray:
    """How far the value above the band counts at each frequency: 0 up to the edge, then to 1."""
    edge, half_rate = mask.band_hz, mask.sample_rate / 2
    return np.clip((freqs_hz - edge) / (half_rate - edge), 0, 1).astype(np.float32)


def neighbours(
    position: NDArray[np.float64], size: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], FloatArray]:
    """The grid points on both sides of each position, and how far it is from the lower one."""
    clipped = np.clip(position, 0, size - 1)
    low = np.floor(clipped).astype(np.intp)
    high = np.minimum(low + 1, size - 1)
    return low, high, (clipped - low).astype(np.float32)


def ratio_mask(
    first: NDArray[np.floating], second: NDArray[np.floating], epsilon: float = 1e-10
) -> FloatArray:
    """(|a| + ε) / (|a| + |b| + 2ε), any shape: two zeros give one half, never a hole."""
    a, b = np.abs(first), np.abs(second)
    return np.asarray((a + epsilon) / (a + b + 2 * epsilon), np.float32)


def binary_mask(mask: NDArray[np.floating]) -> FloatArray:
    """1 where ``mask`` is at least one half, else 0."""
    return np.asarray(mask >= 0.5, np.float32)


def mean_above_band(mask: FloatArray, magnitude: FloatArray, frames_per_s: float) -> FloatArray:
    """What a mask becomes above its model's band.

    The mean over the model's top octave, without the last 8 % below half its rate, weighted by
    energy and smoothed over 50 ms. ``mask`` and ``magnitude`` are ``(n_frames, n_bins)``; returns
    ``(n_frames,)``, one half where there is no energy.
    """
    n_bins = mask.shape[1]
    octave = slice((n_bins - 1) // 2, int(BAND_EDGE * (n_bins - 1)) + 1)
    energy = np.square(magnitude[:, octave])
    kernel = _box(ABOVE_SMOOTHING_S * frames_per_s)
    masked = np.convolve((energy * mask[:, octave]).sum(axis=1), kernel, "same")
    whole = np.convolve(energy.sum(axis=1), kernel, "same")
    tiny = 1e-12
    return np.asarray((masked[: len(mask)] + tiny / 2) / (whole[: len(mask)] + tiny), np.float32)


def _box(width: float) -> FloatArray:
    """A centred box of any width of at least one frame; its end taps hold the fraction."""
    side = max(0.0, (width - 1) / 2)
    whole = int(side)
    taps = np.ones(2 * whole + 3, np.float32)
    taps[0] = taps[-1] = side - whole
    return taps / taps.sum()
