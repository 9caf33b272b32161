"""Normalisation of a layer's values: over its units, or over a batch of frames."""

from __future__ import annotations

import torch
from torch import Tensor, nn

NORMALISATIONS = ("none", "layer", "batch")


class FrameBatchNorm(nn.Module):
    """Batch normalisation of each unit over all frames of a batch (Ioffe and Szegedy 2015).

    As ``nn.BatchNorm1d``, without its counter of batches: all that is kept are real numbers, which
    can be averaged over training and stored in half precision. In use it takes the running mean
    and variance, so that a frame does not depend on the others.
    """

    MOMENTUM = 0.05

    def __init__(self, units: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(units))
        self.bias = nn.Parameter(torch.zeros(units))
        self.mean: Tensor
        self.variance: Tensor
        self.register_buffer("mean", torch.zeros(units))
        self.register_buffer("variance", torch.ones(units))

    def forward(self, x: Tensor) -> Tensor:
        """``(batch, n_frames, units)``, in and out."""
        return nn.functional.batch_norm(
            x.reshape(-1, x.shape[-1]),
            self.mean,
            self.variance,
            self.weight,
            self.bias,
            self.training,
            self.MOMENTUM,
        ).view(x.shape)


def normalisation(kind: str, units: int) -> nn.Module:
    """The layer for one of ``NORMALISATIONS`` but ``"none"``."""
    return nn.LayerNorm(units) if kind == "layer" else FrameBatchNorm(units)
