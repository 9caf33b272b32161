"""Shared by all tests: Qt offscreen before anything imports it, and the folder of audio."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYTEST_QT_API", "pyside6")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real recordings; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("STEMSCOPE_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "mir1k").is_dir():
        pytest.skip(f"no audio in {folder} (set STEMSCOPE_DATA)")
    return folder


@pytest.fixture(scope="session")
def own_threads() -> Callable[[], set[threading.Thread]]:
    """The threads that Python started and that have not ended.

    A thread of Qt or of a library that has once asked for its own name is listed for ever, as a
    dummy: Python is not told when it ends.
    """

    def found() -> set[threading.Thread]:
        return {t for t in threading.enumerate() if not isinstance(t, threading._DummyThread)}

    return found


@pytest.fixture(scope="session")
def tiny_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with a small untrained network: 8 kHz, so that songs have a band above it."""
    import torch

    from core.card import Card, ChunkSettings, NetworkSettings, StftSettings
    from core.checkpoint import save_model
    from core.features import LevelSettings
    from core.networks import build_network

    torch.manual_seed(7)
    arguments = {"n_bins": 129, "hidden": [24, 24], "recurrent_layers": [2], "context_frames": 3}
    card = Card(
        model_id="tiny",
        title="Tiny",
        description="A small untrained network for tests.",
        terms="none",
        sources=("vocals", "accompaniment"),
        sample_rate=8000,
        stft=StftSettings(256, 128),
        level=LevelSettings(),
        chunk=ChunkSettings(core_frames=100, warm_up_frames=60, look_ahead_frames=4, fade_frames=6),
        network=NetworkSettings("recurrent", arguments),
    )
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_model(card, build_network("recurrent", arguments).state_dict(), folder)
    return folder
