"""Which learning rate suits a data set: short trainings on parts of it, measured on the rest."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.datasets import Clip
from core.errors import DataError, UsageError
from core.training.mixing import ClipPair
from core.training.recipe import Recipe
from core.training.reports import StageReport, StepReport, TrainingReport
from core.training.request import TrainRequest
from core.training.run_data import loaded
from core.training.splits import song_of
from core.training.trainer import Trainer
from core.training.validation import ClipValidator

TRIAL_STEPS = 100
"""Batches of one trial unless something else is asked for."""

RATE_STEPS = (1 / 3, 1.0, 3.0)
"""Rates that are compared by default, as multiples of the recipe's."""

ShouldStop = Callable[[], bool]


@dataclass(frozen=True)
class Trial:
    """One short training; ``reason`` says why it has no figures.

    ``loss`` is the objective on the held-out part, ``gnsdr_db`` the voice's, None where no clip has
    figures.
    """

    learning_rate: float
    fold: int
    loss: float
    gnsdr_db: float | None
    reason: str = ""


@dataclass(frozen=True)
class RateFigures:
    """The means of a rate over the folds; infinite and None where a trial failed."""

    learning_rate: float
    trials: tuple[Trial, ...]

    @property
    def loss(self) -> float:
        return float(np.mean([trial.loss for trial in self.trials]))

    @property
    def gnsdr_db(self) -> float | None:
        values = [trial.gnsdr_db for trial in self.trials]
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if len(known) == len(values) else None


@dataclass(frozen=True)
class CrossValidation:
    """All rates in ascending order."""

    n_folds: int
    n_steps: int
    rates: tuple[RateFigures, ...]

    @property
    def best(self) -> RateFigures:
        """The rate with the highest GNSDR, or the lowest loss where not all have one.

        ``DataError`` if every rate diverged.
        """
        usable = [rate for rate in self.rates if math.isfinite(rate.loss)]
        if not usable:
            raise DataError(
                "No learning rate worked: {reason} Try smaller ones with --learning-rates.",
                reason=self.rates[0].trials[0].reason,
            )
        if all(rate.gnsdr_db is not None for rate in usable):
            return max(usable, key=lambda rate: rate.gnsdr_db or 0.0)
        return min(usable, key=lambda rate: rate.loss)


def cross_validate(
    request: TrainRequest,
    n_folds: int,
    learning_rates: Sequence[float] = (),
    n_steps: int = TRIAL_STEPS,
    should_stop: ShouldStop | None = None,
) -> Generator[TrainingReport | Trial, None, CrossValidation]:
    """Train ``n_steps`` batches at every rate without each of ``n_folds`` parts of the songs.

    Gives way as a training does, with a ``Trial`` after each; every trial begins with the same
    weights. What the recipe's split keeps for testing is not touched. Raises ``UsageError`` for
    fewer than two parts, more parts than songs, or L-BFGS, which has no learning rate.
    """
    stop = should_stop or (lambda: False)
    recipe = request.recipe
    if recipe.optimiser.method == "lbfgs":
        raise UsageError("L-BFGS has no learning rate to choose. Take the method “adam”.")
    rates = sorted(learning_rates or (recipe.optimiser.learning_rate * x for x in RATE_STEPS))
    # The whole set is read once; held-out clips take part as all others do.
    whole = replace(recipe, validation=replace(recipe.validation, share=0.0))
    data = yield from loaded(replace(request, recipe=whole, pinned=None), stop)
    pairs = [*data.training, *(data.validation if request.validation_data is None else ())]
    backing = [pair for pair in pairs if pair.vocals.size == 0]
    pairs = [pair for pair in pairs if pair.vocals.size]
    clips = {clip.name: clip for clip in request.collection().clips}
    folds = fold_numbers([clips[pair.name] for pair in pairs], n_folds, recipe.seed)
    done: list[RateFigures] = []
    for rate in rates:
        trials: list[Trial] = []
        for fold in range(n_folds):
            training = [pair for pair, k in zip(pairs, folds, strict=True) if k != fold] + backing
            held = [pair for pair, k in zip(pairs, folds, strict=True) if k == fold]
            trial_recipe = _trial_recipe(recipe, rate, n_steps)
            trial = yield from _trial(
                trial_recipe, training, held, fold, data.layout, request.device, stop
            )
            trials.append(trial)
            yield trial
        done.append(RateFigures(rate, tuple(trials)))
    return CrossValidation(n_folds, n_steps, tuple(done))


def fold_numbers(clips: Sequence[Clip], n_folds: int, seed: int) -> list[int]:
    """To which of ``n_folds`` parts each clip belongs; a song's clips stay together.

    The songs come in an order drawn with ``seed``, each going where the fewest seconds are yet.
    """
    seconds: dict[str, float] = {}
    for clip in clips:
        seconds[song_of(clip)] = seconds.get(song_of(clip), 0.0) + clip.duration_s
    songs = sorted(seconds)
    if not 2 <= n_folds <= len(songs):
        raise UsageError(
            "{n_songs} songs cannot be divided into {n_folds} parts; take {near}."
            if len(songs) > 1
            else "Cross-validation needs at least two songs; this set has {n_songs}.",
            n_songs=len(songs),
            n_folds=n_folds,
            near=min(max(2, n_folds), len(songs)),
        )
    filled = [0.0] * n_folds
    number: dict[str, int] = {}
    for index in np.random.default_rng(seed).permutation(len(songs)):
        song = songs[index]
        fold = int(np.argmin(filled))
        number[song] = fold
        filled[fold] += seconds[song]
    return [number[song_of(clip)] for clip in clips]


def _trial_recipe(recipe: Recipe, rate: float, n_steps: int) -> Recipe:
    optimiser = replace(
        recipe.optimiser,
        learning_rate=rate,
        steps=n_steps,
        warm_up_steps=min(recipe.optimiser.warm_up_steps, n_steps // 5),
        early_stopping_epochs=0,
    )
    return replace(recipe, optimiser=optimiser)


def _trial(
    recipe: Recipe,
    training: Sequence[ClipPair],
    held: Sequence[ClipPair],
    fold: int,
    layout: str,
    device: str,
    stop: ShouldStop,
) -> Generator[TrainingReport, None, Trial]:
    rate = recipe.optimiser.learning_rate
    with tempfile.TemporaryDirectory(prefix="stemscope-trial-") as folder:
        try:
            trainer = Trainer(recipe, training, Path(folder), device=device)
            for report in trainer.run(stop):
                if isinstance(report, StepReport):
                    yield report
        except DataError as error:  # it diverged: no rate to take
            return Trial(rate, fold, math.inf, None, str(error))
        steps = ClipValidator(recipe, held, layout, device).steps(trainer.averaged_network())
        while True:
            try:
                yield StageReport("Validating", next(steps))
            except StopIteration as end:
                return Trial(rate, fold, end.value.loss, end.value.gnsdr_db)
