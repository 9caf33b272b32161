"""The models that come with the program, on music that they were never trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.audio import ArrayAudio, FloatArray, decode
from core.checkpoint import Model, load_model
from core.datasets import find_clips
from core.evaluation import evaluate
from core.metrics import plain_sdr_db
from core.models import built_in_folder, find_model, list_models
from core.separator import separate
from core.training.recipe import RECIPES_FOLDER
from core.training.song_lists import song_list

DEMO = built_in_folder().parent / "demo"


@pytest.fixture(scope="module")
def demo() -> tuple[FloatArray, FloatArray, int]:
    """Mixture and voice of the demo song, and their rate."""
    mixture, voice = (decode(DEMO / name).audio for name in ("demo.flac", "vocals.flac"))
    both = tuple(audio.read(0, audio.n_samples) for audio in (mixture, voice))
    rate = mixture.sample_rate
    for audio in (mixture, voice):
        audio.close()
    return both[0], both[1], rate


def lift_db(
    model: Model, mixture: FloatArray, voice: FloatArray, rate: int, gain_db: float
) -> float:
    gain = np.float32(10 ** (gain_db / 20))
    done = separate(ArrayAudio(mixture * gain, rate), model)
    estimate = done.stems["vocals"].read(0, mixture.shape[1]) / gain
    done.close()
    return plain_sdr_db(voice, estimate) - plain_sdr_db(voice, mixture)


def test_together_they_stay_small() -> None:
    files = [path for path in built_in_folder().rglob("*") if path.is_file()]
    assert files
    assert sum(path.stat().st_size for path in files) < 60e6


def test_every_card_says_what_it_was_trained_on_and_how_well_it_does() -> None:
    built_in = [entry for entry in list_models() if entry.built_in]
    assert {"paper", "u-net", "studio", "live"} <= {entry.model_id for entry in built_in}
    for entry in built_in:
        assert entry.card.terms
        assert entry.card.training["data"]
        assert entry.card.figures
        assert load_model(entry.folder).card.sha256 == entry.card.sha256


@pytest.mark.parametrize("name", ["paper", "u-net", "studio", "live"])
def test_models_lift_the_demo_songs_voice_at_any_level(
    name: str, demo: tuple[FloatArray, FloatArray, int]
) -> None:
    model = load_model(find_model(name).folder)
    as_it_is = lift_db(model, *demo, gain_db=0)
    assert as_it_is > 5
    for gain_db in (-20, 20):
        assert abs(lift_db(model, *demo, gain_db=gain_db) - as_it_is) < 0.1


@pytest.mark.parametrize(("name", "least_db"), [("paper", 7.45), ("u-net", 9.0)])
def test_models_reach_their_figures_on_the_papers_test_clips(
    name: str, least_db: float, data_dir: Path
) -> None:
    """Every fourth clip: of all 63 the cards tell, by the command that they name."""
    model = load_model(find_model(name).folder)
    clips = find_clips(data_dir / "mir1k" / "test")
    assert len(clips) == 63
    result = evaluate(clips[::4], lambda clip, mixture: separate(mixture, model).stems)
    assert result.means["vocals"].gnsdr_db >= least_db
    assert model.card.figures["mir1k_test"]["vocals"]["gnsdr_db"] >= least_db


@pytest.mark.parametrize(("name", "least_db"), [("studio", 3.5), ("live", 3.5)])
def test_models_for_songs_reach_their_bar_on_songs_held_out(
    name: str, least_db: float, data_dir: Path
) -> None:
    """Every third song of the list; of all 14 the cards tell, by the command that they name."""
    model = load_model(find_model(name).folder)
    wanted = set(song_list("musdb18-validation", [RECIPES_FOLDER], "the test")[::3])
    clips = [c for c in find_clips(data_dir / "musdb18-7" / "train") if c.name in wanted]
    assert len(clips) == 5
    result = evaluate(clips, lambda clip, mixture: separate(mixture, model).stems)
    plain = result.medians()["vocals"]["plain_sdr_db"].value
    assert plain >= least_db
    told = model.card.figures["musdb18_validation"]["vocals"]["plain_sdr_db"]["median"]
    assert told >= least_db
