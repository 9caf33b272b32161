"""Plain recurrent layers that spend their time in matrix products.

``torch.nn.RNN`` accumulates the gradient of the recurrent matrix step by step; here it is one
product over all steps, and the products may run in bfloat16 while the state stays in float32.
The derivative of each cell follows from its state alone, so nothing else is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}

_IN_PLACE: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu_,
    "tanh": torch.tanh_,
    "sigmoid": torch.sigmoid_,
}

_DERIVATIVES: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": lambda state: state > 0,
    "tanh": lambda state: 1 - state * state,
    "sigmoid": lambda state: state * (1 - state),
}


class _Steps(torch.autograd.Function):
    """h_t = f(x_t + h_{t-1} Uᵀ) over ``x`` of shape ``(n_frames, batch, units)``."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        recurrent: Tensor,
        cell: str,
        product_dtype: torch.dtype,
        truncate_frames: int,
    ) -> Tensor:
        activation = ACTIVATIONS[cell]
        weight = recurrent.t().to(product_dtype).contiguous()
        states = torch.empty_like(x)
        state = torch.zeros_like(x[0])
        for step in range(len(x)):
            state = activation(x[step] + torch.mm(state.to(product_dtype), weight))
            states[step] = state
        ctx.save_for_backward(states, recurrent)
        ctx.cell, ctx.product_dtype, ctx.truncate_frames = cell, product_dtype, truncate_frames
        return states

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        states, recurrent = ctx.saved_tensors
        (grad,) = grads
        derivative = _DERIVATIVES[ctx.cell]
        weight = recurrent.to(ctx.product_dtype)
        before = torch.empty_like(grad)  # gradient with respect to x
        flowing = torch.zeros_like(grad[0])
        for step in range(len(grad) - 1, -1, -1):
            flowing = (grad[step] + flowing) * derivative(states[step])
            before[step] = flowing
            if ctx.truncate_frames and step % ctx.truncate_frames == 0:
                flowing = torch.zeros_like(flowing)
            else:
                flowing = torch.mm(flowing.to(ctx.product_dtype), weight).to(grad.dtype)
        units = recurrent.shape[0]
        later = before[1:].reshape(-1, units).to(ctx.product_dtype)
        earlier = states[:-1].reshape(-1, units).to(ctx.product_dtype)
        return before, torch.mm(later.t(), earlier).to(grad.dtype), None, None, None


def recurrence(
    x: Tensor,
    recurrent: Tensor,
    cell: str = "relu",
    product_dtype: torch.dtype = torch.float32,
    truncate_frames: int = 0,
    backward: bool = False,
) -> Tensor:
    """States of a plain recurrence from the zero state, over time or ``backward`` over time.

    ``x`` is ``(batch, n_frames, units)``, what comes from the layer below with its bias;
    ``recurrent`` is ``(units, units)``; ``cell`` is ``"relu"``, ``"tanh"`` or ``"sigmoid"``. The
    products run in ``product_dtype`` (those of a float64 ``x`` in float64). Gradients flow within
    pieces of ``truncate_frames``, counted from where the recurrence begins, as if the state were
    detached between them; 0 means over all. Returns ``(batch, n_frames, units)``.
    """
    if x.dtype == torch.float64:
        product_dtype = torch.float64
    if not torch.is_grad_enabled():
        return _states(x, recurrent, cell, product_dtype, backward)
    if backward:
        x = x.flip(1)
    states: Tensor = _Steps.apply(  # type: ignore[no-untyped-call]
        x.transpose(0, 1), recurrent, cell, product_dtype, truncate_frames
    )
    states = states.transpose(0, 1)
    return states.flip(1) if backward else states


def _states(
    x: Tensor, recurrent: Tensor, cell: str, product_dtype: torch.dtype, backward: bool
) -> Tensor:
    """As ``recurrence``, without what a gradient would need: every step in its own place.

    A step is one product with its sum and the cell; where products are in half precision, so are
    the states, which each product would round anyway.
    """
    batch, n_frames, units = x.shape
    states = torch.empty((n_frames, batch, units), dtype=product_dtype, device=x.device)
    states.copy_(x.transpose(0, 1))
    weight = recurrent.t().to(product_dtype).contiguous()
    activate = _IN_PLACE[cell]
    before: Tensor | None = None
    steps = states.unbind(0)
    for state in reversed(steps) if backward else steps:
        if before is not None:
            state.addmm_(before, weight)
        before = activate(state)
    return states.transpose(0, 1).to(x.dtype)


def going_on(x: Tensor, state: Tensor | None, recurrent: Tensor) -> Tensor:
    """``x`` of ``recurrence`` with what ``state``, ``(batch, units)``, adds to its first frame.

    Then the states are those of a recurrence that does not begin here, but goes on.
    """
    if state is None:
        return x
    first = x[:, :1] + torch.nn.functional.linear(state, recurrent)[:, None]
    return torch.cat([first, x[:, 1:]], dim=1)
