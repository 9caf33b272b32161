"""Intervals for the means of an evaluation: how far another draw of singers might move them.

Percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3)
over whole groups of clips (Davison and Hinkley, Bootstrap Methods and their Application, 1997,
section 3.8): clips of one singer resemble each other, so singers are drawn, not clips.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95
N_RESAMPLES = 2000
SEED = 2014

MIN_GROUPS = 5
"""Fewer groups than this say nothing about others: smaller ones are drawn then."""


@dataclass(frozen=True)
class Interval:
    """A range that holds the mean with the probability ``level``, in the values' unit."""

    low: float
    high: float
    level: float = LEVEL
    n_groups: int = 0


@dataclass(frozen=True)
class Grouping:
    """The group of each clip, and what a group is: "singers", "songs" or "clips"."""

    unit: str
    groups: tuple[str, ...]

    @property
    def n_groups(self) -> int:
        return len(set(self.groups))


def bootstrap_mean(
    values: ArrayLike,
    weights: ArrayLike | None = None,
    groups: Sequence[str] | None = None,
    *,
    level: float = LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> Interval | None:
    """Interval of the weighted mean Σ w v / Σ w of ``values`` ``(n_clips,)``.

    Each resample draws G of the G groups with replacement; with c_g the times that group g came,
    its mean is Σ c_g S_g / Σ c_g W_g, where S_g = Σ w v and W_g = Σ w over the clips of the group.
    The interval lies between the (1 − level)/2 and (1 + level)/2 quantiles of these means.
    ``weights`` (clip lengths) default to ones, ``groups`` to every clip for itself. The same seed
    gives the same interval. None where there are fewer than two groups. For the difference of two
    systems give the differences clip by clip: that pairs them.

    Raises ``ValueError`` for lengths that differ, and for a level outside (0, 1).
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"a level lies between 0 and 1, not at {level}")
    figures = np.asarray(values, np.float64)
    sizes = np.ones_like(figures) if weights is None else np.asarray(weights, np.float64)
    if figures.ndim != 1 or sizes.shape != figures.shape:
        raise ValueError(f"values {figures.shape} and weights {sizes.shape} differ")
    if groups is None:
        index, n_groups = np.arange(len(figures)), len(figures)
    else:
        if len(groups) != len(figures):
            raise ValueError(f"{len(figures)} values in {len(groups)} groups")
        names, index = np.unique(np.asarray(groups, str), return_inverse=True)
        n_groups = len(names)
    if n_groups < 2:
        return None
    sums = np.bincount(index, sizes * figures, n_groups)
    totals = np.bincount(index, sizes, n_groups)
    counts = _counts(n_groups, n_resamples, seed)
    drawn = counts @ totals
    means = (counts @ sums)[drawn > 0] / drawn[drawn > 0]
    if means.size == 0:
        return None
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level, n_groups)


@dataclass(frozen=True)
class Median:
    """A median of figures, and its interval where there are enough of them."""

    value: float
    interval: Interval | None


def bootstrap_median(
    values: ArrayLike,
    *,
    level: float = LEVEL,
    n_resamples: int = N_RESAMPLES,
    seed: int = SEED,
) -> Median | None:
    """The median of ``values`` ``(n,)``, one of each song, and the interval over songs drawn anew.

    Each resample draws n of the n values with replacement; the interval lies between the
    (1 - level)/2 and (1 + level)/2 quantiles of their medians. None where there are no values; no
    interval where there are fewer than two.
    """
    figures = np.asarray(values, np.float64)
    if figures.size == 0:
        return None
    median = float(np.median(figures))
    if figures.size < 2:
        return Median(median, None)
    drawn = np.random.default_rng(seed).integers(0, figures.size, (n_resamples, figures.size))
    medians = np.median(figures[drawn], axis=1)
    low, high = np.quantile(medians, [(1 - level) / 2, (1 + level) / 2])
    return Median(median, Interval(float(low), float(high), level, figures.size))


@functools.lru_cache(maxsize=4)
def _counts(n_groups: int, n_resamples: int, seed: int) -> NDArray[np.float64]:
    """How often each group comes in each resample, ``(n_resamples, n_groups)``."""
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=n_resamples)
    return counts.astype(np.float64)


def group_clips(names: Iterable[str], layout: str) -> Grouping:
    """The largest groups of which there are enough: singers, songs, or the clips themselves.

    MIR-1K names its clips ``singer_song_clip``; elsewhere a clip is a song.
    """
    names = tuple(names)
    if layout != "mir1k":
        return Grouping("songs", names)
    for unit in ("singers", "songs"):
        groups = tuple(_mir1k_group(name, unit) for name in names)
        if len(set(groups)) >= MIN_GROUPS:
            return Grouping(unit, groups)
    return Grouping("clips", names)


def _mir1k_group(name: str, unit: str) -> str:
    parts = name.rsplit("/", 1)[-1].split("_")
    if len(parts) < 3:
        return name
    return parts[0] if unit == "singers" else "_".join(parts[:2])
