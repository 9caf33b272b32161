"""Several processes, one training."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from core.card import NetworkSettings, StftSettings
from core.errors import UsageError
from core.training.distribution import refuse_undistributable, share_of_environment
from core.training.recipe import OptimiserSettings, Recipe, ValidationSettings
from core.training.request import TrainRequest
from core.training.run import train
from core.training.run_folder import STATE_FILE, RunFolder
from core.training.state import read_state

RATE = 8000
N_STEPS = 50

_PROCESS = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
import torch
torch.set_num_threads(1)
import test_distribution
from core.training.distribution import joined, share_of_environment
from core.training.run import train
share = share_of_environment()
request = test_distribution.request(Path(sys.argv[1]), Path(sys.argv[2]))
stop_at = int(sys.argv[3])
step = 0
with joined("cpu"):
    for report in train(request, lambda: share.rank == 1 and 0 < stop_at <= step, share):
        step = getattr(report, "step", step)
"""


def request(data: Path, folder: Path) -> TrainRequest:
    """Three sequences a batch, so that two processes have parts of different sizes."""
    arguments = {"n_bins": 65, "hidden": [16, 16], "recurrent_layers": [2], "context_frames": 3}
    recipe = Recipe(
        model_id="small",
        title="Small",
        description="For tests.",
        terms="none",
        sample_rate=RATE,
        stft=StftSettings(128, 64),
        network=NetworkSettings("recurrent", arguments),
        optimiser=OptimiserSettings(
            steps=N_STEPS,
            batch_sequences=3,
            sequence_frames=20,
            learning_rate=1e-3,
            warm_up_steps=2,
            schedule="plateau",
        ),
        validation=ValidationSettings(share=0.2, every_epochs=3),
    )
    return TrainRequest(data, recipe, folder, resume=folder.exists())


def write_songs(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    for k in range(5):
        (folder / f"song {k}").mkdir(parents=True)
        for source in ("vocals", "accompaniment"):
            soundfile.write(folder / f"song {k}" / f"{source}.wav", rng.normal(0, 0.1, RATE), RATE)
    return folder


def run_two(data: Path, folder: Path, stop_at: int = 0) -> list[int]:
    """Train in two real processes over gloo; their exit codes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    code = _PROCESS.format(folder=str(Path(__file__).parent))
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(data), str(folder), str(stop_at)],
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
                "WORLD_SIZE": "2",
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": port,
                "OMP_NUM_THREADS": "1",
            },
        )
        for rank in range(2)
    ]
    errors = [child.communicate(timeout=180)[1] for child in children]
    codes = [child.returncode for child in children]
    if stop_at == 0:
        assert codes == [0, 0], errors
    return codes


def averages(folder: Path) -> dict[str, torch.Tensor]:
    return read_state(folder / STATE_FILE)[0]


def test_two_processes_agree_with_one(tmp_path: Path) -> None:
    data = write_songs(tmp_path / "data")
    list(train(request(data, tmp_path / "one")))
    two = tmp_path / "two"
    # stopped by the second process at some batch, then gone on with
    assert run_two(data, two, stop_at=20) != [0, 0]
    assert RunFolder(two).info().status == "paused"
    run_two(data, two)
    info, history = RunFolder(two).info(), RunFolder(two).history()
    assert info.status == "finished"
    assert history[-1].step == N_STEPS
    for own, other in zip(RunFolder(tmp_path / "one").history(), history, strict=True):
        assert own.loss == pytest.approx(other.loss, abs=1e-4)
        assert (own.epoch, own.step) == (other.epoch, other.step)
    expected, found = averages(tmp_path / "one"), averages(two)
    assert expected.keys() == found.keys()
    for name in (name for name in expected if name.startswith(("network/", "average/"))):
        torch.testing.assert_close(found[name], expected[name], rtol=0, atol=1e-4)
    assert RunFolder(two).has_model
    assert RunFolder(two).replay_epochs()[0] == 0


def test_what_cannot_be_distributed_is_refused_by_name(tmp_path: Path) -> None:
    recipe = request(tmp_path, tmp_path).recipe
    lbfgs = replace(recipe, optimiser=OptimiserSettings(method="lbfgs"))
    with pytest.raises(UsageError, match="L-BFGS"):
        refuse_undistributable(lbfgs, 2)
    arguments = {**recipe.network.arguments, "normalisation": "batch"}
    batch = replace(recipe, network=replace(recipe.network, arguments=arguments))
    with pytest.raises(UsageError, match="Batch normalisation"):
        refuse_undistributable(batch, 2)
    with pytest.raises(UsageError, match="4 processes"):
        refuse_undistributable(recipe, 4)
    refuse_undistributable(recipe, 3)


def test_the_environment_says_who_takes_part(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    assert share_of_environment() is None
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert share_of_environment() is None
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="RANK, MASTER_ADDR, MASTER_PORT"):
        share_of_environment()
    for name, value in (("RANK", "1"), ("MASTER_ADDR", "127.0.0.1"), ("MASTER_PORT", "29500")):
        monkeypatch.setenv(name, value)
    share = share_of_environment()
    assert share is not None
    assert (share.rank, share.n_ranks) == (1, 2)
    monkeypatch.setenv("RANK", "2")
    with pytest.raises(UsageError, match="RANK"):
        share_of_environment()
    monkeypatch.setenv("WORLD_SIZE", "two")
    with pytest.raises(UsageError, match="two"):
        share_of_environment()
