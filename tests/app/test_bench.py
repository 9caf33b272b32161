"""The figures of the command ``bench``: that they are there and hang together, not how good."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QObject

from app import bench, bench_training, settings
from app.cli import run
from app.interpreter import SWITCH_INTERVAL_S

RATE = 44100


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "A song.wav"
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (RATE * 4, 2))
    soundfile.write(path, noise, RATE, "PCM_16")
    return path


@pytest.fixture
def _own_settings(tmp_path: Path):
    yield
    settings.use_file(tmp_path / "nobody.ini")


def test_speed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "SECONDS", 4)
    monkeypatch.setattr(bench, "N_TRIES", 1)
    monkeypatch.setattr(bench, "PRODUCT_SIZE", 256)
    for name, value in {"HIDDEN": (32, 32, 32), "N_STEPS": 1, "N_CLIPS": 4}.items():
        monkeypatch.setattr(bench_training, name, value)
    assert run(["bench", "--json", str(tmp_path / "speed.json")]) == 0
    out = capsys.readouterr().out
    assert "Multiples of real time" in out
    figures = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert figures["decode"] > 0
    for model in figures["models"]:
        assert model["model_id"] in out
        assert model["network"] > 0
        assert model["total"] > 0
    assert "frames/s" in out
    training = figures["training"]
    assert training["frames_per_second"] > 0
    # each weight three times, but for the gradient of what goes in; a multiplication, an addition
    n_first, n_rest = 3 * 513 * 32, 32 * 32 * 3 + 32 * 1026
    assert training["operations_per_frame"] == 2 * (2 * n_first + 3 * n_rest)


@pytest.mark.usefixtures("qapp", "_own_settings")
def test_window(song: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    interval_s = sys.getswitchinterval()
    arguments = ["bench", "--gui", "--song", str(song), "--json", str(tmp_path / "gui.json")]
    assert run(arguments) == 0
    assert sys.getswitchinterval() == interval_s != SWITCH_INTERVAL_S
    out = capsys.readouterr().out
    assert "lateness of a 16 ms timer" in out
    figures = json.loads((tmp_path / "gui.json").read_text(encoding="utf-8"))
    assert figures["song_s"] == 4
    assert (
        0
        < figures["decoded_after_s"]
        < figures["first_stems_after_s"]
        <= figures["separated_after_s"]
    )
    for spread in (figures["start"], figures["lateness"], *figures["frames"].values()):
        assert 0 <= spread["median_ms"] <= spread["p99_ms"] <= spread["max_ms"]
    assert set(figures["frames"]) >= {"scroll", "zoom"}
    stages = figures["lateness_by_stage"].values()
    assert sum(stage["n"] for stage in stages) == figures["lateness"]["n"]
    if figures["sound"]:
        assert "played on" in out


@pytest.mark.usefixtures("_own_settings")
def test_window_refuses_what_is_no_song(
    qapp: QObject, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bench", "--song", "x.wav"]) == 2
    assert "--gui" in capsys.readouterr().err
    assert run(["bench", "--gui", "--song", str(tmp_path / "gone.wav")]) == 2
    assert "gone.wav" in capsys.readouterr().err
    (tmp_path / "letter.wav").write_text("words")
    assert run(["bench", "--gui", "--song", str(tmp_path / "letter.wav")]) == 2
    assert "letter.wav" in capsys.readouterr().err


def test_the_command_line_stays_free_of_the_window() -> None:
    code = "import sys, app.cli, app.bench; print('PySide6' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
