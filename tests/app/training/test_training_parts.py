"""The parts behind the training page that need no window."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from app.panels.training.axes import epochs_shown, n_decimals, number, round_ticks, value_range
from app.training.models import free_name, install, models_of, slug
from app.training.recipes import changed_recipe, recipes, values_of
from app.training.replay import develop, open_clip
from app.training.runs import RunState, read_run
from core.card import StftSettings
from core.errors import ModelError, UsageError
from core.training.recipe import find_recipe
from core.training.reports import EpochReport, StepReport
from core.training.run_folder import PinnedClip, ReplayFrame, RunFolder, RunInfo, now


@pytest.fixture
def user_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("core.models.user_data_path", lambda *a, **k: tmp_path / "user")
    return tmp_path / "user" / "models"


def test_models_are_named_so_that_none_is_overwritten(
    tiny_model_folder: Path, user_models: Path
) -> None:
    first = install(tiny_model_folder, "My model: 1/2", "run-1")
    assert first.model_id == "my-model-1-2"
    assert first.card.title == "My model: 1/2"
    assert install(tiny_model_folder, "My model: 1/2", "run-1") == first  # the same weights
    second = install(tiny_model_folder, "My model: 1/2", "run-2")
    assert second.folder != first.folder
    assert second.card.title == "My model: 1/2 2"
    assert [entry.model_id for entry in models_of("run-2")] == [second.model_id]
    assert not [path for path in user_models.iterdir() if path.name.startswith(".")]
    with pytest.raises(ModelError):
        install(user_models, "nothing", "run-3")


def test_names() -> None:
    assert slug("Größe 歌/1.") == "größe-歌-1"
    assert slug("...") == "model"
    assert free_name("A", ["a", "A 2"]) == "A 3"


@pytest.mark.parametrize("name", list(recipes()))
def test_unchanged_values_leave_every_recipe_as_it_is(name: str) -> None:
    recipe = find_recipe(name)
    same = changed_recipe(recipe, values_of(recipe), "x").as_dict()
    for part, table in recipe.as_dict().items():
        if isinstance(table, dict):
            assert same[part] == table, part


def test_changed_values_reach_the_recipe() -> None:
    recipe = find_recipe("quick")
    values = replace(values_of(recipe), layers=2, units=50, recurrent="all", shift="grid 25000")
    changed = changed_recipe(recipe, values, "My name")
    assert changed.network.arguments["hidden"] == [50, 50]
    assert changed.network.arguments["recurrent_layers"] == [1, 2]
    assert changed.augmentation.circular_shift == "grid"
    assert changed.augmentation.circular_shift_samples == 25000
    assert changed.model_id == "my-name"
    with pytest.raises(UsageError):
        changed_recipe(recipe, replace(values, gamma=0.6), "x")


def run_folder(path: Path, status: str, n_epochs: int) -> RunFolder:
    folder = RunFolder(path)
    recipe = find_recipe("quick").as_dict()
    folder.write(RunInfo("A run", now(), "/data", "pairs", recipe, status=status))
    reports = [
        EpochReport(n, 10, n * 5, 50, 1 / n, 2.0, 1e-3, gnsdr_db=float(n), is_best=n == 2)
        for n in range(1, n_epochs + 1)
    ]
    lines = "".join(json.dumps(asdict(report)) + "\n" for report in reports)
    (path / "history.jsonl").write_text(lines, encoding="utf-8")
    return folder


def test_a_run_killed_with_the_program_is_paused(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "killed", "running", 3)
    run = read_run(folder, folder.info())
    assert run.state is RunState.PAUSED
    assert run.n_epochs_done == 3
    assert run.fraction == pytest.approx(0.3)
    assert run.best is not None
    assert run.best.epoch == 2
    assert run.time_left_s() == pytest.approx(14.0)
    run.step = StepReport(4, 10, 17, 50, 0.3, 1000.0)
    assert run.time_left_s() == pytest.approx(13.2)


def test_epochs_trained_again_replace_what_was_there(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", "paused", 4)
    run = read_run(folder, folder.info())
    run.take(EpochReport(3, 10, 15, 50, 9.0, 1.0, 1e-3))
    assert [report.epoch for report in run.history] == [1, 2, 3]
    assert run.history[-1].loss == 9.0


def test_the_replay_gives_what_the_mask_says() -> None:
    rate = 8000
    time_s = np.arange(rate) / rate
    voice = 0.9 * np.sin(2 * np.pi * 1000 * time_s).astype(np.float32)[None]
    music = 0.9 * np.sin(2 * np.pi * 250 * time_s).astype(np.float32)[None]
    clip = open_clip(PinnedClip("clip", rate, voice, music), StftSettings(256, 128))
    assert np.abs(clip.mixture.read(0, rate)).max() < 1
    n_frames, n_bins = clip.magnitude.shape
    mask = np.zeros((n_bins, n_frames), np.uint8)
    mask[n_bins // 8 :] = 255  # everything above 500 Hz is voice
    picture = develop(clip, ReplayFrame(3, 30, mask))
    heard = {name: audio.read(0, rate) for name, audio in picture.stems.items()}
    inside = slice(400, -400)
    assert np.allclose(heard["vocals"][:, inside], clip.gain * voice[:, inside], atol=0.02)
    assert np.allclose(sum(heard.values()), clip.mixture.read(0, rate), atol=1e-6)
    assert picture.mask.shape == picture.voice.shape == clip.image.shape
    assert picture.mask[0].min() == 255
    assert picture.mask[-1].max() == 0


def test_axes_have_round_numbers() -> None:
    assert round_ticks(0.0, 1.0, 5) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert n_decimals(0.05) == 2
    assert number(-0.001, 2) == "0.00"
    assert number(-1.5, 1) == "−1.5"
    assert [epochs_shown(n, 400) for n in (0, 9, 10, 35, 390)] == [10, 10, 20, 50, 400]
    low, high = value_range([np.array([np.nan, 1.0, 2.0])])
    assert low < 1 < 2 < high
    assert value_range([]) == (0.0, 1.0)
