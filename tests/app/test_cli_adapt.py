"""The commands ``adapt`` and ``adapt-trial``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.cli import run
from app.cli_adapt import spans
from core.card import read_card
from core.errors import UsageError

RATE = 8000


def clip(seed: int, seconds: float = 3.0) -> np.ndarray:
    """Music on the left, a warbling voice on the right: ``(n, 2)``."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(RATE * seconds)) / RATE
    pitch = 800 + 100 * rng.random() + 60 * np.sin(31 * time_s)
    voice = 0.2 * np.sin(2 * np.pi * np.cumsum(pitch) / RATE)
    music = 0.2 * np.sin(2 * np.pi * 220 * time_s) + rng.normal(0, 0.01, time_s.size)
    return np.stack([music, voice], axis=1)


def test_a_model_for_a_song(tiny_model_folder: Path, tmp_path: Path, capsys) -> None:
    parts = [clip(k) for k in range(4)]
    parts[0][:, 1] = 0
    parts[1][:, 0] = 0
    song = tmp_path / "My song.wav"
    soundfile.write(song, np.concatenate(parts).sum(axis=1), RATE, subtype="FLOAT")
    output = tmp_path / "adapted"
    command = [
        "adapt", str(song), "-o", str(output), "--model", str(tiny_model_folder), "--seconds", "1",
        "--music-alone", "0:00-0:03", "--voice-alone", "3.0-6",
    ]  # fmt: skip
    assert run(command) == 0
    card, before = read_card(output), read_card(tiny_model_folder)
    assert card.title == f"{before.title} · My song"
    assert card.training["marked_s"] == {"voice": 3.0, "music": 3.0, "corrected": 0}
    assert card.training["adapted_from"]["sha256"] == before.sha256
    assert "My song" in capsys.readouterr().out
    assert run(["separate", str(song), "-o", str(tmp_path / "out"), "--model", str(output)]) == 0
    # Nothing is overwritten, and nothing is learnt from nothing.
    assert run(command) == 2
    assert "already exists" in capsys.readouterr().err
    assert run([*command[:6], "-o", str(tmp_path / "other")]) == 2
    assert "--voice-alone" in capsys.readouterr().err
    beyond = [*command[:2], "-o", str(tmp_path / "other"), *command[4:8], "--music-alone", "50-60"]
    assert run(beyond) == 2
    assert "has 12.0 s" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_what_it_is_worth(tiny_model_folder: Path, tmp_path: Path, capsys) -> None:
    for singer, n_clips in (("anna_1", 5), ("anna_2", 6), ("bert_1", 5), ("bert_2", 2)):
        for number in range(n_clips):
            path = tmp_path / "clips" / f"{singer}_{number + 1:02d}.wav"
            path.parent.mkdir(exist_ok=True)
            soundfile.write(path, clip(number), RATE, subtype="FLOAT")
    command = [
        "adapt-trial", "--data", str(tmp_path / "clips"), "--model", str(tiny_model_folder),
        "--seconds", "1", "--songs", "2", "--leave-out", "anna_1", "--marked", "corrected",
        "--json", str(tmp_path / "trial.json"),
    ]  # fmt: skip
    assert run(command) == 0
    table = json.loads((tmp_path / "trial.json").read_text())
    assert [song["song"] for song in table["songs"]] == ["anna_2", "bert_1"]
    first = table["songs"][0]
    assert first["marked_s"] == pytest.approx(9)
    assert first["rest_s"] == pytest.approx(9)
    assert first["gain_db"] == pytest.approx(first["after_db"][0] - first["before_db"][0])
    assert first["gain_db"] > 0
    assert "Median gain" in capsys.readouterr().out
    assert run([*command, "--songs", "3"]) == 2
    assert "3 are asked for" in capsys.readouterr().err
    assert run([*command, "--marked", "nothing"]) == 2
    assert "both, music, voice, corrected" in capsys.readouterr().err


def test_stretches_of_time() -> None:
    assert spans(["1:02-1:09.5", "3-4"]) == [(62.0, 69.5), (3.0, 4.0)]
    for text in ("5", "5-4", "a-b", "1:2:3-4", "-3", "1-2-3"):
        with pytest.raises(UsageError, match="no stretch of time"):
            spans([text])
