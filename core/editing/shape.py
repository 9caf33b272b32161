"""The shape of a mask: what is done to all of it alike, before any edit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.editing.checks import number, refuse
from core.editing.grid import Grid
from core.editing.odds import sharpened, with_gain_db
from core.masks import FloatArray, HalfArray, Mask

BAND_CENTRES_HZ = (62.5, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)
"""Octaves whose trims can be set; between them trims run straight over the logarithm."""

NO_TRIMS = (0.0,) * len(BAND_CENTRES_HZ)

SHARPNESS = (0.0, 20.0)
GAIN_DB = (-60.0, 60.0)
FLOOR_DB = (-math.inf, -6.0)
TIME_SMOOTHING_S = (0.0, 2.0)
FREQUENCY_SMOOTHING_HZ = (0.0, 2000.0)


@dataclass(frozen=True)
class MaskShape:
    """How a network's mask is shaped; as it comes, nothing is done.

    In this order: medians over time and over frequency of about the given widths, log-odds times
    ``sharpness``, ``bias_db`` and ``trims_db`` added to the odds, everything from ``threshold`` on
    made 1 and the rest 0, and each source let through at ``floor_db`` at least.

    Whatever is set, voice and accompaniment sum to 1: the mask is the voice's, the other source's
    is one minus it by construction. Smoothing, sharpness and floor treat the two alike (they are
    odd in the log-odds, so that shaping 1 - m gives one minus the shaped m); bias, trims and
    threshold take from one what they give to the other.
    """

    sharpness: float = 1.0
    threshold: float | None = None
    floor_db: float = -math.inf
    time_smoothing_s: float = 0.0
    frequency_smoothing_hz: float = 0.0
    bias_db: float = 0.0
    trims_db: tuple[float, ...] = NO_TRIMS

    def __post_init__(self) -> None:
        for name, (low, high) in (
            ("sharpness", SHARPNESS),
            ("floor_db", FLOOR_DB),
            ("time_smoothing_s", TIME_SMOOTHING_S),
            ("frequency_smoothing_hz", FREQUENCY_SMOOTHING_HZ),
            ("bias_db", GAIN_DB),
        ):
            object.__setattr__(self, name, number(name, getattr(self, name), low, high))
        if self.threshold is not None:
            object.__setattr__(self, "threshold", number("threshold", self.threshold, 0.0, 1.0))
        trims = tuple(number("trims_db", trim, *GAIN_DB) for trim in self.trims_db)
        if len(trims) != len(NO_TRIMS):
            nearest = (trims + NO_TRIMS)[: len(NO_TRIMS)]
            refuse("trims_db", trims, f"{len(NO_TRIMS)} values", nearest)
        object.__setattr__(self, "trims_db", trims)

    @property
    def is_neutral(self) -> bool:
        return self == MaskShape()

    def apply(self, mask: Mask, first: int, last: int) -> tuple[HalfArray, HalfArray]:
        """Frames ``first`` to ``last`` of ``mask``, shaped.

        Returns float16 ``(n_sources - 1, n_channels or 1, n_bins, n_frames)`` and what lies above
        the band, ``(n_sources - 1, n_channels or 1, n_frames)``. That is shaped in the same way,
        with the trim of the highest band. As many frames around are read as smoothing needs, so
        that the parts of a mask equal the whole. The neutral shape gives the mask's own values,
        which are not to be written to.
        """
        if self.is_neutral:
            return mask.values[..., first:last], mask.above[..., first:last]
        reach = self.reach_frames(mask)
        begin, end = max(0, first - reach), min(mask.n_frames, last + reach)
        inner = slice(first - begin, last - begin)
        values = mask.values[..., begin:end].astype(np.float32)
        above = mask.above[..., begin:end].astype(np.float32)
        # A median commutes with every rising curve, so that of the mask is that of the log-odds.
        values = _median(values, reach)[..., inner]
        above = _median(above, reach)[..., inner]
        bins = _half_width(self.frequency_smoothing_hz / Grid.of(mask).hertz_per_bin)
        values = _median(values.swapaxes(-1, -2), bins).swapaxes(-1, -2)
        gain_db = self.gain_db(Grid.of(mask).freqs_hz())
        return (
            self._curve(values, gain_db[:, None]),
            self._curve(above, np.float32(self.bias_db + self.trims_db[-1])),
        )

    def reach_frames(self, mask: Mask) -> int:
        """How many frames before and after one that changed change with it."""
        return _half_width(self.time_smoothing_s * Grid.of(mask).frames_per_s)

    def gain_db(self, freqs_hz: NDArray[np.float64]) -> FloatArray:
        """Bias and trim at each frequency, in dB of the odds; constant beyond the outer octaves."""
        octaves = np.log2(np.maximum(freqs_hz, BAND_CENTRES_HZ[0]))
        trims = np.interp(octaves, np.log2(BAND_CENTRES_HZ), self.trims_db)
        return np.asarray(self.bias_db + trims, np.float32)

    def _curve(self, mask: FloatArray, gain_db: FloatArray | np.float32) -> HalfArray:
        """What is done to each value by itself."""
        if self.sharpness != 1:
            mask = sharpened(mask, self.sharpness)
        if np.any(gain_db):
            mask = with_gain_db(mask, gain_db)
        if self.threshold is not None:
            mask = (mask >= np.float32(self.threshold)).astype(np.float32)
        # -6 dB is a little more than one half, where both sources meet.
        floor = min(0.5, 10 ** (self.floor_db / 20))
        return np.clip(mask, floor, 1 - floor).astype(np.float16)


def _half_width(width: float) -> int:
    """How far the odd number of places that is nearest to ``width`` reaches to each side."""
    return max(0, round((width - 1) / 2))


def _median(values: FloatArray, half: int) -> FloatArray:
    """The running median along the last axis, its ends repeated; ``half`` places to each side."""
    if half == 0:
        return values
    from scipy import ndimage

    size = values.shape[-1]
    ends = [(0, 0)] * (values.ndim - 1) + [(half, half)]
    # One long row is filtered many times faster than many; the repeated ends keep rows apart.
    row = np.pad(values, ends, "edge").ravel()
    smooth = ndimage.median_filter(row, 2 * half + 1, mode="nearest")
    return np.asarray(smooth.reshape(*values.shape[:-1], -1)[..., half : half + size], np.float32)
