"""Limited-memory BFGS over all data at once, as the authors of Huang et al. 2014 trained.

Weights and the pairs remembered are float32 (50 pairs of 3.5 million weights take 1.4 GB); sums,
gradients and products over them are float64.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

from torch import Tensor

from core.training.line_search import Trial, wolfe_search

LEAST_CURVATURE = 1e-10
"""Pairs with less of it, relative to their sizes, say nothing about the function's shape."""


@dataclass(frozen=True)
class Evaluation:
    """The function and its gradient, float64 ``(n,)``, at a point."""

    value: float
    gradient: Tensor


@dataclass(frozen=True)
class Pair:
    """A step and how the gradient changed over it, float32 ``(n,)`` each."""

    step: Tensor
    change: Tensor


class Lbfgs:
    """The minimiser's state between iterations, from the weights ``point``, float32 ``(n,)``.

    Nothing changes before an iteration is whole, so that the state can be kept at any time.
    """

    def __init__(self, point: Tensor, history: int) -> None:
        self.point = point
        self.pairs: list[Pair] = []
        self.current: Evaluation | None = None
        self.n_iterations = 0
        self.n_cleared = 0
        self.has_ended = False
        self._history = history

    def iterate(self) -> Generator[Tensor, Evaluation, bool]:
        """One iteration: gives the points where it wants the function, and is sent evaluations.

        Returns whether it came lower. A line search that fails clears the history and is tried
        once more along the gradient; if that fails too, or the gradient is zero, the minimiser has
        ended.
        """
        if self.current is None:
            self.current = yield self.point
        while True:
            found = yield from self._search(self.current)
            if found is not None:
                break
            if not self.pairs:
                self.has_ended = True
                return False
            self.pairs = []
            self.n_cleared += 1
        point, evaluation = found
        self._remember(point - self.point, evaluation.gradient - self.current.gradient)
        self.point, self.current = point, evaluation
        self.n_iterations += 1
        return True

    def _search(
        self, current: Evaluation
    ) -> Generator[Tensor, Evaluation, tuple[Tensor, Evaluation] | None]:
        direction = self._direction(current.gradient)
        slope = float(direction @ current.gradient)
        if not slope < 0:  # also where it is no number
            return None
        first_t = 1.0
        if not self.pairs:  # nothing is known of the scale yet
            first_t = min(1.0, 1 / float(current.gradient.abs().sum()))
        search = wolfe_search(Trial(0.0, current.value, slope), first_t)
        try:
            t = next(search)
            while True:
                point = (self.point.double() + t * direction).float()
                evaluation = yield point
                along = float(direction @ evaluation.gradient)
                t = search.send(Trial(t, evaluation.value, along, (point, evaluation)))
        except StopIteration as stop:
            return None if stop.value is None else stop.value.found

    def _direction(self, gradient: Tensor) -> Tensor:
        """Minus the approximate inverse Hessian times the gradient (Nocedal and Wright, 7.4)."""
        direction = -gradient
        kept: list[tuple[Pair, float, float]] = []
        for pair in reversed(self.pairs):
            step, change = pair.step.double(), pair.change.double()
            rho = 1 / float(step @ change)
            alpha = rho * float(step @ direction)
            direction.sub_(change, alpha=alpha)
            kept.append((pair, rho, alpha))
        if self.pairs:
            step, change = self.pairs[-1].step.double(), self.pairs[-1].change.double()
            direction.mul_(float(step @ change) / float(change @ change))
        for pair, rho, alpha in reversed(kept):
            beta = rho * float(pair.change.double() @ direction)
            direction.add_(pair.step.double(), alpha=alpha - beta)
        return direction

    def _remember(self, step: Tensor, change: Tensor) -> None:
        pair = Pair(step, change.float())
        wide_step, wide_change = pair.step.double(), pair.change.double()
        curvature = float(wide_step @ wide_change)
        if curvature <= LEAST_CURVATURE * float(wide_step.norm()) * float(wide_change.norm()):
            return
        self.pairs = [*self.pairs[-self._history + 1 :], pair] if self._history > 1 else [pair]

    def tensors(self) -> dict[str, Tensor]:
        """What ``restore`` takes, with ``facts``."""
        kept = {"point": self.point}
        if self.current is not None:
            kept["gradient"] = self.current.gradient
        for index, pair in enumerate(self.pairs):
            kept[f"step/{index:04d}"] = pair.step
            kept[f"change/{index:04d}"] = pair.change
        return kept

    def facts(self) -> dict[str, object]:
        return {
            "n_iterations": self.n_iterations,
            "n_cleared": self.n_cleared,
            "has_ended": self.has_ended,
            "value": None if self.current is None else self.current.value,
        }

    def restore(self, tensors: Mapping[str, Tensor], facts: Mapping[str, object]) -> None:
        """Go on from a state; ``KeyError`` or ``ValueError`` where it does not fit."""
        if tensors["point"].shape != self.point.shape:
            raise ValueError("another number of weights")
        device = self.point.device
        moved = {name: value.to(device) for name, value in tensors.items()}
        self.point = moved["point"]
        self.n_iterations = int(str(facts["n_iterations"]))
        self.n_cleared = int(str(facts["n_cleared"]))
        self.has_ended = bool(facts["has_ended"])
        value = facts["value"]
        self.current = None
        if value is not None:
            self.current = Evaluation(float(str(value)), moved["gradient"])
        n_pairs = sum(name.startswith("step/") for name in moved)
        self.pairs = [
            Pair(moved[f"step/{index:04d}"], moved[f"change/{index:04d}"])
            for index in range(n_pairs)
        ]
