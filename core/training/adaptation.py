"""A network adapted to one song, within a given time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from core.card import Card
from core.checkpoint import Model, save_model
from core.editing.marks import Marks, length_s
from core.errors import Cancelled, DataError, UsageError
from core.networks import build_network
from core.networks.base import SourceNetwork
from core.precision import product_dtype
from core.training.objective import Objective
from core.training.optimisers import WeightAverage, clip_gradients, make_optimiser
from core.training.settings import ObjectiveSettings, OptimiserSettings
from core.training.song_material import SongMaterial

EXAMPLE_S = 3.2
N_TOGETHER, N_AT_ONCE = 4, 2
"""Examples in a step, and those after which others may have the processor."""

LEARNING_RATE = 2e-4
LEAST_S, MOST_S = 5.0, 3600.0

_WARM_UP_STEPS = 10
_LAST_RATE = 0.05
_AVERAGE_DECAY = 0.95


@dataclass(frozen=True)
class AdaptationReport:
    """How many steps there were, the part of the time that is over, and the mean loss of the last
    few steps."""

    step: int
    fraction: float
    loss: float


class Adaptation:
    """Fine-tunes a copy of ``model``'s network on ``material`` for ``seconds`` of its own work.

    The model itself stays as it is. The objective is that of the model's training; the rate falls
    over the time as half a cosine. ``UsageError`` for a time out of range, or a model that has not
    two sources.
    """

    def __init__(self, model: Model, material: SongMaterial, seconds: float) -> None:
        if not LEAST_S <= seconds <= MOST_S:
            raise UsageError(
                "A model is adapted for {least:g} to {most:g} seconds, not {value:g}.",
                least=LEAST_S,
                most=MOST_S,
                value=seconds,
            )
        if len(model.card.sources) != 2:
            raise UsageError("Only models of two sources are adapted to a song.")
        self.model, self._material, self._seconds = model, material, seconds
        card, device = model.card, model.device
        network = build_network(card.network.name, card.network.arguments)
        assert isinstance(network, SourceNetwork)
        network.load_state_dict(model.weights)
        network.product_dtype = product_dtype("auto", device)
        self._network = network.to(device).train()
        self._objective = Objective(network, ObjectiveSettings(), network.product_dtype)
        self._settings = OptimiserSettings(learning_rate=LEARNING_RATE, gradient_norm=1.0)
        self._optimiser = make_optimiser(network, self._settings)
        self._average = WeightAverage(network, _AVERAGE_DECAY)
        self._loss = 0.0
        self.step = 0
        self.worked_s = 0.0

    @property
    def fraction(self) -> float:
        """The part of the time that is over."""
        return min(1.0, self.worked_s / self._seconds)

    def run(self, should_stop: Callable[[], bool] | None = None) -> Iterator[AdaptationReport]:
        """Go on to the end of the time, giving way after every few examples.

        Time spent elsewhere meanwhile does not count. ``Cancelled`` if asked to stop;
        ``DataError`` if the numbers leave their range.
        """
        while self.worked_s < self._seconds:
            self._optimiser.zero_grad()
            total = 0.0
            for first in range(0, N_TOGETHER, N_AT_ONCE):
                if should_stop is not None and should_stop():
                    raise Cancelled
                began_s = time.perf_counter()
                total += self._add_gradients(self.step * N_TOGETHER + first)
                if first + N_AT_ONCE >= N_TOGETHER:
                    self._take_step(total)
                self.worked_s += time.perf_counter() - began_s
                yield AdaptationReport(self.step, self.fraction, self._loss)

    def adapted(self) -> Model:
        """The model with the running mean of the weights so far, on the same device."""
        card = self.model.card
        network = build_network(card.network.name, card.network.arguments)
        assert isinstance(network, SourceNetwork)
        network.load_state_dict(self._average.tensors)
        return Model(card, network, self.model.device, "auto")

    def _add_gradients(self, first: int) -> float:
        """Those of the examples from number ``first`` on; returns their share of the loss."""
        batch = self._batch(first)
        with torch.enable_grad():
            loss = self._objective(*batch) / batch[-1].sum() * (N_AT_ONCE / N_TOGETHER)
        loss.backward()
        return float(loss.item())

    def _take_step(self, loss: float) -> None:
        norm = clip_gradients(self._network.parameters(), self._settings)
        if not (math.isfinite(loss) and math.isfinite(norm.item())):
            raise DataError(
                "The model could not be adapted: its error left the range of numbers in step "
                "{step}. Mark other parts of the song, and try again.",
                step=self.step + 1,
            )
        for group in self._optimiser.param_groups:
            group["lr"] = self._rate()
        self._optimiser.step()
        self.step += 1
        self._average.update(self._network, self.step)
        self._loss += (loss - self._loss) / min(self.step, 10)

    def _batch(self, first: int) -> tuple[torch.Tensor, ...]:
        """Features, scales, voices, music and weights of the examples from ``first`` on."""
        examples = [self._material.example(first + k) for k in range(N_AT_ONCE)]
        device = self.model.device
        parts = [
            torch.from_numpy(np.stack([getattr(example, name) for example in examples])).to(device)
            for name in ("features", "scale", "voice", "music")
        ]
        return (*parts, torch.ones_like(parts[1]))

    def _rate(self) -> float:
        warm = min(1.0, (self.step + 1) / _WARM_UP_STEPS)
        fall = (1 + math.cos(math.pi * self.fraction)) / 2
        return LEARNING_RATE * warm * (_LAST_RATE + (1 - _LAST_RATE) * fall)


def example_frames(model: Model) -> int:
    """How many frames of ``model``'s grid an example has."""
    return max(2, round(EXAMPLE_S * model.card.sample_rate / model.card.stft.hop_samples))


def save_adapted(adaptation: Adaptation, marks: Marks, song: str, folder: Path) -> Card:
    """Write what ``adaptation`` came to as a model in ``folder``, which must not be there yet.

    Its card says whence it comes, and what it learnt in the song of this title. ``OutputError``
    if it cannot be written.
    """
    card = adaptation.model.card
    facts = {
        "adapted_from": {"model_id": card.model_id, "title": card.title, "sha256": card.sha256},
        "song": song,
        "seconds": round(adaptation.worked_s, 1),
        "steps": adaptation.step,
        "marked_s": {
            "voice": round(length_s(marks.voice), 1),
            "music": round(length_s(marks.music), 1),
            "corrected": round(length_s(marks.corrected), 1),
        },
        "before": card.training,
    }
    adapted = replace(
        card,
        title=f"{card.title} · {song}",
        description=f"“{card.title}”, adapted to the song “{song}”.",
        training=facts,
        figures={},  # those of the model before say nothing of this one
    )
    return save_model(adapted, adaptation.adapted().weights, folder)
