"""Choosing a learning rate over parts of the songs."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.card import NetworkSettings, StftSettings
from core.clip_files import Part
from core.datasets import Clip
from core.errors import DataError, UsageError
from core.training.cross_validation import (
    CrossValidation,
    RateFigures,
    Trial,
    cross_validate,
    fold_numbers,
)
from core.training.recipe import OptimiserSettings, Recipe, ValidationSettings
from core.training.request import TrainRequest

RATE = 8000


def clip(name: str, seconds: float = 1.0) -> Clip:
    part = Part(Path(name))
    return Clip(name, "mir1k", part, (part,), RATE, round(seconds * RATE))


def figures(rate: float, *gnsdr_db: float | None, loss: float = 1.0) -> RateFigures:
    trials = [Trial(rate, k, loss, value, "It diverged.") for k, value in enumerate(gnsdr_db)]
    return RateFigures(rate, tuple(trials))


def test_songs_stay_together_and_parts_are_alike() -> None:
    clips = [clip(f"amy_{song}_{part:02d}") for song in range(1, 8) for part in range(1, 4)]
    folds = fold_numbers(clips, 3, seed=1)
    by_song: dict[str, set[int]] = {}
    for one, fold in zip(clips, folds, strict=True):
        by_song.setdefault(one.name[:5], set()).add(fold)
    assert all(len(found) == 1 for found in by_song.values())
    assert sorted(folds.count(k) for k in range(3)) == [6, 6, 9]
    assert folds == fold_numbers(clips, 3, seed=1)
    assert folds != fold_numbers(clips, 3, seed=2)


@pytest.mark.parametrize(("n_songs", "n_folds", "words"), [(3, 4, "take 3"), (3, 1, "take 2"),
                                                          (1, 2, "at least two")])  # fmt: skip
def test_too_many_parts(n_songs: int, n_folds: int, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        fold_numbers([clip(f"amy_{k}_01") for k in range(n_songs)], n_folds, seed=1)


def test_the_best_rate_has_the_highest_mean() -> None:
    rates = (figures(1e-4, 1.0, 2.0), figures(1e-3, 3.0, 1.0), figures(1e-2, 0.0, 0.0))
    assert CrossValidation(2, 5, rates).best.learning_rate == 1e-3
    unknown = (figures(1e-4, None, loss=0.5), figures(1e-3, 9.0, loss=0.7))
    assert CrossValidation(1, 5, unknown).best.learning_rate == 1e-4
    diverged = figures(1e-2, None, loss=math.inf)
    assert CrossValidation(1, 5, (unknown[1], diverged)).best.learning_rate == 1e-3
    with pytest.raises(DataError, match="It diverged"):
        _ = CrossValidation(1, 5, (diverged,)).best


def test_rates_are_tried_on_every_part(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for k in range(4):
        (tmp_path / f"song {k}").mkdir()
        for source in ("vocals", "accompaniment"):
            noise = rng.normal(0, 0.1, RATE)
            soundfile.write(tmp_path / f"song {k}" / f"{source}.wav", noise, RATE)
    arguments = {"n_bins": 65, "hidden": [16, 16], "recurrent_layers": [2], "context_frames": 3}
    recipe = Recipe(
        model_id="small",
        title="Small",
        description="For tests.",
        terms="none",
        sample_rate=RATE,
        stft=StftSettings(128, 64),
        network=NetworkSettings("recurrent", arguments),
        optimiser=OptimiserSettings(batch_sequences=4, sequence_frames=20, learning_rate=1e-3),
        validation=ValidationSettings(share=0.5),
    )
    request = TrainRequest(tmp_path, recipe, tmp_path / "unused")
    going = cross_validate(request, 2, n_steps=4)
    trials = []
    while True:
        try:
            report = next(going)
        except StopIteration as end:
            result = end.value
            break
        if isinstance(report, Trial):
            trials.append(report)
    assert [(t.learning_rate, t.fold) for t in trials] == [
        (pytest.approx(rate), fold) for rate in (1e-3 / 3, 1e-3, 3e-3) for fold in (0, 1)
    ]
    assert all(t.gnsdr_db is not None and math.isfinite(t.loss) for t in trials)
    assert result.best in result.rates
    assert not (tmp_path / "unused").exists()
    lbfgs = replace(recipe, optimiser=OptimiserSettings(method="lbfgs"))
    with pytest.raises(UsageError, match="L-BFGS"):
        next(cross_validate(replace(request, recipe=lbfgs), 2))
