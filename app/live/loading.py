"""Loads a model for live sound: torch is not needed before."""

from __future__ import annotations

from pathlib import Path

from app.torch_setup import prepare_torch
from core.live import CausalModel


def load_live_model(folder: Path) -> CausalModel:
    """The model in ``folder``, on the CPU, with torch on one thread in the thread that asks.

    The steps of a network on one frame are too small to be shared, and the processor is nearer
    than a graphics card.
    """
    prepare_torch()
    import torch

    from core.checkpoint import load_model

    torch.set_num_threads(1)
    return load_model(folder)
