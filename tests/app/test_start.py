"""A fresh start: no torch before the window is up, and sharp at 200 %."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CODE = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app import settings, theme
from app.audio.player import Player
from app.main_window import MainWindow
from app.session import Session
settings.use_file(Path(sys.argv[1]) / "s.ini")
app = QApplication([])
theme.set_theme("dark")
window = MainWindow(Session(settings.SessionMemory()), Player())
window.resize(1280, 800)
window.show()
app.processEvents()
picture = window.grab()
assert "torch" not in sys.modules, "torch was loaded before the window was up"
print(picture.width(), picture.height(), picture.devicePixelRatio())
window.close()
"""


def start(folder: Path, scale: str) -> str:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale}
    result = subprocess.run(
        [sys.executable, "-c", CODE, str(folder)],
        env=environment, capture_output=True, text=True, timeout=60,
        cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_the_window_is_up_before_torch(tmp_path: Path) -> None:
    assert start(tmp_path, "1") == "1280 800 1.0"


def test_at_200_percent_it_is_drawn_with_twice_the_pixels(tmp_path: Path) -> None:
    assert start(tmp_path, "2") == "2560 1600 2.0"
