"""Where models live: those that come with the program and those that users made."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from platformdirs import user_data_path

from core.card import CARD_FILE, Card, read_card, refuse_pickle
from core.errors import ModelError

DEFAULT_MODEL = "studio"


@dataclass(frozen=True)
class ModelEntry:
    model_id: str
    folder: Path
    card: Card
    built_in: bool


def built_in_folder() -> Path:
    return Path(str(files("resources") / "models"))


def user_folder() -> Path:
    return user_data_path("stemscope", appauthor=False) / "models"


def list_models(extra: Path | None = None) -> list[ModelEntry]:
    """All usable models, built-in ones first; damaged ones are left out. Needs no torch."""
    entries: dict[str, ModelEntry] = {}
    folders = [(built_in_folder(), True), (user_folder(), False)]
    if extra is not None:
        folders.append((extra, False))
    for parent, built_in in folders:
        try:
            found = sorted(parent.iterdir())
        except OSError:  # none is there, or it is not for this user
            continue
        for folder in found:
            if folder.name.startswith(".") or not os.path.isfile(folder / CARD_FILE):
                continue
            try:
                card = read_card(folder)
            except ModelError:
                continue
            entries.setdefault(card.model_id, ModelEntry(card.model_id, folder, card, built_in))
    return sorted(entries.values(), key=lambda e: (not e.built_in, e.model_id != DEFAULT_MODEL))


def find_model(name: str | None = None) -> ModelEntry:
    """The model called ``name`` (its id or title), or in the folder ``name``; by default the first.

    ``ModelError`` if there is none, with the nearest name.
    """
    models = list_models()
    if name is None:
        if not models:
            raise ModelError("No model is installed. Install Stemscope again.")
        return models[0]
    for entry in models:
        if name.lower() in (entry.model_id.lower(), entry.card.title.lower()):
            return entry
    path = Path(name)
    if os.path.exists(path):
        folder = path.parent if path.name == CARD_FILE else path
        if path.is_file() and path.name != CARD_FILE:
            _refuse_file(path)
        card = read_card(folder)
        return ModelEntry(card.model_id, folder, card, built_in=False)
    near = difflib.get_close_matches(name, [m.model_id for m in models], n=1, cutoff=0.0)
    raise ModelError(
        "There is no model called “{name}”. Did you mean “{near}”?",
        name=name,
        near=near[0] if near else DEFAULT_MODEL,
    )


def _refuse_file(path: Path) -> None:
    refuse_pickle(path)
    raise ModelError(
        "“{name}” is not a model. Choose the folder that holds its card.json.", name=path.name
    )
