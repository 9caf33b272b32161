"""How the learning rate goes on."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.training.settings import OptimiserSettings

LEAST_PROGRESS = 1e-4
"""A loss must be lower than the best by this share of it to count as lower."""


@dataclass(frozen=True)
class Plateau:
    """The rate's factor after the losses seen so far: less whenever they stop falling."""

    factor: float = 1.0
    best_loss: float = math.inf
    n_waited: int = 0

    def after(self, loss: float, settings: OptimiserSettings) -> Plateau:
        """As it is after an epoch (or a validation) with ``loss``."""
        if loss < self.best_loss - LEAST_PROGRESS * abs(self.best_loss) or math.isinf(
            self.best_loss
        ):
            return Plateau(self.factor, loss)
        if self.n_waited + 1 < settings.plateau_patience:
            return Plateau(self.factor, self.best_loss, self.n_waited + 1)
        return Plateau(self.factor * settings.plateau_factor, self.best_loss)


def learning_rate(
    settings: OptimiserSettings, step: int, done: float, plateau: Plateau | None = None
) -> float:
    """The rate of step ``step``, counted from 0, when the share ``done`` of training is done.

    It rises in a straight line over the warm-up. "cosine" then falls along half a cosine to
    nothing at the end (Loshchilov and Hutter 2017, eq. 5, without restarts), "constant" stays and
    "plateau" has the factor of ``plateau``.
    """
    rate = settings.learning_rate
    if settings.schedule == "cosine":
        rate *= (1 + math.cos(math.pi * min(1.0, done))) / 2
    elif settings.schedule == "plateau" and plateau is not None:
        rate *= plateau.factor
    return rate * min(1.0, (step + 1) / max(1, settings.warm_up_steps))
