"""Sound devices of the tests' own: two null sinks, one to listen to and one to play to."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

SINK_RATE = 44100
FORMAT = ["--format=float32le", f"--rate={SINK_RATE}", "--channels=2", "--raw"]


def _await(condition: Callable[[], bool], what: str, timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s} s for {what}")
        os.sched_yield()


class TwoSinks:
    """A PulseAudio daemon with the sinks "song" and "phones", and ``PULSE_SERVER`` set to it."""

    def __init__(self, folder: Path) -> None:
        socket = folder / "native"
        script = folder / "server.pa"
        sink = f"rate={SINK_RATE} channels=2 format=float32le norewinds=1\n"
        script.write_text(
            f"load-module module-native-protocol-unix socket={socket} auth-anonymous=1\n"
            f"load-module module-null-sink sink_name=song {sink}"
            f"load-module module-null-sink sink_name=phones {sink}"
            "set-default-sink phones\nset-default-source song.monitor\n"
        )
        names = ("HOME", "XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH")
        self.folder = folder
        self.process = subprocess.Popen(
            ["pulseaudio", "-n", "-F", str(script), "--daemonize=no", "--exit-idle-time=-1",
             "--disable-shm=yes", "--use-pid-file=no"],
            env={**os.environ, **dict.fromkeys(names, str(folder))},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _await(socket.exists, "PulseAudio")
        os.environ["PULSE_SERVER"] = f"unix:{socket}"
        self._programs: list[subprocess.Popen[bytes]] = []

    def play(self, samples: NDArray[np.float32]) -> None:
        """Another program plays ``samples`` ``(2, n)`` to "song"; it has a long buffer."""
        path = self.folder / "played.raw"
        path.write_bytes(np.ascontiguousarray(samples.T, np.float32).tobytes())
        command = ["pacat", "--playback", "--device=song", *FORMAT, "--latency-msec=500", str(path)]
        self._programs.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))

    def record(self, *sinks: str) -> list[Recording]:
        """Record what ``sinks`` play from now on."""
        recordings = []
        for sink in sinks:
            path = self.folder / f"{sink}.raw"
            with path.open("wb") as file:
                command = ["parec", f"--device={sink}.monitor", *FORMAT, "--latency-msec=20"]
                self._programs.append(
                    subprocess.Popen(command, stdout=file, stderr=subprocess.DEVNULL)
                )
            recordings.append(Recording(path))
        for recording in recordings:
            _await(lambda r=recording: r.n_frames > SINK_RATE // 10, "the recorder")
        return recordings

    def silence(self) -> None:
        """End all programs that play or record."""
        for program in self._programs:
            program.kill()
            program.wait(10)
        self._programs.clear()

    def stop(self) -> None:
        self.silence()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


class Recording:
    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def n_frames(self) -> int:
        return os.stat(self.path).st_size // 8

    def heard(self) -> NDArray[np.float32]:
        """All frames so far, ``(2, n_frames)``."""
        data = self.path.read_bytes()
        return np.frombuffer(data[: len(data) // 8 * 8], np.float32).reshape(-1, 2).T


def _server() -> Iterator[TwoSinks]:
    for program in ("pulseaudio", "parec", "pacat", "pactl"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    try:
        import sounddevice  # noqa: F401
    except OSError:
        pytest.skip("PortAudio is not installed")
    before = os.environ.get("PULSE_SERVER")
    with tempfile.TemporaryDirectory(prefix="stemscope-live-") as folder:
        server = TwoSinks(Path(folder))
        try:
            yield server
        finally:
            server.stop()
            if before is None:
                del os.environ["PULSE_SERVER"]
            else:
                os.environ["PULSE_SERVER"] = before


@pytest.fixture(scope="module")
def sinks() -> Iterator[TwoSinks]:
    """A server for the tests of one module; skips, saying so, where there is none."""
    yield from _server()


@pytest.fixture
def doomed_sinks() -> Iterator[TwoSinks]:
    """A server for one test, to be killed."""
    yield from _server()


@pytest.fixture(scope="session")
def causal_model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that keeps the bins below 1 kHz for the voice: one layer, set by hand."""
    import torch

    from core.card import Card, ChunkSettings, NetworkSettings, StftSettings
    from core.checkpoint import save_model
    from core.features import LevelSettings
    from core.networks import build_network

    n_bins, cut = 129, 32
    arguments = {"n_bins": n_bins, "hidden": [4], "recurrent_layers": [1], "context_frames": 1}
    network = build_network("recurrent", arguments)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        low = (torch.arange(n_bins) < cut).float()
        network.output.bias.copy_(torch.cat([low, 1 - low]))  # type: ignore[operator]
    card = Card(
        "halves", "Halves", "Low is voice, high is music.", "none", ("vocals", "accompaniment"),
        8000, StftSettings(256, 128), LevelSettings(),
        ChunkSettings(100, 60, 0, 6), NetworkSettings("recurrent", arguments),
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("live models") / "halves"
    save_model(card, network.state_dict(), folder)
    return folder
