"""A recipe's main values: read from it, and laid over it again."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from app.i18n import mark
from app.training.models import slug
from core.errors import StemscopeError
from core.training.recipe import Recipe, find_recipe, recipe_from_dict, shipped_recipes

OWN_TERMS = mark("Trained on this computer; the terms of the recordings it heard apply.")
MATCHED, AS_RECORDED = "matched", "recorded"
SHIFTS = ("none", "grid 50000", "grid 25000", "grid 10000", "random")
USUAL = ("quick", "paper", "little-data")
SECTIONS = {
    "epochs": "optimiser",
    "steps": "optimiser",
    "learning_rate": "optimiser",
    "batch_sequences": "optimiser",
    "sequence_frames": "optimiser",
    "gamma": "objective",
    "own_accompaniment": "augmentation",
    "speed_min": "augmentation",
    "speed_max": "augmentation",
    "pitch_semitones": "augmentation",
    "voice_to_music_db": "augmentation",
    "epoch_examples": "augmentation",
    "voice_placement": "augmentation",
    "music_width": "augmentation",
    "room": "augmentation",
    "saturation": "augmentation",
    "match_band": "augmentation",
    "band_limit": "augmentation",
    "share": "validation",
    "every_epochs": "validation",
    "max_clips": "validation",
}
HELD_OUT = 0.1  # of the songs, where a recipe holds out none: else no curve said how well it does
MEASURED_EVERY, MEASURED_CLIPS = 5, 6
STACK = "recurrent"
STACK_ROWS = frozenset({"layers", "units", "recurrent", "context"})
PER_CENT = {
    "placement": "voice_placement",
    "width": "music_width",
    "room": "room",
    "saturation": "saturation",
    "limit": "band_limit",
}
"""Rows that say in per cent what the value of this name says as a share."""

STEREO_ROWS = frozenset({"placement", "width"})
STUDIES = "choice/"


@dataclass(frozen=True)
class RecipeValues:
    """What the page lets one change. ``layers`` is 0 for networks that are not a stack of layers,
    and ``context_frames`` too."""

    epochs: int
    steps: int
    learning_rate: float
    batch_sequences: int
    sequence_frames: int
    gamma: float
    context_frames: int
    layers: int
    units: int
    recurrent: str  # "none", "all" or the number of the one recurrent layer
    shift: str  # one of SHIFTS
    own_accompaniment: float
    speed_min: float
    speed_max: float
    pitch_semitones: float
    voice_to_music_db: float
    epoch_examples: int  # 0: each recording is one
    voice_placement: float
    music_width: float
    room: float
    saturation: float
    match_band: bool
    band_limit: float
    share: float
    every_epochs: int
    max_clips: int


def values_of(recipe: Recipe) -> RecipeValues:
    """The main values of ``recipe``."""
    plain = {name: getattr(getattr(recipe, part), name) for name, part in SECTIONS.items()}
    if recipe.optimiser.method == "lbfgs":
        plain["epochs"] = recipe.optimiser.lbfgs_iterations
    is_stack = recipe.network.name == STACK
    arguments = recipe.network.arguments
    hidden = list(arguments.get("hidden", (1000,) * 3)) if is_stack else []
    augmentation = recipe.augmentation
    shift = augmentation.circular_shift
    if shift == "grid":
        shift = f"grid {augmentation.circular_shift_samples}"
    return RecipeValues(
        **plain,
        context_frames=int(arguments.get("context_frames", 3)) if is_stack else 0,
        layers=len(hidden),
        units=int(hidden[0]) if hidden else 0,
        recurrent=_recurrent_text(list(arguments.get("recurrent_layers", (2,))), len(hidden)),
        shift=shift,
    )


def first_values(recipe: Recipe) -> RecipeValues:
    """What the page begins with: the recipe's values, with songs held out, measured rarely.

    Measuring a clip takes about half a second whatever is trained: all clips after every epoch, as
    recipes have it, would take longer than the epochs of a small data set. A plateau and an early
    end are found by what is measured, so they are not kept waiting.
    """
    values, optimiser = values_of(recipe), recipe.optimiser
    every = max(values.every_epochs, min(MEASURED_EVERY, max(1, values.epochs // 10)))
    if optimiser.early_stopping_epochs:
        every = min(every, max(1, optimiser.early_stopping_epochs // 2))
    if optimiser.schedule == "plateau":
        every = values.every_epochs
    most = values.max_clips
    return replace(
        values,
        share=values.share or HELD_OUT,
        every_epochs=every,
        max_clips=min(most, MEASURED_CLIPS) if most else MEASURED_CLIPS,
    )


def touched(values: RecipeValues, new: dict[str, Any]) -> RecipeValues:
    """``values`` with what was entered in some rows of the page; the rest stays to the last digit.

    Shares and speeds are entered in per cent; the length comes with its ``unit``.
    """
    changed: dict[str, Any] = {
        name: kind(new[row]) for row, (name, kind) in _ENTERED.items() if new.get(row) is not None
    }
    if new.get("length") is not None:
        by_steps = new["unit"] == "steps"
        changed["steps" if by_steps else "epochs"] = int(new["length"])
        if not by_steps:
            changed["steps"] = 0
    if new.get("speed") is not None:
        most = 1 + new["speed"] / 100
        changed |= {"speed_min": 1 / most, "speed_max": most}
    return replace(values, **changed)


def _share(percent: float) -> float:
    return round(percent / 100, 6)


_ENTERED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "learning_rate": ("learning_rate", float),
    "batch_sequences": ("batch_sequences", int),
    "sequence_frames": ("sequence_frames", int),
    "gamma": ("gamma", float),
    "context": ("context_frames", int),
    "layers": ("layers", int),
    "units": ("units", int),
    "recurrent": ("recurrent", str),
    "shift": ("shift", str),
    "remix": ("own_accompaniment", lambda percent: _share(100 - percent)),
    "pitch": ("pitch_semitones", float),
    "balance": ("voice_to_music_db", float),
    "examples": ("epoch_examples", int),
    "band": ("match_band", lambda choice: choice == MATCHED),
    "share": ("share", _share),
    "every_epochs": ("every_epochs", int),
    "max_clips": ("max_clips", int),
    **{row: (name, _share) for row, name in PER_CENT.items()},
}


def rows_without_meaning(recipe: Recipe) -> frozenset[str]:
    """Rows of the page that change nothing in ``recipe``: other networks, one channel, L-BFGS
    without a rate.
    """
    without: frozenset[str] = frozenset() if recipe.network.name == STACK else STACK_ROWS
    if recipe.n_channels == 1:
        without |= STEREO_ROWS
    return without | {"learning_rate"} if recipe.optimiser.method == "lbfgs" else without


def units_that_fit(recipe: Recipe, units: int) -> int:
    """The number of units next to ``units`` that the heads of an attention can share."""
    heads = int(recipe.network.arguments.get("attention_heads", 0) or 1)
    return max(heads, round(units / heads) * heads)


def _recurrent_text(layers: list[int], n_layers: int) -> str:
    if not layers:
        return "none"
    return str(layers[0]) if len(layers) == 1 and n_layers > 1 else "all"


def changed_recipe(recipe: Recipe, values: RecipeValues, title: str) -> Recipe:
    """``recipe`` with these values, called ``title``; ``UsageError`` for what cannot be."""
    table: dict[str, Any] = recipe.as_dict()
    before = values_of(recipe)
    for name, part in SECTIONS.items():
        table[part][name] = getattr(values, name)
    if recipe.optimiser.method == "lbfgs":  # it counts iterations, and has no rate to set
        table["optimiser"]["lbfgs_iterations"] = values.epochs
        table["optimiser"]["epochs"] = recipe.optimiser.epochs
    if values.shift.startswith("grid"):
        table["augmentation"]["circular_shift"] = "grid"
        table["augmentation"]["circular_shift_samples"] = int(values.shift.split()[1])
    else:
        table["augmentation"]["circular_shift"] = values.shift
    arguments = dict(table["network"]["arguments"])
    if before.context_frames and values.context_frames != before.context_frames:
        arguments["context_frames"] = values.context_frames
    if before.layers and (values.layers, values.units) != (before.layers, before.units):
        arguments["hidden"] = [values.units] * values.layers
    recurrent = (values.recurrent, values.layers)
    if before.layers and recurrent != (before.recurrent, before.layers):
        every = list(range(1, values.layers + 1))
        named = {"none": [], "all": every}.get(values.recurrent)
        arguments["recurrent_layers"] = [int(values.recurrent)] if named is None else named
    table["network"]["arguments"] = arguments
    table["title"] = title
    table["model_id"] = slug(title)
    table["terms"] = OWN_TERMS
    return recipe_from_dict(table)


def recipes() -> dict[str, Recipe]:
    """The recipes that come along, by name: the usual ones first, those of the paper's tables last.

    One that cannot be read is left out, and so are the parts of a study of networks: they are for
    its tables, at the command line.
    """
    return dict(_read())


@functools.cache
def _read() -> dict[str, Recipe]:
    found: dict[str, Recipe] = {}
    usual = {name: place for place, name in enumerate(USUAL)}
    names = sorted(shipped_recipes(), key=lambda n: ("/" in n, usual.get(n, len(usual)), n))
    for name in names:
        if name.startswith(STUDIES):
            continue
        try:
            found[name] = find_recipe(name)
        except StemscopeError:
            continue
    return found
