"""A plain recurrent layer that spends its time in matrix products.

``torch.nn.RNN`` accumulates the gradient of the recurrent matrix step by step; here it is one
product over all steps, and the products may run in bfloat16 while the state stays in float32.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _ReluSteps(torch.autograd.Function):
    """h_t = relu(x_t + h_{t-1} Uᵀ) over ``x`` of shape ``(n_frames, batch, units)``."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, recurrent: Tensor, product_dtype: torch.dtype) -> Tensor:
        weight = recurrent.t().to(product_dtype).contiguous()
        states = torch.empty_like(x)
        state = torch.zeros_like(x[0])
        for step in range(len(x)):
            state = torch.relu(x[step] + torch.mm(state.to(product_dtype), weight))
            states[step] = state
        ctx.save_for_backward(states, recurrent)
        ctx.product_dtype = product_dtype
        return states

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        states, recurrent = ctx.saved_tensors
        (grad,) = grads
        weight = recurrent.to(ctx.product_dtype)
        before = torch.empty_like(grad)  # gradient with respect to x
        flowing = torch.zeros_like(grad[0])
        for step in range(len(grad) - 1, -1, -1):
            flowing = (grad[step] + flowing) * (states[step] > 0)
            before[step] = flowing
            flowing = torch.mm(flowing.to(ctx.product_dtype), weight).to(grad.dtype)
        units = recurrent.shape[0]
        later = before[1:].reshape(-1, units).to(ctx.product_dtype)
        earlier = states[:-1].reshape(-1, units).to(ctx.product_dtype)
        return before, torch.mm(later.t(), earlier).to(grad.dtype), None


def relu_recurrence(x: Tensor, recurrent: Tensor, product_dtype: torch.dtype) -> Tensor:
    """States of a ReLU recurrence from the zero state.

    ``x`` is ``(batch, n_frames, units)``, what comes from the layer below with its bias;
    ``recurrent`` is ``(units, units)``. Returns ``(batch, n_frames, units)``.
    """
    states: Tensor = _ReluSteps.apply(  # type: ignore[no-untyped-call]
        x.transpose(0, 1), recurrent, product_dtype
    )
    return states.transpose(0, 1)
