"""A tiny training that tests run, in their own process or in one that they kill."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.training.examples import ClipPair
from core.training.recipe import Recipe, recipe_from_dict
from core.training.reports import ValidationFigures
from core.training.trainer import Trainer

RATE = 8000


def tones(pitches: list[float], seconds: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    swell = np.sin(np.pi * rng.uniform(0.5, 2) * t) ** 2
    return (0.2 * sum(np.sin(2 * np.pi * p * t) for p in pitches) * swell)[None].astype(np.float32)


def clips(n: int = 4, seconds: float = 2.0) -> list[ClipPair]:
    """A "voice" of high tones over an "accompaniment" of low ones: learnt in a few steps."""
    return [
        ClipPair(
            f"clip {k}",
            tones([1300, 2600], seconds + 0.1 * k, k),
            tones([200, 450], seconds + 0.1 * k, 100 + k),
        )
        for k in range(n)
    ]


def small_recipe(
    network: dict[str, Any] | None = None,
    objective: dict[str, Any] | None = None,
    augmentation: dict[str, Any] | None = None,
    **optimiser: Any,
) -> Recipe:
    arguments = {"n_bins": 65, "hidden": [24, 24], "recurrent_layers": [2], "context_frames": 3}
    settings = {
        "epochs": 4,
        "batch_sequences": 2,
        "sequence_frames": 30,
        "learning_rate": 3e-3,
        "warm_up_steps": 2,
        "average_decay": 0.9,
    }
    return recipe_from_dict(
        {
            "model_id": "small",
            "title": "Small",
            "description": "For tests.",
            "terms": "none",
            "sample_rate": RATE,
            "stft": {"window_samples": 128, "hop_samples": 64},
            "network": {"arguments": {**arguments, **(network or {})}},
            "augmentation": {
                "own_accompaniment": 0.25,
                "speed_min": 0.9,
                "speed_max": 1.1,
                **(augmentation or {}),
            },
            "objective": {"gamma": 0.05, **(objective or {})},
            "optimiser": {**settings, **optimiser},
        }
    )


class Ramp:
    """A validator whose GNSDR after each epoch is given."""

    def __init__(self, *gnsdr_db: float) -> None:
        self._gnsdr_db = gnsdr_db

    def __call__(self, network: torch.nn.Module, epoch: int) -> ValidationFigures:
        assert not network.training
        gnsdr_db = self._gnsdr_db[min(epoch, len(self._gnsdr_db)) - 1]
        return ValidationFigures(-gnsdr_db, gnsdr_db, 1.0, 2.0)


def digest(trainer: Trainer) -> str:
    """SHA-256 of the weights, their average and the best ones."""
    summed = hashlib.sha256()
    states = (
        trainer.network.state_dict(),
        trainer.averaged_network().state_dict(),
        trainer.best_network().state_dict(),
    )
    for state in states:
        for name, value in state.items():
            summed.update(name.encode() + value.numpy().tobytes())
    return summed.hexdigest()


RECIPES = {
    "adam": lambda: small_recipe(network={"dropout": 0.2}, schedule="plateau", plateau_patience=1),
    # More epochs than a voice has one shift for: further ones are introduced.
    "varied": lambda: small_recipe(
        augmentation={
            "pitch_semitones": 2.0,
            "formant_semitones": 2.0,
            "circular_shift": "random",
            "equaliser_db": 3.0,
            "no_voice": 0.1,
        },
        epochs=6,
    ),
    "lbfgs": lambda: small_recipe(
        method="lbfgs", lbfgs_iterations=8, lbfgs_history=3, batch_sequences=8
    ),
}


def train_and_save_always(folder: Path, kind: str) -> None:
    """Train to the end, saving after every report; says each step, and in the end the digest."""
    torch.set_num_threads(1)
    validator = Ramp(1, 3, 2, 2.5)
    trainer = Trainer(RECIPES[kind](), clips(), folder, validator=validator)
    trainer.resume()
    print("began", trainer.epoch, trainer.step, flush=True)
    for _ in trainer.run():
        print("step", trainer.step, flush=True)
        trainer.save()
    print("digest", digest(trainer), flush=True)


if __name__ == "__main__":
    train_and_save_always(Path(sys.argv[1]), sys.argv[2])
