"""Evaluation as jobs of the compute thread: all clips of a data set, or one to look at."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.evaluation.desk import EvaluationDesk
from app.evaluation.plan import (
    ClipPlan,
    ClipScored,
    Contestant,
    EvaluationNotice,
    EvaluationPlan,
    OpenedClip,
)
from app.i18n import mark
from app.jobs import JobStep
from app.separation_job import LoadedSeparators, SeparatorFactory, SeparatorLike
from app.torch_setup import prepare_torch
from core.audio import Audio, ScratchAudio, read_padded
from core.datasets import Clip
from core.errors import Cancelled, DataError, StemscopeError
from core.estimates import EstimateFolder
from core.evaluation import SOURCES, ClipScore, MixedClip, mix_clip, score_estimates

if TYPE_CHECKING:
    from app.session import Session

EVALUATING, LOADING, OPENING = mark("Evaluating"), mark("Loading the model"), mark("Separating")
SEPARATION_SHARE = 0.7  # of the time a clip takes; the rest is scoring

ShouldStop = Callable[[], bool]
ReturnT = TypeVar("ReturnT")
Maker = SeparatorLike | EstimateFolder


def evaluation_desk(session: Session) -> EvaluationDesk:
    """The desk of a session: its jobs run in the session's compute thread."""
    # Figures are those of the command line, on any processor.
    make_separator = LoadedSeparators("float32")
    return EvaluationDesk(
        session,
        lambda plan: EvaluationRequest(plan, make_separator),
        lambda plan: ClipRequest(plan, make_separator),
    )


@dataclass(frozen=True)
class EvaluationRequest:
    """Everything the compute thread needs to measure models and estimates."""

    plan: EvaluationPlan
    make_separator: SeparatorFactory

    def run(self, should_stop: ShouldStop) -> Generator[JobStep, None, None]:
        """Yields ``ClipScored`` clip by clip, and gives way after every chunk in between.

        Models and folders that are missing or damaged raise before the first clip; a clip that
        cannot be read or separated says so in its score.
        """
        plan = self.plan
        yield JobStep(0.0, LOADING)
        prepare_torch()
        makers: dict[str, Maker] = {}
        for who in plan.contestants:
            yield JobStep(0.0, LOADING)
            makers[who.key] = _maker(who, self.make_separator, plan.device)
        total_s = sum(clip.duration_s * len(all_of_them) for clip, all_of_them in plan.work)
        done_s = 0.0
        for clip, contestants in plan.work:
            mixed = _mixed(clip, plan.protocol)
            for who in contestants:
                begin, share = done_s / (total_s or 1.0), clip.duration_s / (total_s or 1.0)
                score = mixed if isinstance(mixed, ClipScore) else None
                if score is None:
                    steps = self._score(clip, mixed, makers[who.key], should_stop)
                    score = yield from _rescaled(steps, begin, share)
                done_s += clip.duration_s
                yield JobStep(min(begin + share, 1.0), EVALUATING, ClipScored(who.key, score))

    def _score(
        self, clip: Clip, mixed: MixedClip, maker: Maker, should_stop: ShouldStop
    ) -> Generator[JobStep, None, ClipScore]:
        free_level = isinstance(maker, EstimateFolder) and self.plan.protocol == "paper"
        try:
            stems = yield from _rescaled(
                _separated(clip, mixed, maker, self.plan.scratch_dir, should_stop),
                0.0,
                SEPARATION_SHARE,
            )
            try:
                scoring = score_estimates(mixed, stems, free_level=free_level)
                while True:
                    try:
                        fraction = next(scoring)
                    except StopIteration as end:
                        score: ClipScore = end.value
                        return score
                    _check(should_stop)
                    part = SEPARATION_SHARE + (1 - SEPARATION_SHARE) * fraction
                    yield JobStep(part, EVALUATING)
            finally:
                _close(stems)
        except StemscopeError as error:
            return ClipScore.without_figures(clip.name, mixed.duration_s, error, failed=True)


@dataclass(frozen=True)
class ClipRequest:
    """Everything the compute thread needs to open one clip."""

    plan: ClipPlan
    make_separator: SeparatorFactory

    def run(self, should_stop: ShouldStop) -> Generator[JobStep, None, OpenedClip]:
        """Separates the clip if there is something to do it with; returns ``OpenedClip``."""
        plan = self.plan
        yield JobStep(0.0, OPENING)
        mixed = mix_clip(plan.clip, plan.protocol)
        mixture = mixed.mixture()
        references = {
            source: _on_disk(samples, mixed.sample_rate, plan.scratch_dir)
            for source, samples in zip(SOURCES, mixed.references * mixed.level, strict=True)
        }
        if plan.contestant is None:
            return OpenedClip(plan, mixture, references, {})
        if plan.contestant.is_model:
            prepare_torch()
        maker = _maker(plan.contestant, self.make_separator, plan.device)
        yield JobStep(0.0, OPENING)
        stems = yield from _separated(plan.clip, mixed, maker, plan.scratch_dir, should_stop)
        fitted = not plan.contestant.is_model and plan.protocol == "paper"
        if not plan.contestant.is_model:  # as long as the mixture, and perhaps at its level
            stems = {
                source: _matched(stems[source], references[source], fitted, plan.scratch_dir)
                for source in SOURCES
            }
        return OpenedClip(plan, mixture, references, dict(stems), fitted)


def _maker(who: Contestant, make_separator: SeparatorFactory, device: str) -> Maker:
    if who.is_model:
        return make_separator(who.folder, device)
    return EstimateFolder(who.folder)


def _mixed(clip: Clip, protocol: str) -> MixedClip | ClipScore:
    """The clip's mixture, or its score where it can have no figures."""
    try:
        mixed = mix_clip(clip, protocol)
    except StemscopeError as error:
        return ClipScore.without_figures(clip.name, clip.duration_s, error, failed=True)
    try:
        mixed.check()
    except DataError as problem:
        return ClipScore.without_figures(clip.name, mixed.duration_s, problem, failed=False)
    return mixed


def _separated(
    clip: Clip, mixed: MixedClip, maker: Maker, scratch_dir: str | None, should_stop: ShouldStop
) -> Generator[JobStep, None, Mapping[str, Audio]]:
    """The estimates of a clip, giving way after every chunk; fractions from 0 to 1."""
    _check(should_stop)
    mixture = mixed.mixture()
    if isinstance(maker, EstimateFolder):
        stems = maker(clip, mixture)
        yield JobStep(1.0, EVALUATING)
        return stems
    separation = maker.start(mixture, scratch_dir)
    try:
        told = False
        for step in maker.run(separation, should_stop):
            notice = None if told or separation.notice is None else separation.notice
            told = told or notice is not None
            detail = EvaluationNotice(notice) if notice is not None else None
            yield JobStep(step.fraction, EVALUATING, detail)
    except BaseException:
        separation.close()
        raise
    return separation.stems


def _rescaled(
    steps: Generator[JobStep, None, ReturnT], begin: float, share: float
) -> Generator[JobStep, None, ReturnT]:
    """The same steps as the ``share`` of a longer work that starts at ``begin``."""
    try:
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                return end.value
            yield JobStep(min(begin + share * step.fraction, 1.0), step.stage, step.detail)
    finally:
        steps.close()


def _matched(estimate: Audio, reference: Audio, fit: bool, scratch_dir: str | None) -> Audio:
    """``estimate`` as long as ``reference``, and to ``fit`` at the level nearest to it.

    That level is the factor Σ s ŝ / Σ ŝ² that leaves the least squared error.
    """
    samples = read_padded(estimate, 0, reference.n_samples).astype(np.float64)
    energy = float(np.sum(samples**2))
    overlap = float(np.sum(samples * reference.read(0, reference.n_samples)))
    factor = overlap / energy if fit and energy > 0 and overlap > 0 else 1.0
    return _on_disk(samples * factor, estimate.sample_rate, scratch_dir)


def _on_disk(
    samples: NDArray[np.floating], sample_rate: int, scratch_dir: str | None
) -> ScratchAudio:
    audio = ScratchAudio(len(samples), sample_rate, samples.shape[1], scratch_dir)
    audio.write(0, np.asarray(samples, np.float32))
    return audio


def _close(stems: Mapping[str, Audio]) -> None:
    """Give the disk space of a separation back."""
    for stem in stems.values():
        if isinstance(stem, ScratchAudio):
            stem.close()


def _check(should_stop: ShouldStop) -> None:
    if should_stop():
        raise Cancelled
