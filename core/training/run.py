"""From a folder of recordings and a recipe to a model folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np

from core.card import Card
from core.checkpoint import save_model
from core.datasets import Dataset, find_dataset
from core.training.mixing import ClipPair
from core.training.recipe import Recipe
from core.training.trainer import STATE_FILE, EpochReport, Trainer

SAVE_EVERY_S = 180.0
MODEL_FOLDER = "model"


def load_pairs(dataset: Dataset, sample_rate: int) -> tuple[list[ClipPair], list[str]]:
    """The clips of ``dataset`` as mono pairs at ``sample_rate``.

    The second list names the clips that are left out because voice or accompaniment is silent.
    """
    pairs, silent = [], []
    for clip in dataset.clips:
        vocals, accompaniment = clip.load(sample_rate, mono=True)
        if np.any(vocals) and np.any(accompaniment):
            pairs.append(ClipPair(clip.name, vocals[0], accompaniment[0]))
        else:
            silent.append(clip.name)
    return pairs, silent


def train(
    data: Path,
    recipe: Recipe,
    folder: Path,
    *,
    layout: str | None = None,
    resume: bool = False,
    should_stop: Callable[[], bool] | None = None,
) -> Iterator[EpochReport]:
    """Train ``recipe`` on ``data``, giving way after each epoch.

    ``folder`` receives the state every few minutes, the history, and in the end the model in
    ``folder/model``. With ``resume`` training goes on from the state that lies there. On
    ``Cancelled`` the state is saved first.
    """
    dataset = find_dataset(data, layout)
    pairs, silent = load_pairs(dataset, recipe.sample_rate)
    trainer = Trainer(recipe, pairs, folder)
    if resume:
        trainer.resume()
    else:
        (folder / STATE_FILE).unlink(missing_ok=True)
    saved = time.monotonic()
    try:
        for report in trainer.run(should_stop):
            if time.monotonic() - saved > SAVE_EVERY_S:
                trainer.save()
                saved = time.monotonic()
            yield report
    finally:
        trainer.save()
    minutes = sum(len(pair.vocals) for pair in pairs) / recipe.sample_rate / 60
    training = {
        "data": dataset.folder.name,
        "layout": dataset.layout,
        "clips": len(pairs),
        "left_out_as_silent": silent,
        "minutes": round(minutes, 1),
        "epochs": trainer.epoch,
        "steps": trainer.step,
        "recipe": recipe.as_dict(),
    }
    save_trained(trainer, recipe, training, folder / MODEL_FOLDER)


def save_trained(
    trainer: Trainer, recipe: Recipe, training: dict[str, object], folder: Path
) -> Card:
    """Write the averaged weights of ``trainer`` as a model; returns its card."""
    card = Card(
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
        training=training,
        versions={name: version(name) for name in ("stemscope", "torch", "numpy")},
    )
    return save_model(card, trainer.averaged_network().state_dict(), folder, overwrite=True)
