"""From records to the figures of rows: means over seeds, intervals over singers, comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.intervals import Interval, bootstrap_mean, group_clips
from core.metrics import weighted_mean
from core.reproduction.published import PUBLISHED, Figures
from core.reproduction.records import ClipFigures, Record
from core.reproduction.rows import Row
from core.reproduction.units import Settings, seeds_of

FIGURES = ("nsdr_db", "sir_db", "sar_db")
"""Figures of a clip; their means weighted by length are GNSDR, GSIR and GSAR."""

LAYOUT = "mir1k"
"""Clips are grouped by singer as MIR-1K names them."""


@dataclass(frozen=True)
class SeedFigures:
    seed: int
    figures: Figures


@dataclass(frozen=True)
class RowResult:
    """A row measured: the mean over seeds, each with its interval over singers, in dB.

    ``clips`` hold each clip's mean over the seeds.
    """

    row: Row
    mean: Figures
    gnsdr_interval: Interval | None
    gsir_interval: Interval | None
    gsar_interval: Interval | None
    by_seed: tuple[SeedFigures, ...]
    clips: tuple[ClipFigures, ...]
    n_wanted_seeds: int
    n_left_out: int
    records: tuple[Record, ...]

    @property
    def published(self) -> Figures | None:
        return PUBLISHED.get(self.row.published)

    @property
    def gnsdr_spread_db(self) -> float | None:
        """Largest less smallest GNSDR of the seeds; None for one seed."""
        values = [seed.figures.gnsdr_db for seed in self.by_seed]
        return max(values) - min(values) if len(values) > 1 else None


@dataclass(frozen=True)
class Difference:
    """How much larger the first row's figure is, clip by clip, in dB."""

    mean_db: float
    interval: Interval | None

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.interval is not None and not self.interval.low <= 0 <= self.interval.high


class Results:
    """The figures of all rows of which there are records."""

    def __init__(self, records: Iterable[Record], settings: Settings) -> None:
        self._settings = settings
        self._records: dict[tuple[str, str, str], dict[int, Record]] = {}
        for record in records:
            place = (record.method, record.mask, record.unheard)
            self._records.setdefault(place, {})[record.seed] = record

    @property
    def clips(self) -> tuple[ClipFigures, ...]:
        """The test clips of any record."""
        for (_, _, unheard), seeds in self._records.items():
            if not unheard:
                return next(iter(seeds.values())).clips
        return ()

    def record(self, method: str, mask: str, seed: int, unheard: str = "") -> Record | None:
        """What one training gave, on the test clips or on the singer whom it left out."""
        return self._records.get((method, mask, unheard), {}).get(seed)

    def of(self, row: Row, n_seeds: int | None = None) -> RowResult | None:
        """The result of a row on the test clips over those of its seeds that are there, or None.

        ``n_seeds`` takes only the first so many.
        """
        seeds = seeds_of(row, self._settings)[:n_seeds]
        found = (self.record(row.method, row.mask, seed) for seed in seeds)
        records = tuple(record for record in found if record is not None)
        if not records:
            return None
        clips = _mean_clips(records)
        intervals = [_interval(clips, [getattr(c, name) for c in clips]) for name in FIGURES]
        return RowResult(
            row=row,
            mean=means(clips),
            gnsdr_interval=intervals[0],
            gsir_interval=intervals[1],
            gsar_interval=intervals[2],
            by_seed=tuple(SeedFigures(r.seed, means(r.clips)) for r in records),
            clips=clips,
            n_wanted_seeds=len(seeds),
            n_left_out=len(records[0].left_out),
            records=records,
        )


def difference(
    first: Sequence[RowResult], second: Sequence[RowResult], figure: str = "nsdr_db"
) -> Difference:
    """The mean of ``figure`` over the first rows less that over the second, on common clips."""
    common = set.intersection(*({c.name for c in result.clips} for result in [*first, *second]))
    clips = [clip for clip in first[0].clips if clip.name in common]

    def mean_of(results: Sequence[RowResult]) -> list[float]:
        tables = [{c.name: getattr(c, figure) for c in result.clips} for result in results]
        return [float(np.mean([table[clip.name] for table in tables])) for clip in clips]

    values = [a - b for a, b in zip(mean_of(first), mean_of(second), strict=True)]
    mean = weighted_mean(values, [clip.duration_s for clip in clips]) or 0.0
    return Difference(mean, _interval(clips, values))


def means(clips: Sequence[ClipFigures]) -> Figures:
    """Means over clips, weighted by their lengths."""
    lengths = [clip.duration_s for clip in clips]
    values = [weighted_mean([getattr(c, name) for c in clips], lengths) or 0.0 for name in FIGURES]
    return Figures(*values)


def _mean_clips(records: Sequence[Record]) -> tuple[ClipFigures, ...]:
    """Each clip's mean over the records; clips that all of them have."""
    tables = [{clip.name: clip for clip in record.clips} for record in records]
    names = [clip.name for clip in records[0].clips if all(clip.name in t for t in tables)]
    return tuple(
        ClipFigures(
            name,
            tables[0][name].duration_s,
            *(float(np.mean([getattr(t[name], figure) for t in tables])) for figure in FIGURES),
        )
        for name in names
    )


def _interval(clips: Sequence[ClipFigures], values: Sequence[float]) -> Interval | None:
    if not clips:
        return None
    groups = group_clips([clip.name for clip in clips], LAYOUT).groups
    return bootstrap_mean(values, [clip.duration_s for clip in clips], groups)
