"""A window with a tiny recipe and tiny recordings, and what a user does on the training page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.training.runs import Run, RunState
from core.card import ChunkSettings, NetworkSettings, StftSettings
from core.training.recipe import Recipe, find_recipe

RATE = 8000
N_SONGS = 6


def write_recordings(folder: Path, n_songs: int = N_SONGS, seconds: float = 1.5) -> Path:
    """Pairs of a gliding tone and noise."""
    time_s = np.arange(round(RATE * seconds)) / RATE
    for number in range(n_songs):
        rng = np.random.default_rng(number)
        song = folder / f"song {number}"
        song.mkdir(parents=True)
        voice = 0.2 * np.sin(2 * np.pi * (300 + 40 * number + 60 * time_s) * time_s)
        music = rng.normal(0, 0.05, time_s.size)
        soundfile.write(song / "vocals.wav", voice, RATE, subtype="PCM_16")
        soundfile.write(song / "accompaniment.wav", music, RATE, subtype="PCM_16")
    return folder


def tiny_recipe(epochs: int = 3) -> Recipe:
    quick = find_recipe("quick")
    arguments = {"n_bins": 65, "hidden": [12, 12], "recurrent_layers": [2], "context_frames": 3}
    return replace(
        quick,
        title="Tiny",
        sample_rate=RATE,
        stft=StftSettings(128, 64),
        chunk=ChunkSettings(core_frames=64, warm_up_frames=16, look_ahead_frames=4, fade_frames=4),
        network=NetworkSettings("recurrent", arguments),
        optimiser=replace(
            quick.optimiser,
            epochs=epochs,
            batch_sequences=2,
            sequence_frames=40,
            product_dtype="float32",
            early_stopping_epochs=0,
        ),
        validation=replace(quick.validation, share=0.34),
    )


class Trainee:
    """The training page in the hands of a user."""

    def __init__(self, stage, folder: Path) -> None:
        self.stage, self.qtbot, self.folder = stage, stage.qtbot, folder
        self.page = stage.window.all_pages.train
        stage.window.all_pages.choose("train")
        self.qtbot.waitUntil(lambda: self.page.desk.is_loaded)
        card = self.page.setup.recipe_card
        card._recipes["tiny"] = tiny_recipe()
        card.choice.addItem("Tiny", "tiny")
        card.choose("tiny")

    def choose_data(self, folder: Path | None = None) -> None:
        self.page.open_folder(folder or write_recordings(self.folder / "data"))
        setup = self.page.setup
        self.qtbot.waitUntil(lambda: not setup.data.looking, timeout=20_000)

    def write_recordings(self, name: str, n_songs: int) -> Path:
        return write_recordings(self.folder / name, n_songs)

    def start(self, epochs: int = 3, title: str = "Tiny") -> Run:
        setup = self.page.setup
        setup.recipe_card.length.set_value(epochs)
        setup.recipe_card._on_edited()
        setup.view.name.setText(title)
        setup.view.name.textEdited.emit(title)
        assert setup.view.start.isEnabled(), setup.view.why_not.text()
        setup.view.start.click()
        run = self.page.run
        assert run is not None
        return run

    def wait_for(self, run: Run, *states: RunState) -> None:
        ended = (*states, RunState.FAILED)
        self.qtbot.waitUntil(lambda: run.state in ended, timeout=120_000)
        assert run.state in states, run.error

    def wait_for_epoch(self, run: Run, n: int) -> None:
        self.qtbot.waitUntil(
            lambda: run.n_epochs_done >= n or run.state is RunState.FAILED, timeout=120_000
        )
        assert run.state is not RunState.FAILED, run.error


@pytest.fixture(autouse=True)
def user_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs and models of the user, in a folder of the test."""
    folder = tmp_path / "user data"
    monkeypatch.setattr("core.training.run_folder.user_data_path", lambda *a, **k: folder)
    monkeypatch.setattr("core.models.user_data_path", lambda *a, **k: folder)
    return folder


@pytest.fixture
def trainee(user_data: Path, stage) -> Iterator[Trainee]:
    return Trainee(stage, stage.folder)
