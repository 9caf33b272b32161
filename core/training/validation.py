"""How well the network of a training separates clips that it is not trained on."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from core.audio import ArrayAudio, Audio, FloatArray
from core.checkpoint import Model
from core.clip_files import Part
from core.datasets import Clip
from core.evaluation import ClipScore, protocol_of, score_clip, summary
from core.networks.base import SourceNetwork
from core.separator import separate
from core.training.mixing import ClipPair, Mixer
from core.training.objective import Objective
from core.training.recipe import AugmentationSettings, Recipe
from core.training.replay import most_voice
from core.training.reports import ValidationFigures
from core.training.trained_model import model_of

EXCERPT_SECONDS = 15.0
"""Of a longer clip only the part of this length with the most voice is measured."""


@dataclass(frozen=True)
class HeldClip(Clip):
    """A clip that lies in memory, at the model's rate, as evaluation takes them."""

    pair: ClipPair

    @classmethod
    def of(cls, pair: ClipPair, layout: str, sample_rate: int) -> HeldClip:
        nowhere = Part(Path(pair.name))
        n_samples = pair.vocals.shape[1]
        return cls(pair.name, layout, nowhere, (nowhere,), sample_rate, n_samples, pair)

    def load(self, rate: int | None = None, mono: bool = False) -> tuple[FloatArray, FloatArray]:
        """As ``Clip.load``; ``rate`` must be the clip's own."""
        if rate not in (None, self.sample_rate):
            raise ValueError(f"the clip is at {self.sample_rate} Hz, not {rate}")
        signals = self.pair.vocals, self.pair.accompaniment
        if mono:
            signals = tuple(s.mean(axis=0, keepdims=True, dtype=np.float32) for s in signals)
        return signals[0].copy(), signals[1].copy()


class ClipValidator:
    """Measures a network on ``pairs``, at most as many of them as the recipe says.

    Figures follow the protocol of ``layout`` as in ``core.evaluation``, at the model's rate. The
    loss is the recipe's objective over the same clips as they are, without augmentation, in
    evaluation mode. At ``sample_rate`` of the recipe.
    """

    def __init__(
        self, recipe: Recipe, pairs: Sequence[ClipPair], layout: str, device: str = "cpu"
    ) -> None:
        chosen = spread(pairs, recipe.validation.max_clips)
        excerpts = [_excerpt(pair, recipe.sample_rate) for pair in chosen]
        self._recipe = recipe
        self._device = device
        self._protocol = protocol_of(layout)
        self._clips = [HeldClip.of(pair, layout, recipe.sample_rate) for pair in excerpts]
        plain = replace(recipe, augmentation=AugmentationSettings())
        self._mixer = Mixer(excerpts, plain)

    @property
    def names(self) -> tuple[str, ...]:
        """The clips that are measured."""
        return tuple(clip.name for clip in self._clips)

    def __call__(self, network: SourceNetwork, epoch: int) -> ValidationFigures:
        """The figures of ``network`` after ``epoch`` epochs; it is left in evaluation mode."""
        steps = self.steps(network)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                figures: ValidationFigures = end.value
                return figures

    def steps(self, network: SourceNetwork) -> Generator[float, None, ValidationFigures]:
        """The same, giving way after every clip with the fraction that is done."""
        model = model_of(self._recipe, network, self._device)
        total, n_frames = 0.0, 0
        scores: list[ClipScore] = []
        n_items = len(self._mixer)
        n_steps = n_items + len(self._clips)
        for item in range(n_items):
            error, n_more = self._loss(network, item, model.device)
            total, n_frames = total + error, n_frames + n_more
            yield (item + 1) / n_steps
        for clip in self._clips:
            scores.append(
                score_clip(
                    clip, lambda _clip, mixture: _stems(mixture, model), protocol=self._protocol
                )
            )
            yield (n_items + len(scores)) / n_steps
        voice = summary(scores, self._protocol).means.get("vocals")
        loss = total / n_frames
        if voice is None:
            return ValidationFigures(loss)
        return ValidationFigures(loss, voice.gnsdr_db, voice.gsir_db, voice.gsar_db)

    def _loss(self, network: SourceNetwork, item: int, device: str) -> tuple[float, int]:
        """The summed error of an example's frames, and how many they are."""
        example = self._mixer.example(0, item)
        # Inference mode belongs to the thread, so it must not last over a yield.
        with torch.inference_mode():
            features, scale, voice, music = (
                torch.from_numpy(array)[None].to(device)
                for array in (example.features, example.scale, example.voice, example.music)
            )
            objective = Objective(network, self._recipe.objective, torch.float32).eval()
            total = objective(features, scale, voice, music, torch.ones_like(scale))
        return float(total), len(example.features)


def spread(pairs: Sequence[ClipPair], n_most: int) -> list[ClipPair]:
    """At most ``n_most`` of ``pairs`` (0: all), spread evenly over them."""
    if not n_most or len(pairs) <= n_most:
        return list(pairs)
    chosen = np.linspace(0, len(pairs) - 1, n_most).round().astype(int)
    return [pairs[index] for index in chosen]


def _excerpt(pair: ClipPair, sample_rate: int) -> ClipPair:
    start, stop = most_voice(pair.vocals, pair.accompaniment, round(EXCERPT_SECONDS * sample_rate))
    return ClipPair(pair.name, pair.vocals[:, start:stop], pair.accompaniment[:, start:stop])


def _stems(mixture: Audio, model: Model) -> Mapping[str, Audio]:
    separation = separate(mixture, model)
    try:
        return {
            name: ArrayAudio(stem.read(0, stem.n_samples), stem.sample_rate)
            for name, stem in separation.stems.items()
        }
    finally:
        separation.close()
