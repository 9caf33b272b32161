from __future__ import annotations

import pytest
import torch
from torch import Tensor

from core.networks.base import SourceNetwork


class Fixed(SourceNetwork):
    """Gives what it was told to."""

    def __init__(self, values: Tensor, output_kind: str) -> None:
        super().__init__(values.shape[-1], 2, output_kind)
        self.values = values

    def outputs(self, magnitude: Tensor) -> Tensor:
        return self.values


MIXTURE = torch.tensor([[[4.0, 2.0, 0.0]]])


def test_the_joint_layer_shares_the_mixture_out() -> None:
    network = Fixed(torch.tensor([[[[-3.0, 0.0, 5.0]], [[1.0, 0.0, 5.0]]]]), "joint_mask")
    expected = torch.tensor([[[[0.75, 0.5, 0.5]], [[0.25, 0.5, 0.5]]]])
    torch.testing.assert_close(network(MIXTURE), expected, atol=1e-4, rtol=0)
    torch.testing.assert_close(network.spectra(MIXTURE), network(MIXTURE) * MIXTURE[:, None])
    assert network.n_outputs == 2


def test_two_outputs_are_magnitudes_and_make_a_ratio_mask() -> None:
    values = torch.tensor([[[[-6.0, 0.0, 1.0]], [[2.0, 0.0, 1.0]]]])
    network = Fixed(values, "sources")
    torch.testing.assert_close(network.spectra(MIXTURE), values.abs())
    expected = torch.tensor([[[[0.75, 0.5, 0.5]], [[0.25, 0.5, 0.5]]]])
    torch.testing.assert_close(network(MIXTURE), expected, atol=1e-4, rtol=0)


def test_a_voice_leaves_the_rest_and_is_never_more_than_the_mixture() -> None:
    values = torch.tensor([[[[-1.0, 7.0, 7.0]]]])
    network = Fixed(values, "voice")
    assert network.n_outputs == 1
    torch.testing.assert_close(network.spectra(MIXTURE), values.abs())
    expected = torch.tensor([[[[0.25, 1.0, 0.5]], [[0.75, 0.0, 0.5]]]])
    torch.testing.assert_close(network(MIXTURE), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float64])
def test_masks_are_never_in_half_precision(dtype: torch.dtype) -> None:
    network = Fixed(torch.ones(1, 2, 1, 3, dtype=dtype), "joint_mask")
    assert network(MIXTURE).dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
