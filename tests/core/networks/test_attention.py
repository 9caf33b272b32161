from __future__ import annotations

import pytest
import torch

from core.networks import attention
from core.networks.attention import LocalAttention


def trained(behind: int = 5, ahead: int = 2) -> LocalAttention:
    """Heads that have something to say."""
    torch.manual_seed(5)
    layer = LocalAttention(8, 2, behind, ahead).double()
    for weight in layer.parameters():
        torch.nn.init.normal_(weight)
    return layer


def by_definition(layer: LocalAttention, x: torch.Tensor) -> torch.Tensor:
    normed = torch.nn.functional.layer_norm(x, (8,), layer.norm.weight, layer.norm.bias)
    queries, keys, values = layer.projection(normed).split(8, dim=1)
    rows = []
    for t in range(len(x)):
        heads = []
        for head in range(2):
            units = slice(4 * head, 4 * head + 4)
            window = range(max(0, t - layer.behind), min(len(x), t + layer.ahead + 1))
            scores = torch.stack(
                [
                    queries[t, units] @ keys[s, units] / 2
                    + layer.distance[head, s - t + layer.behind]
                    for s in window
                ]
            )
            heads.append(scores.softmax(0) @ values[window.start : window.stop, units])
        rows.append(torch.cat(heads))
    return x + layer.result(torch.stack(rows))


@pytest.mark.parametrize("block_frames", [4, 256])
def test_attention_follows_its_definition(
    block_frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "BLOCK_FRAMES", block_frames)
    layer = trained()
    x = torch.randn(2, 19, 8, dtype=torch.float64)
    expected = torch.stack([by_definition(layer, song) for song in x])
    torch.testing.assert_close(layer(x), expected)


def test_a_chunk_hears_what_the_song_would() -> None:
    layer = trained()
    x = torch.randn(1, 600, 8, dtype=torch.float64)
    chunk = layer(x[:, 300 - 5 : 400 + 2])
    torch.testing.assert_close(chunk[:, 5:-2], layer(x)[:, 300:400])


def test_it_begins_by_passing_on_what_it_gets() -> None:
    layer = LocalAttention(8, 2, 3, 1)
    layer.reset()
    x = torch.randn(1, 6, 8)
    torch.testing.assert_close(layer(x), x)


def test_gradients_are_those_of_finite_differences() -> None:
    layer = trained()
    x = torch.randn(1, 6, 8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(layer, (x,))
