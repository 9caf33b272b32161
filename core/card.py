"""A model's card: what it is, how it hears, what it was trained on and how well it does."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from core.errors import ModelError
from core.features import LevelSettings
from core.stft import Stft

FORMAT = 1
CARD_FILE = "card.json"
WEIGHTS_FILE = "model.safetensors"
PICKLES = (".pt", ".pth", ".ckpt", ".pkl", ".bin")


@dataclass(frozen=True)
class NetworkSettings:
    """A network's name in the registry and all its constructor's arguments."""

    name: str = "recurrent"
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StftSettings:
    window_samples: int = 1024
    hop_samples: int = 512
    window: str = "sine"

    def stft(self) -> Stft:
        return Stft(self.window_samples, self.hop_samples, self.window)


@dataclass(frozen=True)
class ChunkSettings:
    """How a song is cut for this model, in frames; part of what the model is."""

    core_frames: int = 256
    warm_up_frames: int = 96
    look_ahead_frames: int = 8
    fade_frames: int = 8


@dataclass(frozen=True)
class Card:
    model_id: str
    title: str
    description: str
    terms: str
    sources: tuple[str, ...]
    sample_rate: int
    stft: StftSettings
    level: LevelSettings
    chunk: ChunkSettings
    network: NetworkSettings
    training: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    sha256: str = ""
    format: int = FORMAT

    @property
    def n_channels(self) -> int:
        """1: one mask for all channels of a song; 2: the network hears left and right apart."""
        return int(self.network.arguments.get("n_channels", 1))

    @property
    def band_hz(self) -> float:
        """Half the model's sample rate: above, its mask is extended."""
        return self.sample_rate / 2

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


_PARTS: dict[str, type[Any]] = {
    "stft": StftSettings,
    "level": LevelSettings,
    "chunk": ChunkSettings,
    "network": NetworkSettings,
}


def read_card(folder: Path) -> Card:
    """The card of the model in ``folder``; ``ModelError`` says what is wrong with it."""
    path = folder / CARD_FILE
    if not os.path.isfile(path):  # also where it is forbidden to look
        raise ModelError(
            "“{name}” is not a model: it holds no {card}. Choose a folder with {card} and "
            "{weights}.",
            name=folder.name,
            card=CARD_FILE,
            weights=WEIGHTS_FILE,
        )
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        version = int(table.get("format", 0))
        if version > FORMAT:
            raise ModelError(
                "The model “{name}” was made by a newer Stemscope. Update the program to use it.",
                name=folder.name,
            )
        unknown = set(table) - {f.name for f in fields(Card)}
        if unknown:
            raise ValueError(f"unknown fields {', '.join(sorted(unknown))}")
        for name, kind in _PARTS.items():
            table[name] = kind(**table[name])
        table["sources"] = tuple(table["sources"])
        table["stft"].stft()
        return Card(**table)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(
            "The card of the model “{name}” is damaged ({reason}). Install the model again.",
            name=folder.name,
            reason=str(error),
        ) from error


def refuse_pickle(path: Path) -> None:
    """Raise ``ModelError`` if ``path`` is a pickled checkpoint."""
    if path.suffix.lower() in PICKLES:
        raise ModelError(
            "“{name}” is a pickled checkpoint. Such files can run any program when they are "
            "opened, so Stemscope does not open them; use a model folder with safetensors weights.",
            name=path.name,
        )
