"""The threads in which networks compute while others turn their masks into sound."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from core.pipeline import Pipeline

_FOR_A_CARD = 2
"""While one thread waits for the graphics card, the other hears what comes next."""


@contextmanager
def compute_threads(device: str, n_threads: int | None = None) -> Iterator[Pipeline[Any]]:
    """A pipeline for ``device``: of ``n_threads``, by default as many as torch has in this thread.

    Each thread computes by itself: batches side by side use cores better than the steps of a
    recurrent network can. The caller's number of torch threads is what it was afterwards.
    """
    before = torch.get_num_threads()
    n_threads = n_threads or before
    if device != "cpu":
        n_threads = _FOR_A_CARD
    try:
        with Pipeline[Any](n_threads, _compute_alone) as pipeline:
            yield pipeline
    finally:
        # Some of torch's libraries count threads for the whole process.
        torch.set_num_threads(before)


def _compute_alone() -> None:
    torch.set_num_threads(1)
