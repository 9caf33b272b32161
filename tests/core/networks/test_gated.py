from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from core.networks.gated import GatedLayer

KINDS = {"lstm": nn.LSTM, "gru": nn.GRU}


def layer_and_twin(cell: str) -> tuple[GatedLayer, nn.Module, Tensor]:
    """A layer both ways and PyTorch's own with the same weights."""
    torch.manual_seed(4)
    layer = GatedLayer(cell, 5, 3, bidirectional=True).double()
    layer.reset()
    twin = KINDS[cell](5, 3, batch_first=True, bidirectional=True).double()
    assert layer.backwards is not None
    weights = dict(layer.forwards.named_parameters())
    weights |= {f"{name}_reverse": w for name, w in layer.backwards.named_parameters()}
    twin.load_state_dict(weights)
    return layer, twin, torch.randn(2, 9, 5, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("cell", KINDS)
def test_equals_torch_in_value_and_gradient(cell: str) -> None:
    layer, twin, x = layer_and_twin(cell)
    states, expected = layer(x), twin(x)[0]
    torch.testing.assert_close(states, expected)
    ours = torch.autograd.grad(states.square().sum(), x)
    theirs = torch.autograd.grad(expected.square().sum(), x)
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("truncate_frames", [0, 3])
@pytest.mark.parametrize("cell", KINDS)
def test_gradients_are_those_of_finite_differences(cell: str, truncate_frames: int) -> None:
    """A truncated gradient differs from that of the whole, but not within one piece."""
    layer, _, x = layer_and_twin(cell)
    short = x[:, :3].detach().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: layer(x, truncate_frames), (short,))


@pytest.mark.parametrize("cell", KINDS)
def test_truncation_stops_gradients_and_no_values(cell: str) -> None:
    layer, _, x = layer_and_twin(cell)
    layer.backwards = None
    states = layer(x, 4)
    torch.testing.assert_close(states, layer(x))
    (grad,) = torch.autograd.grad(states[:, 5].sum(), x)
    assert not grad[:, :4].any(), "pieces are frames 0 to 3, 4 to 7 and 8"
    assert grad[:, 4:6].all()
    assert not grad[:, 6:].any()


def test_an_lstm_begins_by_remembering() -> None:
    layer = GatedLayer("lstm", 5, 3, bidirectional=False)
    layer.reset()
    bias = layer.forwards.get_parameter("bias_ih_l0")
    assert bias.tolist() == [0] * 3 + [1] * 3 + [0] * 6


@pytest.mark.parametrize("cell", KINDS)
def test_half_precision_comes_near(cell: str) -> None:
    layer, _, x = layer_and_twin(cell)
    layer, x = layer.float(), x.float()
    exact = layer(x, 4)
    with torch.autocast("cpu", torch.bfloat16):
        coarse = layer(x, 4)
    assert coarse.dtype == torch.float32
    torch.testing.assert_close(coarse, exact, atol=0.03, rtol=0.03)
