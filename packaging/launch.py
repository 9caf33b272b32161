"""Open a song in the window, or separate it by command line where there is no display.

Called by ``make run``. The song comes in ``STEMSCOPE_SONG`` (never through a shell, so any name
works); without it the demo song is used. Without a display the same job is done by command line,
into ``out/``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO_SONG = ROOT / "resources" / "demo" / "demo.flac"
OUTPUT = "out"


def why_no_window() -> str | None:
    """Why no window can be opened here, in words, or None if one can."""
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in ("offscreen", "minimal", "vnc"):
        return f"QT_QPA_PLATFORM is {os.environ['QT_QPA_PLATFORM']}"
    if not sys.platform.startswith("linux"):
        return None
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "there is no display here"
    # Qt ends the whole process when it cannot connect, so another one tries first.
    probe = "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"
    try:
        result = subprocess.run([sys.executable, "-c", probe], capture_output=True, timeout=30)
    except subprocess.TimeoutExpired:
        return "the display does not answer"
    return "the display cannot be reached" if result.returncode != 0 else None


def main() -> int:
    given = os.environ.get("STEMSCOPE_SONG", "")
    song = Path(given).expanduser() if given else None
    if song is not None and not song.exists():
        print(f"There is no file “{song}”. Give the path of a song: make run SONG=path")
        return 2
    reason = why_no_window()
    if reason is None:
        arguments = ["app", str(song.resolve()) if song else "--demo"]
    else:
        target = song or DEMO_SONG
        print(
            f"No window: {reason}. Separating “{target.name}” into {OUTPUT}/ instead.", flush=True
        )
        options = ["-o", OUTPUT, "--figure", "--overwrite"]
        arguments = ["app.cli", "separate", str(target.resolve()), *options]
    try:
        return subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
