"""What is to be evaluated with what, and what comes back: plain data, no torch."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from core.audio import Audio
from core.datasets import Clip
from core.errors import StemscopeError
from core.evaluation import ClipScore
from core.models import ModelEntry


@dataclass(frozen=True)
class Contestant:
    """A model, or a folder of finished estimates, that is measured.

    ``key`` tells it from others and, for a model, its weights from those it had before.
    """

    key: str
    title: str
    folder: Path
    is_model: bool

    @classmethod
    def of_model(cls, entry: ModelEntry) -> Contestant:
        key = f"model:{entry.folder}:{entry.card.sha256}"
        return cls(key, entry.card.title, entry.folder, True)

    @classmethod
    def of_estimates(cls, folder: Path) -> Contestant:
        return cls(f"estimates:{folder}", folder.name or str(folder), folder, False)

    def distinct_from(self, titles: Collection[str]) -> Contestant:
        """The same under a title that is none of ``titles``: ``Paper (2)``."""
        numbered = (f"{self.title} ({number})" for number in itertools.count(2))
        names = itertools.chain([self.title], numbered)
        return replace(self, title=next(name for name in names if name not in titles))


@dataclass(frozen=True)
class EvaluationPlan:
    """Clips in their order, each with those that are to be measured on it."""

    work: tuple[tuple[Clip, tuple[Contestant, ...]], ...]
    protocol: str
    device: str = "auto"
    scratch_dir: str | None = None

    @property
    def contestants(self) -> tuple[Contestant, ...]:
        """Everybody who is measured on some clip."""
        return tuple(dict.fromkeys(who for _, all_of_them in self.work for who in all_of_them))


@dataclass(frozen=True)
class ClipScored:
    """One clip of one contestant is measured."""

    key: str
    score: ClipScore


@dataclass(frozen=True)
class EvaluationNotice:
    """Something the user should know of an evaluation that goes on."""

    error: StemscopeError


@dataclass(frozen=True)
class ClipPlan:
    """One clip to look at and to hear; without a contestant only its references."""

    clip: Clip
    protocol: str
    contestant: Contestant | None
    device: str = "auto"
    scratch_dir: str | None = None


@dataclass(frozen=True, eq=False)
class OpenedClip:
    """A clip at one level: its mixture, and reference and estimate of every source.

    ``estimates`` is empty where there is no contestant. Estimates whose level means nothing are
    brought to the level that fits the reference best; ``fitted`` says so.
    """

    plan: ClipPlan
    mixture: Audio
    references: dict[str, Audio]
    estimates: dict[str, Audio]
    fitted: bool = False
