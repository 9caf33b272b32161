"""Which part of every batch this process computes, where several train one network."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Share:
    """Process ``rank`` of ``n_ranks``.

    All of them go through the same batches in the same order, each computing its own sequences.
    With more than one, ``torch.distributed`` must have been set up before, and all methods but
    ``of`` must be called by all processes alike.
    """

    rank: int = 0
    n_ranks: int = 1

    @property
    def is_alone(self) -> bool:
        return self.n_ranks == 1

    def of(self, chosen: Tensor) -> Tensor:
        """This process's part of the sequences numbered ``chosen``, maybe none."""
        return chosen[self.rank :: self.n_ranks]

    def spread(self, module: nn.Module) -> nn.Module:
        """``module`` with gradients that are the mean over all processes."""
        if self.is_alone:
            return module
        from torch.nn.parallel import DistributedDataParallel

        return DistributedDataParallel(module)

    def total(self, value: Tensor) -> Tensor:
        """The sum of a tensor over all processes."""
        if not self.is_alone:
            value = value.detach().clone()
            torch.distributed.all_reduce(value)
        return value
