"""Steps along gradients: Adam and AdamW, clipping, and the running mean of the weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from core.training.settings import OptimiserSettings

_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def make_optimiser(network: nn.Module, settings: OptimiserSettings) -> torch.optim.Optimizer:
    """Adam (Kingma and Ba 2015) or AdamW (Loshchilov and Hutter 2019) over ``network``.

    AdamW's decay takes matrices alone: biases and gains have no size that should be small.
    """
    weights = list(network.parameters())
    if settings.method == "adam":
        return torch.optim.Adam(weights, lr=settings.learning_rate, fused=True)
    matrices = [weight for weight in weights if weight.ndim >= 2]
    others = [weight for weight in weights if weight.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": settings.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]], lr=settings.learning_rate, fused=True
    )


def optimiser_tensors(optimiser: torch.optim.Optimizer, network: nn.Module) -> dict[str, Tensor]:
    """The optimiser's memory as ``moment/weight's name``."""
    return {
        f"{moment}/{name}": optimiser.state[weight][moment]
        for name, weight in network.named_parameters()
        for moment in _MOMENTS
        if weight in optimiser.state
    }


def restore_optimiser(
    optimiser: torch.optim.Optimizer, network: nn.Module, tensors: Mapping[str, Tensor]
) -> None:
    """The inverse of ``optimiser_tensors``; ``KeyError``, ``ValueError`` where it does not fit."""
    for name, weight in network.named_parameters():
        if f"step/{name}" not in tensors:
            continue
        for moment in _MOMENTS:
            value = tensors[f"{moment}/{name}"].to(weight.device)
            if moment != "step" and value.shape != weight.shape:
                raise ValueError(f"{name} has another shape")
            optimiser.state[weight][moment] = value


def clip_gradients(weights: Iterable[nn.Parameter], settings: OptimiserSettings) -> Tensor:
    """Cut gradients to ``gradient_value`` each and ``gradient_norm`` as a whole.

    Returns their norm before, a scalar; where it is not finite, nothing should be made of them.
    """
    weights = list(weights)
    norm = nn.utils.get_total_norm([w.grad for w in weights if w.grad is not None])
    if settings.gradient_value:
        nn.utils.clip_grad_value_(weights, settings.gradient_value)
        if settings.gradient_norm:
            nn.utils.clip_grad_norm_(weights, settings.gradient_norm)
    elif settings.gradient_norm:
        nn.utils.clip_grads_with_norm_(weights, settings.gradient_norm, norm)
    return norm


class WeightAverage:
    """An exponential running mean of a network's state, nearer to it while young."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._decay = decay
        self.tensors = {
            name: value.detach().clone() for name, value in network.state_dict().items()
        }

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the state after ``step`` steps."""
        decay = min(self._decay, (1 + step) / (10 + step))
        now = network.state_dict()
        means, values = [], []
        for name, mean in self.tensors.items():
            if mean.is_floating_point() and decay > 0:
                means.append(mean)
                values.append(now[name].detach())
            else:
                mean.copy_(now[name])
        if means:
            torch._foreach_lerp_(means, values, 1 - decay)

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """``KeyError`` or ``RuntimeError`` where they do not fit."""
        for name, mean in self.tensors.items():
            mean.copy_(tensors[name])
