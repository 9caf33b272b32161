"""Rows measured on singers of the training clips whom a training left out: clips and figures.

The figure of a row is the mean over the singers, so that one with many clips does not decide it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.datasets import Clip
from core.intervals import Interval, bootstrap_mean
from core.metrics import weighted_mean
from core.reproduction.published import Figures
from core.reproduction.records import ClipFigures, Record
from core.reproduction.results import FIGURES, Difference, Results, means
from core.reproduction.rows import Row
from core.reproduction.units import MAX_UNHEARD_CLIPS
from core.training.splits import split_by_singer

SEED = 1
"""The seed of trainings that leave a singer out."""


@dataclass(frozen=True)
class SingerFigures:
    """What was measured on a singer whom the training never heard."""

    singer: str
    figures: Figures
    record: Record


@dataclass(frozen=True)
class UnheardResult:
    """A row by singer; ``mean`` is over the singers, None until all of them are measured."""

    row: Row
    by_singer: tuple[SingerFigures, ...]

    @property
    def mean(self) -> Figures | None:
        if len(self.by_singer) < len(self.row.unheard):
            return None
        values = [
            [getattr(each.figures, name) for each in self.by_singer]
            for name in Figures.__dataclass_fields__
        ]
        return Figures(*(float(np.mean(each)) for each in values))


def clips_of(clips: Sequence[Clip], singer: str) -> tuple[Clip, ...]:
    """The singer's clips that are measured: at most ``MAX_UNHEARD_CLIPS``, evenly from all.

    The same ones for every row. Raises ``UsageError`` if there is no such singer, or no other.
    """
    own = split_by_singer(clips, singer).validation
    n_taken = min(len(own), MAX_UNHEARD_CLIPS)
    return tuple(own[index * len(own) // n_taken] for index in range(n_taken))


def unheard_result(results: Results, row: Row) -> UnheardResult | None:
    """The figures of a row by singer; None if none of them is there."""
    found = []
    for singer in row.unheard:
        record = results.record(row.method, row.mask, SEED, singer)
        if record is not None:
            found.append(SingerFigures(singer, means(record.clips), record))
    return UnheardResult(row, tuple(found)) if found else None


def unheard_difference(
    first: UnheardResult, second: UnheardResult, figure: str = FIGURES[0]
) -> Difference | None:
    """How much higher the first row's figure is, paired clip by clip, in the mean over singers.

    The interval is a bootstrap over songs: it tells how much songs of these singers differ, not
    what other singers would give. None unless both rows have all their singers.
    """
    if first.mean is None or second.mean is None:
        return None
    values: list[float] = []
    weights: list[float] = []
    songs: list[str] = []
    for one, other in zip(first.by_singer, second.by_singer, strict=True):
        theirs = {clip.name: clip for clip in other.record.clips}
        pairs = [(clip, theirs[clip.name]) for clip in one.record.clips if clip.name in theirs]
        total = sum(mine.duration_s for mine, _ in pairs)
        for mine, their in pairs:
            values.append(getattr(mine, figure) - getattr(their, figure))
            weights.append(mine.duration_s / total)  # each singer weighs as much as the other
            songs.append(_song(mine))
    interval: Interval | None = bootstrap_mean(values, weights, songs)
    return Difference(weighted_mean(values, weights) or 0.0, interval)


def _song(clip: ClipFigures) -> str:
    return clip.name.rpartition("_")[0]
