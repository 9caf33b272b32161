from __future__ import annotations

import pytest
import torch

from core.errors import UsageError
from core.networks import build_network
from core.networks.features import with_context
from core.networks.recurrence import recurrence
from core.networks.recurrent import Recurrent


def test_recurrence_equals_torch_rnn_in_value_and_gradient() -> None:
    torch.manual_seed(0)
    rnn = torch.nn.RNN(6, 5, nonlinearity="relu", batch_first=True).double()
    x = torch.randn(3, 11, 6, dtype=torch.float64)
    expected, _ = rnn(x)
    expected.square().sum().backward()
    below = torch.nn.functional.linear(x, rnn.weight_ih_l0, rnn.bias_ih_l0 + rnn.bias_hh_l0)
    recurrent = rnn.weight_hh_l0.detach().clone().requires_grad_()
    states = recurrence(below.detach(), recurrent)
    states.square().sum().backward()
    torch.testing.assert_close(states, expected)
    torch.testing.assert_close(recurrent.grad, rnn.weight_hh_l0.grad)


@pytest.mark.parametrize(
    "layers", [[], [1], [2], [1, 2, 3]], ids=["dnn", "drnn-1", "drnn-2", "srnn"]
)
def test_masks_sum_to_one_and_zeros_give_one_half(layers: list[int]) -> None:
    torch.manual_seed(1)
    network = Recurrent(33, [16, 16, 16], layers, 5)
    masks = network(torch.rand(2, 7, 33))
    assert masks.shape == (2, 2, 7, 33)
    assert masks.min() >= 0
    torch.testing.assert_close(masks.sum(dim=1), torch.ones(2, 7, 33))
    torch.nn.init.zeros_(network.output.weight)
    torch.testing.assert_close(network(torch.rand(1, 3, 33)), torch.full((1, 2, 3, 33), 0.5))


def test_only_recurrent_layers_remember() -> None:
    torch.manual_seed(2)
    frames = torch.rand(1, 9, 17)
    changed = frames.clone()
    changed[:, 0] += 1
    dnn, drnn = Recurrent(17, [8, 8], [], 1), Recurrent(17, [8, 8], [2], 1)
    torch.testing.assert_close(dnn(frames)[:, :, 5:], dnn(changed)[:, :, 5:])
    assert not torch.allclose(drnn(frames)[:, :, 1], drnn(changed)[:, :, 1])


def test_context_repeats_the_edge_frames() -> None:
    frames = torch.arange(3.0).view(1, 3, 1)
    expected = torch.tensor([[[0, 0, 1], [0, 1, 2], [1, 2, 2]]]).float()
    torch.testing.assert_close(with_context(frames, 3), expected)


def test_what_is_not_supported_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="Did you mean “recurrent”"):
        build_network("recurent", {})
    with pytest.raises(UsageError, match="odd number such as 5"):
        build_network("recurrent", {"context_frames": 4})
    with pytest.raises(UsageError, match="Layer 4 cannot be recurrent"):
        build_network("recurrent", {"hidden": [8, 8, 8], "recurrent_layers": [4]})
    with pytest.raises(UsageError, match="does not take"):
        build_network("recurrent", {"layers": 3})
