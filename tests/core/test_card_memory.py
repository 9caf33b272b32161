"""Graphics cards: batches by free memory, and the same masks as on the processor."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.audio import ArrayAudio, FloatArray
from core.card_memory import MOST_CHUNKS, fitting
from core.checkpoint import load_model
from core.models import find_model
from core.separator import separate

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here")


def test_half_of_the_free_memory_is_taken() -> None:
    assert fitting(8e9, 1e9) == 4
    assert fitting(1e8, 1e9) == 1
    assert fitting(1e12, 1e6) == MOST_CHUNKS


def song(seconds: float) -> ArrayAudio:
    rng = np.random.default_rng(8)
    return ArrayAudio(rng.normal(0, 0.1, (2, round(seconds * 44100))), 44100)


@needs_cuda
@pytest.mark.parametrize("name", ["paper", "u-net", "studio"])
def test_a_card_gives_the_masks_of_the_processor(name: str) -> None:
    found: list[FloatArray] = []
    for device in ("cpu", "cuda:0"):
        done = separate(song(40), load_model(find_model(name).folder, device))
        found.append(done.mask.values.astype(np.float32))
        assert done.notice is None
    assert 20 * np.log10(np.sqrt(np.mean((found[0] - found[1]) ** 2)) + 1e-12) < -60


@needs_cuda
def test_a_card_takes_as_many_chunks_as_it_has_memory_for() -> None:
    model = load_model(find_model("paper").folder, "cuda:0")
    separate(song(20), model).close()
    free, _ = torch.cuda.mem_get_info(0)
    assert model.chunks_together > 8 or free < 1e9
