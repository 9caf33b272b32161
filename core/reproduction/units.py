"""What has to be computed for some tables: each training once, whatever tables it serves."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.card import read_card
from core.datasets import Dataset
from core.errors import UsageError
from core.models import find_model
from core.reproduction.catalogue import MODEL, RECIPES, RPCA, Row, Table
from core.training.recipe import Recipe, find_recipe, shipped_recipes

FORMAT = 1

TINY_STEPS = 4
TINY_ITERATIONS = 2
"""Steps and L-BFGS iterations of a trial."""

_WORDS = ("model_id", "title", "description", "terms")
"""Parts of a recipe that change nothing in the training."""


@dataclass(frozen=True)
class Settings:
    """How the rows are made. ``n_steps`` None: as the recipes say.

    ``tiny`` shrinks networks and steps to a trial that lasts seconds and whose figures mean
    nothing.
    """

    n_seeds: int = 3
    n_steps: int | None = None
    tiny: bool = False

    def __post_init__(self) -> None:
        for name, value in (("seeds", self.n_seeds), ("steps", self.n_steps)):
            if value is not None and value < 1:
                raise UsageError(
                    "--{name} cannot be {value}; use at least 1.", name=name, value=value
                )


@dataclass(frozen=True)
class Unit:
    """One training with the masks it is measured with, or what needs no training here.

    ``key`` identifies the training: its recipe and its data. ``recipe`` is None for RPCA and for
    models that are there already.
    """

    method: str
    label: str
    seed: int
    masks: tuple[str, ...]
    key: str
    recipe: Recipe | None = None

    @property
    def name(self) -> str:
        """What its files are called, beside the key."""
        method = self.method.replace("/", "-").replace(":", "-")
        return method if self.recipe is None else f"{method}-seed{self.seed}"

    @property
    def title(self) -> str:
        """What a person calls it."""
        return self.label if self.recipe is None else f"{self.label}, seed {self.seed}"


def seeds_of(row: Row, settings: Settings) -> tuple[int, ...]:
    """Seeds of a row: several where an order is claimed."""
    if not row.is_trained:
        return (0,) if row.method else ()
    return tuple(range(1, (settings.n_seeds if row.in_order else 1) + 1))


def units_for(tables: Iterable[Table], settings: Settings, training_data: str) -> list[Unit]:
    """The units of ``tables`` in their order, none twice.

    ``training_data`` is the fingerprint of the clips to train on. Raises ``UsageError`` for a
    recipe that cannot be read.
    """
    found: dict[tuple[str, int], Unit] = {}
    recipes: dict[str, Recipe] = {}
    for table in tables:
        for row in table.rows:
            for seed in seeds_of(row, settings):
                if not row.is_trained:
                    unit = _untrained(row)
                else:
                    if row.method not in recipes:
                        recipes[row.method] = recipe_of(row.method, settings)
                    recipe = dataclasses.replace(recipes[row.method], seed=seed)
                    key = training_key(recipe, training_data)
                    unit = Unit(row.method, recipe.title, seed, (row.mask,), key, recipe)
                place = (unit.key, unit.seed)
                if place in found:
                    masks = tuple(dict.fromkeys((*found[place].masks, row.mask)))
                    unit = dataclasses.replace(found[place], masks=masks)
                found[place] = unit
    return list(found.values())


def _untrained(row: Row) -> Unit:
    if row.method == RPCA:
        return Unit(RPCA, "RPCA", 0, (row.mask,), _hash([FORMAT, RPCA]))
    card = read_card(find_model(row.method.removeprefix(MODEL)).folder)
    key = _hash([FORMAT, MODEL, card.sha256])
    return Unit(row.method, f"Model {card.title}", 0, (row.mask,), key)


def recipe_of(method: str, settings: Settings) -> Recipe:
    """The recipe of a row under these settings."""
    of_the_paper = RECIPES + method
    recipe = find_recipe(of_the_paper if of_the_paper in shipped_recipes() else method)
    optimiser = recipe.optimiser
    n_steps = settings.n_steps or (TINY_STEPS if settings.tiny else None)
    if n_steps is not None and optimiser.method == "lbfgs":
        budget = find_recipe(RECIPES + "base").optimiser.steps
        n_iterations = max(1, round(optimiser.lbfgs_iterations * n_steps / budget))
        if settings.tiny:
            n_iterations = TINY_ITERATIONS
        optimiser = dataclasses.replace(optimiser, lbfgs_iterations=n_iterations)
    elif n_steps is not None:
        warm_up = min(optimiser.warm_up_steps, n_steps // 10)
        optimiser = dataclasses.replace(optimiser, steps=n_steps, warm_up_steps=warm_up)
    network = recipe.network
    if settings.tiny:
        optimiser = dataclasses.replace(optimiser, batch_sequences=2)
        if "hidden" in network.arguments:
            hidden = [12 for _ in network.arguments["hidden"]]
            arguments = {**network.arguments, "hidden": hidden}
            network = dataclasses.replace(network, arguments=arguments)
    return dataclasses.replace(recipe, optimiser=optimiser, network=network)


def training_key(recipe: Recipe, training_data: str) -> str:
    """Identifies a training by all of its recipe that matters and its data."""
    table = {name: value for name, value in recipe.as_dict().items() if name not in _WORDS}
    return _hash([FORMAT, table, training_data])


def measurement_key(training: str, mask: str, test_data: str) -> str:
    """Identifies the figures of a training with a mask on test data."""
    return _hash([FORMAT, training, mask, test_data])


def fingerprint(dataset: Dataset) -> str:
    """Identifies a data set by its clips' names, lengths and file sizes."""
    clips = [
        [clip.name, clip.n_samples, clip.sample_rate, clip.vocals.path.stat().st_size]
        for clip in dataset.clips
    ]
    return _hash([dataset.layout, clips])


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]
