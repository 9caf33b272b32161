"""Regions of time and frequency that an edit acts on, as functions of seconds and hertz.

They know no grid: the same region acts on the masks of two models, and is drawn at any zoom.
Brushes are in ``core.editing.brushes``, cells that were found in ``core.editing.cells``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.editing.checks import HERTZ, SECONDS, Points, number, points
from core.editing.grid import Span
from core.masks import FloatArray

Axis = NDArray[np.float64]


class Region(Protocol):
    """Where an edit acts, and how much."""

    @property
    def span_s(self) -> Span:
        """From when to when the weights may be other than 0, in seconds; both may be infinite."""

    def weights(self, times_s: Axis, freqs_hz: Axis) -> FloatArray:
        """How much each place belongs to the region, 0 to 1: ``(n_freqs, n_times)``.

        Both axes ascend. The weight of a place depends on that place alone, so that a region that
        is read in parts is the same as one that is read at once.
        """


@dataclass(frozen=True)
class Rectangle:
    """From one time to another and one frequency to another, edges included.

    Infinite edges make it a whole band or a whole stretch of the song. The two corners may be given
    in any order, as a mouse draws them.
    """

    start_s: float
    stop_s: float
    low_hz: float
    high_hz: float

    def __post_init__(self) -> None:
        for first, second, limits in (
            ("start_s", "stop_s", SECONDS),
            ("low_hz", "high_hz", HERTZ),
        ):
            edges = [number(name, getattr(self, name), *limits, True) for name in (first, second)]
            object.__setattr__(self, first, min(edges))
            object.__setattr__(self, second, max(edges))

    @property
    def span_s(self) -> Span:
        return self.start_s, self.stop_s

    def weights(self, times_s: Axis, freqs_hz: Axis) -> FloatArray:
        result = np.zeros((len(freqs_hz), len(times_s)), np.float32)
        rows = between(freqs_hz, self.low_hz, self.high_hz)
        result[rows, between(times_s, self.start_s, self.stop_s)] = 1
        return result


@dataclass(frozen=True)
class Lasso:
    """A closed polygon of (seconds, hertz) vertices; where it overlaps itself is outside again."""

    points: Points

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", points("points", self.points, HERTZ, 3))

    @cached_property
    def _vertices(self) -> NDArray[np.float64]:
        return np.asarray(self.points, np.float64)

    @property
    def span_s(self) -> Span:
        times = self._vertices[:, 0]
        return float(times.min()), float(times.max())

    def weights(self, times_s: Axis, freqs_hz: Axis) -> FloatArray:
        result = np.zeros((len(freqs_hz), len(times_s)), np.float32)
        starts, stops = self._vertices, np.roll(self._vertices, -1, axis=0)
        columns = between(times_s, *self.span_s)
        rows = between(freqs_hz, float(starts[:, 1].min()), float(starts[:, 1].max()))
        times, freqs = times_s[columns], freqs_hz[rows]
        if not len(times) or not len(freqs):
            return result
        # Every edge flips all that lies above it. Edges hold their earlier end and not their later
        # one, so that a vertex is crossed once.
        begins = np.searchsorted(times, np.minimum(starts[:, 0], stops[:, 0]))
        ends = np.searchsorted(times, np.maximum(starts[:, 0], stops[:, 0]))
        flips = np.zeros((len(freqs) + 1, len(times)), np.uint8)
        for edge in np.flatnonzero(begins < ends):
            (t0, f0), (t1, f1) = starts[edge], stops[edge]
            crossed = np.arange(begins[edge], ends[edge])
            heights = f0 + (times[crossed] - t0) * ((f1 - f0) / (t1 - t0))
            flips[np.searchsorted(freqs, heights), crossed] ^= 1
        result[rows, columns] = np.bitwise_xor.accumulate(flips[:-1], axis=0)
        return result


@dataclass(frozen=True)
class Outside:
    """All that another region leaves out, throughout the song: an inverted selection."""

    region: Region

    @property
    def span_s(self) -> Span:
        return -math.inf, math.inf

    def weights(self, times_s: Axis, freqs_hz: Axis) -> FloatArray:
        return np.asarray(1 - self.region.weights(times_s, freqs_hz), np.float32)


@dataclass(frozen=True)
class Moved:
    """Another region, later by ``by_s`` and higher by ``by_hz``: where a copy is put."""

    region: Region
    by_s: float
    by_hz: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_s", number("by_s", self.by_s, *SECONDS))
        object.__setattr__(self, "by_hz", number("by_hz", self.by_hz, *HERTZ))

    @property
    def span_s(self) -> Span:
        start, stop = self.region.span_s
        return start + self.by_s, stop + self.by_s

    def weights(self, times_s: Axis, freqs_hz: Axis) -> FloatArray:
        return self.region.weights(times_s - self.by_s, freqs_hz - self.by_hz)


def between(axis: Axis, low: float, high: float) -> slice:
    """The places of an ascending axis from ``low`` to ``high``, both included."""
    return slice(int(np.searchsorted(axis, low)), int(np.searchsorted(axis, high, "right")))
