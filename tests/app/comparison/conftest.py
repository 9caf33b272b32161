"""A window with two small models on grids of their own, both among the user's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app import settings
from core.models import find_model

PATIENCE_MS = 20_000


@pytest.fixture(scope="session")
def other_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another untrained network, at 6 kHz, with longer frames than the tiny one's."""
    import torch

    from core.card import Card, ChunkSettings, NetworkSettings, StftSettings
    from core.checkpoint import save_model
    from core.features import LevelSettings
    from core.networks import build_network

    torch.manual_seed(11)
    arguments = {"n_bins": 101, "hidden": [16], "recurrent_layers": [1], "context_frames": 1}
    card = Card(
        model_id="other",
        title="Other",
        description="Another small untrained network for tests.",
        terms="none",
        sources=("vocals", "accompaniment"),
        sample_rate=6000,
        stft=StftSettings(200, 100),
        level=LevelSettings(),
        chunk=ChunkSettings(core_frames=40, warm_up_frames=20, look_ahead_frames=4, fade_frames=4),
        network=NetworkSettings("recurrent", arguments),
    )
    folder = tmp_path_factory.mktemp("other models") / "other"
    save_model(card, build_network("recurrent", arguments).state_dict(), folder)
    return folder


@pytest.fixture
def make_pair(make_stage, tiny_model_folder: Path, other_model_folder: Path) -> Callable:
    """Makes a window that knows both models and uses the tiny one."""

    def make(**options: object):
        models = Path(os.environ["XDG_DATA_HOME"]) / "stemscope" / "models"
        for folder in (tiny_model_folder, other_model_folder):
            shutil.copytree(folder, models / folder.name, dirs_exist_ok=True)
        settings.set(settings.MODEL, "tiny")
        return make_stage(find_model=find_model, **options)

    return make


@pytest.fixture
def pair(make_pair):
    """A window with a song of 6 s that both models have separated; B is "other"."""
    stage = make_pair()
    stage.open_song(seconds=6.0)
    stage.desk = stage.window.comparison.desk
    stage.desk.compare_with("other")
    wait_ready(stage)
    return stage


def wait_ready(stage) -> None:
    desk = stage.window.comparison.desk
    stage.qtbot.waitUntil(lambda: desk.is_ready and desk.difference.idle, timeout=PATIENCE_MS)


@pytest.fixture
def set_masks(pair) -> Callable:
    """Gives A and B masks that the test has made: functions of seconds and hertz."""

    def make(a: Callable, b: Callable) -> None:
        desk = pair.desk
        for result, function in ((desk.first, a), (desk.second, b)):
            mask = result.mask
            times = np.arange(mask.n_frames) * mask.hop_samples / mask.sample_rate
            freqs = np.arange(mask.n_bins) * mask.sample_rate / mask.window_samples
            mask.values[:] = function(times[None, :], freqs[:, None])
            mask.above[:] = function(times, np.full_like(times, 7900.0))
        pair.window.display._result = None
        pair.window.display.refresh()
        desk._shown = None
        desk.refresh()
        wait_ready(pair)
        pair.qtbot.waitUntil(lambda: pair.window.page.view.idle, timeout=PATIENCE_MS)

    return make
