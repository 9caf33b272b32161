"""Without PortAudio, or without any device, the program says what is missing and goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SILENT_PLAYER = """
import numpy as np
from PySide6.QtCore import QCoreApplication
from app.audio.player import Player, PlayerState
from core.audio import ArrayAudio
app = QCoreApplication([])
player = Player()
said = []
player.failed.connect(said.append)
song = ArrayAudio(np.zeros((2, 44100)), 44100)
player.set_sources(song, {"vocals": song})
player.set_ready(44100)
player.set_loop((100, 20000)); player.set_gain_db("vocals", -3.0); player.set_original(True)
player.play()
assert player.state is PlayerState.STOPPED, player.state
assert not player.available and player.devices() == []
player.seek(1234)
assert player.position() == 1234 and player.levels()["master"] == (-120.0, -120.0)
player.refresh_devices(); player.close()
import sys
assert "torch" not in sys.modules and "PySide6.QtWidgets" not in sys.modules
print(said[0])
"""


def run(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_no_portaudio_names_the_package() -> None:
    blocked = (
        "import ctypes.util, sys\n"
        "ctypes.util.find_library = lambda name: None\n"
        "sys.modules['_sounddevice_data'] = None\n"
        "sys.platform != 'linux' and sys.modules.__setitem__('sounddevice', None)\n"
    )
    said = run(blocked + SILENT_PLAYER)
    if sys.platform == "linux":
        assert "libportaudio2" in said


@pytest.mark.skipif(
    sys.platform != "linux" or Path("/proc/asound/cards").exists(),
    reason="this machine may have a sound card",
)
def test_no_device_says_so() -> None:
    assert "No sound output" in run(SILENT_PLAYER, PULSE_SERVER="unix:/nonexistent/native")
