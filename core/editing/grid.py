"""The grid of a mask: which second is a frame, which frequency is a bin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.masks import Mask

Span = tuple[float, float]
"""From when to when, in seconds; both may be infinite."""


@dataclass(frozen=True)
class Grid:
    """Three whole numbers that say where each cell lies.

    Frame k is centred at ``k * hop_samples / sample_rate`` seconds, bin b at
    ``b * sample_rate / window_samples`` hertz.
    """

    sample_rate: int
    hop_samples: int
    window_samples: int

    @classmethod
    def of(cls, mask: Mask) -> Grid:
        return cls(mask.sample_rate, mask.hop_samples, mask.window_samples)

    @property
    def frames_per_s(self) -> float:
        return self.sample_rate / self.hop_samples

    @property
    def hertz_per_bin(self) -> float:
        return self.sample_rate / self.window_samples

    def times_s(self, first: int, last: int) -> NDArray[np.float64]:
        """The centres of frames ``first`` to ``last``, each the same in whatever part."""
        samples = np.arange(first, last, dtype=np.float64) * self.hop_samples
        return np.asarray(samples / self.sample_rate, np.float64)

    def freqs_hz(self) -> NDArray[np.float64]:
        """The centres of all bins, ``(n_bins,)``."""
        bins = np.arange(self.window_samples // 2 + 1, dtype=np.float64)
        return np.asarray(bins * self.sample_rate / self.window_samples, np.float64)

    def frames(self, span_s: Span, first: int, last: int) -> tuple[int, int]:
        """Which of the frames ``first`` to ``last`` a span touches, one more on both sides.

        With that one more no rounding of a region's edge leaves a frame out.
        """
        start, stop = (
            max(first - 2.0, min(last + 2.0, second * self.frames_per_s)) for second in span_s
        )
        begin = max(first, math.ceil(start) - 1)
        return begin, max(begin, min(last, math.floor(stop) + 2))
