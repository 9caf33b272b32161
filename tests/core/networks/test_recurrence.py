from __future__ import annotations

import pytest
import torch
from torch import Tensor

from core.networks.recurrence import ACTIVATIONS, recurrence

CELLS = list(ACTIVATIONS)


def stepwise(x: Tensor, matrix: Tensor, cell: str, truncate_frames: int = 0) -> Tensor:
    """The recurrence as its definition has it, the state detached between pieces."""
    state = torch.zeros_like(x[:, 0])
    states = []
    for step in range(x.shape[1]):
        if truncate_frames and step % truncate_frames == 0:
            state = state.detach()
        state = ACTIVATIONS[cell](x[:, step] + state @ matrix.t())
        states.append(state)
    return torch.stack(states, dim=1)


def inputs(n_frames: int = 11) -> tuple[Tensor, Tensor]:
    torch.manual_seed(3)
    x = torch.randn(2, n_frames, 4, dtype=torch.float64, requires_grad=True)
    matrix = (0.7 * torch.randn(4, 4, dtype=torch.float64)).requires_grad_()
    return x, matrix


def gradients(states: Tensor, x: Tensor, matrix: Tensor) -> tuple[Tensor, ...]:
    weights = torch.linspace(-1, 1, states.numel(), dtype=states.dtype).view(states.shape)
    return torch.autograd.grad((states * weights).sum(), (x, matrix))


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_are_those_of_finite_differences(cell: str, backward: bool) -> None:
    x, matrix = inputs(6)
    assert torch.autograd.gradcheck(
        lambda x, matrix: recurrence(x, matrix, cell, backward=backward), (x, matrix)
    )


@pytest.mark.parametrize("truncate_frames", [0, 1, 3, 11, 50])
@pytest.mark.parametrize("cell", CELLS)
def test_truncation_is_as_detaching_the_state(cell: str, truncate_frames: int) -> None:
    x, matrix = inputs()
    expected = stepwise(x, matrix, cell, truncate_frames)
    states = recurrence(x, matrix, cell, truncate_frames=truncate_frames)
    torch.testing.assert_close(states, expected)
    for ours, theirs in zip(
        gradients(states, x, matrix), gradients(expected, x, matrix), strict=True
    ):
        torch.testing.assert_close(ours, theirs)


def test_truncation_backward_counts_from_the_last_frame() -> None:
    x, matrix = inputs()
    expected = stepwise(x.flip(1), matrix, "tanh", 4).flip(1)
    states = recurrence(x, matrix, "tanh", truncate_frames=4, backward=True)
    for ours, theirs in zip(
        gradients(states, x, matrix), gradients(expected, x, matrix), strict=True
    ):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("cell", ["relu", "tanh"])
def test_both_directions_equal_torch_rnn(cell: str) -> None:
    torch.manual_seed(0)
    rnn = torch.nn.RNN(6, 5, nonlinearity=cell, batch_first=True, bidirectional=True).double()
    x = torch.randn(3, 11, 6, dtype=torch.float64)
    expected, _ = rnn(x)
    expected.square().sum().backward()
    weights = dict(rnn.named_parameters())
    parts = []
    matrices = []
    for end in ("", "_reverse"):
        bias = weights[f"bias_ih_l0{end}"] + weights[f"bias_hh_l0{end}"]
        below = torch.nn.functional.linear(x, weights[f"weight_ih_l0{end}"], bias).detach()
        matrix = weights[f"weight_hh_l0{end}"].detach().clone().requires_grad_()
        parts.append(recurrence(below, matrix, cell, backward=bool(end)))
        matrices.append((matrix, weights[f"weight_hh_l0{end}"].grad))
    states = torch.cat(parts, dim=2)
    states.square().sum().backward()
    torch.testing.assert_close(states, expected)
    for matrix, grad in matrices:
        torch.testing.assert_close(matrix.grad, grad)


@pytest.mark.parametrize("cell", CELLS)
def test_products_in_bfloat16_come_near(cell: str) -> None:
    x, matrix = (value.detach().float().requires_grad_() for value in inputs())
    exact = recurrence(x, matrix, cell)
    coarse = recurrence(x, matrix, cell, torch.bfloat16)
    assert coarse.dtype == torch.float32
    torch.testing.assert_close(coarse, exact, atol=0.05, rtol=0.05)
    assert not torch.equal(coarse, exact)
    for near, far in zip(gradients(coarse, x, matrix), gradients(exact, x, matrix), strict=True):
        assert near.dtype == torch.float32
        assert (near - far).norm() < 0.05 * far.norm()
