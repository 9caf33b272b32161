"""Runs first in the packaged program: sounddevice finds the PortAudio that lies in the folder.

It asks the system for the library by name; on a machine without PortAudio only this folder has it.
"""

from __future__ import annotations

import ctypes.util
import sys
from pathlib import Path

_find_in_system = ctypes.util.find_library


def find_library(name: str) -> str | None:
    if name == "portaudio":
        for path in sorted(Path(sys._MEIPASS).glob("libportaudio*")):  # type: ignore[attr-defined]
            return str(path)
    return _find_in_system(name)


ctypes.util.find_library = find_library
