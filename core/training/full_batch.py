"""Training over all data at once with L-BFGS."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from core.errors import Cancelled
from core.training.blocks import Block, Preparation
from core.training.lbfgs import Evaluation, Lbfgs
from core.training.learner import Learner, not_finite
from core.training.optimisers import WeightAverage
from core.training.reports import StageReport, StepReport
from core.training.stopwatch import Pace, Stopwatch

Reports = Generator[StepReport | StageReport, None, Evaluation]


class FullBatch:
    """An epoch is one iteration: all examples, maybe several times, until its line search ends.

    The examples are those of epoch 0 with all their frames; dropout is off. The state can be kept
    at any time and is that of the last whole iteration.
    """

    rate = 0.0
    is_inside_epoch = False

    def __init__(self, learner: Learner, n_items: int) -> None:
        self._learner = learner
        self._settings = learner.recipe.optimiser
        self._n_items = n_items
        self._weights = list(learner.network.parameters())
        self._lbfgs = Lbfgs(self._point(), self._settings.lbfgs_history)
        self.average = WeightAverage(learner.network, 0.0)
        self.step = 0
        self._steps_now = 0

    @property
    def has_ended(self) -> bool:
        return self._lbfgs.has_ended

    @property
    def ending(self) -> str | None:
        """Why there was no further iteration."""
        if not self._lbfgs.has_ended:
            return None
        return (
            f"Training ended after {self._lbfgs.n_iterations} iterations: the line search found no "
            "lower loss along the gradient, with its memory cleared."
        )

    @property
    def loss(self) -> float:
        return math.inf if self._lbfgs.current is None else self._lbfgs.current.value

    def n_epochs(self, epoch: int) -> int:
        return self._settings.lbfgs_iterations

    def n_steps(self, epoch: int) -> int:
        """As many batches an iteration as there were so far."""
        return max(self._steps_now, round(self._steps_now / (epoch + 1) * self.n_epochs(epoch)))

    def run_epoch(
        self,
        epoch: int,
        preparation: Preparation,
        watch: Stopwatch,
        should_stop: Callable[[], bool],
    ) -> Iterator[StepReport | StageReport]:
        """One iteration, giving way after each batch."""
        self._steps_now = self.step
        pace = Pace(watch)
        iteration = self._lbfgs.iterate()
        try:
            point = next(iteration)
            while True:
                evaluation = yield from self._evaluate(point, epoch, preparation, pace, should_stop)
                point = iteration.send(evaluation)
        except StopIteration:
            pass
        self._put(self._lbfgs.point)
        self.step = self._steps_now
        self.average.update(self._learner.network, self.step)

    def _evaluate(
        self,
        point: Tensor,
        epoch: int,
        preparation: Preparation,
        pace: Pace,
        should_stop: Callable[[], bool],
    ) -> Reports:
        """Loss and gradient of all examples at ``point``."""
        self._put(point)
        gradient = torch.zeros(len(point), dtype=torch.float64, device=point.device)
        total, n_frames, first, n_batches = 0.0, 0.0, 0, 0
        while first < self._n_items:
            for found in preparation.block(epoch, first, should_stop):
                if isinstance(found, StageReport):
                    pace.watch.pause()
                    yield found
                    pace.watch.go()
                else:
                    block = found.on(self._learner.device)
            for chosen in preparation.order(block).split(self._settings.batch_sequences):
                if should_stop():
                    raise Cancelled
                n_batches += 1
                error = self._add_gradient(block, chosen, gradient)
                if not math.isfinite(error):
                    if self._lbfgs.current is None:
                        clips = preparation.names(block, chosen)
                        raise not_finite(error, "loss", epoch + 1, n_batches, clips)
                    # Too far along the line: the search comes nearer.
                    return Evaluation(math.inf, gradient.zero_())
                n_more = float(block.weights[chosen.to(block.weights.device)].sum())
                total, n_frames = total + error, n_frames + n_more
                self._steps_now += 1
                pace.watch.pause()
                yield StepReport(
                    epoch + 1,
                    self.n_epochs(epoch),
                    self._steps_now,
                    self.n_steps(epoch),
                    total / max(1.0, n_frames),
                    pace.after(n_more),
                )
                pace.watch.go()
            first = block.last
        gradient /= max(1.0, n_frames)
        if not bool(gradient.isfinite().all()):
            return Evaluation(math.inf, gradient.zero_())
        return Evaluation(total / max(1.0, n_frames), gradient)

    def _add_gradient(self, block: Block, chosen: Tensor, gradient: Tensor) -> float:
        """The summed error of some sequences; its gradient is added to ``gradient``."""
        self._learner.network.eval()
        # cuDNN's recurrent layers have no gradient in evaluation mode.
        plain = torch.backends.cudnn.flags(enabled=False)
        with plain, torch.inference_mode(False), torch.enable_grad():
            error = self._learner.error_sum(block, chosen)
            parts = torch.autograd.grad(error, self._weights)
        gradient += torch.cat([part.reshape(-1) for part in parts])
        return float(error.detach())

    def _point(self) -> Tensor:
        return torch.cat([weight.detach().reshape(-1) for weight in self._weights])

    @torch.no_grad()
    def _put(self, point: Tensor) -> None:
        first = 0
        for weight in self._weights:
            weight.copy_(point[first : first + weight.numel()].view_as(weight))
            first += weight.numel()

    def end_epoch(self, loss: float | None) -> None:
        """Nothing goes by the loss of an iteration."""

    def tensors(self) -> dict[str, Tensor]:
        """What ``restore`` takes, with ``facts``."""
        return self._lbfgs.tensors()

    def facts(self) -> dict[str, Any]:
        return {"step": self.step, "lbfgs": self._lbfgs.facts()}

    def restore(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        """Go on from a state; ``KeyError`` or ``ValueError`` where it does not fit."""
        self._lbfgs.restore(tensors, facts["lbfgs"])
        self._put(self._lbfgs.point)
        self.step = self._steps_now = int(facts["step"])
