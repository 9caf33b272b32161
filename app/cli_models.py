"""The command ``models``: which models there are, what they hear and how well they do."""

from __future__ import annotations

import sys

from app.cli_errors import EXIT_BAD_INPUT, EXIT_OK
from core.models import ModelEntry, list_models, user_folder


def list_all() -> int:
    """Print one paragraph per model."""
    entries = list_models()
    if not entries:
        print(
            f"There is no model. Put a model folder into {user_folder()} or install again.",
            file=sys.stderr,
        )
        return EXIT_BAD_INPUT
    for entry in entries:
        print(describe(entry))
    return EXIT_OK


def describe(entry: ModelEntry) -> str:
    """A few lines on ``entry``, for people."""
    card = entry.card
    where = "built in" if entry.built_in else str(entry.folder)
    lines = [f"{entry.model_id}: {card.title} ({where})"]
    lines += [f"  {text}" for text in (card.description, card.terms) if text]
    lines.append(f"  Stems: {', '.join(card.sources)}; hears up to {card.band_hz / 1000:g} kHz")
    lines += [f"  {name}: {value}" for name, value in card.figures.items() if _is_short(value)]
    return "\n".join(lines)


def _is_short(value: object) -> bool:
    return isinstance(value, int | float | str)
