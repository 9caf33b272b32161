"""A larger network that begins with what a smaller one has learnt.

Where a weight has grown, the smaller one's values are its first ones. What is new does nothing at
first, or does what its neighbour does, so that the larger network begins with about the masks of
the smaller one wherever that one had a say.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from core.networks.base import SourceNetwork
from core.networks.u_net import RecurrentUNet


def grown(network: SourceNetwork, weights: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
    """``network``'s weights with those of a smaller one in them; None if they do not fit.

    A recurrent U-Net may have grown from one channel to two, by positions at the upper end of its
    band, and from hearing both directions to a causal one, which takes over the forward half.
    """
    if not isinstance(network, RecurrentUNet):
        return None
    result: dict[str, Tensor] = {}
    for name, fresh in network.state_dict().items():
        if name not in weights:
            return None
        made = _fitted(name, weights[name].to(fresh.dtype), fresh)
        if made is None or made.shape != fresh.shape:
            return None
        result[name] = made.contiguous()
    known = {name for name in weights if name.endswith("backwards")}
    return result if set(weights) - known <= set(result) else None


def _fitted(name: str, old: Tensor, fresh: Tensor) -> Tensor | None:
    if old.shape == fresh.shape:
        return old
    if name == "input.weight":
        if old.shape != (fresh.shape[0], 1, *fresh.shape[2:]):
            return None
        # What was heard of both channels is heard half of each; of their difference nothing.
        wide = fresh.new_zeros(fresh.shape)
        wide[:, :2] = old / 2
        return wide
    if name == "place_in":
        return _prolonged(old, fresh.shape[2], 2)
    if name == "place":
        return _prolonged(old, fresh.shape[0], 0)
    if name.startswith("output."):
        return old.repeat_interleave(fresh.shape[0] // old.shape[0], dim=0)
    if ".into." in name:
        # The forward half comes first; new positions are not heard yet.
        return _placed(old[: fresh.shape[0]], fresh)
    if ".out." in name:
        return _placed(old[..., : fresh.shape[1]] if old.ndim == 2 else old, fresh)
    return None


def _prolonged(old: Tensor, size: int, dim: int) -> Tensor | None:
    """With the last value repeated at the end of ``dim``."""
    more = size - old.shape[dim]
    if more < 0:
        return None
    tail = old.narrow(dim, old.shape[dim] - 1, 1)
    return torch.cat([old, tail.repeat_interleave(more, dim)], dim)


def _placed(old: Tensor, fresh: Tensor) -> Tensor | None:
    """Zeros of the new shape with the old values first."""
    if any(a > b for a, b in zip(old.shape, fresh.shape, strict=True)):
        return None
    wide = fresh.new_zeros(fresh.shape)
    wide[tuple(slice(0, size) for size in old.shape)] = old
    return wide
