"""The command ``reproduce`` from end to end, on the demo song's stems with tiny networks."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.cli import run
from core.clip_files import resampled
from core.datasets import find_dataset
from core.reproduction.catalogue import tables_called
from core.reproduction.records import Place
from core.reproduction.units import Settings, fingerprint, units_for
from core.reproduction.work import Worker
from core.reproduction.workers import Begun, Done, run_units
from core.training.process_lock import held

ROOT = Path(__file__).resolve().parents[2]
RATE = 16000
CLIP_S = 2.5
NAMES = (
    "train/abjones_1_01",
    "train/abjones_1_02",
    "train/amy_1_01",
    "train/amy_1_02",
    "test/Ani_1_01",
    "test/Kenshin_1_01",
)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo song cut into clips as MIR-1K has them: music on the left, voice on the right."""
    folder = tmp_path_factory.mktemp("demo") / "mir1k"
    mixture, rate = soundfile.read(ROOT / "resources/demo/demo.flac", dtype="float32")
    vocals, _ = soundfile.read(ROOT / "resources/demo/vocals.flac", dtype="float32")
    stems = resampled(np.stack([(mixture - vocals).mean(axis=1), vocals.mean(axis=1)]), rate, RATE)
    length, first = round(CLIP_S * RATE), 2 * RATE
    for index, name in enumerate(NAMES):
        path = folder / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        part = stems[:, first + index * length : first + (index + 1) * length]
        soundfile.write(path, part.T, RATE)
    return folder


@pytest.fixture(autouse=True)
def _own_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("STEMSCOPE_DATA", raising=False)


def reproduce(clips: Path | None, out: Path, *arguments: object) -> int:
    data = [] if clips is None else ["--data", str(clips)]
    return run(["reproduce", *data, "-o", str(out), "--tiny", *map(str, arguments)])


def written(folder: Path) -> dict[str, float]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "rows").iterdir()}


@pytest.fixture(scope="module")
def made(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Table 3: three trainings, each measured with a soft and a binary mask."""
    out = tmp_path_factory.mktemp("reproduction")
    assert reproduce(clips, out, "--tables", "3") == 0
    return out


def test_rows_are_trained_measured_and_reported(made: Path) -> None:
    table = json.loads((made / "results.json").read_text(encoding="utf-8"))
    assert table["n_test_clips"] == 2
    assert table["n_missing_rows"] == 0
    assert table["problems"] == []
    (formats,) = table["tables"]
    assert all(row["ours"]["n_clips"] == 2 for row in formats["rows"])
    joint = [row["ours"] for row in formats["rows"] if row["method"] == "base"]
    assert joint[0]["trainings"][0]["key"] == joint[1]["trainings"][0]["key"]
    assert joint[0]["gnsdr_db"] != joint[1]["gnsdr_db"]  # soft and binary
    assert joint[0]["trainings"][0]["steps"] == 4
    claims = {finding["claim"]: finding["verdict"] for finding in table["findings"]}
    measured = [claim for claim, verdict in claims.items() if verdict != "not measured"]
    assert len(measured) == 1
    assert "joint mask" in measured[0]
    assert "these figures mean nothing" in (made / "results.md").read_text(encoding="utf-8")


def test_folders_hold_models_and_no_states(made: Path) -> None:
    trainings = sorted((made / "trainings").iterdir())
    assert len(trainings) == 3
    assert all((folder / "model" / "card.json").is_file() for folder in trainings)
    assert not list((made / "trainings").glob("*/*.safetensors"))


@pytest.fixture(scope="module")
def chosen(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rows of the table of choices: four trainings, each without one of the two singers."""
    out = tmp_path_factory.mktemp("choice")
    data = [fingerprint(find_dataset(clips / name)) for name in ("train", "test")]
    units = [
        unit
        for unit in units_for(tables_called(["choice"]), Settings(tiny=True), data[0])
        if unit.method in ("choice/whole", "choice/drnn-2")
    ]
    events = list(run_units(units, Place(clips / "train", clips / "test", out), 1, lambda: False))
    assert [event.problem for event in events if isinstance(event, Done)] == [""] * 4
    return out


def test_singers_left_out_of_training_are_measured(clips: Path, chosen: Path) -> None:
    assert reproduce(clips, chosen, "--tables", "choice", "--only-report") == 0
    table = json.loads((chosen / "results.json").read_text(encoding="utf-8"))
    (choice,) = table["tables"]
    assert table["n_missing_rows"] == 2 * (len(choice["rows"]) - 2)
    assert table["n_test_clips"] == 0
    assert table["test_measurements"] == {}
    rows = {row["method"]: row["ours"] for row in choice["rows"] if row["ours"]}
    assert set(rows) == {"choice/whole", "choice/drnn-2"}
    for ours in rows.values():
        assert [each["singer"] for each in ours["by_singer"]] == ["abjones", "amy"]
        for each in ours["by_singer"]:
            assert each["clips"] == [f"{each['singer']}_1_01", f"{each['singer']}_1_02"]
            assert each["steps"] == 4
            assert each["processor_s"] > 0
        mean = sum(each["gnsdr_db"] for each in ours["by_singer"]) / 2
        assert ours["gnsdr_db"] == pytest.approx(mean)
    for path in (chosen / "rows").iterdir():
        row = json.loads(path.read_text(encoding="utf-8"))
        assert row["training"]["clips"] == 2  # of the other singer
        assert row["training"]["recipe"]["validation"]["singer"] == row["unheard"]


def test_measurements_on_test_clips_are_counted(clips: Path, made: Path) -> None:
    assert reproduce(clips, made, "--tables", "3", "--only-report") == 0
    table = json.loads((made / "results.json").read_text(encoding="utf-8"))
    assert table["test_measurements"] == {
        "DRNN-2, one source, seed 1": 2,
        "DRNN-2, seed 1": 2,
        "DRNN-2, two sources without joint mask, seed 1": 2,
    }


def test_finished_rows_are_not_made_again(
    clips: Path, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = written(made)
    assert reproduce(clips, made, "--tables", "3") == 0
    assert written(made) == before
    assert "GNSDR" not in capsys.readouterr().out
    table = json.loads((made / "results.json").read_text(encoding="utf-8"))
    assert [t["name"] for t in table["tables"]] == ["3"]


def test_only_report_computes_nothing(clips: Path, made: Path, tmp_path: Path) -> None:
    before = written(made)
    assert reproduce(clips, made, "--tables", "1,3", "--only-report") == 0
    assert written(made) == before
    table = json.loads((made / "results.json").read_text(encoding="utf-8"))
    assert table["n_missing_rows"] == 2
    assert reproduce(clips, tmp_path / "none", "--only-report") == 0
    assert not (tmp_path / "none" / "rows").exists()


def test_two_at_once_give_the_same(clips: Path, made: Path, tmp_path: Path) -> None:
    training = fingerprint(find_dataset(clips / "train"))
    units = units_for(tables_called(["3"]), Settings(tiny=True), training)
    units = [replace(unit, masks=("soft",)) for unit in units][:2]
    place = Place(clips / "train", clips / "test", tmp_path)
    events = list(run_units(units, place, 2, lambda: False))
    assert {event.index for event in events if isinstance(event, Begun)} == {0, 1}
    assert [event.problem for event in events if isinstance(event, Done)] == ["", ""]
    names = [path.name for path in (tmp_path / "rows").iterdir()]
    assert len(names) == 2
    for name in names:
        first = json.loads((tmp_path / "rows" / name).read_text(encoding="utf-8"))
        second = json.loads((made / "rows" / name).read_text(encoding="utf-8"))
        assert first["clips"] == second["clips"], name


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_ctrl_c_keeps_the_state_and_the_next_call_goes_on(clips: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app.cli", "reproduce", "--data", str(clips), "--tiny"]
    command += ["-o", str(tmp_path), "--tables", "1", "--steps", "2000"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("trainings/*/history.jsonl")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 130, said
    assert "Traceback" not in said
    (state,) = tmp_path.glob("trainings/*/state.safetensors")
    assert "rows are still to be made" in (tmp_path / "results.md").read_text(encoding="utf-8")

    settings = Settings(n_steps=2000, tiny=True)
    units = units_for(tables_called(["1"]), settings, fingerprint(find_dataset(clips / "train")))
    unit = next(unit for unit in units if unit.name in state.parent.name)
    worker = Worker(Place(clips / "train", clips / "test", tmp_path))
    steps = (r.words for r in worker.run(unit) if "step" in getattr(r, "words", ""))
    assert next(steps) != "training, step 1 of 2000"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--tables", "7"], "There is no table “7”"),
        (["--seeds", "0"], "at least 1"),
        (["--steps", "0"], "at least 1"),
        (["--data", "/nowhere"], "holds no folder “train”"),
    ],
)
def test_what_cannot_be_is_refused(
    clips: Path,
    tmp_path: Path,
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = None if "--data" in arguments else clips
    assert reproduce(data, tmp_path / "out", *arguments) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_data_are_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reproduce(None, tmp_path) == 2
    assert "--data" in capsys.readouterr().err


def test_test_clips_are_not_trained_on(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("train", "test"):
        (tmp_path / name).symlink_to(clips / "train")
    assert reproduce(tmp_path, tmp_path / "out") == 2
    assert "is in both" in capsys.readouterr().err


def test_one_at_a_time_in_a_folder(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with held(tmp_path / "lock") as mine:
        assert mine
        assert reproduce(clips, tmp_path) == 2
    assert "Another reproduction works" in capsys.readouterr().err
