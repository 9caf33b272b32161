"""Figures of clips, their means and intervals, and the tables that are made of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from core.errors import StemscopeError
from core.intervals import Interval, Median, bootstrap_mean, bootstrap_median, group_clips
from core.metrics import weighted_mean

SOURCES = ("vocals", "accompaniment")

FIGURES = ("nsdr_db", "sdr_db", "sir_db", "sar_db", "plain_sdr_db")
"""The figures of a source, as the attributes of ``SourceScore`` are called."""


@dataclass(frozen=True)
class SourceScore:
    """Figures of one source in dB; ``plain_sdr_db`` is None where the estimate's level is free."""

    sdr_db: float
    sir_db: float
    sar_db: float
    nsdr_db: float
    plain_sdr_db: float | None

    def figure(self, name: str) -> float | None:
        """The figure called ``name``, one of ``FIGURES``."""
        value: float | None = getattr(self, name)
        return value


@dataclass(frozen=True)
class ClipScore:
    """Figures of one clip by source; ``reason`` says why there are none.

    ``failed`` tells a clip that could not be read or separated from one whose figures are undefined
    because a reference is silent. ``problem`` is the reason as an error that can be translated.
    """

    name: str
    duration_s: float
    scores: dict[str, SourceScore]
    silent_estimates: tuple[str, ...] = ()
    reason: str | None = None
    failed: bool = False
    problem: StemscopeError | None = field(default=None, compare=False, repr=False)

    @classmethod
    def without_figures(
        cls, name: str, duration_s: float, problem: StemscopeError, *, failed: bool
    ) -> ClipScore:
        """A clip that has none; ``problem`` is copied without its traceback."""
        copy = type(problem)(problem.template, **problem.fields)
        return cls(name, duration_s, {}, reason=str(copy), failed=failed, problem=copy)

    def figure(self, source: str, name: str) -> float | None:
        """A figure of a source in dB; None where it is undefined."""
        score = self.scores.get(source)
        return None if score is None else score.figure(name)

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, words and lists, for JSON."""
        return {
            "name": self.name,
            "duration_s": self.duration_s,
            "scores": {source: dict(vars(score)) for source, score in self.scores.items()},
            "silent_estimates": list(self.silent_estimates),
            "reason": self.reason,
            "failed": self.failed,
        }


@dataclass(frozen=True)
class MeanScore:
    """Means over the clips weighted by their lengths, in dB."""

    gsdr_db: float
    gnsdr_db: float
    gsir_db: float
    gsar_db: float
    plain_sdr_db: float | None

    def figure(self, name: str) -> float | None:
        """The mean of the figure called ``name``, one of ``FIGURES``."""
        value: float | None = getattr(self, _mean_name(name))
        return value


@dataclass(frozen=True)
class Evaluation:
    """All clips, the means of those that have figures, and which have none and why."""

    protocol: str
    gain_db: float
    clips: tuple[ClipScore, ...]
    means: dict[str, MeanScore]

    @property
    def undefined(self) -> list[ClipScore]:
        """Clips that are left out of the means, each with its ``reason``."""
        return [clip for clip in self.clips if clip.reason is not None]

    @property
    def with_silent_estimates(self) -> list[ClipScore]:
        return [clip for clip in self.clips if clip.silent_estimates]

    def intervals(self, layout: str) -> tuple[str, dict[str, dict[str, Interval | None]]]:
        """What was drawn ("singers", "songs", "clips"), and the intervals by source and mean."""
        scored = [clip for clip in self.clips if clip.reason is None]
        grouping = group_clips((clip.name for clip in scored), layout)
        lengths = [clip.duration_s for clip in scored]
        found: dict[str, dict[str, Interval | None]] = {}
        for source in self.means:
            found[source] = {}
            for name in FIGURES:
                values = [clip.figure(source, name) for clip in scored]
                known = [value for value in values if value is not None]
                found[source][_mean_name(name)] = (
                    bootstrap_mean(known, lengths, grouping.groups)
                    if len(known) == len(values)
                    else None
                )
        return grouping.unit, found

    def medians(self) -> dict[str, dict[str, Median]]:
        """Medians over the songs that have figures, by source and figure, each song counting once.

        Songs differ more than their parts do, and one that fails altogether moves a mean by a lot.
        """
        found: dict[str, dict[str, Median]] = {}
        for source in self.means:
            found[source] = {}
            for name in FIGURES:
                values = [clip.figure(source, name) for clip in self.clips]
                median = bootstrap_median([value for value in values if value is not None])
                if median is not None:
                    found[source][name] = median
        return found

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers, words and lists, for JSON."""
        return {
            "protocol": self.protocol,
            "gain_db": self.gain_db,
            "clips": [clip.as_dict() for clip in self.clips],
            "means": {source: dict(vars(mean)) for source, mean in self.means.items()},
            "n_clips": len(self.clips),
            "n_scored": len(self.clips) - len(self.undefined),
            "duration_s": sum(clip.duration_s for clip in self.clips),
        }


@dataclass(frozen=True)
class Difference:
    """How much better one system is than another, over the clips that both have, in dB."""

    mean_db: float
    interval: Interval | None
    n_clips: int


def summary(clips: Iterable[ClipScore], protocol: str, gain_db: float = 0.0) -> Evaluation:
    """The means over ``clips``."""
    clips = tuple(clips)
    scored = [clip for clip in clips if clip.reason is None]
    means: dict[str, MeanScore] = {}
    for source in SOURCES if scored else ():
        values = {_mean_name(name): _mean(scored, source, name) for name in FIGURES}
        plain = values.pop("plain_sdr_db")
        usual = {name: value or 0.0 for name, value in values.items()}
        means[source] = MeanScore(plain_sdr_db=plain, **usual)
    return Evaluation(protocol, gain_db, clips, means)


def difference(
    clips: Iterable[ClipScore],
    baseline: Iterable[ClipScore],
    source: str,
    name: str,
    layout: str,
) -> Difference | None:
    """The mean of ``clips`` less that of ``baseline``, paired clip by clip, weighted by length.

    ``name`` is one of ``FIGURES``. None where no clip has the figure in both.
    """
    before = {clip.name: clip.figure(source, name) for clip in baseline}
    names, values, lengths = [], [], []
    for clip in clips:
        figure, other = clip.figure(source, name), before.get(clip.name)
        if figure is not None and other is not None:
            names.append(clip.name)
            values.append(figure - other)
            lengths.append(clip.duration_s)
    mean_db = weighted_mean(values, lengths)
    if mean_db is None:
        return None
    interval = bootstrap_mean(values, lengths, group_clips(names, layout).groups)
    return Difference(mean_db, interval, len(values))


def csv_text(results: Mapping[str, Sequence[ClipScore]]) -> str:
    """A line per model, clip and source, with a heading; ``results`` are clips by model.

    Figures that are undefined are empty; the last column says why.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [column.name for column in fields(SourceScore)]
    writer.writerow(["model", "clip", "duration_s", "source", *names, "note"])
    for model, clips in results.items():
        for clip in clips:
            for source in SOURCES:
                cells = [_cell(clip.figure(source, name)) for name in names]
                note = clip.reason or ("silent estimate" if source in clip.silent_estimates else "")
                writer.writerow([model, clip.name, f"{clip.duration_s:.3f}", source, *cells, note])
    return out.getvalue()


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _mean_name(name: str) -> str:
    return name if name == "plain_sdr_db" else f"g{name}"


def _mean(scored: Sequence[ClipScore], source: str, name: str) -> float | None:
    values = [clip.figure(source, name) for clip in scored]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    return weighted_mean(known, [clip.duration_s for clip in scored])
