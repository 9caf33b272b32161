from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.cli_estimate import Expectation
from app.speed_memory import FILES, Run, SpeedMemory


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    for n in (1, 3):
        soundfile.write(tmp_path / f"{n}.wav", np.zeros((8000 * 60 * n, 1)), 8000)
    return [tmp_path / "1.wav", tmp_path / "3.wav"]


def test_before_the_first_run_nothing_is_said(tmp_path: Path, songs: list[Path]) -> None:
    expectation = Expectation("paper", "auto", SpeedMemory(tmp_path / "speed.json"))
    assert expectation.sentence(songs) is None


def test_then_all_songs_together(tmp_path: Path, songs: list[Path]) -> None:
    speeds = SpeedMemory(tmp_path / "speed.json")
    speeds.note("paper", "auto", FILES, Run(60.0, 2.0, 600_000_000, 2_000_000))
    expectation = Expectation("paper", "auto", speeds)
    assert expectation.sentence(songs) == (
        "2 songs take about 8 s and 604 MB of memory, as the last ones did here."
    )
    assert expectation.sentence(songs[:1]) == (
        "One song takes about 2 s and 600 MB of memory, as the last ones did here."
    )
    (tmp_path / "bad.wav").write_text("no sound")
    assert expectation.sentence([*songs, tmp_path / "bad.wav"]) is None


def test_a_song_that_is_done_is_learnt_from(tmp_path: Path, songs: list[Path]) -> None:
    expectation = Expectation("paper", "cpu", SpeedMemory(tmp_path / "speed.json"))
    watch = expectation.watch()
    watch.look()
    watch.done(60.0, 1000)
    sentence = expectation.sentence(songs)
    assert sentence is not None
    assert sentence.startswith("2 songs take about 1 s")
