"""A line search for the strong Wolfe conditions."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

SUFFICIENT_DECREASE = 1e-4
CURVATURE = 0.9
MAX_EVALUATIONS = 25
LEAST_GROWTH, MOST_GROWTH = 2.0, 10.0
MARGIN = 0.1
"""A new trial keeps this share of a bracket away from its ends."""


@dataclass(frozen=True)
class Trial:
    """The function and its slope at distance ``t`` along the direction, and what belongs to it."""

    t: float
    value: float
    slope: float
    found: Any = None


def wolfe_search(start: Trial, first_t: float) -> Generator[float, Trial, Trial | None]:
    """A distance at which value and slope fulfil the strong Wolfe conditions.

    A generator: it gives distances and is sent the trials made there (a value that is not finite
    counts as too far). It returns the trial found, or the lowest with a sufficient decrease when
    evaluations run out, or None. Nocedal and Wright 2006, algorithms 3.5 and 3.6, with cubic
    interpolation (eq. 3.59).
    """
    low: Trial = start
    high: Trial | None = None
    best: Trial | None = None
    t = first_t
    for _ in range(MAX_EVALUATIONS):
        trial = yield t
        limit = start.value + SUFFICIENT_DECREASE * t * start.slope
        is_finite = math.isfinite(trial.value) and math.isfinite(trial.slope)
        if not is_finite or trial.value > limit or trial.value >= low.value:
            high = trial
        else:
            best = trial  # the lowest so far
            if abs(trial.slope) <= CURVATURE * abs(start.slope):
                return trial
            before, low = low, trial
            if high is None:
                if trial.slope < 0:
                    t = _clamped(_cubic_minimum(before, trial), t * LEAST_GROWTH, t * MOST_GROWTH)
                    continue
                high = before
            elif trial.slope * (high.t - trial.t) >= 0:
                high = before
        width = high.t - low.t
        first, last = sorted((low.t + MARGIN * width, high.t - MARGIN * width))
        t = _clamped(_cubic_minimum(low, high), first, last)
    return best


def _clamped(t: float, first: float, last: float) -> float:
    """``t`` within bounds; where it is no number, their middle."""
    return (first + last) / 2 if math.isnan(t) else max(first, min(last, t))


def _cubic_minimum(a: Trial, b: Trial) -> float:
    """Where the cubic through two trials with their slopes is lowest, or nan."""
    if not all(map(math.isfinite, (a.value, a.slope, b.value, b.slope))) or a.t == b.t:
        return math.nan
    d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if square < 0:
        return math.nan
    d2 = math.copysign(math.sqrt(square), b.t - a.t)
    divisor = b.slope - a.slope + 2 * d2
    return b.t - (b.t - a.t) * (b.slope + d2 - d1) / divisor if divisor else math.nan
