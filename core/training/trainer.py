"""The training loop: examples prepared beside it, checkpoints that outlive it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from core.errors import Cancelled, DataError
from core.networks import build_network
from core.training.mixing import ClipPair, Mixer
from core.training.objective import discriminative_error
from core.training.recipe import Recipe
from core.whole_file import whole_file

STATE_FILE = "state.safetensors"
HISTORY_FILE = "history.jsonl"


@dataclass(frozen=True)
class EpochReport:
    epoch: int
    n_epochs: int
    loss: float
    seconds: float


Sequences = tuple[Tensor, Tensor, Tensor]


class Trainer:
    """Trains the network of ``recipe`` on ``clips``; everything it keeps lies in ``folder``."""

    def __init__(self, recipe: Recipe, clips: Sequence[ClipPair], folder: Path) -> None:
        if not clips:
            raise DataError("There is nothing to train on: the folder holds no usable clips.")
        self._recipe = recipe
        self._folder = folder
        self._mixer = Mixer(clips, recipe)
        torch.manual_seed(recipe.seed)
        self.network = build_network(recipe.network.name, recipe.network.arguments)
        self.network.product_dtype = getattr(torch, recipe.optimiser.product_dtype)
        self.average = {
            name: value.detach().clone() for name, value in self.network.state_dict().items()
        }
        # Momentum that lasts about as long as an epoch's noise; betas as in Kingma and Ba 2015.
        self._optimiser = torch.optim.Adam(
            self.network.parameters(), lr=recipe.optimiser.learning_rate
        )
        self.epoch = 0
        self.step = 0

    def run(self, should_stop: Callable[[], bool] | None = None) -> Iterator[EpochReport]:
        """Train to the last epoch, giving way after each; ``Cancelled`` leaves a checkpoint."""
        settings = self._recipe.optimiser
        with ThreadPoolExecutor(1, thread_name_prefix="examples") as pool:
            upcoming: Future[Sequences] = pool.submit(self._sequences, self.epoch)
            while self.epoch < settings.epochs:
                started = time.monotonic()
                sequences = upcoming.result()
                if self.epoch + 1 < settings.epochs:
                    upcoming = pool.submit(self._sequences, self.epoch + 1)
                loss = self._epoch(sequences, should_stop)
                self.epoch += 1
                seconds = time.monotonic() - started
                report = EpochReport(self.epoch, settings.epochs, loss, seconds)
                self._log(report)
                yield report

    def save(self) -> None:
        """Write weights, their average and the optimiser's state, whole or not at all."""
        tensors: dict[str, Tensor] = {}
        names = [name for name, _ in self.network.named_parameters()]
        for name, value in self.network.state_dict().items():
            tensors[f"network/{name}"] = value
        for name, value in self.average.items():
            tensors[f"average/{name}"] = value
        for index, state in self._optimiser.state_dict()["state"].items():
            for key in ("exp_avg", "exp_avg_sq"):
                tensors[f"{key}/{names[index]}"] = state[key]
        counts = {"epoch": str(self.epoch), "step": str(self.step)}
        with whole_file(self._folder / STATE_FILE) as temporary:
            # Not save_file: its errors do not say that the disk is full.
            temporary.write_bytes(save({k: v.contiguous() for k, v in tensors.items()}, counts))

    def resume(self) -> bool:
        """Go on from the folder's checkpoint; False if there is none.

        ``DataError`` if it is damaged or of another network.
        """
        path = self._folder / STATE_FILE
        if not path.exists():
            return False
        try:
            self._restore(path)
        except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                "The training in “{name}” cannot go on: its state is damaged or belongs to another "
                "recipe. Take the recipe it was begun with, or another folder.",
                name=self._folder,
            ) from error
        return True

    def _restore(self, path: Path) -> None:
        with safe_open(path, framework="pt") as file:
            counts = file.metadata()
        tensors = load_file(path)
        self.epoch, self.step = int(counts["epoch"]), int(counts["step"])

        def part(head: str) -> dict[str, Tensor]:
            return {k[len(head) + 1 :]: v for k, v in tensors.items() if k.startswith(head + "/")}

        self.network.load_state_dict(part("network"))
        self.average = part("average")
        first, second = part("exp_avg"), part("exp_avg_sq")
        if first:
            self._optimiser.load_state_dict(
                {
                    "state": {
                        index: {
                            "step": torch.tensor(float(self.step)),
                            "exp_avg": first[name],
                            "exp_avg_sq": second[name],
                        }
                        for index, (name, _) in enumerate(self.network.named_parameters())
                    },
                    "param_groups": self._optimiser.state_dict()["param_groups"],
                }
            )

    def averaged_network(self) -> nn.Module:
        """The network with the running average of its weights, which is what is kept."""
        network = build_network(self._recipe.network.name, self._recipe.network.arguments)
        network.load_state_dict(self.average)
        return network.eval()

    def _epoch(self, sequences: Sequences, should_stop: Callable[[], bool] | None) -> float:
        settings = self._recipe.optimiser
        features, mixture, voice = sequences
        order = torch.from_numpy(
            np.random.default_rng((self._recipe.seed, self.epoch)).permutation(len(features))
        )
        losses: list[float] = []
        for batch in order.split(settings.batch_sequences):
            if should_stop is not None and should_stop():
                raise Cancelled
            self._set_rate(len(order))
            with torch.autocast("cpu", torch.bfloat16, enabled=self._reduced):
                masks = self.network(features[batch].float())
            loss = discriminative_error(
                masks[:, 0],
                mixture[batch].float(),
                voice[batch].float(),
                self._recipe.objective.gamma,
            )
            if not torch.isfinite(loss):
                raise DataError(
                    "Training stopped: the loss became {value} in epoch {epoch}, step {step}.",
                    value=float(loss),
                    epoch=self.epoch + 1,
                    step=self.step,
                )
            self._optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), settings.gradient_norm)
            self._optimiser.step()
            self.step += 1
            self._update_average()
            losses.append(float(loss.detach()))
        return float(np.mean(losses))

    @property
    def _reduced(self) -> bool:
        return self._recipe.optimiser.product_dtype == "bfloat16"

    def _set_rate(self, n_sequences: int) -> None:
        """Linear warm-up, then half a cosine down to nothing."""
        settings = self._recipe.optimiser
        per_epoch = -(-n_sequences // settings.batch_sequences)
        done = min(1.0, self.step / max(1, per_epoch * settings.epochs))
        rate = settings.learning_rate * (1 + math.cos(math.pi * done)) / 2
        rate *= min(1.0, (self.step + 1) / settings.warm_up_steps)
        for group in self._optimiser.param_groups:
            group["lr"] = rate

    @torch.no_grad()
    def _update_average(self) -> None:
        decay = min(self._recipe.optimiser.average_decay, (1 + self.step) / (10 + self.step))
        for name, value in self.network.state_dict().items():
            self.average[name].lerp_(value, 1 - decay)

    def _sequences(self, epoch: int) -> Sequences:
        """All examples of an epoch cut to equal sequences: three ``(n, n_frames, n_bins)``.

        Half precision halves the memory that waits; the loss is computed in float32.
        """
        length = self._recipe.optimiser.sequence_frames
        pieces: tuple[list[Tensor], list[Tensor], list[Tensor]] = ([], [], [])
        for item in range(len(self._mixer)):
            example = self._mixer.example(epoch, item)
            n_frames = len(example.features)
            n_pieces = max(1, n_frames // length)
            # The cut moves with the epoch, so that no frame is always the first of a sequence.
            slack = max(0, n_frames - n_pieces * length)
            first = int(np.random.default_rng((epoch, item)).integers(0, slack + 1))
            mixture = example.features * example.scale[:, None]
            for kind, array in zip(
                pieces, (example.features, mixture, example.voice), strict=True
            ):
                part = array[first : first + n_pieces * length]
                part = np.pad(part, ((0, n_pieces * length - len(part)), (0, 0)))
                kind.append(torch.from_numpy(part.reshape(n_pieces, length, -1)).bfloat16())
        return torch.cat(pieces[0]), torch.cat(pieces[1]), torch.cat(pieces[2])

    def _log(self, report: EpochReport) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with open(self._folder / HISTORY_FILE, "a", encoding="utf-8") as file:
            file.write(json.dumps(report.__dict__) + "\n")
