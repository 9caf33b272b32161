"""From a recipe and trained weights to a model."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from torch import nn

from core.card import Card
from core.checkpoint import Model, save_model
from core.networks.base import SourceNetwork
from core.training.recipe import Recipe


def card_of(recipe: Recipe, training: dict[str, Any] | None = None) -> Card:
    """The card of a model trained by ``recipe``; ``training`` says on what and how long."""
    return Card(
        model_id=recipe.model_id,
        title=recipe.title,
        description=recipe.description,
        terms=recipe.terms,
        sources=recipe.sources,
        sample_rate=recipe.sample_rate,
        stft=recipe.stft,
        level=recipe.level,
        chunk=recipe.chunk,
        network=recipe.network,
        training=training or {},
        versions={name: _version(name) for name in ("stemscope", "torch", "numpy")},
    )


def model_of(recipe: Recipe, network: SourceNetwork, device: str = "cpu") -> Model:
    """``network`` as a model in memory, to separate with while it is trained."""
    return Model(card_of(recipe), network, device)


def save_trained(
    network: nn.Module, recipe: Recipe, training: dict[str, Any], folder: Path
) -> Card:
    """Write ``network`` as the model in ``folder``, replacing one that is there."""
    return save_model(card_of(recipe, training), network.state_dict(), folder, overwrite=True)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # a checkout that was never installed
        return "unknown"
