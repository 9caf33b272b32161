from __future__ import annotations

import pytest

from core.training.schedules import Plateau, learning_rate
from core.training.settings import OptimiserSettings


def settings(**values: object) -> OptimiserSettings:
    given = {"learning_rate": 0.1, "warm_up_steps": 0, **values}
    return OptimiserSettings(**given)  # type: ignore[arg-type]


def test_the_rate_rises_over_the_warm_up_under_every_schedule() -> None:
    for schedule in ("cosine", "constant", "plateau"):
        chosen = settings(schedule=schedule, warm_up_steps=4)
        rates = [learning_rate(chosen, step, 0.0, Plateau()) for step in range(6)]
        assert rates == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1, 0.1])


def test_the_cosine_falls_from_the_rate_to_nothing() -> None:
    rates = [learning_rate(settings(), 9, done) for done in (0, 0.25, 0.5, 1, 1.2)]
    assert rates == pytest.approx([0.1, 0.1 * (1 + 0.5**0.5) / 2, 0.05, 0, 0], abs=1e-12)


def test_a_constant_rate_stays() -> None:
    chosen = settings(schedule="constant")
    assert {learning_rate(chosen, 9, done) for done in (0, 0.5, 1)} == {0.1}


def test_a_plateau_lowers_the_rate_after_its_patience() -> None:
    chosen = settings(schedule="plateau", plateau_patience=2, plateau_factor=0.5)
    plateau = Plateau()
    rates = []
    for loss in (3.0, 2.0, 2.0, 2.1, 1.9, 1.9, 1.9, 1.9, 1.9):
        plateau = plateau.after(loss, chosen)
        rates.append(learning_rate(chosen, 9, 0.5, plateau))
    assert rates == pytest.approx([0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.0125])


def test_a_plateau_understands_negative_losses() -> None:
    chosen = settings(schedule="plateau", plateau_patience=1)
    plateau = Plateau().after(-1.0, chosen).after(-1.1, chosen)
    assert plateau.factor == 1
    assert plateau.after(-1.05, chosen).factor == 0.5
