"""Models that trainings made, in the user's folder: named so that none is overwritten."""

from __future__ import annotations

import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from core.card import CARD_FILE, WEIGHTS_FILE, read_card
from core.errors import OutputError
from core.models import ModelEntry, list_models, user_folder

RUN_KEY = "run"
"""In a card's ``training``: the folder's name of the run that the model was made from."""


def slug(title: str) -> str:
    """A folder's name for ``title``: letters and digits of any script, hyphens between."""
    plain = unicodedata.normalize("NFKC", title).lower()
    return re.sub(r"[^\w]+", "-", plain).strip("-_")[:48] or "model"


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """``wanted``, or with a number behind it where that is taken (upper and lower case alike)."""
    known = {name.casefold() for name in taken}
    if wanted.casefold() not in known:
        return wanted
    number = 2
    while f"{wanted} {number}".casefold() in known:
        number += 1
    return f"{wanted} {number}"


def models_of(run: str, entries: Iterable[ModelEntry] | None = None) -> list[ModelEntry]:
    """The installed models that were made from the run in a folder of this name."""
    found = list_models() if entries is None else entries
    return [entry for entry in found if entry.card.training.get(RUN_KEY) == run]


def install(model: Path, title: str, run: str | None = None) -> ModelEntry:
    """Copy the model in folder ``model`` among the user's, under ``title`` or one like it.

    What ``run`` left there before with the same weights is kept and returned; nothing is ever
    overwritten. Raises ``ModelError`` for a damaged model, ``OutputError`` if the disk refuses.
    """
    card = read_card(model)
    entries = list_models()
    for entry in models_of(run, entries) if run else ():
        if entry.card.sha256 == card.sha256:
            return entry
    title = free_name(title, (entry.card.title for entry in entries))
    root = user_folder()
    taken = [entry.model_id for entry in entries]
    with suppress(OSError):
        taken += [path.name for path in root.iterdir()]
    model_id = slug(free_name(slug(title), taken))
    training = {**card.training, RUN_KEY: run} if run else card.training
    card = replace(card, model_id=model_id, title=title, training=training)
    temporary: Path | None = None
    try:
        root.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".model-", dir=root))
        shutil.copyfile(model / WEIGHTS_FILE, temporary / WEIGHTS_FILE)
        (temporary / CARD_FILE).write_text(card.to_json(), encoding="utf-8")
        temporary.chmod(0o755)  # temporary folders are private
        temporary.rename(root / model_id)  # fails where something lies there by now
        temporary = None
    except OSError as error:
        raise OutputError(
            "The model “{name}” could not be written: {reason}.",
            name=title,
            reason=error.strerror or str(error),
        ) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    return ModelEntry(model_id, root / model_id, card, built_in=False)
