"""What lies in the folder of a training."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from core.errors import DataError
from core.training.process_lock import held, is_held
from core.training.reports import EpochReport
from core.training.run_folder import (
    HISTORY_FILE,
    RUN_FILE,
    PinnedClip,
    ReplayFrame,
    RunFolder,
    RunInfo,
    list_runs,
    now,
    runs_root,
)


def info(**changes: object) -> RunInfo:
    values = {"title": "Song", "created": now(), "data": "/data", "layout": "pairs", "recipe": {}}
    return RunInfo(**{**values, **changes})  # type: ignore[arg-type]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    assert not run.holds_a_training
    written = info(
        status="failed",
        message="Too loud.",
        training=("a", "b"),
        left_out=(("c", "Silent."),),
        recipe={"seed": 1},
        pinned="a",
    )
    run.write(written)
    assert run.info() == written
    assert run.holds_a_training
    assert run.has_info
    run.set_status("paused")
    assert (run.info().status, run.info().message) == ("paused", "")


def test_running_is_only_what_runs(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    with run.locked():
        run.write(info())
        assert run.is_running
        assert run.info().status == "running"
        with pytest.raises(DataError, match="running already"), run.locked():
            pass
        assert run.is_running
    assert not run.is_running
    assert run.info().status == "paused"


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = (
        "import sys, time; from pathlib import Path; from core.training.process_lock import held\n"
        "with held(Path(sys.argv[1])) as mine:\n print(mine, flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == "True\n"
    assert is_held(lock)
    with held(lock, n_tries=1) as mine:
        assert not mine
    child.kill()
    child.wait(timeout=20)
    child.stdout.close()
    child.stdin.close()
    assert not is_held(lock)
    with held(lock) as mine:
        assert mine
    assert not is_held(tmp_path / "absent")
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 9}', '{"format": 1}', '{"format": 1, "title": 3}']
)
def test_damaged_folders_say_so_and_are_not_listed(tmp_path: Path, text: str) -> None:
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    (run.path / RUN_FILE).write_text(text)
    with pytest.raises(DataError, match="holds no training"):
        run.info()
    assert list_runs(tmp_path) == []
    with pytest.raises(DataError):
        RunFolder(tmp_path / "absent").info()


def test_runs_are_listed_newest_first(tmp_path: Path) -> None:
    for name, day in (("a", "03"), ("b", "05"), ("c", "04")):
        RunFolder(tmp_path / name).write(info(created=f"2026-01-{day}T00:00:00+00:00"))
    assert [run.path.name for run, _ in list_runs(tmp_path)] == ["b", "c", "a"]
    assert list_runs(tmp_path / "absent") == []
    assert runs_root().name == "runs"


def test_the_history_ends_where_a_line_is_cut(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert run.history() == []
    assert run.best() is None
    reports = [EpochReport(k, 9, k, 9, 1.0, 1.0, 1e-3, is_best=k != 3) for k in (1, 2, 3)]
    lines = [json.dumps(asdict(report)) for report in reports]
    (tmp_path / HISTORY_FILE).write_text("\n".join(lines) + '\n{"epoch": 4, "n_ep')
    assert run.history() == reports
    assert run.best() == reports[1]


def test_the_replay_is_kept(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert run.replay_epochs() == []
    mask = np.arange(12, dtype=np.uint8).reshape(3, 4)
    for epoch in (12, 0, 3):
        run.write_replay_frame(ReplayFrame(epoch, 10 * epoch, mask))
    assert run.replay_epochs() == [0, 3, 12]
    frame = run.replay_frame(12)
    assert (frame.epoch, frame.step) == (12, 120)
    np.testing.assert_array_equal(frame.mask, mask)
    clip = PinnedClip("Lied", 8000, *np.ones((2, 1, 5), np.float32))
    run.write_pinned_clip(clip)
    again = run.pinned_clip()
    assert (again.name, again.sample_rate) == ("Lied", 8000)
    np.testing.assert_array_equal(again.mixture, np.full((1, 5), 2.0))
    run.replay_path(3).write_bytes(b"no zip")
    with pytest.raises(DataError, match="damaged"):
        run.replay_frame(3)
    with pytest.raises(DataError):
        run.replay_frame(4)


def test_none_of_it_needs_torch() -> None:
    names = ("reports", "request", "run_folder", "replay")
    code = "import sys\n" + "\n".join(f"import core.training.{name}" for name in names)
    code += "\nprint('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
