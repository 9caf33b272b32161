"""Regions that are painted: strokes of a brush, and the harmonics of a sung or played note."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.editing.checks import HERTZ, Points, number, points, refuse, whole
from core.editing.grid import Span
from core.editing.regions import Axis, between
from core.masks import FloatArray
from core.spectrogram.frequency import SCALE_KINDS, FrequencyScale

RADIUS_S = (1e-4, 1e4)
RADIUS_UNITS = (1e-5, 1e2)
F0_HZ = (1.0, 1e5)
WIDTH_HZ = (0.1, 1e5)
MAX_HARMONICS = 1000

LEAST_STEP = 0.25
"""Points of a stroke closer than this many radii to the last one add nothing that is seen."""

GRACE_S = 0.02
"""A note reaches this far beyond its first and last point, so that a single point is heard too."""


@dataclass(frozen=True)
class Stroke:
    """A round brush along a line of (seconds, hertz) points, round on the screen it was drawn on.

    Distances are counted in radii: ``(Δt / radius_s)² + (Δu / radius_units)²``, where u is the
    position on the axis ``scale``. The weight is 1 up to the distance ``hardness``, falls smoothly
    from there and is 0 from the distance 1 on.
    """

    points: Points
    radius_s: float
    radius_units: float
    hardness: float
    scale: FrequencyScale

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", points("points", self.points, HERTZ, 1))
        for name, limits in (
            ("radius_s", RADIUS_S),
            ("radius_units", RADIUS_UNITS),
            ("hardness", (0.0, 1.0)),
        ):
            object.__setattr__(self, name, number(name, getattr(self, name), *limits))
        if self.scale.kind not in SCALE_KINDS:
            refuse("scale", self.scale.kind, ", ".join(SCALE_KINDS), SCALE_KINDS[0])
        low = number("low_hz", self.scale.low_hz, 0.0, HERTZ[1])
        # An axis of no height has no units.
        high = number("high_hz", self.scale.high_hz, low + 1.0, 2 * HERTZ[1])
        object.__setattr__(self, "scale", FrequencyScale(self.scale.kind, low, high))

    @property
    def span_s(self) -> Span:
        times = [time for time, _ in self.points]
        return min(times) - self.radius_s, max(times) + self.radius_s

    @cached_property
    def _path(self) -> NDArray[np.float64]:
        """The points in radii, ``(n_points, 2)``, without those that hardly move the brush."""
        given = np.asarray(self.points, np.float64)
        across = given[:, 0] / self.radius_s
        up = self.scale.to_unit(given[:, 1]) / self.radius_units
        path = np.stack([across, up], axis=1)
        kept = [0]
        for place in range(1, len(path)):
            step = path[place] - path[kept[-1]]
            is_last = place == len(path) - 1
            if step @ step >= LEAST_STEP**2 or (is_last and step.any()):
                kept.append(place)
        return path[kept]

    def weights(self, times_s: Axis, freqs_hz: Axis) -> FloatArray:
        result = np.zeros((len(freqs_hz), len(times_s)), np.float32)
        path = self._path
        x, y = times_s / self.radius_s, self.scale.to_unit(freqs_hz) / self.radius_units
        (left, low), (right, high) = path.min(axis=0) - 1, path.max(axis=0) + 1
        columns, rows = between(x, left, right), between(y, low, high)
        x, y = x[columns], y[rows]
        if not len(x) or not len(y):
            return result
        squares = np.ones((len(y), len(x)), np.float32)
        starts = path[:-1] if len(path) > 1 else path
        stops = path[1:] if len(path) > 1 else path
        for start, stop in zip(starts, stops, strict=True):
            left, right = sorted((start[0], stop[0]))
            low, high = sorted((start[1], stop[1]))
            box = between(y, low - 1, high + 1), between(x, left - 1, right + 1)
            near = _squares_to_segment(x[box[1]], y[box[0]], start, stop)
            np.minimum(squares[box], near, out=squares[box])
        result[rows, columns] = falloff(np.sqrt(squares), self.hardness)
        return result


def _squares_to_segment(
    x: Axis, y: Axis, start: NDArray[np.float64], stop: NDArray[np.float64]
) -> FloatArray:
    """The squared distance of each place to a segment, ``(len(y), len(x))``."""
    along = stop - start
    length = float(np.hypot(*along))
    right, up = along / length if length else (1.0, 0.0)
    # Relative to the start before they become float32, which tells hours from milliseconds badly.
    x, y = x - start[0], y - start[1]
    ahead = (y * up).astype(np.float32)[:, None] + (x * right).astype(np.float32)
    aside = (y * right).astype(np.float32)[:, None] - (x * up).astype(np.float32)
    ahead -= np.clip(ahead, 0, np.float32(length))
    np.square(ahead, out=ahead)
    np.square(aside, out=aside)
    return np.asarray(np.add(ahead, aside, out=ahead), np.float32)


@dataclass(frozen=True)
class Harmonics:
    """A fundamental along (seconds, hertz) points and its multiples, each ``width_hz`` to a side.

    Between points the fundamental runs straight. The weight is 1 within ``hardness`` of the width
    around a multiple, falls smoothly from there and is 0 from ``width_hz`` on; where two multiples
    are closer than that, the nearer one counts.
    """

    points: Points
    n_harmonics: int
    width_hz: float
    hardness: float

    def __post_init__(self) -> None:
        line = sorted(points("points", self.points, F0_HZ, 1), key=lambda point: point[0])
        object.__setattr__(self, "points", tuple(line))
        n_harmonics = whole("n_harmonics", self.n_harmonics, 1, MAX_HARMONICS)
        object.__setattr__(self, "n_harmonics", n_harmonics)
        object.__setattr__(self, "width_hz", number("width_hz", self.width_hz, *WIDTH_HZ))
        object.__setattr__(self, "hardness", number("hardness", self.hardness, 0.0, 1.0))

    @property
    def span_s(self) -> Span:
        return self.points[0][0] - GRACE_S, self.points[-1][0] + GRACE_S

    def weights(self, times_s: Axis, freqs_hz: Axis) -> FloatArray:
        result = np.zeros((len(freqs_hz), len(times_s)), np.float32)
        columns = between(times_s, *self.span_s)
        line = np.asarray(self.points, np.float64)
        f0_hz = np.interp(times_s[columns], line[:, 0], line[:, 1])
        freqs = freqs_hz[:, None]
        # Multiples are evenly spaced: the nearest is found by rounding, however many there are.
        multiple = np.clip(np.rint(freqs / f0_hz), 1, self.n_harmonics)
        distance = np.abs(freqs - multiple * f0_hz) / self.width_hz
        result[:, columns] = falloff(distance.astype(np.float32), self.hardness)
        return result


def falloff(distance: FloatArray, hardness: float) -> FloatArray:
    """1 up to the distance ``hardness``, 0 from 1 on, a smooth step between."""
    if hardness >= 1:
        return (distance < 1).astype(np.float32)
    part = np.clip((1 - distance) / np.float32(1 - hardness), 0, 1)
    return np.asarray(part * part * (3 - 2 * part), np.float32)
