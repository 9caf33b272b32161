"""A training recipe: everything that decides what a trained model is, read from a TOML file."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from core.card import ChunkSettings, NetworkSettings, StftSettings
from core.errors import UsageError
from core.features import LevelSettings


@dataclass(frozen=True)
class AugmentationSettings:
    """What is drawn anew for each clip in each epoch.

    ``own_accompaniment`` is the share of voices that keep their own accompaniment; the others are
    put over a random part of another clip's. Speeds are drawn from ``n_speeds`` steps between
    ``speed_min`` and ``speed_max``, pitch moving along.
    """

    own_accompaniment: float = 0.25
    speed_min: float = 0.8
    speed_max: float = 1.25
    n_speeds: int = 13
    voice_to_music_db: float = 4.0
    level_min_dbfs: float = -40.0
    level_max_dbfs: float = -8.0
    equaliser_db: float = 3.0
    no_voice: float = 0.04


@dataclass(frozen=True)
class OptimiserSettings:
    epochs: int = 250
    batch_sequences: int = 32
    sequence_frames: int = 100
    learning_rate: float = 5e-4
    warm_up_steps: int = 100
    gradient_norm: float = 1.0
    average_decay: float = 0.998
    product_dtype: str = "bfloat16"


@dataclass(frozen=True)
class Recipe:
    model_id: str
    title: str
    description: str
    terms: str
    seed: int = 1
    sample_rate: int = 16000
    sources: tuple[str, ...] = ("vocals", "accompaniment")
    gamma: float = 0.05
    stft: StftSettings = field(default_factory=StftSettings)
    level: LevelSettings = field(default_factory=LevelSettings)
    chunk: ChunkSettings = field(default_factory=ChunkSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    optimiser: OptimiserSettings = field(default_factory=OptimiserSettings)

    def __post_init__(self) -> None:
        # Beyond one half the discriminative objective has no lower bound.
        if not 0 <= self.gamma <= 0.5:
            raise UsageError(
                "The discriminative weight gamma is {value}; use one between 0 and 0.5.",
                value=self.gamma,
            )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


_Settings = TypeVar("_Settings")

_PARTS: dict[str, type[Any]] = {
    "stft": StftSettings,
    "level": LevelSettings,
    "chunk": ChunkSettings,
    "network": NetworkSettings,
    "augmentation": AugmentationSettings,
    "optimiser": OptimiserSettings,
}


def _from_table(kind: type[_Settings], table: dict[str, Any], where: str) -> _Settings:
    known = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.0)[0]
            raise UsageError(
                "{where} does not know “{key}”. Did you mean “{near}”?",
                where=where,
                key=key,
                near=near,
            )
    return kind(**table)


def recipe_from_dict(table: dict[str, Any], where: str = "The recipe") -> Recipe:
    """A recipe from nested tables; unknown names are refused with the nearest known one."""
    values = dict(table)
    for name, kind in _PARTS.items():
        if name in values:
            values[name] = _from_table(kind, values[name], f"{where}, [{name}]")
    if "sources" in values:
        values["sources"] = tuple(values["sources"])
    for key in ("model_id", "title", "description", "terms"):
        if key not in values:
            raise UsageError("{where} lacks “{key}”.", where=where, key=key)
    return _from_table(Recipe, values, where)


def load_recipe(path: Path) -> Recipe:
    """The recipe in a TOML file; ``UsageError`` says what is wrong with it."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(
            "The recipe “{name}” cannot be read: {reason}.", name=path.name, reason=str(error)
        ) from error
    return recipe_from_dict(table, f"The recipe “{path.name}”")
