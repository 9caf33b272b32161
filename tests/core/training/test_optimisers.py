from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from core.training.optimisers import (
    WeightAverage,
    clip_gradients,
    make_optimiser,
    optimiser_tensors,
    restore_optimiser,
)
from core.training.settings import OptimiserSettings


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2))


def step(net: nn.Module, optimiser: torch.optim.Optimizer, seed: int) -> None:
    torch.manual_seed(seed)
    optimiser.zero_grad()
    net(torch.randn(8, 4)).square().sum().backward()
    optimiser.step()


@pytest.mark.parametrize("method", ["adam", "adamw"])
def test_an_optimiser_goes_on_where_it_was_kept(method: str) -> None:
    settings = OptimiserSettings(method, weight_decay=0.1 if method == "adamw" else 0.0)
    net = network()
    optimiser = make_optimiser(net, settings)
    assert optimiser_tensors(optimiser, net) == {}
    for seed in range(3):
        step(net, optimiser, seed)
    kept = {k: v.clone() for k, v in optimiser_tensors(optimiser, net).items()}
    other = network(1)
    other.load_state_dict(net.state_dict())
    resumed = make_optimiser(other, settings)
    restore_optimiser(resumed, other, kept)
    for seed in range(3, 6):
        step(net, optimiser, seed)
        step(other, resumed, seed)
    for a, b in zip(net.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_state_of_another_network_is_refused() -> None:
    net = network()
    optimiser = make_optimiser(net, OptimiserSettings())
    step(net, optimiser, 0)
    kept = optimiser_tensors(optimiser, net)
    other = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 2))
    with pytest.raises(ValueError, match="another shape"):
        restore_optimiser(make_optimiser(other, OptimiserSettings()), other, kept)


def test_adamw_decays_matrices_and_leaves_biases() -> None:
    net = network()
    with torch.no_grad():
        net[0].bias.fill_(1)
    settings = OptimiserSettings("adamw", learning_rate=0.1, weight_decay=0.5)
    optimiser = make_optimiser(net, settings)
    before = net[0].weight.detach().clone()
    for weight in net.parameters():
        weight.grad = torch.zeros_like(weight)
    optimiser.step()
    torch.testing.assert_close(net[0].weight.detach(), before * 0.95)
    assert bool((net[0].bias == 1).all())


def gradients(*values: float) -> list[nn.Parameter]:
    weight = nn.Parameter(torch.zeros(len(values)))
    weight.grad = torch.tensor(values)
    return [weight]


def test_gradients_are_cut_by_norm_and_by_value() -> None:
    weights = gradients(3.0, 4.0)
    norm = clip_gradients(weights, OptimiserSettings(gradient_norm=1.0))
    assert float(norm) == 5
    torch.testing.assert_close(weights[0].grad, torch.tensor([0.6, 0.8]))

    weights = gradients(3.0, -0.1)
    clip_gradients(weights, OptimiserSettings(gradient_norm=0.0, gradient_value=0.5))
    torch.testing.assert_close(weights[0].grad, torch.tensor([0.5, -0.1]))

    weights = gradients(30.0, 40.0)
    norm = clip_gradients(weights, OptimiserSettings(gradient_norm=1.0, gradient_value=10.0))
    assert float(norm) == 50
    torch.testing.assert_close(weights[0].grad, torch.tensor([0.5**0.5, 0.5**0.5]))

    weights = gradients(3.0, 4.0)
    clip_gradients(weights, OptimiserSettings(gradient_norm=0.0))
    torch.testing.assert_close(weights[0].grad, torch.tensor([3.0, 4.0]))


def test_a_gradient_that_is_no_number_is_noticed() -> None:
    norm = clip_gradients(gradients(math.nan, 1.0), OptimiserSettings())
    assert not math.isfinite(float(norm))


def test_the_average_follows_the_weights_and_counts_whole_numbers_along() -> None:
    net = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))
    average = WeightAverage(net, 0.9)
    with torch.no_grad():
        net[0].weight.fill_(1)
        net[1].num_batches_tracked.fill_(7)
    for number in range(1, 300):
        average.update(net, number)
    torch.testing.assert_close(average.tensors["0.weight"], torch.ones(1, 1))
    assert int(average.tensors["1.num_batches_tracked"]) == 7
    plain = WeightAverage(net, 0.0)
    with torch.no_grad():
        net[0].weight.fill_(5)
    plain.update(net, 1)
    assert float(plain.tensors["0.weight"]) == 5
