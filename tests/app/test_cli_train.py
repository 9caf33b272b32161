"""The command ``train`` from end to end with small networks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.cli import run
from app.cli_train_progress import TrainingProgress, duration
from app.cli_train_rates import parse_rates
from core.checkpoint import load_model
from core.errors import UsageError
from core.training.reports import EpochReport, StageReport, StepReport
from core.training.run_folder import RunFolder

RATE = 8000

_RECIPE = """
model_id = "small"
title = "Small"
description = "For a test."
terms = "none"
sample_rate = 8000

[stft]
window_samples = 128
hop_samples = 64

[network.arguments]
n_bins = 65
hidden = [16, 16]
recurrent_layers = [2]
context_frames = 3

[optimiser]
epochs = {epochs}
batch_sequences = 2
sequence_frames = 20

[validation]
share = 0.3
"""


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("WORLD_SIZE", "RANK"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    for k in range(3):
        (folder / f"song {k}").mkdir(parents=True)
        for source in ("vocals", "accompaniment"):
            noise = np.random.default_rng(k).normal(0, 0.1, RATE)
            soundfile.write(folder / f"song {k}" / f"{source}.wav", noise, RATE)
    return folder


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    return write_recipe(tmp_path)


def write_recipe(folder: Path, epochs: int = 2) -> Path:
    path = folder / f"small{epochs}.toml"
    path.write_text(_RECIPE.format(epochs=epochs), encoding="utf-8")
    return path


def test_train_resume_separate(
    data: Path, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "trained"
    arguments = ["train", "--data", str(data), "--recipe", str(recipe), "-o", str(out)]
    assert run([*arguments, "--follow", "song 1"]) == 0
    captured = capsys.readouterr()
    last = next(line for line in captured.err.splitlines() if "epoch 2 of 2" in line)
    assert "loss" in last
    assert "GNSDR" in last
    assert str(out / "model") in captured.out
    assert RunFolder(out).info().pinned == "song 1"
    assert run(arguments) == 2
    assert "--resume" in capsys.readouterr().err
    # everything else is known from the folder
    assert run(["train", "--resume", "-o", str(out)]) == 0
    assert run([*arguments, "--resume"]) == 0
    assert load_model(out / "model").card.training["epochs"] == 2
    song = tmp_path / "song.wav"
    soundfile.write(song, np.random.default_rng(5).normal(0, 0.1, RATE), RATE)
    assert run(["separate", "--model", str(out / "model"), str(song), "-o", str(tmp_path)]) == 0


def test_check_says_what_the_data_hold(
    data: Path, recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    soundfile.write(data / "song 2" / "vocals.wav", np.zeros(RATE), RATE)
    assert run(["train", "--check", "--data", str(data), "--recipe", str(recipe)]) == 0
    out = capsys.readouterr().out
    assert "Layout pairs: 2 usable clips" in out
    assert "By song: 1 of 2 songs" in out
    assert "Left out: The voice of “song 2” is silent" in out


def test_several_folders_with_weights(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = tmp_path / "more=2"
    shutil.copytree(data, more)
    tunes = tmp_path / "tunes"
    tunes.mkdir()
    shutil.copy(data / "song 0" / "accompaniment.wav", tunes / "tune.wav")
    recipe = tmp_path / "drawn.toml"
    text = _RECIPE.format(epochs=1) + "[augmentation]\nepoch_examples = 4\n"
    recipe.write_text(text, encoding="utf-8")
    arguments = ["train", "--data", f"{data}=0.5", "--data", str(more), "--recipe", str(recipe)]
    arguments += ["--accompaniment", f"{tunes}=3"]
    assert run([*arguments, "--check"]) == 0
    said = capsys.readouterr().out
    assert "6 usable clips" in said
    assert "Examples per epoch, after augmentation: 4" in said
    assert f"{data}: layout pairs, 3 clips, 0.1 minutes, weight 0.5" in said
    assert f"{more}: layout pairs, 3 clips, 0.1 minutes\n" in said
    assert f"{tunes}: accompaniment alone, 1 clips, 0.0 minutes, weight 3" in said
    out = tmp_path / "trained"
    assert run([*arguments, "-o", str(out)]) == 0
    info = RunFolder(out).info()
    assert info.data == (str(data), str(more))
    assert (info.accompaniment, info.weights) == ((str(tunes),), (0.5, 1.0, 3.0))
    assert "tune" in info.training
    capsys.readouterr()
    assert run([*arguments[:2], f"{data}=much", *arguments[3:], "--check"]) == 2
    assert "“much” is no weight for the folder" in capsys.readouterr().err


def test_a_learning_rate_is_chosen(
    data: Path, recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "trained"
    arguments = ["train", "--data", str(data), "--recipe", str(recipe), "--cross-validate", "2"]
    arguments += ["--learning-rates", "1e-3,1e-2", "--trial-steps", "3"]
    assert run(arguments) == 0
    table = capsys.readouterr().out
    assert "Best learning rate" in table
    assert len([line for line in table.splitlines() if line.strip().startswith("0.0")]) == 2
    assert run([*arguments, "-o", str(out)]) == 0
    best = json.loads((out / "cross_validation.json").read_text())["best"]
    assert RunFolder(out).info().recipe["optimiser"]["learning_rate"] == best
    assert RunFolder(out).has_model


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--recipe", "{recipe}", "-o", "{out}"], "--data"),
        (["--data", "{data}", "-o", "{out}"], "--recipe"),
        (["--data", "{data}", "--recipe", "{recipe}"], "-o DIR"),
        (["--data", "{data}", "--recipe", "papper", "-o", "{out}"], "“paper”"),
        (["--data", "absent", "--recipe", "{recipe}", "-o", "{out}"], "absent"),
        (["--data", "{empty}", "--recipe", "{recipe}", "-o", "{out}"], "no data set"),
        (["--data", "{data}", "--recipe", "{recipe}", "-o", "{out}", "--layout", "x"], "pairs"),
        (["--data", "{data}", "--recipe", "{recipe}", "-o", "{out}", "--device", "abacus"], "cpu"),
        (["--data", "{data}", "--recipe", "{recipe}", "-o", "{out}", "--follow", "sing 1"],
         "“song 1”"),
        (["--data", "{data}", "--recipe", "{recipe}", "-o", "{out}", "--validation", "nowhere"],
         "nowhere"),
        (["--resume"], "-o DIR"),
        (["--resume", "-o", "{out}"], "to go on with"),
        (["--data", "{data}", "--recipe", "{recipe}", "-o", "{out}", "--learning-rates", "1e-3"],
         "--cross-validate"),
        (["--data", "{data}", "--recipe", "{recipe}", "--cross-validate", "9"], "9 parts"),
        (["--data", "{data}", "--recipe", "{recipe}", "--cross-validate", "2",
          "--learning-rates", "fast"], "fast"),
        (["--data", "{data}", "--recipe", "{recipe}", "-o", "{out}", "--resume",
          "--cross-validate", "2"], "--resume"),
    ],
)  # fmt: skip
def test_mistakes_are_one_sentence_and_leave_no_trace(
    data: Path,
    recipe: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    out = tmp_path / "out"
    (tmp_path / "empty").mkdir()
    places = {"data": data, "recipe": recipe, "out": out, "empty": tmp_path / "empty"}
    assert run(["train", *(argument.format(**places) for argument in arguments)]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "%" not in line]
    assert len(lines) == 1
    assert words in lines[0]
    assert not out.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to a single process")
def test_interrupt_says_how_to_go_on(data: Path, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, epochs=100000)
    out = tmp_path / "my run"
    command = [sys.executable, "-u", "-m", "app.cli", "train", "--data", str(data)]
    process = subprocess.Popen(
        [*command, "--recipe", str(recipe), "-o", str(out)], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "epoch" in line:
            break
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(timeout=60) == 130
    process.stderr.close()
    assert "Traceback" not in rest
    last = rest.splitlines()[-1]
    assert last.endswith(f"stemscope-cli train --resume -o '{out}'")
    assert RunFolder(out).info().status == "paused"
    assert RunFolder(out).state_file.exists()


def test_progress_says_what_there_is_to_know() -> None:
    said: list[tuple[str, float]] = []

    class Display:
        def item(self, name: str):
            return lambda stage, fraction: said.append((stage, fraction))

    progress = TrainingProgress(Display(), "Small")  # type: ignore[arg-type]
    progress.show(StageReport("Reading the data", 0.5))
    assert said.pop() == ("Reading the data", 0.0)
    progress.show(StepReport(1, 2, 1, 4, 0.5, 100.0))
    assert said.pop() == ("epoch 1 of 2, loss 0.5", 0.25)
    progress.show(StepReport(1, 2, 2, 4, 0.25, 100.0))
    assert not said  # not so soon without a terminal
    progress.show(EpochReport(2, 2, 4, 4, 0.125, 1.0, 1e-3, 0.1, 3.456))
    assert said.pop() == ("epoch 2 of 2, loss 0.125, GNSDR 3.46 dB", 1.0)
    assert [duration(s) for s in (3.2, 123, 3723)] == ["0:03", "2:03", "1:02:03"]


def test_rates_are_numbers() -> None:
    assert parse_rates("1e-3, 3e-4,1e-3") == (1e-3, 3e-4)
    for text in ("", "0", "-1", "quick", "nan", "1e9"):
        with pytest.raises(UsageError):
            parse_rates(text)


def test_what_a_resumed_training_cannot_change_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for option in ("--leave-out", "--begin-with"):
        assert run(["train", "--resume", "-o", str(tmp_path), option, "amy"]) == 2
        assert option in capsys.readouterr().err
