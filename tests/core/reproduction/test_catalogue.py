"""Rows, recipes and what has to be computed for them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.datasets import find_dataset
from core.errors import UsageError
from core.reproduction.catalogue import TABLES, tables_called, with_models
from core.reproduction.published import PUBLISHED, SOURCES
from core.reproduction.rows import RPCA, Row, Table
from core.reproduction.units import (
    Settings,
    fingerprint,
    recipe_of,
    training_key,
    units_for,
)
from core.training.recipe import find_recipe, shipped_recipes

BASE = find_recipe("huang2014/base")
THERE = with_models(TABLES, ["paper"])
METHODS = sorted(
    {row.method for t in TABLES for row in t.rows if row.is_trained and t.name != "beyond"}
)

CHANGES = {
    "context-1": {"network.context_frames": 1},
    "context-5": {"network.context_frames": 5},
    "shift-none": {"augmentation.circular_shift": "none"},
    "shift-50000": {"augmentation.circular_shift_samples": 50000},
    "shift-25000": {"augmentation.circular_shift_samples": 25000},
    "one-source": {"network.output": "voice"},
    "two-sources": {"network.output": "sources"},
    "dnn": {"network.recurrent_layers": []},
    "drnn-1": {"network.recurrent_layers": [1]},
    "drnn-3": {"network.recurrent_layers": [3]},
    "srnn": {"network.recurrent_layers": [1, 2, 3]},
}


def flat(recipe: object) -> dict[str, object]:
    """Everything that decides a training, by dotted names."""
    table = dataclasses.asdict(recipe)  # type: ignore[call-overload]
    table["network"] = {"name": table["network"]["name"], **table["network"]["arguments"]}
    found: dict[str, object] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= {f"{name}.{key}": inner for key, inner in value.items()}
        elif name not in ("model_id", "title", "description", "terms"):
            found[name] = value
    return found


def changes(method: str) -> dict[str, object]:
    mine, base = flat(find_recipe(f"huang2014/{method}")), flat(BASE)
    return {name: value for name, value in mine.items() if base.get(name) != value}


@pytest.mark.parametrize("method", [m for m in METHODS if m in CHANGES])
def test_each_row_differs_from_the_base_in_one_thing(method: str) -> None:
    assert changes(method) == CHANGES[method]


@pytest.mark.parametrize("stem", ["dnn", "drnn-1", "drnn-2", "drnn-3", "srnn"])
def test_objectives_change_nothing_but_the_objective(stem: str) -> None:
    own = CHANGES.get(stem, {})
    assert changes(f"{stem}-kl") == {**own, "objective.error": "kl"}
    assert changes(f"{stem}-discriminative") == {**own, "objective.gamma": 0.05}


def test_every_recipe_of_the_paper_is_a_row() -> None:
    names = {name.removeprefix("huang2014/") for name in shipped_recipes() if "huang2014/" in name}
    assert names == set(METHODS)


def test_one_budget_for_all_rows() -> None:
    recipes = [find_recipe(f"huang2014/{method}") for method in METHODS]
    assert {r.optimiser.steps for r in recipes if r.optimiser.method == "adam"} == {1000}
    lbfgs = [r.optimiser for r in recipes if r.optimiser.method == "lbfgs"]
    assert len(lbfgs) == 2
    assert len({settings.lbfgs_iterations for settings in lbfgs}) == 1


def test_published_figures_are_of_known_rows_and_have_a_source() -> None:
    used = {row.published for table in TABLES for row in table.rows} - {""}
    assert used == set(PUBLISHED) == set(SOURCES)


def test_tables_by_name() -> None:
    assert [t.name for t in tables_called(["4", " 1"])] == ["1", "4"]
    assert tables_called(None) == TABLES
    with pytest.raises(UsageError, match="optimiser"):
        tables_called(["optimizer"])
    with pytest.raises(UsageError, match="Name the tables"):
        tables_called([""])


def test_a_training_that_several_tables_share_is_done_once() -> None:
    units = units_for(THERE, Settings(), "data")
    assert len({(unit.key, unit.seed) for unit in units}) == len(units)
    base = [unit for unit in units if unit.method == "base"]
    assert [unit.seed for unit in base] == [1, 2, 3]
    assert base[0].masks == ("soft", "binary")
    assert [unit.seed for unit in units if unit.method == "context-1"] == [1]
    assert [unit.masks for unit in units if unit.method == RPCA] == [("soft", "binary")]


def test_what_is_cheap_and_certain_comes_first() -> None:
    units = units_for(THERE, Settings(), "data")
    assert [unit.method for unit in units[:2]] == ["model:paper", RPCA]
    trained = units[2:]
    assert trained[0].method == "context-1"
    seeds = [unit.seed for unit in trained]
    assert seeds == sorted(seeds)
    assert set(seeds) == {1, 2, 3}


def test_rows_of_models_that_are_not_there_are_left_out() -> None:
    (table,) = tables_called(["beyond"])
    (both,) = with_models([table], ["paper", "u-net"])
    assert both == table
    (one,) = with_models([table], ["paper"])
    assert [row.method for row in one.rows] == ["model:paper"]
    assert "Left out, since the model is not there: recurrent U-Net: the model U-Net." in one.note
    assert with_models(tables_called(["1"]), []) == tables_called(["1"])


def test_models_that_are_there_are_known_by_their_weights() -> None:
    (unit,) = units_for((Table("t", "", (Row("Paper", "model:paper"),)),), Settings(), "data")
    assert unit.recipe is None
    assert unit.name == "model-paper"
    assert unit.title == "Model Paper"
    assert units_for((Table("t", "", (Row("Paper", "model:paper"),)),), Settings(), "")[0] == unit


def test_recipes_beside_the_papers() -> None:
    (unit,) = units_for((Table("t", "", (Row("x", "paper"),)),), Settings(n_steps=7), "data")
    assert unit.recipe is not None
    assert unit.recipe.model_id == "paper"
    assert unit.recipe.optimiser.steps == 7


def test_fewer_seeds() -> None:
    units = units_for(tables_called(["4"]), Settings(n_seeds=1), "data")
    assert len(units) == 10
    assert {unit.seed for unit in units} == {1}


@pytest.mark.parametrize("settings", [{"n_seeds": 0}, {"n_steps": 0}])
def test_budgets_below_one_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        Settings(**settings)


def test_other_budgets() -> None:
    assert recipe_of("base", Settings(n_steps=100)).optimiser.steps == 100
    assert recipe_of("lbfgs", Settings(n_steps=100)).optimiser.lbfgs_iterations == 3
    assert recipe_of("lbfgs", Settings(n_steps=1)).optimiser.lbfgs_iterations == 1
    tiny = recipe_of("srnn", Settings(tiny=True))
    assert max(tiny.network.arguments["hidden"]) < 50
    assert tiny.network.arguments["recurrent_layers"] == [1, 2, 3]


def test_keys_follow_what_matters() -> None:
    key = training_key(BASE, "data")
    assert training_key(dataclasses.replace(BASE, title="Another", terms="Other"), "data") == key
    assert training_key(dataclasses.replace(BASE, seed=2), "data") != key
    assert training_key(BASE, "other data") != key
    assert json.dumps(BASE.as_dict())


def test_a_changed_data_set_is_another(tmp_path: Path) -> None:
    def write(name: str, seconds: float) -> None:
        rng = np.random.default_rng(1)
        soundfile.write(tmp_path / name, rng.normal(0, 0.1, (round(seconds * 8000), 2)), 8000)

    write("a_1_01.wav", 0.5)
    first = fingerprint(find_dataset(tmp_path, "mir1k"))
    assert fingerprint(find_dataset(tmp_path, "mir1k")) == first
    write("a_1_02.wav", 0.5)
    second = fingerprint(find_dataset(tmp_path, "mir1k"))
    write("a_1_02.wav", 0.6)
    assert len({first, second, fingerprint(find_dataset(tmp_path, "mir1k"))}) == 3
