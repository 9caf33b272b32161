from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from core.audio import ArrayAudio
from core.card import NetworkSettings, StftSettings
from core.checkpoint import load_model
from core.errors import Cancelled, DataError, UsageError
from core.metrics import plain_sdr_db
from core.separator import separate
from core.training.mixing import ClipPair, Mixer
from core.training.objective import discriminative_error
from core.training.recipe import AugmentationSettings, OptimiserSettings, Recipe, load_recipe
from core.training.run import train
from core.training.trainer import HISTORY_FILE, Trainer

RATE = 8000
RECIPES = Path(__file__).resolve().parents[3] / "resources" / "recipes"


def tones(pitches: list[float], seconds: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    swell = np.sin(np.pi * rng.uniform(0.5, 2) * t) ** 2
    return (0.2 * sum(np.sin(2 * np.pi * p * t) for p in pitches) * swell).astype(np.float32)


def clips(n: int = 4) -> list[ClipPair]:
    """A "voice" of high tones over an "accompaniment" of low ones: learnt in a few steps."""
    return [
        ClipPair(f"clip {k}", tones([1300, 2600], 3, k), tones([200, 450], 3, 100 + k))
        for k in range(n)
    ]


def small_recipe(**optimiser: object) -> Recipe:
    arguments = {"n_bins": 129, "hidden": [32, 32], "recurrent_layers": [2], "context_frames": 3}
    settings = {
        "epochs": 12,
        "batch_sequences": 2,
        "sequence_frames": 40,
        "learning_rate": 3e-3,
        "warm_up_steps": 2,
        "average_decay": 0.9,
        "product_dtype": "float32",
    }
    return Recipe(
        model_id="small",
        title="Small",
        description="For tests.",
        terms="none",
        sample_rate=RATE,
        stft=StftSettings(256, 128),
        network=NetworkSettings("recurrent", arguments),
        augmentation=AugmentationSettings(
            own_accompaniment=0.25,
            speed_min=0.8,
            speed_max=1.25,
            n_speeds=3,
            voice_to_music_db=4,
            level_min_dbfs=-40,
            level_max_dbfs=-8,
            equaliser_db=3,
        ),
        optimiser=OptimiserSettings(**{**settings, **optimiser}),  # type: ignore[arg-type]
    )


def test_training_lowers_the_loss_and_the_model_separates(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for pair in clips():
        (data / pair.name).mkdir(parents=True)
        for source in ("vocals", "accompaniment"):
            soundfile.write(data / pair.name / f"{source}.wav", getattr(pair, source), RATE)
    reports = list(train(data, small_recipe(), tmp_path / "run"))
    assert reports[-1].loss < reports[0].loss - 0.02
    lines = (tmp_path / "run" / HISTORY_FILE).read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == list(range(1, 13))

    model = load_model(tmp_path / "run" / "model")
    assert model.card.training["clips"] == 4
    voice, music = tones([1300, 2600], 4, 900), tones([200, 450], 4, 901)
    done = separate(ArrayAudio((voice + music)[None], RATE), model)
    estimate = done.stems["vocals"].read(0, len(voice))
    gain_db = plain_sdr_db(voice[None], estimate) - plain_sdr_db(voice[None], (voice + music)[None])
    assert gain_db > 6


def test_a_resumed_run_gives_the_weights_of_an_uninterrupted_one(tmp_path: Path) -> None:
    recipe = small_recipe(epochs=4)
    whole = Trainer(recipe, clips(), tmp_path / "whole")
    list(whole.run())
    first = Trainer(recipe, clips(), tmp_path / "parts")
    running = first.run()
    next(running), next(running)
    first.save()
    running.close()
    second = Trainer(recipe, clips(), tmp_path / "parts")
    assert second.resume()
    list(second.run())
    for name, value in whole.network.state_dict().items():
        torch.testing.assert_close(second.network.state_dict()[name], value, rtol=0, atol=0)
    for name, value in whole.average.items():
        torch.testing.assert_close(second.average[name], value, rtol=0, atol=0)


def test_a_state_of_another_recipe_is_refused(tmp_path: Path) -> None:
    Trainer(small_recipe(), clips(), tmp_path).save()
    other = replace(small_recipe(), network=NetworkSettings("recurrent", {"n_bins": 129}))
    with pytest.raises(DataError, match="another recipe"):
        Trainer(other, clips(), tmp_path).resume()
    (tmp_path / "state.safetensors").write_bytes(b"no tensors")
    with pytest.raises(DataError, match="damaged"):
        Trainer(small_recipe(), clips(), tmp_path).resume()


def test_examples_are_a_function_of_seed_epoch_and_item() -> None:
    recipe = small_recipe()
    again = Mixer(clips(), recipe).example(3, 1)
    np.testing.assert_array_equal(Mixer(clips(), recipe).example(3, 1).features, again.features)
    assert not np.array_equal(
        Mixer(clips(), replace(recipe, seed=2)).example(3, 1).features, again.features
    )
    assert not np.array_equal(Mixer(clips(), recipe).example(4, 1).voice, again.voice)


def test_features_do_not_depend_on_the_level_but_for_the_floor() -> None:
    recipe = small_recipe()
    quiet, loud = (
        replace(
            recipe, augmentation=replace(recipe.augmentation, level_min_dbfs=x, level_max_dbfs=x)
        )
        for x in (-30.0, -10.0)
    )
    a, b = (Mixer(clips(), r).example(0, 0).features for r in (quiet, loud))
    # The tones swell out of silence, where the floor stands in for the level.
    np.testing.assert_allclose(a[5:], b[5:], rtol=1e-4, atol=1e-5)


def test_the_objective_is_lowest_at_the_ideal_mask() -> None:
    rng = torch.Generator().manual_seed(0)
    voice = torch.complex(*torch.randn(2, 1, 5, 9, generator=rng).unbind(0))
    music = torch.complex(*torch.randn(2, 1, 5, 9, generator=rng).unbind(0))
    mixture = voice + music
    in_phase = (voice * mixture.conj()).real / mixture.abs()

    def direct(mask: torch.Tensor, gamma: float) -> torch.Tensor:
        own = (mask * mixture - voice).abs().square()
        other = (mask * mixture - music).abs().square()
        return (own - gamma * other).mean()

    masks = [torch.rand(1, 5, 9, generator=rng) for _ in range(2)]
    for gamma in (0.0, 0.05):
        values = [discriminative_error(m, mixture.abs(), in_phase, gamma) for m in masks]
        torch.testing.assert_close(
            values[0] - values[1], direct(masks[0], gamma) - direct(masks[1], gamma)
        )
    ideal = in_phase / mixture.abs()
    best = discriminative_error(ideal, mixture.abs(), in_phase, 0.0)
    assert all(discriminative_error(m, mixture.abs(), in_phase, 0.0) > best for m in masks)


def test_cancel_keeps_the_state(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for pair in clips(2):
        (data / pair.name).mkdir(parents=True)
        for source in ("vocals", "accompaniment"):
            soundfile.write(data / pair.name / f"{source}.wav", getattr(pair, source), RATE)
    running = train(
        data, small_recipe(), tmp_path / "run", should_stop=iter([False, True]).__next__
    )
    with pytest.raises(Cancelled):
        list(running)
    assert (tmp_path / "run" / "state.safetensors").exists()
    assert not (tmp_path / "run" / "model").exists()


def test_nothing_to_train_on_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to train on"):
        Trainer(small_recipe(), [], tmp_path)


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_recipes_are_understood(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.model_id == path.stem
    assert recipe.network.arguments["n_bins"] == recipe.stft.stft().n_bins


def test_mistakes_in_recipes_are_named(tmp_path: Path) -> None:
    good = (RECIPES / "paper.toml").read_text()
    path = tmp_path / "mine.toml"
    path.write_text(good.replace("learning_rate", "learning_rat"))
    with pytest.raises(UsageError, match=r"“learning_rat”\. Did you mean “learning_rate”"):
        load_recipe(path)
    path.write_text(good.replace("gamma = 0.05", "gamma = 0.7"))
    with pytest.raises(UsageError, match=r"from 0 to 0\.5"):
        load_recipe(path)
    path.write_text("gamma = ")
    with pytest.raises(UsageError, match="cannot be read"):
        load_recipe(path)
