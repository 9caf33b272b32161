"""A network that hears a signal in pieces gives what it gives for the whole."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from core.errors import UsageError
from core.networks import build_network
from core.networks.base import SourceNetwork

N_BINS, N_FRAMES = 33, 50
SMALL = {"n_bins": N_BINS, "hidden": [16, 12, 16], "context_frames": 1}
CAUSAL: dict[str, dict[str, Any]] = {
    "relu": {"recurrent_layers": [2]},
    "tanh everywhere": {"recurrent_layers": [1, 2, 3], "cell": "tanh"},
    "sigmoid, normalised": {"cell": "sigmoid", "normalisation": "layer"},
    "batch": {"normalisation": "batch"},
    "lstm": {"cell": "lstm", "recurrent_layers": [1, 3]},
    "gru, normalised": {"cell": "gru", "recurrent_layers": [3], "normalisation": "layer"},
    "no recurrence": {"recurrent_layers": []},
    "front end": {"front_end": "convolution"},
    "mel": {"features": "log_mel", "n_mels": 12},
    "attention": {"attention_heads": 2, "attention_behind": 7, "attention_ahead": 0},
    "attention to itself": {
        "attention_heads": 2, "attention_behind": 0, "attention_ahead": 0
    },
    "voice alone": {"output": "voice"},
}  # fmt: skip
U_NET = {
    "n_bins": N_BINS, "fine_bins": 16, "medium_bins": 24, "widths": [4, 6, 8], "band_units": 5,
    "all_units": 7, "causal": True,
}  # fmt: skip


def network(name: str, arguments: dict[str, Any]) -> SourceNetwork:
    torch.manual_seed(3)
    made = build_network(name, arguments).eval()
    with torch.no_grad():
        for parameter in made.parameters():  # also those that begin at zero
            parameter.add_(0.05 * torch.randn_like(parameter))
    return made


def check(made: SourceNetwork, pieces: list[int]) -> None:
    shape = (1, N_FRAMES, N_BINS) if made.n_channels == 1 else (1, N_FRAMES, 3, N_BINS)
    made = made.double()  # so that nothing but a mistake makes a difference
    magnitude = torch.rand(shape, dtype=torch.float64) * 3
    with torch.inference_mode():
        whole = made(magnitude)
    stream = made.stream()
    other = made.stream()  # on its way through another signal, at the same time
    parts = []
    for part in magnitude.split(pieces, dim=1):
        parts.append(stream.step(part))
        other.step(part * 2)
    assert (torch.cat(parts, dim=2) - whole).abs().max() < 1e-9
    with torch.inference_mode():
        assert torch.equal(made(magnitude), whole), "the network itself remembers nothing"


@pytest.mark.parametrize("arguments", CAUSAL.values(), ids=CAUSAL)
def test_recurrent_networks_in_pieces(arguments: dict[str, Any]) -> None:
    check(network("recurrent", {**SMALL, **arguments}), [1, 1, 5, 2, 20, 1, 20])


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("paths", [[], ["bands"], ["bands", "all"]])
def test_u_nets_in_pieces(n_channels: int, paths: list[str]) -> None:
    arguments = {**U_NET, "n_channels": n_channels, "paths": paths}
    check(network("recurrent_u_net", arguments), [1, 2, 1, 16, 30])


def test_weights_are_shared() -> None:
    made = network("recurrent", SMALL)
    stream = made.stream()
    magnitude = torch.rand(1, 4, N_BINS)
    with torch.no_grad():
        made.output.weight.zero_()
        made.output.bias.zero_()
    assert (stream.step(magnitude) - 0.5).abs().max() < 1e-6


@pytest.mark.parametrize(
    "arguments",
    [
        {"bidirectional": True},
        {"context_frames": 3},
        {"attention_heads": 2},
        {"recurrent_layers": [], "attention_heads": 2, "attention_ahead": 1},
    ],
)
def test_what_hears_ahead_is_refused(arguments: dict[str, Any]) -> None:
    made = network("recurrent", {**SMALL, **arguments})
    assert not made.is_causal
    with pytest.raises(UsageError, match="hears ahead; choose a causal model"):
        made.stream()
    assert not network("recurrent_u_net", {**U_NET, "causal": False}).is_causal
