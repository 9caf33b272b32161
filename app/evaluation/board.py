"""What has been measured so far: scores by references, contestant and clip; means of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.evaluation.plan import Contestant, EvaluationPlan
from core.datasets import Dataset
from core.evaluation import (
    ClipScore,
    Difference,
    MeanScore,
    difference,
    protocol_of,
    summary,
)
from core.intervals import Interval
from core.scores import FIGURES, SOURCES

Place = tuple[Path, str]  # folder and layout of the references
Scores = dict[Place, dict[str, dict[str, ClipScore]]]  # by contestant's key and clip's name


@dataclass
class Board:
    """The references and contestants of now; scores stay until they are cleared.

    GUI thread only.
    """

    dataset: Dataset | None = None
    contestants: list[Contestant] = field(default_factory=list)
    _scores: Scores = field(default_factory=dict)

    @property
    def place(self) -> Place | None:
        return None if self.dataset is None else (self.dataset.folder, self.dataset.layout)

    @property
    def protocol(self) -> str:
        return "songs" if self.dataset is None else protocol_of(self.dataset.layout)

    def note(self, place: Place, key: str, score: ClipScore) -> None:
        """Keep a score; it may belong to references that are no longer shown."""
        self._scores.setdefault(place, {}).setdefault(key, {})[score.name] = score

    def score(self, key: str, clip: str) -> ClipScore | None:
        """The score of a clip of the references of now."""
        return self._of(key).get(clip)

    def scores(self, key: str) -> list[ClipScore]:
        """What there is of a contestant, in the order of the clips."""
        known = self._of(key)
        names = [] if self.dataset is None else [clip.name for clip in self.dataset.clips]
        return [known[name] for name in names if name in known]

    @property
    def has_scores(self) -> bool:
        """Whether something is to be seen: of the references and contestants of now."""
        return any(self._of(who.key) for who in self.contestants)

    def plan(self, device: str) -> EvaluationPlan:
        """What is still to be measured."""
        clips = [] if self.dataset is None else self.dataset.clips
        work = []
        for clip in clips:
            open_ = [w for w in self.contestants if self.score(w.key, clip.name) is None]
            if open_:
                work.append((clip, tuple(open_)))
        return EvaluationPlan(tuple(work), self.protocol, device)

    def take(self) -> Scores:
        """Forget all scores, also those of other references; ``restore`` takes them back."""
        scores, self._scores = self._scores, {}
        return scores

    def restore(self, scores: Scores) -> None:
        """Know these scores again."""
        self._scores = scores

    def _of(self, key: str) -> dict[str, ClipScore]:
        return {} if self.place is None else self._scores.get(self.place, {}).get(key, {})


@dataclass(frozen=True)
class MeanRow:
    """Means of one contestant over its scored clips, with intervals as far as computed."""

    contestant: Contestant
    n_scored: int
    n_undefined: int
    n_failed: int
    duration_s: float
    means: dict[str, MeanScore]
    intervals: dict[str, dict[str, Interval | None]] = field(default_factory=dict)
    unit: str = ""


@dataclass(frozen=True)
class DifferenceRow:
    """How much better one contestant is than the first, by source and figure."""

    contestant: Contestant
    baseline: Contestant
    values: dict[str, dict[str, Difference | None]]


@dataclass(frozen=True)
class Means:
    """All rows of the table of means."""

    rows: tuple[MeanRow, ...]
    differences: tuple[DifferenceRow, ...] = ()


def means_of(
    scored: Sequence[tuple[Contestant, Sequence[ClipScore]]],
    protocol: str,
    layout: str,
    *,
    with_intervals: bool,
) -> Means:
    """Means of every contestant; intervals and differences take up to tenths of a second."""
    rows = tuple(_row(who, clips, protocol, layout, with_intervals) for who, clips in scored)
    if not with_intervals or len(scored) < 2:
        return Means(rows)
    first, baseline = scored[0]
    differences = tuple(
        DifferenceRow(who, first, _differences(clips, baseline, layout))
        for who, clips in scored[1:]
    )
    return Means(rows, differences)


def _row(
    who: Contestant, clips: Iterable[ClipScore], protocol: str, layout: str, with_intervals: bool
) -> MeanRow:
    result = summary(clips, protocol)
    undefined = result.undefined
    n_failed = sum(clip.failed for clip in undefined)
    unit, intervals = result.intervals(layout) if with_intervals and result.means else ("", {})
    return MeanRow(
        who,
        len(result.clips) - len(undefined),
        len(undefined) - n_failed,
        n_failed,
        sum(clip.duration_s for clip in result.clips if clip.reason is None),
        result.means,
        intervals,
        unit,
    )


def _differences(
    clips: Sequence[ClipScore], baseline: Sequence[ClipScore], layout: str
) -> dict[str, dict[str, Difference | None]]:
    return {
        source: {name: difference(clips, baseline, source, name, layout) for name in FIGURES}
        for source in SOURCES
    }
