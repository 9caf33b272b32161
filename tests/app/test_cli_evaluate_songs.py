"""Figures of songs: their medians, and lists that say which songs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.cli import run

RATE = 16000


@pytest.fixture
def songs(tmp_path: Path) -> Path:
    """Five songs of half a second with voice and accompaniment."""
    for index in range(5):
        rng = np.random.default_rng(index)
        folder = tmp_path / "songs" / f"Song {index}"
        folder.mkdir(parents=True)
        for name in ("vocals", "accompaniment"):
            soundfile.write(folder / f"{name}.wav", 0.1 * rng.normal(size=(RATE // 2, 2)), RATE)
    return tmp_path / "songs"


def test_songs_of_a_list_have_medians(
    songs: Path, tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = tmp_path / "some.txt"
    names.write_text("# those to report\nSong 1\nSong 3\nSong 4\nanother\n", encoding="utf-8")
    table = tmp_path / "figures.json"
    arguments = ["evaluate", "--data", str(songs), "--model", str(tiny_model_folder)]
    assert run([*arguments, "--songs", str(names), "--json", str(table)]) == 0
    out = capsys.readouterr().out
    assert "3 of 3 clips" in out
    assert out.count("  median ") == 2
    found = json.loads(table.read_text(encoding="utf-8"))
    voices = [c["scores"]["vocals"]["plain_sdr_db"] for c in found["clips"] if c["scores"]]
    median = found["medians"]["vocals"]["plain_sdr_db"]
    assert median["median"] == pytest.approx(np.median(voices))
    assert median["interval"]["low"] <= median["median"] <= median["interval"]["high"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("odd", "musdb18-validation"), ("musdb18-validation", "None of the songs")],
)
def test_lists_that_do_not_fit_are_refused(
    songs: Path, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", "--data", str(songs), "--songs", name]) == 2
    assert said in capsys.readouterr().err


def test_baselines_stand_beside_models_or_alone(
    songs: Path, tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "figures.json"
    arguments = ["evaluate", "--data", str(songs), "--baselines", "--json", str(table)]
    assert run(arguments) == 0
    assert "The ideal ratio mask on" in capsys.readouterr().out
    assert list(json.loads(table.read_text())["models"]) == ["mixture", "ideal-mask"]
    assert run([*arguments, "--model", str(tiny_model_folder)]) == 0
    found = json.loads(table.read_text())["models"]
    assert list(found) == ["tiny", "mixture", "ideal-mask"]
    plain = {name: each["means"]["vocals"]["plain_sdr_db"] for name, each in found.items()}
    assert plain["mixture"] == pytest.approx(0, abs=0.3)
    assert plain["ideal-mask"] > plain["tiny"]
