"""What is supported is what a shipped recipe uses: each of them trains."""

from __future__ import annotations

import dataclasses
import inspect
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.networks import NETWORKS, build_network
from core.training.examples import ClipPair
from core.training.recipe import (
    RECIPES_FOLDER,
    Recipe,
    find_recipe,
    recipe_from_dict,
    shipped_recipes,
)
from core.training.reports import EpochReport, StepReport
from core.training.rules import rule_of
from core.training.settings import (
    CARD_RULES,
    AugmentationSettings,
    ObjectiveSettings,
    OptimiserSettings,
    ValidationSettings,
)
from core.training.trainer import Trainer

N_STEPS = 10

# Which singer a data set has, no recipe can know.
OF_THE_COMMAND_LINE = {("validation", "singer")}


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


def stated(name: str) -> dict[str, dict[str, Any]]:
    """The tables of a shipped recipe's own file; the network's arguments as a table of theirs."""
    tables = tomllib.loads((RECIPES_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    arguments = tables.get("network", {}).get("arguments", {})
    return {**tables, "arguments": arguments}


@pytest.mark.parametrize(
    ("table", "settings"),
    [
        ("augmentation", AugmentationSettings),
        ("objective", ObjectiveSettings),
        ("optimiser", OptimiserSettings),
        ("validation", ValidationSettings),
    ],
)
def test_every_setting_and_every_choice_is_used_by_a_recipe(table: str, settings: Any) -> None:
    recipes = [getattr(find_recipe(name), table) for name in shipped_recipes()]
    named = {key for name in shipped_recipes() for key in stated(name).get(table, {})}
    for f in dataclasses.fields(settings):
        assert f.name in named or (table, f.name) in OF_THE_COMMAND_LINE, f.name
        rule = rule_of(settings, f.name)
        assert rule is not None, f.name
        assert {getattr(each, f.name) for each in recipes} >= set(rule.choices), f.name


@pytest.mark.parametrize("table", CARD_RULES)
def test_every_choice_of_what_a_card_says_is_used_by_a_recipe(table: str) -> None:
    recipes = [getattr(find_recipe(name), table) for name in shipped_recipes()]
    for name, rule in CARD_RULES[table].items():
        assert {getattr(each, name) for each in recipes} >= set(rule.choices), name


@pytest.mark.parametrize("network", NETWORKS)
def test_every_argument_and_every_choice_of_a_network_is_used_by_a_recipe(
    network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed: dict[str, set[object]] = {}
    given: dict[str, set[object]] = {}

    def choice(name: str, value: object, choices: Sequence[str]) -> object:
        allowed.setdefault(name, set()).update(choices)
        given.setdefault(name, set()).add(value)
        return value

    def flag(name: str, value: object) -> object:
        allowed[name] = {False, True}
        given.setdefault(name, set()).add(value)
        return value

    monkeypatch.setattr("core.networks.arguments.choice", choice)
    monkeypatch.setattr("core.networks.arguments.flag", flag)
    named: set[str] = set()
    for name in shipped_recipes():
        settings = find_recipe(name).network
        if settings.name == network:
            named |= set(settings.arguments)
            with torch.device("meta"):
                build_network(settings.name, settings.arguments)
    assert named == set(inspect.signature(NETWORKS[network]).parameters)
    assert given == allowed


def test_every_network_has_a_recipe() -> None:
    assert {find_recipe(name).network.name for name in shipped_recipes()} == set(NETWORKS)
