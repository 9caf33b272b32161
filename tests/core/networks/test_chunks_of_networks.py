"""The chunks of a song give what the whole song gives, as far as a network reaches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.card import ChunkSettings
from core.chunks import HeardChunk, cut, masks_of
from core.networks import build_network

N_FRAMES = 150
CHUNKS = cut(N_FRAMES, ChunkSettings(40, 24, 8, 4))


def masks_by_chunks(arguments: dict[str, Any], batch: int) -> tuple[NDArray, NDArray]:
    """Masks of the voice from chunks and from the whole, ``(n_frames, n_bins)`` each."""
    torch.manual_seed(6)
    network = build_network("recurrent", {"n_bins": 17, "hidden": [8, 8]} | arguments).eval()
    if "attention_heads" in arguments:
        torch.nn.init.normal_(network.get_parameter("attention.result.weight"))
    song = np.random.default_rng(1).random((N_FRAMES, 17), np.float32)

    def masks(features: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            return network(torch.from_numpy(features))[:, :-1].numpy()

    heard = [
        HeardChunk(c, song[None, c.heard_first : c.heard_last], song[c.heard_first : c.heard_last])
        for c in CHUNKS
    ]
    made = [m for k in range(0, len(heard), batch) for m in masks_of(heard[k : k + batch], masks)]
    parts = [
        mask[0, c.first - c.heard_first : c.last - c.heard_first]
        for mask, c in zip(made, CHUNKS, strict=True)
    ]
    return np.concatenate(parts), masks(song[None])[0, 0]


@pytest.mark.parametrize("batch", [1, 4])
def test_attention_within_reach_is_that_of_the_whole_song(batch: int) -> None:
    chunked, whole = masks_by_chunks(
        {
            "recurrent_layers": [],
            "attention_heads": 2,
            "attention_behind": 23,
            "attention_ahead": 7,
        },
        batch,
    )
    np.testing.assert_allclose(chunked, whole, atol=1e-5)


@pytest.mark.parametrize("cell", ["tanh", "gru"])
def test_batches_do_not_change_what_runs_backward(cell: str) -> None:
    """The first and the last chunks are shorter: nothing is put after them."""
    arguments = {"recurrent_layers": [2], "cell": cell, "bidirectional": True}
    alone, whole = masks_by_chunks(arguments, 1)
    together, _ = masks_by_chunks(arguments, 5)
    np.testing.assert_allclose(together, alone, atol=1e-5)
    # From the zero state, what is left of the rest of the song after warm-up and look-ahead.
    assert np.abs(alone - whole).max() < 0.1
