from __future__ import annotations

import math
from collections.abc import Callable, Generator

import pytest
import torch
from torch import Tensor

from core.training.lbfgs import Evaluation, Lbfgs
from core.training.line_search import CURVATURE, SUFFICIENT_DECREASE, Trial, wolfe_search

Function = Callable[[Tensor], Tensor]


def rosenbrock(x: Tensor) -> Tensor:
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def quadratic(x: Tensor) -> Tensor:
    return (torch.arange(1, len(x) + 1) * (x - 1) ** 2).sum()


def evaluated(function: Function, point: Tensor) -> Evaluation:
    x = point.double().requires_grad_()
    value = function(x)
    (gradient,) = torch.autograd.grad(value, x)
    return Evaluation(float(value.detach()), gradient)


def iterate(minimiser: Lbfgs, function: Function) -> tuple[bool, int]:
    """Whether it came lower, and how often it asked."""
    going: Generator[Tensor, Evaluation, bool] = minimiser.iterate()
    n_asked = 0
    try:
        point = next(going)
        while True:
            n_asked += 1
            assert point.dtype == torch.float32
            point = going.send(evaluated(function, point))
    except StopIteration as stop:
        return stop.value, n_asked


def minimised(function: Function, start: Tensor, n_iterations: int, history: int = 50) -> Lbfgs:
    minimiser = Lbfgs(start, history)
    for _ in range(n_iterations):
        if not iterate(minimiser, function)[0]:
            break
    return minimiser


def test_it_finds_the_minimum_of_a_curved_valley() -> None:
    minimiser = minimised(rosenbrock, torch.full((10,), -1.2), 120)
    torch.testing.assert_close(minimiser.point, torch.ones(10), atol=1e-3, rtol=0)


def test_it_needs_about_as_many_evaluations_as_iterations() -> None:
    minimiser = Lbfgs(torch.zeros(30), 50)
    asked = [iterate(minimiser, quadratic)[1] for _ in range(20)]
    assert sum(asked) < 40
    torch.testing.assert_close(minimiser.point, torch.ones(30), atol=1e-2, rtol=0)


def test_the_loss_never_rises_and_the_history_has_its_length() -> None:
    minimiser = Lbfgs(torch.full((8,), -1.2), 5)
    values = []
    for _ in range(15):
        iterate(minimiser, rosenbrock)
        assert minimiser.current is not None
        values.append(minimiser.current.value)
        assert len(minimiser.pairs) <= 5
    assert values == sorted(values, reverse=True)
    assert len(minimiser.pairs) == 5
    assert minimiser.pairs[0].step.dtype == torch.float32
    assert minimiser.current.gradient.dtype == torch.float64


def test_at_the_end_it_clears_its_history_once_and_then_says_so() -> None:
    minimiser = minimised(quadratic, torch.zeros(6), 200)
    assert minimiser.has_ended
    assert minimiser.n_cleared >= 1
    assert not minimiser.pairs
    torch.testing.assert_close(minimiser.point, torch.ones(6), atol=1e-3, rtol=0)


def test_a_false_gradient_ends_it_without_moving() -> None:
    minimiser = Lbfgs(torch.ones(3), 5)
    going = minimiser.iterate()
    point = next(going)
    came_lower = None
    while came_lower is None:  # the function rises wherever the gradient says that it falls
        distance = float((point - 1).norm())
        try:
            point = going.send(Evaluation(distance, torch.ones(3, dtype=torch.float64)))
        except StopIteration as stop:
            came_lower = stop.value
    assert not came_lower
    assert minimiser.has_ended
    assert torch.equal(minimiser.point, torch.ones(3))


def test_what_is_not_finite_counts_as_too_far() -> None:
    def guarded(x: Tensor) -> Tensor:
        return quadratic(x) + torch.where((x > 1.5).any(), math.inf, 0.0)

    minimiser = minimised(guarded, torch.full((4,), 1.4), 30)
    torch.testing.assert_close(minimiser.point, torch.ones(4), atol=1e-3, rtol=0)


def test_it_goes_on_from_its_state_as_if_nothing_had_been() -> None:
    start = torch.full((6,), -1.2)
    whole = minimised(rosenbrock, start, 20, history=4)
    first = minimised(rosenbrock, start, 9, history=4)
    second = Lbfgs(torch.zeros(6), 4)
    second.restore(first.tensors(), first.facts())
    for _ in range(11):
        iterate(second, rosenbrock)
    assert torch.equal(second.point, whole.point)
    assert second.n_iterations == whole.n_iterations
    with pytest.raises(ValueError, match="number of weights"):
        Lbfgs(torch.zeros(7), 4).restore(first.tensors(), first.facts())


@pytest.mark.parametrize("first_t", [1e-3, 1.0, 50.0])
def test_the_line_search_fulfils_the_strong_wolfe_conditions(first_t: float) -> None:
    def trial(t: float) -> Trial:
        return Trial(t, math.cos(t) + 0.05 * t, -math.sin(t) + 0.05)

    start = trial(0.2)
    start = Trial(0.0, start.value, start.slope)
    search = wolfe_search(start, first_t)
    t = next(search)
    result = None
    while result is None:
        found = trial(t + 0.2)
        try:
            t = search.send(Trial(t, found.value, found.slope))
        except StopIteration as stop:
            result = stop.value
    assert result.value <= start.value + SUFFICIENT_DECREASE * result.t * start.slope
    assert abs(result.slope) <= CURVATURE * abs(start.slope)
