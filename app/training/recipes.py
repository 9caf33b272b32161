"""A recipe's main values: read from it, and laid over it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.i18n import mark
from app.training.models import slug
from core.errors import StemscopeError
from core.training.recipe import Recipe, find_recipe, recipe_from_dict, shipped_recipes

OWN_TERMS = mark("Trained on this computer; the terms of the recordings it heard apply.")
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
    "share": "validation",
}


@dataclass(frozen=True)
class RecipeValues:
    """What the page lets one change. ``layers`` is 0 for networks that are not a stack."""

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
    share: float


def values_of(recipe: Recipe) -> RecipeValues:
    """The main values of ``recipe``."""
    plain = {name: getattr(getattr(recipe, part), name) for name, part in SECTIONS.items()}
    if recipe.optimiser.method == "lbfgs":
        plain["epochs"] = recipe.optimiser.lbfgs_iterations
    arguments = recipe.network.arguments
    hidden = arguments.get("hidden")
    hidden = list(hidden) if isinstance(hidden, (list, tuple)) else []
    augmentation = recipe.augmentation
    shift = augmentation.circular_shift
    if shift == "grid":
        shift = f"grid {augmentation.circular_shift_samples}"
    return RecipeValues(
        **plain,
        context_frames=int(arguments.get("context_frames", 0)),
        layers=len(hidden),
        units=int(hidden[0]) if hidden else 0,
        recurrent=_recurrent_text(list(arguments.get("recurrent_layers", ())), len(hidden)),
        shift=shift,
    )


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
    if values.context_frames != before.context_frames:
        arguments["context_frames"] = values.context_frames
    if (values.layers, values.units) != (before.layers, before.units):
        arguments["hidden"] = [values.units] * values.layers
    recurrent = (values.recurrent, values.layers)
    if values.layers and recurrent != (before.recurrent, before.layers):
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

    One that cannot be read is left out.
    """
    found: dict[str, Recipe] = {}
    usual = {name: place for place, name in enumerate(USUAL)}
    names = sorted(shipped_recipes(), key=lambda n: ("/" in n, usual.get(n, len(usual)), n))
    for name in names:
        try:
            found[name] = find_recipe(name)
        except StemscopeError:
            continue
    return found
