from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.card import ChunkSettings
from core.checkpoint import load_model
from core.networks import build_network
from core.networks.base import SourceNetwork
from core.networks.normalisation import FrameBatchNorm
from core.networks.recurrent import CELLS, Recurrent

PAPER = Path(__file__).parents[3] / "resources" / "models" / "paper"
SMALL: dict[str, Any] = {"n_bins": 17, "hidden": [8, 8], "recurrent_layers": [2]}

VARIANTS: dict[str, dict[str, Any]] = {
    "dnn": {"recurrent_layers": []},
    "drnn-1": {"recurrent_layers": [1]},
    "drnn-2": {},
    "deep": {"hidden": [8, 9, 10, 11, 12], "recurrent_layers": [4], "context_frames": 5},
    "srnn": {"recurrent_layers": [1, 2]},
    "one-frame": {"context_frames": 1},
    "dropout": {"dropout": 0.3},
    "convolution": {"front_end": "convolution"},
    "attention": {"attention_heads": 2},
    "power": {"features": "power"},
    "log-power": {"features": "log_power"},
    "log-mel": {"features": "log_mel", "n_mels": 6, "sample_rate": 8000},
    "sources": {"output": "sources"},
    "voice": {"output": "voice"},
    "four-sources": {"n_sources": 4},
    "all": {"features": "log_mel", "n_mels": 9, "front_end": "convolution", "cell": "lstm",
            "bidirectional": True, "normalisation": "layer", "attention_heads": 4, "dropout": 0.1},
}  # fmt: skip
VARIANTS |= {
    f"{cell}-{normalisation}{'-both-ways' if both else ''}": {
        "cell": cell,
        "normalisation": normalisation,
        "bidirectional": both,
    }
    for cell, normalisation, both in itertools.product(
        CELLS, ("none", "layer", "batch"), (False, True)
    )
}


def network_of(**arguments: Any) -> SourceNetwork:
    torch.manual_seed(1)
    return build_network("recurrent", SMALL | arguments)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_kind_makes_spectra_and_masks(name: str) -> None:
    network = network_of(**VARIANTS[name])
    n_sources = network.n_sources
    magnitude = 3 * torch.rand(2, 7, 17)
    spectra = network.spectra(magnitude)
    assert spectra.shape == (2, network.n_outputs, 7, 17)
    assert spectra.min() >= 0
    spectra.square().sum().backward()
    for weight_name, weight in network.named_parameters():
        assert weight.grad is not None, weight_name
        assert weight.grad.isfinite().all(), weight_name
    masks = network.eval()(magnitude)
    assert masks.shape == (2, n_sources, 7, 17)
    assert masks.min() >= 0
    torch.testing.assert_close(masks.sum(dim=1), torch.ones(2, 7, 17))
    again = build_network("recurrent", SMALL | VARIANTS[name]).eval()
    again.load_state_dict(network.state_dict())
    assert torch.equal(again(magnitude), masks)
    assert all(value.is_floating_point() for value in network.state_dict().values())


@pytest.mark.parametrize("name", VARIANTS)
def test_every_kind_trains_truncated_in_half_precision(name: str) -> None:
    network = network_of(**VARIANTS[name])
    network.product_dtype, network.truncate_frames = torch.bfloat16, 3
    magnitude = 3 * torch.rand(2, 7, 17)
    with torch.autocast("cpu", torch.bfloat16):
        spectra = network.spectra(magnitude)
    assert spectra.dtype == torch.float32
    spectra.square().sum().backward()
    assert all(w.grad is not None and w.grad.isfinite().all() for w in network.parameters())


@pytest.mark.parametrize("name", [name for name in VARIANTS if not name.startswith("relu")])
def test_gradients_of_a_whole_network_are_those_of_finite_differences(name: str) -> None:
    network = network_of(**VARIANTS[name]).double()
    magnitude = 0.1 + torch.rand(2, 5, 17, dtype=torch.float64)
    weights = {n: w.detach() for n, w in network.named_parameters()}
    direction = {n: torch.randn_like(w) for n, w in weights.items()}

    def along(step: torch.Tensor) -> torch.Tensor:
        """A loss on a line through the weights: one derivative holds all of them."""
        torch.manual_seed(8)  # dropout draws the same
        moved = {n: w + step * direction[n] for n, w in weights.items()}
        masks = torch.func.functional_call(network, moved, (magnitude,))
        return (masks[:, 0] - 0.3).square().sum()

    step = torch.zeros((), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(along, (step,), eps=1e-7, atol=1e-4)


@pytest.mark.parametrize("cell", CELLS)
def test_truncation_changes_gradients_of_recurrence_alone(cell: str) -> None:
    network = network_of(cell=cell)
    magnitude = torch.rand(2, 9, 17)
    gradients = []
    for truncate_frames in (0, 9, 3):
        network.truncate_frames = truncate_frames
        network.zero_grad()
        network.spectra(magnitude).square().sum().backward()
        gradients.append({n: w.grad for n, w in network.named_parameters()})
    whole, within, truncated = gradients
    torch.testing.assert_close(within, whole)
    torch.testing.assert_close(truncated["output.weight"], whole["output.weight"])
    assert not torch.allclose(truncated["layers.0.weight"], whole["layers.0.weight"])


def test_zeros_give_one_half() -> None:
    network = network_of()
    torch.nn.init.zeros_(network.get_parameter("output.weight"))
    torch.testing.assert_close(network(torch.rand(1, 3, 17)), torch.full((1, 2, 3, 17), 0.5))


def changed_frames(network: SourceNetwork, frame: int) -> list[int]:
    """Which of 30 frames' masks notice a change in one."""
    frames = torch.rand(1, 30, 17)
    other = frames.clone()
    other[:, frame] += 1
    difference = (network.eval()(frames) - network(other)).abs().amax(dim=(0, 1, 3))
    return difference.nonzero().flatten().tolist()


def test_only_recurrent_layers_remember() -> None:
    assert changed_frames(network_of(recurrent_layers=[]), 12) == [11, 12, 13]
    assert changed_frames(network_of(recurrent_layers=[], context_frames=7), 12) == [*range(9, 16)]
    assert changed_frames(network_of(cell="tanh"), 12) == [*range(11, 30)]
    assert changed_frames(network_of(cell="gru", bidirectional=True), 12) == [*range(30)]


def test_what_a_network_reaches_is_what_it_says() -> None:
    assert network_of(recurrent_layers=[]).reach_frames == (1, 1)
    assert network_of(context_frames=5).reach_frames == (None, 2)
    assert network_of(bidirectional=True).reach_frames == (None, None)
    attentive = {"attention_heads": 2, "attention_behind": 6, "attention_ahead": 3}
    network = network_of(recurrent_layers=[], **attentive)
    assert network.reach_frames == (7, 4)
    torch.nn.init.normal_(network.get_parameter("attention.result.weight"))
    assert changed_frames(network, 12) == [*range(12 - 4, 12 + 7 + 1)]


def test_the_default_window_of_attention_fits_the_default_chunks() -> None:
    behind, ahead = network_of(recurrent_layers=[], attention_heads=2).reach_frames
    assert behind is not None
    assert behind <= ChunkSettings().warm_up_frames
    assert ahead is not None
    assert ahead <= ChunkSettings().look_ahead_frames


def test_two_directions_of_equal_weights_do_not_know_which_way_time_runs() -> None:
    network = network_of(cell="tanh", context_frames=1, bidirectional=True)
    weights = network.state_dict()
    weights["recurrences.2_backward"] = weights["recurrences.2"]
    weights["layers.1.weight"][8:] = weights["layers.1.weight"][:8]
    weights["output.weight"][:, 8:] = weights["output.weight"][:, :8]
    network.load_state_dict(weights)
    frames = torch.rand(1, 9, 17)
    torch.testing.assert_close(network(frames.flip(1)).flip(2), network(frames))


def test_dropout_is_drawn_from_the_seed_and_left_out_in_use() -> None:
    network = network_of(dropout=0.5)
    frames = torch.rand(1, 5, 17)
    drawn = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        drawn.append(network(frames))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    network.eval()
    assert torch.equal(network(frames), network(frames))


def test_batch_normalisation_equals_that_of_torch() -> None:
    torch.manual_seed(2)
    ours, theirs = FrameBatchNorm(6), torch.nn.BatchNorm1d(6, momentum=FrameBatchNorm.MOMENTUM)
    for _ in range(3):
        x = 2 + 3 * torch.randn(4, 5, 6)
        torch.testing.assert_close(ours(x), theirs(x.view(-1, 6)).view(x.shape))
    torch.testing.assert_close(ours.mean, theirs.running_mean)
    x = torch.randn(4, 5, 6)
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x.view(-1, 6)).view(x.shape))
    torch.testing.assert_close(ours(x[:1, :2]), ours(x)[:1, :2])


def test_layer_normalisation_does_not_mix_examples() -> None:
    network = network_of(normalisation="layer", cell="lstm", attention_heads=2)
    frames = torch.rand(3, 9, 17)
    torch.testing.assert_close(network(frames[:1]), network(frames)[:1])


def test_the_built_in_model_is_the_paper_s_network() -> None:
    """Its masks from its weights, layer by layer as the paper has it."""
    model = load_model(PAPER)
    weights = {k: v.double() for k, v in load_file(PAPER / "model.safetensors").items()}
    assert set(weights) == set(Recurrent().state_dict())
    frames = np.random.default_rng(0).gamma(0.5, 1, (12, 513))
    padded = np.pad(frames, ((1, 1), (0, 0)), mode="edge")
    x = torch.from_numpy(np.hstack([padded[:-2], padded[1:-1], padded[2:]]))
    for k in range(3):
        x = x @ weights[f"layers.{k}.weight"].t() + weights[f"layers.{k}.bias"]
        if k == 1:
            state = torch.zeros(1000, dtype=torch.float64)
            for t in range(len(x)):
                state = x[t] = (x[t] + weights["recurrences.2"] @ state).relu()
        x = x.relu()
    outputs = (x @ weights["output.weight"].t() + weights["output.bias"]).abs()
    voice, music = outputs[:, :513] + 1e-4, outputs[:, 513:] + 1e-4
    masks = model.masks(frames[None].astype(np.float32))
    np.testing.assert_allclose(masks[0, 0, 0], voice / (voice + music), atol=2e-4)
