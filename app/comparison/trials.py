"""The trials of a blind test: what X is, what was answered, and what that is worth."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

MOST_TRIALS = 100


class Heard(StrEnum):
    """What is played: A, B, or the one of them that is to be told."""

    A = "A"
    B = "B"
    X = "X"


@dataclass(frozen=True)
class Trial:
    """One that was answered."""

    x_was: Heard
    answer: Heard

    @property
    def is_right(self) -> bool:
        return self.x_was is self.answer


def by_guessing(n_right: int, n_trials: int) -> float:
    """How likely it is to be right at least ``n_right`` times of ``n_trials`` by tossing coins.

    The one-sided p-value of the exact binomial test: Σ C(n, k) / 2ⁿ over k from ``n_right`` on.
    """
    ways = sum(math.comb(n_trials, k) for k in range(max(0, n_right), n_trials + 1))
    return ways / 2**n_trials


def toss() -> bool:
    """A coin that nobody can foretell: from the system's own source of chance."""
    return bool(secrets.SystemRandom().getrandbits(1))


class BlindTest:
    """``n_trials`` trials, decided on before the first, each with an X of its own.

    Each X is tossed for by itself when its trial begins, so that no answer tells of another, and
    the chance of guessing right is one half each time.
    """

    def __init__(self, n_trials: int, coin: Callable[[], bool] = toss) -> None:
        if not 1 <= n_trials <= MOST_TRIALS:
            raise ValueError(f"{n_trials} trials")
        self.n_trials = n_trials
        self._coin = coin
        self._trials: list[Trial] = []
        self._heard: set[Heard] = set()
        self._is_ended = False
        self._x = self._draw()

    def _draw(self) -> Heard:
        return Heard.A if self._coin() else Heard.B

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Those that were answered."""
        return tuple(self._trials)

    @property
    def n_right(self) -> int:
        return sum(trial.is_right for trial in self._trials)

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be answered any more."""
        return self._is_ended or len(self._trials) >= self.n_trials

    @property
    def can_answer(self) -> bool:
        """Whether X has been heard in this trial."""
        return not self.is_over and Heard.X in self._heard

    @property
    def p_value(self) -> float:
        return by_guessing(self.n_right, len(self._trials))

    def hear(self, heard: Heard) -> Heard:
        """Note that this was listened to; returns which of A and B is to be played."""
        self._heard.add(heard)
        return self._x if heard is Heard.X else heard

    def answer(self, answer: Heard) -> Trial:
        """Say that X is A or B, which begins the next trial."""
        if not self.can_answer or answer is Heard.X:
            raise ValueError("nothing to answer")
        trial = Trial(self._x, answer)
        self._trials.append(trial)
        self._heard.clear()
        if not self.is_over:
            self._x = self._draw()
        return trial

    def end(self) -> None:
        """Leave it at what was answered."""
        self._is_ended = True
