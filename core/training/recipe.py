"""A training recipe: everything that decides what a trained model is, read from a TOML file."""

from __future__ import annotations

import difflib
import functools
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from core.card import ChunkSettings, NetworkSettings, StftSettings
from core.errors import UsageError
from core.features import LevelSettings
from core.training.rules import Rule, checked_value, from_table
from core.training.settings import (
    CARD_RULES,
    AugmentationSettings,
    ObjectiveSettings,
    OptimiserSettings,
    ValidationSettings,
)
from core.training.song_lists import song_list

__all__ = [
    "AugmentationSettings",
    "ObjectiveSettings",
    "OptimiserSettings",
    "Recipe",
    "ValidationSettings",
    "find_recipe",
    "load_recipe",
    "recipe_from_dict",
    "shipped_recipes",
]

RECIPES_FOLDER = Path(str(files("resources") / "recipes"))
SUFFIX = ".toml"


@dataclass(frozen=True)
class Recipe:
    model_id: str
    title: str
    description: str
    terms: str
    seed: int = 1
    sample_rate: int = 16000
    sources: tuple[str, ...] = ("vocals", "accompaniment")
    stft: StftSettings = field(default_factory=StftSettings)
    level: LevelSettings = field(default_factory=LevelSettings)
    chunk: ChunkSettings = field(default_factory=ChunkSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    objective: ObjectiveSettings = field(default_factory=ObjectiveSettings)
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)
    validation: ValidationSettings = field(default_factory=ValidationSettings)

    def __post_init__(self) -> None:
        heard = {
            "n_bins": self.stft.stft().n_bins,
            "sample_rate": self.sample_rate,
            "n_sources": len(self.sources),
        }
        for name, value in heard.items():
            given = self.network.arguments.get(name, value)
            if given != value:
                raise UsageError(
                    "The network's {name} is {given}, but the recipe gives it {value}. Set {name} "
                    "to {value} in [network.arguments].",
                    name=name,
                    given=given,
                    value=value,
                )
        if self.chunk.fade_frames > self.chunk.core_frames:
            raise UsageError(
                "The chunks: fade_frames cannot be {fade} where core_frames is {core}; the nearest "
                "is {core}.",
                fade=self.chunk.fade_frames,
                core=self.chunk.core_frames,
            )
        if self.optimiser.method == "lbfgs" and (
            self.network.arguments.get("normalisation") == "batch"
        ):
            raise UsageError(
                "Batch normalisation changes with every batch, so that the line search of “lbfgs” "
                "cannot work. Set normalisation to “layer”, or method to “adam”."
            )

    @property
    def n_channels(self) -> int:
        """What the network hears: 1, all channels as one, or 2, left and right apart."""
        return int(self.network.arguments.get("n_channels", 1))

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


_PARTS: dict[str, type[Any]] = {
    "stft": StftSettings,
    "level": LevelSettings,
    "chunk": ChunkSettings,
    "network": NetworkSettings,
    "augmentation": AugmentationSettings,
    "objective": ObjectiveSettings,
    "optimiser": OptimiserSettings,
    "validation": ValidationSettings,
}

_RULES: dict[str, Rule] = {
    "model_id": Rule(str),
    "title": Rule(str),
    "description": Rule(str),
    "terms": Rule(str),
    "seed": Rule(int, 0),
    "sample_rate": Rule(int, 4000, 192000),
}


def recipe_from_dict(table: Mapping[str, Any], where: str = "The recipe") -> Recipe:
    """A recipe from nested tables.

    ``UsageError`` for unknown names, with the nearest known one, and for values of another type or
    out of range, with the nearest that is allowed.
    """
    values = dict(table)
    for name, kind in _PARTS.items():
        if name in values:
            part_where = f"{where}, [{name}]"
            values[name] = from_table(kind, values[name], part_where, CARD_RULES.get(name))
    network = values.get("network", NetworkSettings())
    if not isinstance(network.arguments, Mapping):
        raise UsageError("{where}: [network.arguments] must be a table.", where=where)
    for key in ("model_id", "title", "description", "terms"):
        if key not in values:
            raise UsageError("{where} lacks “{key}”.", where=where, key=key)
    values["sources"] = _sources(values.get("sources", Recipe.sources), where)
    return from_table(Recipe, values, where, _RULES)


def _sources(names: object, where: str) -> tuple[str, ...]:
    if not isinstance(names, (list, tuple)) or len(names) != 2:
        raise UsageError(
            "{where}: sources must name two, such as [“vocals”, “accompaniment”].", where=where
        )
    return tuple(checked_value(Rule(str), name, "a name in sources", where) for name in names)


def shipped_recipes() -> list[str]:
    """The names that ``find_recipe`` knows without a file: "paper", "huang2014/…", in order."""
    return list(_shipped())


@functools.cache
def _shipped() -> tuple[str, ...]:
    paths = RECIPES_FOLDER.rglob(f"*{SUFFIX}")
    names = (path.relative_to(RECIPES_FOLDER).with_suffix("").as_posix() for path in paths)
    return tuple(sorted(names))


def find_recipe(name: str) -> Recipe:
    """The shipped recipe called ``name``, or the one in the TOML file ``name``.

    ``UsageError`` names the nearest shipped one, or what is wrong in the file.
    """
    if Path(name).is_file():
        return load_recipe(Path(name))
    known = shipped_recipes()
    if name.lower() in known:
        return load_recipe(RECIPES_FOLDER / f"{name.lower()}{SUFFIX}")
    if name.lower().endswith(SUFFIX):
        raise UsageError("There is no file “{name}”. Give the path of a recipe.", name=name)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    raise UsageError(
        "There is no recipe “{name}”. Did you mean “{near}”?",
        name=name,
        near=near[0] if near else "a TOML file",
    )


def load_recipe(path: Path) -> Recipe:
    """The recipe in a TOML file; ``UsageError`` says what is wrong with it.

    With ``extends = "other"`` the file says only what differs from another recipe: a file beside
    it or a shipped one.
    """
    return recipe_from_dict(_tables(path, ()), f"The recipe “{path.name}”")


def _tables(path: Path, children: tuple[Path, ...]) -> dict[str, Any]:
    """The tables of a file, laid over those of the recipe that it extends."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            "The recipe “{name}” cannot be read: {reason}.", name=path.name, reason=str(error)
        ) from error
    _read_song_list(table, path)
    if "extends" not in table:
        return table
    other = table.pop("extends")
    base = _extended(other, path)
    children = (*children, path.resolve())
    if base.resolve() in children:
        raise UsageError("The recipe “{name}” extends itself. Extend another.", name=path.name)
    return _merged(_tables(base, children), table)


def _read_song_list(table: dict[str, Any], path: Path) -> None:
    """Put the songs into ``table`` where it names a list of them."""
    part = table.get("validation")
    if isinstance(part, dict) and isinstance(part.get("songs"), str):
        part["songs"] = song_list(part["songs"], (path.parent, RECIPES_FOLDER), path.name)


def _extended(name: object, path: Path) -> Path:
    if isinstance(name, str):
        file_name = name if name.endswith(SUFFIX) else name + SUFFIX
        for folder in (path.parent, RECIPES_FOLDER):
            if (folder / file_name).is_file():
                return folder / file_name
    known = shipped_recipes()
    raise UsageError(
        "The recipe “{name}” extends “{other}”, which is neither a file beside it nor a shipped "
        "recipe. Did you mean “{near}”?",
        name=path.name,
        other=name,
        near=difflib.get_close_matches(str(name), known, n=1, cutoff=0.0)[0],
    )


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        mine = merged.get(key)
        if key == "network" and isinstance(value, Mapping) and isinstance(mine, Mapping):
            # Another network takes other arguments: none of the first one's are kept.
            changed = value.get("name", mine.get("name")) != mine.get("name")
            mine = {} if changed else mine
        if isinstance(value, Mapping) and isinstance(mine, Mapping):
            merged[key] = _merged(mine, value)
        else:
            merged[key] = value
    return merged
