"""A sound device of the tests' own: a PulseAudio server with a null sink that is recorded."""

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


def _await(condition: Callable[[], bool], what: str, timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s} s for {what}")
        os.sched_yield()


class PulseServer:
    """A PulseAudio daemon in a folder of its own, and ``PULSE_SERVER`` pointing at it."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "native"
        script = folder / "server.pa"
        script.write_text(
            f"load-module module-native-protocol-unix socket={self.socket} auth-anonymous=1\n"
            f"load-module module-null-sink sink_name=test rate={SINK_RATE} channels=2 "
            "format=float32le norewinds=1\n"
            "set-default-sink test\nset-default-source test.monitor\n"
        )
        names = ("HOME", "XDG_RUNTIME_DIR", "PULSE_RUNTIME_PATH", "PULSE_STATE_PATH")
        self.process = subprocess.Popen(
            ["pulseaudio", "-n", "-F", str(script), "--daemonize=no", "--exit-idle-time=-1",
             "--disable-shm=yes", "--use-pid-file=no"],
            env={**os.environ, **dict.fromkeys(names, str(folder))},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _await(self.socket.exists, "PulseAudio")
        os.environ["PULSE_SERVER"] = f"unix:{self.socket}"

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


class Recorder:
    """Records what the null sink plays, from ``start`` on; ``heard`` is what came so far."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        self._process = subprocess.Popen(
            ["parec", "--device=test.monitor", "--format=float32le", f"--rate={SINK_RATE}",
             "--channels=2", "--latency-msec=20", "--raw"],
            stdout=self._file,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _await(lambda: self.n_frames > SINK_RATE // 10, "the recorder")

    @property
    def n_frames(self) -> int:
        return os.fstat(self._file.fileno()).st_size // 8

    def heard(self) -> NDArray[np.float32]:
        """All frames so far, ``(2, n_frames)``."""
        data = os.pread(self._file.fileno(), self.n_frames * 8, 0)
        return np.frombuffer(data, np.float32).reshape(-1, 2).T

    def stop(self) -> NDArray[np.float32]:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(10)
        return self.heard()

    def close(self) -> None:
        self.stop()
        self._file.close()


def _pulse_environment() -> Iterator[PulseServer]:
    for program in ("pulseaudio", "parec"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    try:
        import sounddevice  # noqa: F401
    except OSError:
        pytest.skip("PortAudio is not installed")
    before = os.environ.get("PULSE_SERVER")
    with tempfile.TemporaryDirectory(prefix="stemscope-pulse-") as folder:
        server = PulseServer(Path(folder))
        try:
            yield server
        finally:
            server.stop()
            if before is None:
                del os.environ["PULSE_SERVER"]
            else:
                os.environ["PULSE_SERVER"] = before


@pytest.fixture(scope="module")
def pulse() -> Iterator[PulseServer]:
    """A server for the tests of one module; skips, saying so, where there is none."""
    yield from _pulse_environment()


@pytest.fixture
def doomed_pulse() -> Iterator[PulseServer]:
    """A server for one test, to be killed."""
    yield from _pulse_environment()


@pytest.fixture
def recorder(pulse: PulseServer) -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()
