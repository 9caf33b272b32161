"""What songs will take, learnt from those before."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.formats import about_time
from app.speed_memory import FILES, WINDOW, Estimate, Run, SpeedMemory, default_path, total
from core.audio.duration import said_duration_s
from core.process_memory import resident_bytes

MB = 1_000_000


@pytest.fixture
def memory(tmp_path: Path) -> SpeedMemory:
    return SpeedMemory(tmp_path / "cache" / "speed.json")


def test_the_first_run_is_not_foretold(memory: SpeedMemory) -> None:
    assert memory.estimate("paper", "auto", WINDOW, 240.0) is None


def test_longer_songs_take_longer_and_more(memory: SpeedMemory) -> None:
    memory.note("paper", "auto", WINDOW, Run(100.0, 2.0, 500 * MB, 10 * MB))
    assert memory.estimate("paper", "auto", WINDOW, 100.0) == Estimate(2.0, 500 * MB)
    assert memory.estimate("paper", "auto", WINDOW, 1000.0) == Estimate(20.0, 590 * MB)
    assert memory.estimate("paper", "cuda", WINDOW, 100.0) is None
    assert memory.estimate("u-net", "auto", WINDOW, 100.0) is None
    assert memory.estimate("paper", "auto", FILES, 100.0) is None


def test_what_is_known_outlives_the_program(memory: SpeedMemory) -> None:
    memory.note("paper", "auto", WINDOW, Run(100.0, 2.0, None))
    again = SpeedMemory(memory.path)
    assert again.estimate("paper", "auto", WINDOW, 50.0) == Estimate(1.0, None)


def test_the_latest_run_counts_half(memory: SpeedMemory) -> None:
    memory.note("paper", "auto", WINDOW, Run(100.0, 2.0, 500 * MB, 0))
    memory.note("paper", "auto", WINDOW, Run(50.0, 3.0, 400 * MB, 0))
    estimate = memory.estimate("paper", "auto", WINDOW, 100.0)
    assert estimate is not None
    assert estimate.work_s == pytest.approx(4.0)
    assert estimate.n_bytes == 500 * MB, "what was needed once may be needed again"


@pytest.mark.parametrize("run", [Run(1.0, 1.0), Run(60.0, 0.0), Run(60.0, math.inf)])
def test_runs_that_say_nothing_are_not_kept(memory: SpeedMemory, run: Run) -> None:
    memory.note("paper", "auto", WINDOW, run)
    assert memory.estimate("paper", "auto", WINDOW, 60.0) is None
    assert not memory.path.exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": 1}',
        '{"format": 2, "speeds": {}}',
        '{"format": 1, "speeds": {"paper auto window": {"work_per_s": -1}}}',
        '{"format": 1, "speeds": {"paper auto window": {"work_per_s": "fast"}}}',
        '{"format": 1, "speeds": {"paper auto window": {"other": 1}}}',
    ],
)
def test_a_damaged_file_is_forgotten(memory: SpeedMemory, text: str) -> None:
    memory.path.parent.mkdir(parents=True)
    memory.path.write_text(text)
    assert memory.estimate("paper", "auto", WINDOW, 60.0) is None
    memory.note("paper", "auto", WINDOW, Run(60.0, 6.0))
    assert SpeedMemory(memory.path).estimate("paper", "auto", WINDOW, 60.0) == Estimate(6.0, None)


def test_a_disk_that_refuses_costs_nothing_but_the_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    memory = SpeedMemory(tmp_path / "file" / "speed.json")
    memory.note("paper", "auto", WINDOW, Run(60.0, 6.0))
    assert memory.estimate("paper", "auto", WINDOW, 60.0) == Estimate(6.0, None)


def test_many_songs_take_their_times_and_the_memory_of_the_largest() -> None:
    assert total([Estimate(2.0, 5), Estimate(3.0, 9), Estimate(1.0, None)]) == Estimate(6.0, 9)
    assert total([Estimate(2.0, 5), None]) is None
    assert total([]) is None


def test_it_lies_where_settings_are_told_to_lie(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("STEMSCOPE_CONFIG_DIR", str(tmp_path))
    assert default_path() == tmp_path / "speed.json"


def test_times_in_words() -> None:
    assert [about_time(s) for s in (0.2, 12.4, 89, 90, 3599, 5400, 4 * 3600 + 301)] == [
        "1 s", "12 s", "89 s", "2 min", "60 min", "1 h 30 min", "4 h 5 min",
    ]  # fmt: skip


def test_files_say_how_long_they_are(tmp_path: Path) -> None:
    tone = np.zeros((44100 * 2, 2))
    for name in ("a.wav", "a.flac", "a.ogg", "a.mp3"):
        soundfile.write(tmp_path / name, tone, 44100)
        assert said_duration_s(tmp_path / name) == pytest.approx(2.0, abs=0.1)
    (tmp_path / "b.wav").write_text("this is no sound")
    (tmp_path / "c.mp3").write_text("nor is this")
    for name in ("b.wav", "c.mp3", "gone.wav"):
        assert said_duration_s(tmp_path / name) is None


def test_the_memory_of_this_process() -> None:
    before = resident_bytes()
    assert before is not None
    held = np.ones(40_000_000, np.uint8)
    after = resident_bytes()
    assert after is not None
    assert after - before > 20_000_000 or after == before, "macOS tells the peak alone"
    assert held.sum() > 0
