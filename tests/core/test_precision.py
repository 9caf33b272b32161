"""What reduced precision may cost, and when it is chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import core.precision
from core.audio import ArrayAudio, FloatArray, decode
from core.checkpoint import load_model
from core.errors import UsageError
from core.metrics import plain_sdr_db
from core.models import find_model
from core.precision import has_bfloat16, has_fast_bfloat16, product_dtype
from core.separator import Separation, separate

SONGS = ("BigTroubles - Phantom", "James May - On The Line", "Music Delta - Britpop")

needs_bfloat16 = pytest.mark.skipif(
    not has_bfloat16(), reason="PyTorch has no bfloat16 for this processor"
)


def song(folder: Path) -> tuple[ArrayAudio, FloatArray]:
    """Mixture and voice."""
    sources = []
    for name in ("vocals", "accompaniment"):
        audio = decode(next(folder.glob(f"{name}.*"))).audio
        sources.append(audio.read(0, audio.n_samples))
        audio.close()
    n = min(source.shape[1] for source in sources)
    return ArrayAudio(sources[0][:, :n] + sources[1][:, :n], 44100), sources[0][:, :n]


def vocals(separation: Separation) -> FloatArray:
    return separation.stems["vocals"].read(0, separation.mixture.n_samples)


@needs_bfloat16
@pytest.mark.parametrize("name", ["paper", "u-net", "studio"])
def test_bfloat16_costs_at_most_a_twentieth_of_a_decibel(name: str, data_dir: Path) -> None:
    exact, reduced = (
        load_model(find_model(name).folder, "cpu", precision)
        for precision in ("float32", "bfloat16")
    )
    assert (exact.precision, reduced.precision) == ("float32", "bfloat16")
    costs_db = []
    for title in SONGS:
        mixture, voice = song(data_dir / "musdb18-7" / "train" / title)
        whole, rounded = separate(mixture, exact), separate(mixture, reduced)
        costs_db.append(plain_sdr_db(voice, vocals(whole)) - plain_sdr_db(voice, vocals(rounded)))
        whole.close()
        rounded.close()
    assert np.abs(costs_db).max() > 0, "it was another precision"
    assert max(costs_db) < 0.05


@needs_bfloat16
def test_stems_of_reduced_precision_sum_to_the_song(tiny_model_folder: Path) -> None:
    samples = np.random.default_rng(2).normal(0, 0.1, (2, 60000)).astype(np.float32)
    done = separate(ArrayAudio(samples, 44100), load_model(tiny_model_folder, "cpu", "bfloat16"))
    total = sum(stem.read(0, 60000) for stem in done.stems.values())
    assert np.abs(total - samples).max() < 1e-6


def test_a_precision_that_does_not_exist_is_refused(tiny_model_folder: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean “bfloat16”"):
        load_model(tiny_model_folder, "cpu", "bfloat61")


def test_float32_is_what_models_are_loaded_in(tiny_model_folder: Path) -> None:
    assert load_model(tiny_model_folder).precision == "float32"


def test_the_best_is_taken_on_each_device(monkeypatch: pytest.MonkeyPatch) -> None:
    assert product_dtype("auto", "cuda:0") is torch.float32
    assert product_dtype("bfloat16", "cuda:0") is torch.bfloat16
    assert (product_dtype("auto", "cpu") is torch.bfloat16) == has_fast_bfloat16()
    monkeypatch.setattr(core.precision, "has_bfloat16", lambda: False)
    for name in core.precision.PRECISIONS:
        assert product_dtype(name, "cpu") is torch.float32
