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
    """Whether products in bfloat16 are faster here than in float32.

    They are where the processor has a unit for them (AMX), and by AMD's instructions for dot
    products of bfloat16 (AVX-512 BF16, since Zen 4), which made every network nearly twice as fast;
    Intel's made them a third slower than float32. What the processor says of itself is the same at
    every start, which a measurement would not be.
    """
    told = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    is_amd = "AMD" in str(told.get("cpu_name", ""))
    fast = told.get("amx_bf16") or (is_amd and told.get("avx512_bf16"))
    return bool(fast) and has_bfloat16()
