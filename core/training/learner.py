"""The network of a recipe on its device, and the loss of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from core.errors import DataError, UsageError
from core.networks import build_network
from core.networks.base import SourceNetwork
from core.training.distribution import refuse_undistributable
from core.training.objective import Objective
from core.training.recipe import Recipe
from core.training.share import Share

if TYPE_CHECKING:
    from core.training.blocks import Block


class Learner:
    """A network with its objective; ``share`` says which part of each batch is computed here.

    It begins with ``weights``, or at random by the recipe's seed.
    """

    def __init__(
        self,
        recipe: Recipe,
        device: str,
        share: Share,
        weights: Mapping[str, Tensor] | None = None,
    ) -> None:
        self.recipe = recipe
        self.device = device
        self.share = share
        if not share.is_alone:
            refuse_undistributable(recipe, share.n_ranks)
        torch.manual_seed(recipe.seed)
        self.network = make_network(recipe)
        if weights is not None:
            self.network.load_state_dict(weights)
        self.network.product_dtype = getattr(torch, recipe.optimiser.product_dtype)
        self.network.truncate_frames = recipe.optimiser.truncate_frames
        self.network.to(device)
        objective = Objective(self.network, recipe.objective, self.network.product_dtype)
        self._objective = share.spread(objective)

    def loss(self, block: Block, chosen: Tensor) -> Tensor:
        """The mean error over the frames of the sequences numbered ``chosen``.

        Where several processes share the batch, it is this one's part, scaled so that the mean
        over the processes is that of the whole batch.
        """
        total = block.weights[chosen.to(block.weights.device)].sum().clamp(min=1)
        mine = self.share.of(chosen)
        features, scale, voice, music, weights = block.inputs(mine if len(mine) else chosen[:1])
        if not len(mine):  # nothing is left for this process, but all of them must take part
            weights = weights * 0
        loss: Tensor = self._objective(features, scale, voice, music, weights)
        return loss * (self.share.n_ranks / total)

    def error_sum(self, block: Block, chosen: Tensor) -> Tensor:
        """The sum of the frames' errors in float64, with dropout off if the network is in eval."""
        sums: Tensor = self._objective(*block.inputs(chosen), wide_sums=True)
        return sums

    def seed(self, step: int) -> None:
        """Make what the network draws at random a function of the recipe's seed and the step."""
        entropy = np.random.SeedSequence((self.recipe.seed, step, self.share.rank))
        torch.manual_seed(int(entropy.generate_state(1, np.uint64)[0] >> np.uint64(1)))


def check_network(recipe: Recipe) -> None:
    """Raise what ``make_network`` would, without memory for its weights."""
    with torch.device("meta"):
        make_network(recipe)


def make_network(recipe: Recipe) -> SourceNetwork:
    """The network of ``recipe``; ``UsageError`` where it cannot be trained."""
    network = build_network(recipe.network.name, recipe.network.arguments)
    assert isinstance(network, SourceNetwork)
    n_bins = recipe.stft.stft().n_bins
    if network.n_bins != n_bins:
        raise UsageError(
            "The network takes {given} bins, but the recipe's STFT has {n_bins}. Set n_bins to "
            "{n_bins} in [network.arguments].",
            given=network.n_bins,
            n_bins=n_bins,
        )
    heard = (recipe.chunk.warm_up_frames, recipe.chunk.look_ahead_frames)
    names = ("warm_up_frames", "look_ahead_frames")
    for name, frames, reach in zip(names, heard, network.reach_frames, strict=True):
        if reach is not None and reach > frames:
            raise UsageError(
                "The network hears {reach} frames around each, but {name} is {frames}. Set {name} "
                "to {reach} in [chunk], or let the network hear less.",
                reach=reach,
                name=name,
                frames=frames,
            )
    return network


def not_finite(value: float, what: str, epoch: int, batch: int, clips: list[str]) -> DataError:
    """The error that ends a training whose numbers have left their range."""
    shown = ", ".join(f"“{name}”" for name in clips[:3])
    more = len(clips) - 3
    return DataError(
        "Training stopped: the {what} became {value} in epoch {epoch}, batch {batch} ({clips}). "
        "The last checkpoint is kept; lower the learning rate and begin again, or look at these "
        "clips.",
        what=what,
        value=value,
        epoch=epoch,
        batch=batch,
        clips=f"{shown} and {more} more" if more > 0 else shown,
    )
