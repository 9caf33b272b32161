"""The limits of a separation: nothing done, and the mask that knows the sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.baselines import IdealRatioMask, untouched
from core.datasets import find_clips
from core.evaluation import evaluate, mix_clip, protocol_of

RATE = 16000


@pytest.fixture(params=["mir1k", "songs"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A voice low down and an accompaniment high up, with a little of each in the other's band."""
    t = np.arange(2 * RATE) / RATE
    rng = np.random.default_rng(3)
    voice = 0.2 * np.sin(2 * np.pi * 300 * t) + 0.01 * rng.normal(size=len(t))
    music = 0.1 * np.sin(2 * np.pi * 3000 * t) + 0.01 * rng.normal(size=len(t))
    if request.param == "mir1k":
        clips = tmp_path / "mir1k"
        clips.mkdir()
        soundfile.write(clips / "amy_1_01.wav", np.stack([music, voice], 1), RATE, "FLOAT")
        return clips
    song = tmp_path / "songs" / "One"
    song.mkdir(parents=True)
    soundfile.write(song / "vocals.wav", np.stack([voice, 0.5 * voice], 1), RATE, "FLOAT")
    soundfile.write(song / "accompaniment.wav", np.stack([music, music], 1), RATE, "FLOAT")
    return song.parent


def test_nothing_done_improves_nothing(folder: Path) -> None:
    result = evaluate(find_clips(folder), untouched)
    assert result.means["vocals"].gnsdr_db == pytest.approx(0, abs=1e-6)


def test_the_ideal_mask_separates_what_lies_apart(folder: Path) -> None:
    clips = find_clips(folder)
    protocol = protocol_of(clips[0].layout)
    result = evaluate(clips, IdealRatioMask(protocol))
    assert 15 < result.means["vocals"].gsdr_db < 40
    assert result.means["vocals"].gnsdr_db > 10
    mixture = mix_clip(clips[0], protocol).mixture()
    stems = IdealRatioMask(protocol)(clips[0], mixture)
    whole = sum(stem.read(0, mixture.n_samples) for stem in stems.values())
    np.testing.assert_allclose(whole, mixture.read(0, mixture.n_samples), atol=1e-6)


def test_the_ideal_mask_of_what_is_silent_is_a_half(tmp_path: Path) -> None:
    song = tmp_path / "Two"
    song.mkdir()
    rng = np.random.default_rng(0)
    music = 0.1 * rng.normal(size=(RATE, 2))
    music[: RATE // 2] = 0
    soundfile.write(song / "vocals.wav", np.zeros((RATE, 2)), RATE)
    soundfile.write(song / "accompaniment.wav", music, RATE)
    clip = find_clips(tmp_path)[0]
    mixture = mix_clip(clip, "songs").mixture()
    voice = IdealRatioMask("songs")(clip, mixture)["vocals"].read(0, RATE)
    assert np.isfinite(voice).all()
    assert np.abs(voice).max() < 1e-6
