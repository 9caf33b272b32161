"""In which precision a network's matrix products run on a device."""

from __future__ import annotations

import difflib

import torch

from core.errors import UsageError

PRECISIONS = ("auto", "float32", "bfloat16")


def check_precision(name: str) -> str:
    """``name`` if it is one of ``PRECISIONS``, else ``UsageError`` with the nearest."""
    if name not in PRECISIONS:
        raise UsageError(
            "A precision is “auto”, “float32” or “bfloat16”, not “{value}”. Did you mean “{near}”?",
            value=name,
            near=difflib.get_close_matches(str(name), PRECISIONS, n=1, cutoff=0.0)[0],
        )
    return name


def product_dtype(name: str, device: str) -> torch.dtype:
    """The type of matrix products on ``device`` for one of ``PRECISIONS``.

    ``"auto"`` is bfloat16 on processors that multiply it faster, and float32 elsewhere: a graphics
    card is fast enough to give the same masks as every processor. ``"bfloat16"`` is float32 on
    processors for which PyTorch does not have it.
    """
    if name == "float32" or (name == "auto" and device != "cpu"):
        return torch.float32
    if device == "cpu" and not (has_fast_bfloat16() if name == "auto" else has_bfloat16()):
        return torch.float32
    return torch.bfloat16


def has_bfloat16() -> bool:
    """Whether PyTorch can convolve in bfloat16 on this processor, however slowly."""
    return bool(torch.backends.mkldnn.is_available()) and bool(
        torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )


def has_fast_bfloat16() -> bool:
    """Whether this processor has a unit for matrix products in bfloat16 (AMX).

    Instructions for dot products of bfloat16 alone (AVX-512 BF16) made both kinds of networks a
    third slower than float32. What the processor says of itself is the same at every start, which
    a measurement would not be.
    """
    told = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(told.get("amx_bf16")) and has_bfloat16()
