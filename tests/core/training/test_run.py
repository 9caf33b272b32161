"""A training from data to model: what its folder says at every moment, and how it goes on."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import core.training.run as run_module
from core.audio import ArrayAudio
from core.card import NetworkSettings, StftSettings
from core.checkpoint import load_model
from core.errors import Cancelled, DataError, OutputError, UsageError
from core.metrics import plain_sdr_db
from core.separator import separate
from core.training.recipe import (
    AugmentationSettings,
    OptimiserSettings,
    Recipe,
    ValidationSettings,
)
from core.training.replay import stems_of
from core.training.reports import CheckpointReport, EpochReport, StageReport, StepReport
from core.training.request import TrainRequest, request_of
from core.training.run import finish, train
from core.training.run_folder import HISTORY_FILE, RUN_FILE, STATE_FILE, RunFolder
from core.training.state import read_state

RATE = 8000


def tones(pitches: list[float], seconds: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    swell = np.sin(np.pi * rng.uniform(0.5, 2) * t) ** 2
    return (0.2 * sum(np.sin(2 * np.pi * p * t) for p in pitches) * swell).astype(np.float32)


def write_songs(folder: Path, n: int = 4, seconds: float = 2.0) -> Path:
    """A "voice" of high tones over an "accompaniment" of low ones: learnt in a few steps."""
    for k in range(n):
        (folder / f"song {k}").mkdir(parents=True)
        parts = {"vocals": ([1300, 2600], k), "accompaniment": ([200, 450], 100 + k)}
        for source, (pitches, seed) in parts.items():
            path = folder / f"song {k}" / f"{source}.wav"
            soundfile.write(path, tones(pitches, seconds, seed), RATE, subtype="FLOAT")
    return folder


def small_recipe(**optimiser: object) -> Recipe:
    arguments = {"n_bins": 129, "hidden": [32, 32], "recurrent_layers": [2], "context_frames": 3}
    settings = {
        "epochs": 3,
        "batch_sequences": 2,
        "sequence_frames": 40,
        "learning_rate": 3e-3,
        "warm_up_steps": 2,
        "average_decay": 0.9,
    }
    return Recipe(
        model_id="small",
        title="Small",
        description="For tests.",
        terms="none",
        sample_rate=RATE,
        stft=StftSettings(256, 128),
        network=NetworkSettings("recurrent", arguments),
        augmentation=AugmentationSettings(own_accompaniment=0.5),
        optimiser=OptimiserSettings(**{**settings, **optimiser}),  # type: ignore[arg-type]
        validation=ValidationSettings(share=0.25),
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_songs(tmp_path / "data")


def request(data: Path, folder: Path, **changes: object) -> TrainRequest:
    recipe = changes.pop("recipe", None) or small_recipe()
    return TrainRequest(data, recipe, folder, **changes)  # type: ignore[arg-type]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return read_state(folder / STATE_FILE)[0]


def assert_same_weights(first: Path, second: Path) -> None:
    one, other = weights(first), weights(second)
    assert one.keys() == other.keys()
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, rtol=0, atol=0)


def test_a_run_from_data_to_model(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recipe = small_recipe(epochs=30)
    recipe = replace(recipe, validation=replace(recipe.validation, every_epochs=10))
    reports = list(train(request(data, folder, recipe=recipe)))
    run = RunFolder(folder)
    info = run.info()
    assert (info.status, info.layout, info.title) == ("finished", "pairs", "Small")
    assert len(info.training) == 3
    assert len(info.validation) == 1
    assert "held out" in info.split_rule
    assert not run.is_running

    epochs = [report for report in reports if isinstance(report, EpochReport)]
    assert [report.epoch for report in epochs] == list(range(1, 31))
    assert epochs == run.history()
    assert epochs[-1].loss < epochs[0].loss
    validated = [report for report in epochs if report.gnsdr_db is not None]
    assert [report.epoch for report in validated] == [10, 20, 30]
    assert run.best() == max(validated, key=lambda report: report.gnsdr_db or 0)
    for kind in (StepReport, CheckpointReport, StageReport):
        assert any(isinstance(report, kind) for report in reports)

    model = load_model(run.model_folder)
    facts = model.card.training
    assert facts["data"] == "data"
    assert (facts["clips"], facts["epochs"]) == (3, 30)
    assert facts["recipe"]["optimiser"]["epochs"] == 30
    best = run.best()
    assert best is not None
    assert facts["validation"]["gnsdr_db"] == best.gnsdr_db
    assert facts["validation"]["clips"] == list(info.validation)
    assert {"torch", "stemscope"} <= set(model.card.versions)

    voice, music = tones([1300, 2600], 3, 900), tones([200, 450], 3, 901)
    done = separate(ArrayAudio((voice + music)[None], RATE), model)
    estimate = done.stems["vocals"].read(0, len(voice))
    gain_db = plain_sdr_db(voice[None], estimate) - plain_sdr_db(voice[None], (voice + music)[None])
    assert gain_db > 6


def test_the_replay_follows_the_pinned_clip(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recipe = replace(small_recipe(epochs=12), validation=ValidationSettings())
    reports = list(train(request(data, folder, recipe=recipe, pinned="song 2")))
    run = RunFolder(folder)
    assert run.replay_epochs() == list(range(13))
    files = [r.replay_file for r in reports if isinstance(r, CheckpointReport)]
    assert files == [f"replay/epoch_{epoch:05d}.npz" for epoch in range(13)]
    clip = run.pinned_clip()
    assert clip.name == run.info().pinned == "song 2"
    frames = [run.replay_frame(epoch) for epoch in (0, 12)]
    assert frames[0].mask.dtype == np.uint8
    assert frames[0].mask.shape[0] == 129
    sdr_db = []
    for frame in frames:
        voice, music = stems_of(clip, frame, recipe.stft.stft())
        np.testing.assert_allclose(voice + music, clip.mixture, atol=1e-6)
        sdr_db.append(plain_sdr_db(clip.vocals, voice))
    assert sdr_db[1] > sdr_db[0] + 3


def test_a_run_that_is_stopped_and_resumed_is_the_uninterrupted_one(
    data: Path, tmp_path: Path
) -> None:
    list(train(request(data, tmp_path / "whole")))
    n_asked = 0

    def stop() -> bool:
        nonlocal n_asked
        n_asked += 1
        return n_asked % 4 == 0

    parts = tmp_path / "parts"
    n_stops = 0
    for _ in range(30):
        try:
            list(train(request(data, parts, resume=parts.exists()), stop))
            break
        except Cancelled:
            n_stops += 1
            if RunFolder(parts).has_info:
                assert RunFolder(parts).info().status == "paused"
    assert n_stops > 1
    assert RunFolder(parts).info().status == "finished"
    assert_same_weights(tmp_path / "whole", parts)
    first, second = (
        [replace(r, seconds=0, memory_bytes=0) for r in RunFolder(tmp_path / name).history()]
        for name in ("whole", "parts")
    )
    assert first == second
    assert RunFolder(parts).replay_epochs() == [0, 1, 2, 3]


_CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
import test_run
from core.training import run
run.SAVE_EVERY_S = 0.0
request = test_run.request(Path(sys.argv[1]), Path(sys.argv[2]))
for report in run.train(request):
    if isinstance(report, test_run.StepReport):
        print(report.step, flush=True)
    if isinstance(report, test_run.CheckpointReport):
        print("kept", flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_kill_at_any_moment_and_resume(data: Path, tmp_path: Path) -> None:
    list(train(request(data, tmp_path / "whole")))
    folder = tmp_path / "killed"
    code = _CHILD.format(folder=str(Path(__file__).parent))
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(data), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())},
    )
    assert child.stdout is not None
    lines = []
    for line in child.stdout:
        lines.append(line.strip())
        if lines.count("kept") > 2 and lines[-1].isdigit():
            break
    run = RunFolder(folder)
    assert run.info().status == "running"
    with pytest.raises(DataError, match="running already"):
        list(train(request(data, folder, resume=True)))
    child.send_signal(signal.SIGKILL)
    child.wait(timeout=30)
    child.stdout.close()
    assert json.loads((folder / RUN_FILE).read_text())["status"] == "running"
    assert run.info().status == "paused"  # true all the same
    assert not run.has_model
    list(train(request_of(folder)))
    assert run.info().status == "finished"
    assert_same_weights(tmp_path / "whole", folder)


def test_closing_the_iterator_pauses(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with contextlib.closing(train(request(data, folder))) as reports:
        for report in reports:
            if isinstance(report, StepReport):
                break
        assert RunFolder(folder).info().status == "running"
    assert RunFolder(folder).info().status == "paused"
    assert (folder / STATE_FILE).exists()


def test_a_stopped_run_becomes_a_model(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with contextlib.closing(train(request(data, folder))) as reports:
        for report in reports:
            if isinstance(report, StepReport) and report.epoch == 2:
                break
    card = finish(folder)
    assert RunFolder(folder).info().status == "stopped"
    assert card.training["epochs"] == 1
    assert load_model(folder / "model").card == card
    # and it can still go on
    list(train(request_of(folder)))
    assert RunFolder(folder).info().status == "finished"
    assert load_model(folder / "model").card.training["epochs"] == 3


def test_nothing_is_made_of_what_has_not_learnt(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with contextlib.closing(train(request(data, folder))) as reports:
        for report in reports:
            if isinstance(report, CheckpointReport):
                break
    with pytest.raises(DataError, match="not learnt anything yet"):
        finish(folder)
    assert RunFolder(folder).info().status == "paused"
    with pytest.raises(DataError):
        finish(tmp_path / "absent")
    assert not (tmp_path / "absent").exists()


def test_what_failed_says_why_and_keeps_the_last_checkpoint(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"

    def full(self: object) -> None:
        raise OutputError("“{name}” cannot be written: the disk is full.", name="state")

    with contextlib.closing(train(request(data, folder))) as reports:
        for report in reports:
            if isinstance(report, CheckpointReport) and report.epoch == 1:
                break
        kept = (folder / STATE_FILE).read_bytes()
        monkeypatch.setattr(run_module.Trainer, "save", full)
        with pytest.raises(OutputError, match="disk is full"):
            list(reports)
    info = RunFolder(folder).info()
    assert info.status == "failed"
    assert "disk is full" in info.message
    assert (folder / STATE_FILE).read_bytes() == kept
    monkeypatch.undo()
    list(train(request_of(folder)))
    assert RunFolder(folder).info().status == "finished"


def test_nothing_is_overwritten_and_refusals_leave_no_trace(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (tmp_path / "empty").mkdir()
    for bad in (
        request(tmp_path / "absent", folder),
        request(tmp_path / "empty", folder),
        request(data, folder, pinned="song 22"),
        request(data, folder, layout="odd"),
    ):
        with pytest.raises((DataError, UsageError)):
            list(train(bad))
        assert not folder.exists()
    with pytest.raises(UsageError, match="Did you mean “song 2”"):
        list(train(request(data, folder, pinned="song 22")))
    list(train(request(data, folder)))
    before = (folder / RUN_FILE).read_bytes()
    with pytest.raises(OutputError, match="holds a training already"):
        list(train(request(data, folder)))
    assert (folder / RUN_FILE).read_bytes() == before


def test_going_on_with_something_else_is_refused(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    list(train(request(data, folder)))
    other = request(data, folder, resume=True, recipe=small_recipe(learning_rate=1e-3))
    with pytest.raises(DataError, match=r"optimiser\.learning_rate was 0\.003 and is now 0\.001"):
        list(train(other))
    (data / "song 1").rename(data / "song 9")
    with pytest.raises(DataError, match="data have changed"):
        list(train(request_of(folder)))
    assert RunFolder(folder).info().status == "finished"


def test_validation_on_another_folder(data: Path, tmp_path: Path) -> None:
    other = write_songs(tmp_path / "others", 2)
    folder = tmp_path / "run"
    list(train(request(data, folder, recipe=small_recipe(epochs=1), validation_data=other)))
    info = RunFolder(folder).info()
    assert len(info.training) == 4
    assert info.validation == ("song 0", "song 1")
    card = load_model(folder / "model").card
    assert card.training["validation"]["data"] == "others"
    assert request_of(folder).validation_data == other


def test_unusable_clips_are_left_out_by_name(data: Path, tmp_path: Path) -> None:
    soundfile.write(data / "song 3" / "vocals.wav", np.zeros(RATE), RATE)
    (data / "song 2" / "vocals.wav").write_text("words")
    folder = tmp_path / "run"
    recipe = replace(small_recipe(epochs=1), validation=ValidationSettings())
    list(train(request(data, folder, recipe=recipe)))
    info = RunFolder(folder).info()
    assert info.training == ("song 0", "song 1")
    assert {name for name, _ in info.left_out} == {"song 2", "song 3"}
    assert not (folder / HISTORY_FILE).read_text().count('"gnsdr_db": 1')
    assert load_model(folder / "model").card.training["left_out"]


def test_a_training_begins_with_a_model(tmp_path: Path) -> None:
    songs = write_songs(tmp_path / "songs")
    recipe = small_recipe(epochs=3, average_decay=0.0)
    for _ in train(TrainRequest(songs, recipe, tmp_path / "first")):
        pass
    model = tmp_path / "first" / "model"
    still = replace(recipe.optimiser, epochs=1, learning_rate=1e-8, warm_up_steps=0)
    more = replace(recipe, optimiser=still)
    for _ in train(TrainRequest(songs, more, tmp_path / "second", begin_with=model)):
        pass
    first, second = (load_model(tmp_path / name / "model") for name in ("first", "second"))
    for name, weights in first.weights.items():
        torch.testing.assert_close(second.weights[name], weights, atol=2e-3, rtol=0)
    begun = second.card.training["begun_with"]
    assert begun["sha256"] == first.card.sha256
    assert begun["training"]["epochs"] == 3

    arguments = recipe.network.arguments | {"hidden": [5, 6]}
    other = replace(recipe, network=NetworkSettings("recurrent", arguments))
    request = TrainRequest(songs, other, tmp_path / "third", begin_with=model)
    with pytest.raises(UsageError, match=r"arguments\.hidden"):
        next(iter(r for r in train(request) if isinstance(r, StepReport)))


def test_a_singer_is_left_out(tmp_path: Path) -> None:
    for k, name in enumerate(("amy_1_01", "amy_2_01", "bob_1_01", "bob_1_02")):
        parts = [tones(p, 1.0, k) for p in ([200, 450], [1300, 2600])]
        (tmp_path / "clips").mkdir(exist_ok=True)
        soundfile.write(tmp_path / "clips" / f"{name}.wav", np.stack(parts, axis=1), RATE)
    recipe = replace(small_recipe(epochs=1), validation=ValidationSettings(singer="bob"))
    request = TrainRequest(tmp_path / "clips", recipe, tmp_path / "run", layout="mir1k")
    for _ in train(request):
        pass
    info = RunFolder(tmp_path / "run").info()
    assert info.training == ("amy_1_01", "amy_2_01")
    assert info.validation == ("bob_1_01", "bob_1_02")
