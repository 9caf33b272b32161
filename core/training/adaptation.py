"""A network adapted to one song, within a given time."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from core.audio.source import Audio
from core.card import Card
from core.checkpoint import Model, save_model
from core.editing.marks import Marks, length_s
from core.errors import Cancelled, DataError, UsageError
from core.networks import build_network
from core.networks.base import SourceNetwork
from core.networks.normalisation import FrameBatchNorm
from core.precision import product_dtype
from core.training.examples import Example
from core.training.objective import Objective
from core.training.optimisers import WeightAverage, clip_gradients, make_optimiser
from core.training.settings import ObjectiveSettings, OptimiserSettings
from core.training.song_material import SongMaterial

ShouldStop = Callable[[], bool]

EXAMPLE_S = 3.2
N_AT_ONCE = 2
"""Examples after which others may have the processor."""

N_STEPS = 80
"""About how many steps are taken, whatever the time: more time gives each of them more examples.
With more steps a network would go further away from what it knew."""

LEARNING_RATE = 2e-4
LEAST_S, MOST_S = 1.0, 3600.0

PART_OF_THE_WAY = 0.6
"""The weights go so far from where they were to where they learnt to: nearly all of what is gained
stays, and little of what was known is lost (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
models"). Chosen on four of the songs of ``core.training.adaptation_trial``."""

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
        self._first = model.weights
        self._network = self._network_of(self._first).to(model.device).train()
        for part in self._network.modules():
            if isinstance(part, FrameBatchNorm):  # a few examples have no means to go by
                part.eval()
        dtype = self._network.product_dtype
        self._objective = Objective(self._network, ObjectiveSettings(), dtype)
        self._settings = OptimiserSettings(learning_rate=LEARNING_RATE, gradient_norm=1.0)
        self._optimiser = make_optimiser(self._network, self._settings)
        self._average = WeightAverage(self._network, _AVERAGE_DECAY)
        self._n_drawn = 0
        self._loss = 0.0
        self.step = 0
        self.worked_s = 0.0

    @property
    def fraction(self) -> float:
        """The part of the time that is over."""
        return min(1.0, self.worked_s / self._seconds)

    @classmethod
    def to_song(
        cls, model: Model, mixture: Audio, voice: Audio, marks: Marks, seconds: float
    ) -> Adaptation:
        """To what ``marks`` say of ``mixture``, whose ``voice`` is the stem as it is now."""
        card = model.card
        n_frames = max(2, round(EXAMPLE_S * card.sample_rate / card.stft.hop_samples))
        return cls(model, SongMaterial(mixture, voice, marks, card, n_frames), seconds)

    def run(self, should_stop: ShouldStop | None = None) -> Iterator[AdaptationReport]:
        """Go on to the end of the time, giving way after every few examples.

        Time spent elsewhere meanwhile does not count. ``Cancelled`` if asked to stop;
        ``DataError`` if the numbers leave their range.
        """
        while self.worked_s < self._seconds:
            self._optimiser.zero_grad()
            total, n_portions = 0.0, self._n_portions()
            for portion in range(1, n_portions + 1):
                with self._work(should_stop):
                    total += self._add_gradients(n_portions)
                    if portion == n_portions:
                        self._take_step(total)
                yield self._report()

    @contextlib.contextmanager
    def _work(self, should_stop: ShouldStop | None) -> Iterator[None]:
        """Counts the time of the body, unless somebody asked to stop before."""
        if should_stop is not None and should_stop():
            raise Cancelled
        began_s = time.perf_counter()
        yield
        self.worked_s += time.perf_counter() - began_s

    def _n_portions(self) -> int:
        """Of how many portions the next step is, by how long they took so far."""
        if not self._n_drawn:
            return 1
        portion_s = self.worked_s / (self._n_drawn / N_AT_ONCE)
        return max(1, round(self._seconds / N_STEPS / portion_s))

    def _report(self) -> AdaptationReport:
        return AdaptationReport(self.step, self.fraction, self._loss)

    def adapted(self) -> Model:
        """The model with what was learnt so far, on the same device."""
        network = self._network_of(self._on_the_way())
        return Model(self.model.card, network, self.model.device, "auto")

    def _on_the_way(self) -> dict[str, torch.Tensor]:
        """The weights between the first ones and the running mean, on the CPU."""
        mean = {name: value.detach().cpu() for name, value in self._average.tensors.items()}
        return {
            name: first.lerp(mean[name], PART_OF_THE_WAY)
            if first.is_floating_point()
            else mean[name].clone()
            for name, first in self._first.items()
        }

    def _network_of(self, weights: Mapping[str, torch.Tensor]) -> SourceNetwork:
        """A network of the model's kind, in evaluation mode on the CPU."""
        settings = self.model.card.network
        network = build_network(settings.name, settings.arguments)
        assert isinstance(network, SourceNetwork)
        network.load_state_dict(dict(weights))
        network.product_dtype = product_dtype("auto", self.model.device)
        return network.eval()

    def _add_gradients(self, n_portions: int) -> float:
        """Those of the next examples, one of ``n_portions``; returns their share of the loss."""
        with torch.enable_grad():
            examples = [self._material.example(self._n_drawn + k) for k in range(N_AT_ONCE)]
            loss = self._loss_of(examples) / n_portions
        self._n_drawn += N_AT_ONCE
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

    def _loss_of(self, examples: Sequence[Example]) -> torch.Tensor:
        """The mean error over the frames of ``examples``."""
        device = self.model.device
        parts = [
            torch.from_numpy(np.stack([getattr(example, name) for example in examples])).to(device)
            for name in ("features", "scale", "voice", "music")
        ]
        weights = torch.ones_like(parts[1])
        total: torch.Tensor = self._objective(*parts, weights) / weights.sum()
        return total

    def _rate(self) -> float:
        warm = min(1.0, (self.step + 1) / _WARM_UP_STEPS)
        fall = (1 + math.cos(math.pi * self.fraction)) / 2
        return LEARNING_RATE * warm * (_LAST_RATE + (1 - _LAST_RATE) * fall)


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
