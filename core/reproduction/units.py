"""What has to be computed for some tables: each training once, whatever tables it serves."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from core.card import NetworkSettings, read_card
from core.datasets import Dataset
from core.errors import UsageError
from core.models import find_model
from core.reproduction import choice
from core.reproduction.catalogue import RECIPES
from core.reproduction.rows import MODEL, RPCA, Row, Table
from core.training.recipe import OptimiserSettings, Recipe, find_recipe, shipped_recipes

FORMAT = 1

TINY_STEPS = 4
TINY_ITERATIONS = 2
"""Steps and L-BFGS iterations of a trial."""

MAX_UNHEARD_CLIPS = 40
"""At most so many clips of a singer whom a training left out are measured."""

_KL_REVISION = 2
"""Grows where the same settings of the divergence come to mean something else."""

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
    models that are there already. ``unheard`` is the singer whom the training leaves out and on
    whom it is measured; "" for one that is measured on the test clips.
    """

    method: str
    label: str
    seed: int
    masks: tuple[str, ...]
    key: str
    recipe: Recipe | None = None
    unheard: str = ""

    @property
    def name(self) -> str:
        """What its files are called, beside the key."""
        method = self.method.replace("/", "-").replace(":", "-")
        if self.unheard:
            return f"{method}-without-{self.unheard}-seed{self.seed}"
        return method if self.recipe is None else f"{method}-seed{self.seed}"

    @property
    def title(self) -> str:
        """What a person calls it."""
        if self.unheard:
            return f"{self.label}, without {self.unheard}"
        return self.label if self.recipe is None else f"{self.label}, seed {self.seed}"

    def measured_on(self, test_data: str) -> str:
        """Identifies the clips that it is measured on; ``test_data`` is the test clips'.

        The clips of a singer who was left out follow from the training's data, which ``key`` knows.
        """
        return f"{MAX_UNHEARD_CLIPS} of {self.unheard}" if self.unheard else test_data


def seeds_of(row: Row, settings: Settings) -> tuple[int, ...]:
    """Seeds of a row: several where an order is claimed."""
    if not row.is_trained:
        return (0,) if row.method else ()
    return tuple(range(1, (settings.n_seeds if row.in_order else 1) + 1))


def units_for(tables: Iterable[Table], settings: Settings, training_data: str) -> list[Unit]:
    """The units of ``tables`` in the order of work, none twice.

    What is cheap and certain comes first: models that are there, then RPCA, then trainings in the
    order of the tables, each with its first seed before any has its second. ``training_data`` is
    the fingerprint of the clips to train on. Raises ``UsageError`` for a recipe that cannot be
    read.
    """
    found: dict[tuple[str, int], Unit] = {}
    recipes: dict[str, Recipe] = {}
    for table in tables:
        for row in table.rows:
            if row.is_trained and row.method not in recipes:
                recipes[row.method] = recipe_of(row.method, settings)
            for seed in seeds_of(row, settings):
                for singer in row.unheard or ("",):
                    if row.is_trained:
                        unit = _trained(row, recipes[row.method], seed, singer, training_data)
                    else:
                        unit = _untrained(row)
                    place = (unit.key, unit.seed)
                    if place in found:
                        masks = tuple(dict.fromkeys((*found[place].masks, row.mask)))
                        unit = dataclasses.replace(found[place], masks=masks)
                    found[place] = unit
    return sorted(found.values(), key=_turn)


def _turn(unit: Unit) -> tuple[int, int]:
    """When a unit is due; those that are equal keep their order."""
    if unit.recipe is not None:
        return 2, unit.seed
    return (1 if unit.method == RPCA else 0), 0


def _trained(row: Row, recipe: Recipe, seed: int, singer: str, training_data: str) -> Unit:
    validation = dataclasses.replace(recipe.validation, singer=singer)
    recipe = dataclasses.replace(recipe, seed=seed, validation=validation)
    key = training_key(recipe, training_data)
    return Unit(row.method, recipe.title, seed, (row.mask,), key, recipe, singer)


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
    optimiser, network = recipe.optimiser, recipe.network
    if settings.n_steps is not None or settings.tiny:
        optimiser = _with_budget(optimiser, settings, method.startswith(choice.RECIPES))
    if settings.tiny:
        optimiser = dataclasses.replace(optimiser, batch_sequences=2)
        network = _tiny(network)
    return dataclasses.replace(recipe, optimiser=optimiser, network=network)


def _with_budget(
    optimiser: OptimiserSettings, settings: Settings, in_proportion: bool
) -> OptimiserSettings:
    """So many steps, or as many more or less of what it has as they are of the paper's rows'."""
    n_steps = settings.n_steps or TINY_STEPS
    share = n_steps / find_recipe(RECIPES + "base").optimiser.steps
    if optimiser.method == "lbfgs":
        n_iterations = max(1, round(optimiser.lbfgs_iterations * share))
        if settings.tiny:
            n_iterations = TINY_ITERATIONS
        return dataclasses.replace(optimiser, lbfgs_iterations=n_iterations)
    if in_proportion and not settings.tiny:
        n_steps = max(1, round(optimiser.steps * share))
    warm_up = min(optimiser.warm_up_steps, n_steps // 10)
    return dataclasses.replace(optimiser, steps=n_steps, warm_up_steps=warm_up)


def _tiny(network: NetworkSettings) -> NetworkSettings:
    """A few units each; networks of different widths stay different."""
    arguments = dict(network.arguments)
    if "hidden" in arguments:
        arguments["hidden"] = [12 for _ in arguments["hidden"]]
    if "widths" in arguments:
        arguments["widths"] = [max(2, n_channels // 8) for n_channels in arguments["widths"]]
    return dataclasses.replace(network, arguments=arguments)


def training_key(recipe: Recipe, training_data: str) -> str:
    """Identifies a training by all of its recipe that matters and its data."""
    table = {name: value for name, value in recipe.as_dict().items() if name not in _WORDS}
    identity = [FORMAT, table, training_data]
    if recipe.objective.error == "kl":
        identity.append(_KL_REVISION)
    return _hash(identity)


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
