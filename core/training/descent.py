"""Training batch by batch along gradients."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from core.errors import Cancelled
from core.training.blocks import Block, Preparation
from core.training.learner import Learner, not_finite
from core.training.optimisers import (
    WeightAverage,
    clip_gradients,
    make_optimiser,
    optimiser_tensors,
    restore_optimiser,
)
from core.training.reports import StageReport, StepReport
from core.training.schedules import Plateau, learning_rate
from core.training.stopwatch import Pace, Stopwatch


class Descent:
    """Adam or AdamW over the blocks of each epoch; can be kept and gone on with at any batch."""

    ending: str | None = None

    def __init__(self, learner: Learner, n_items: int) -> None:
        self._learner = learner
        self._settings = learner.recipe.optimiser
        self._n_items = n_items
        self._optimiser = make_optimiser(learner.network, self._settings)
        self._plateau = Plateau()
        self.average = WeightAverage(learner.network, self._settings.average_decay)
        self.step = 0
        self.rate = 0.0
        self._begin_epoch()

    def _begin_epoch(self) -> None:
        self._first = 0  # where in the epoch's order the block in use begins
        self._batch = 0  # batches done of that block
        self._n_batches = 0  # batches done of the epoch
        self._loss_sum = 0.0
        self._per_epoch = 0.0

    @property
    def is_inside_epoch(self) -> bool:
        return self._n_batches > 0

    @property
    def has_ended(self) -> bool:
        """Whether the steps that were asked for are done."""
        return 0 < self._settings.steps <= self.step

    @property
    def loss(self) -> float:
        """The mean over the batches of this epoch so far."""
        return self._loss_sum / max(1, self._n_batches)

    def n_epochs(self, epoch: int) -> int:
        """How many there will be, as far as is known in epoch ``epoch``, counted from 0."""
        settings = self._settings
        if not settings.steps:
            return settings.epochs
        if not self._per_epoch:
            return epoch + 1
        left = settings.steps - self.step + self._n_batches
        return epoch + max(1, -int(-left // self._per_epoch))

    def n_steps(self, epoch: int) -> int:
        """How many batches there will be, as far as is known in epoch ``epoch``."""
        if self._settings.steps:
            return self._settings.steps
        begun = self.step - self._n_batches
        return begun + round(self._per_epoch * (self._settings.epochs - epoch))

    def run_epoch(
        self,
        epoch: int,
        preparation: Preparation,
        watch: Stopwatch,
        should_stop: Callable[[], bool],
    ) -> Iterator[StepReport | StageReport]:
        """The rest of epoch ``epoch``, giving way after each batch."""
        pace = Pace(watch)
        while self._first < self._n_items and not self.has_ended:
            block: Block | None = None
            for found in preparation.block(epoch, self._first, should_stop):
                if isinstance(found, Block):
                    block = found.on(self._learner.device)
                else:
                    watch.pause()
                    yield found
                    watch.go()
            assert block is not None
            batches = preparation.order(block).split(self._settings.batch_sequences)
            for chosen in batches[self._batch :]:
                if self.has_ended:
                    return
                if should_stop():
                    raise Cancelled
                self._note_share_done(block, len(batches))
                loss, norm = self._take_step(epoch, block, chosen, len(batches))
                for value, what in ((loss, "loss"), (norm, "gradient")):
                    if not math.isfinite(value):
                        clips = preparation.names(block, chosen)
                        raise not_finite(value, what, epoch + 1, self._n_batches + 1, clips)
                self._batch += 1
                self._n_batches += 1
                self._loss_sum += loss
                n_frames = float(block.weights[chosen.to(block.weights.device)].sum())
                watch.pause()
                yield StepReport(
                    epoch + 1,
                    self.n_epochs(epoch),
                    self.step,
                    self.n_steps(epoch),
                    self.loss,
                    pace.after(n_frames),
                )
                watch.go()
            self._first, self._batch = block.last, 0

    def _note_share_done(self, block: Block, n_in_block: int) -> None:
        """How many batches an epoch has, judged by the blocks so far."""
        share = block.last / self._n_items
        self._per_epoch = (self._n_batches - self._batch + n_in_block) / share

    def _take_step(
        self, epoch: int, block: Block, chosen: Tensor, n_in_block: int
    ) -> tuple[float, float]:
        """Loss and gradient's norm of a batch; the weights move only if both are finite."""
        learner, settings = self._learner, self._settings
        learner.network.train()
        learner.seed(self.step)
        with torch.inference_mode(False), torch.enable_grad():
            loss = learner.loss(block, chosen)
            self._optimiser.zero_grad(set_to_none=True)
            loss.backward()
        whole = float(learner.share.total(loss.detach()) / learner.share.n_ranks)
        norm = float(clip_gradients(learner.network.parameters(), settings))
        if not (math.isfinite(whole) and math.isfinite(norm)):
            return whole, norm
        self.rate = learning_rate(
            settings, self.step, self._done(epoch, block, n_in_block), self._plateau
        )
        for group in self._optimiser.param_groups:
            group["lr"] = self.rate
        self._optimiser.step()
        self.step += 1
        self.average.update(learner.network, self.step)
        return whole, norm

    def _done(self, epoch: int, block: Block, n_in_block: int) -> float:
        """The share of all training that is done."""
        if self._settings.steps:
            return self.step / self._settings.steps
        within = block.first + (block.last - block.first) * self._batch / n_in_block
        return (epoch + within / self._n_items) / self._settings.epochs

    def end_epoch(self, loss: float | None) -> None:
        """An epoch is over; ``loss`` is what the schedule goes by, if it was measured."""
        if self._settings.schedule == "plateau" and loss is not None:
            self._plateau = self._plateau.after(loss, self._settings)
        self._begin_epoch()

    def tensors(self) -> dict[str, Tensor]:
        """What ``restore`` takes, with ``facts``."""
        return optimiser_tensors(self._optimiser, self._learner.network)

    def facts(self) -> dict[str, Any]:
        # JSON has no infinity.
        plateau = {} if self._plateau == Plateau() else asdict(self._plateau)
        return {
            "step": self.step,
            "rate": self.rate,
            "first": self._first,
            "batch": self._batch,
            "n_batches": self._n_batches,
            "loss_sum": self._loss_sum,
            "plateau": plateau,
        }

    def restore(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Go on from a state; ``KeyError`` or ``ValueError`` where it does not fit."""
        restore_optimiser(self._optimiser, self._learner.network, tensors)
        self.step, self.rate = int(facts["step"]), float(facts["rate"])
        self._first, self._batch = int(facts["first"]), int(facts["batch"])
        self._n_batches, self._loss_sum = int(facts["n_batches"]), float(facts["loss_sum"])
        self._plateau = Plateau(**facts["plateau"])
