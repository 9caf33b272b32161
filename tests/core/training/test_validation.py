"""Figures of a network on held-out clips in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from core.card import NetworkSettings, StftSettings
from core.datasets import find_clips
from core.evaluation import evaluate
from core.networks import build_network
from core.networks.base import SourceNetwork
from core.separator import separate
from core.training.mixing import ClipPair
from core.training.recipe import Recipe, ValidationSettings
from core.training.trained_model import model_of
from core.training.validation import EXCERPT_SECONDS, ClipValidator, HeldClip, spread

RATE = 8000


def recipe() -> Recipe:
    arguments = {"n_bins": 65, "hidden": [16, 16], "recurrent_layers": [2], "context_frames": 3}
    return Recipe(
        model_id="small",
        title="Small",
        description="For tests.",
        terms="none",
        sample_rate=RATE,
        stft=StftSettings(128, 64),
        network=NetworkSettings("recurrent", arguments),
    )


def pairs(n: int = 3, n_channels: int = 1, seconds: float = 1.5) -> list[ClipPair]:
    rng = np.random.default_rng(0)
    shape = (2, n_channels, round(seconds * RATE))
    return [ClipPair(f"clip {k}", *rng.normal(0, 0.1, shape).astype(np.float32)) for k in range(n)]


@pytest.fixture
def network() -> SourceNetwork:
    torch.manual_seed(0)
    made = build_network("recurrent", recipe().network.arguments)
    assert isinstance(made, SourceNetwork)
    return made


@pytest.mark.parametrize("layout", ["mir1k", "pairs"])
def test_figures_are_those_of_the_evaluation(
    tmp_path: Path, network: SourceNetwork, layout: str
) -> None:
    n_channels = 1 if layout == "mir1k" else 2
    clips = pairs(n_channels=n_channels)
    for clip in clips:
        if layout == "mir1k":
            both = np.concatenate([clip.accompaniment, clip.vocals])
            soundfile.write(tmp_path / f"{clip.name}.wav", both.T, RATE, subtype="FLOAT")
            continue
        (tmp_path / clip.name).mkdir()
        for source in ("vocals", "accompaniment"):
            path = tmp_path / clip.name / f"{source}.wav"
            soundfile.write(path, getattr(clip, source).T, RATE, subtype="FLOAT")
    figures = ClipValidator(recipe(), clips, layout)(network, 1)
    model = model_of(recipe(), network)
    expected = evaluate(
        find_clips(tmp_path, layout), lambda _clip, mixture: separate(mixture, model).stems
    ).means["vocals"]
    assert figures.gnsdr_db == pytest.approx(expected.gnsdr_db, abs=1e-6)
    assert figures.gsir_db == pytest.approx(expected.gsir_db, abs=1e-6)
    assert figures.gsar_db == pytest.approx(expected.gsar_db, abs=1e-6)
    assert np.isfinite(figures.loss)


def test_it_gives_way_after_every_clip_and_changes_nothing(network: SourceNetwork) -> None:
    validator = ClipValidator(recipe(), pairs(), "mir1k")
    state = torch.get_rng_state()
    steps = validator.steps(network)
    fractions = []
    while True:
        try:
            fractions.append(next(steps))
        except StopIteration as end:
            figures = end.value
            break
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
    assert fractions == pytest.approx([k / 6 for k in range(1, 7)])
    assert figures == validator(network, 1)
    torch.testing.assert_close(torch.get_rng_state(), state)


def test_few_short_parts_are_measured() -> None:
    settings = replace(recipe(), validation=ValidationSettings(max_clips=3))
    validator = ClipValidator(settings, pairs(9, seconds=EXCERPT_SECONDS + 2), "pairs")
    assert validator.names == ("clip 0", "clip 4", "clip 8")
    assert all(clip.duration_s == EXCERPT_SECONDS for clip in validator._clips)
    assert len(spread(pairs(4), 0)) == 4
    assert len(spread(pairs(4), 5)) == 4


def test_where_no_clip_has_figures_there_is_still_a_loss(network: SourceNetwork) -> None:
    quiet = [replace(pair, vocals=np.zeros_like(pair.vocals)) for pair in pairs(1)]
    figures = ClipValidator(recipe(), quiet, "mir1k")(network, 1)
    assert np.isfinite(figures.loss)
    assert figures.gnsdr_db is None


def test_a_clip_in_memory_is_one_of_a_data_set() -> None:
    pair = pairs(1, n_channels=2)[0]
    clip = HeldClip.of(pair, "pairs", RATE)
    assert clip.duration_s == 1.5
    voice, music = clip.load(mono=True)
    np.testing.assert_allclose(voice[0], pair.vocals.mean(axis=0), atol=1e-7)
    assert music.shape == (1, clip.n_samples)
    voice, _ = clip.load(RATE)
    voice[:] = 0
    assert pair.vocals.any()
    with pytest.raises(ValueError, match="8000"):
        clip.load(44100)
