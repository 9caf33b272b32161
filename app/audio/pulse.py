"""What a PulseAudio or PipeWire server offers, monitors among it, which PortAudio does not list.

Through ALSA, PortAudio knows such a server as one device, ``pulse``. Which of the server's sources
and sinks that is, is said by the environment when a stream is opened.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Direction = Literal["input", "output"]

ALSA_NAME = "pulse"
_TIMEOUT_S = 3.0
_VARIABLES = {"input": "PULSE_SOURCE", "output": "PULSE_SINK"}
_lock = threading.Lock()


@dataclass(frozen=True)
class PulseDevice:
    """A source or sink of the server; ``monitor_of`` is the sink that a monitor listens to."""

    name: str
    description: str
    sample_rate: int
    n_channels: int
    is_default: bool = False
    monitor_of: str = ""


def pulse_devices(direction: Direction) -> list[PulseDevice]:
    """The server's sources or sinks; empty without a server or its tool ``pactl``.

    Takes some milliseconds, and three seconds where the server hangs: not for the window's thread.
    """
    if not sys.platform.startswith("linux") or shutil.which("pactl") is None:
        return []
    kind = "source" if direction == "input" else "sink"
    default = _asked("info").get(f"default_{kind}_name", "")
    listed = _asked("list", f"{kind}s")
    return [_device(entry, default) for entry in listed] if isinstance(listed, list) else []


@contextlib.contextmanager
def chosen(direction: Direction, name: str) -> Iterator[None]:
    """Streams opened on the ALSA device ``pulse`` inside belong to the source or sink ``name``.

    The environment is the process's: others wait meanwhile.
    """
    variable = _VARIABLES[direction]
    with _lock:
        before = os.environ.get(variable)
        os.environ[variable] = name
        try:
            yield
        finally:
            if before is None:
                del os.environ[variable]
            else:
                os.environ[variable] = before


def _asked(*words: str) -> Any:
    """What ``pactl`` answers, as data; an empty dictionary where it does not."""
    try:
        done = subprocess.run(
            ["pactl", "--format=json", *words],
            capture_output=True,
            timeout=_TIMEOUT_S,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            check=True,
        )
        return json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):  # among them: too old for JSON
        return {}


def _device(entry: dict[str, Any], default: str) -> PulseDevice:
    # "float32le 2ch 44100Hz"
    words = str(entry.get("sample_specification", "")).split()
    counts = [int(word.rstrip("chHz")) for word in words[1:] if word.rstrip("chHz").isdigit()]
    n_channels, rate = counts if len(counts) == 2 else (2, 44100)
    name = str(entry.get("name", ""))
    return PulseDevice(
        name,
        str(entry.get("description") or name),
        rate,
        n_channels,
        name == default,
        str(entry.get("monitor_source") or "") if name.endswith(".monitor") else "",
    )
