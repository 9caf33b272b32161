"""Which models can separate sound while it comes in, told by their cards alone. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.card import Card
from core.errors import UsageError


def live_refusal(card: Card) -> UsageError | None:
    """Why this model cannot separate live, as a sentence (never raised); None if it can."""
    if is_causal(card.network.name, card.network.arguments):
        return None
    return UsageError(
        "The model “{model}” hears ahead: it needs to know how a song goes on. Live sound needs a "
        "causal model.",
        model=card.title,
    )


def is_causal(name: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a frame's mask depends on that frame and those before it alone.

    Of the network ``name`` of the registry with these constructor's arguments, the others being at
    their defaults.
    """
    if name == "recurrent_u_net":
        return bool(arguments.get("causal", False))
    if name == "recurrent":
        attends_ahead = arguments.get("attention_heads", 0) and arguments.get("attention_ahead", 7)
        return (
            arguments.get("context_frames", 3) == 1
            and not arguments.get("bidirectional", False)
            and not attends_ahead
        )
    return False
