"""What is supported is what a shipped recipe uses: each of them trains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.networks import build_network
from core.training.examples import ClipPair
from core.training.recipe import Recipe, find_recipe, recipe_from_dict, shipped_recipes
from core.training.reports import EpochReport, StepReport
from core.training.trainer import Trainer

N_STEPS = 10


def small(recipe: Recipe) -> Recipe:
    """The same recipe with fewer units and shorter sequences, and nothing else changed."""
    table = recipe.as_dict()
    arguments = table["network"]["arguments"]
    if "hidden" in arguments:
        arguments["hidden"] = [16] * len(arguments["hidden"])
    optimiser = table["optimiser"]
    optimiser |= {"batch_sequences": 2, "sequence_frames": 12, "warm_up_steps": 2}
    if optimiser["method"] == "lbfgs":
        optimiser |= {"lbfgs_iterations": 5}
    else:
        optimiser |= {"steps": N_STEPS}
    if optimiser["truncate_frames"]:
        optimiser |= {"truncate_frames": 5}
    return recipe_from_dict(table)


def clips(sample_rate: int) -> list[ClipPair]:
    rng = np.random.default_rng(0)
    n_samples = sample_rate
    t = np.arange(n_samples) / sample_rate
    return [
        ClipPair(
            f"clip {k}",
            (0.3 * np.sin(2 * np.pi * (300 + 70 * k) * t))[None].astype(np.float32),
            (0.1 * rng.standard_normal((1, n_samples))).astype(np.float32),
        )
        for k in range(2)
    ]


@pytest.mark.parametrize("name", shipped_recipes())
def test_a_shipped_recipe_trains(name: str, tmp_path: Path) -> None:
    shipped = find_recipe(name)
    assert shipped.model_id == name.replace("/", "-") or name.endswith("/base")
    with torch.device("meta"):  # without memory for its weights
        build_network(shipped.network.name, shipped.network.arguments)

    recipe = small(shipped)
    trainer = Trainer(recipe, clips(recipe.sample_rate), tmp_path)
    reports = list(trainer.run())
    assert any(isinstance(report, StepReport) for report in reports)
    last = reports[-1]
    assert isinstance(last, EpochReport)
    assert np.isfinite(last.loss)
    assert trainer.is_finished
    if recipe.optimiser.method != "lbfgs":
        assert trainer.step == N_STEPS
    for weight in trainer.averaged_network().state_dict().values():
        assert bool(weight.isfinite().all())


def test_no_two_recipes_make_the_same_model() -> None:
    ids = [find_recipe(name).model_id for name in shipped_recipes()]
    assert len(set(ids)) == len(ids)


def test_the_recipes_show_all_that_is_supported() -> None:
    recipes = [find_recipe(name) for name in shipped_recipes()]
    arguments = [recipe.network.arguments for recipe in recipes]

    def used(name: str, default: object) -> set[object]:
        return {each.get(name, default) for each in arguments}

    assert used("cell", "relu") >= {"relu", "tanh", "sigmoid", "lstm", "gru"}
    assert used("features", "magnitude") >= {"magnitude", "power", "log_power", "log_mel"}
    assert used("normalisation", "none") >= {"none", "layer", "batch"}
    assert used("output", "joint_mask") >= {"joint_mask", "sources", "voice"}
    assert used("front_end", "none") >= {"none", "convolution"}
    assert any(used("attention_heads", 0))
    assert any(used("bidirectional", False))
    assert {r.objective.error for r in recipes} == {"squared", "kl", "l1"}
    assert {r.objective.spectra for r in recipes} == {"phase_sensitive", "magnitude"}
    assert {r.optimiser.method for r in recipes} == {"adam", "adamw", "lbfgs"}
    assert {r.optimiser.schedule for r in recipes} == {"cosine", "constant", "plateau"}
    for name in ("gradient_norm", "gradient_value", "truncate_frames", "early_stopping_epochs"):
        assert any(getattr(r.optimiser, name) for r in recipes)
    neutral = replace(recipes[0].augmentation, circular_shift="none")
    for name in vars(neutral):
        assert len({getattr(r.augmentation, name) for r in recipes}) > 1, name
