"""A fresh start: quick, no torch before the window is up, and sharp at 200 %."""

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
slow = {"torch", "scipy", "av", "pyqtgraph", "app.panels.training.page"} & set(sys.modules)
assert not slow, f"loaded before the window was up: {slow}"
print(picture.width(), picture.height(), picture.devicePixelRatio())
window.close()
"""


ROOT = Path(__file__).resolve().parents[2]


def cpu_s_of_children() -> float:
    """What ended processes took of the processor: their time, however busy the machine is."""
    times = os.times()
    return times.children_user + times.children_system


def start(folder: Path, scale: str) -> str:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": scale}
    result = subprocess.run(
        [sys.executable, "-c", CODE, str(folder)],
        env=environment, capture_output=True, text=True, timeout=60,
        cwd=ROOT,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_the_window_is_up_before_torch_in_a_second_and_a_half(tmp_path: Path) -> None:
    before_s = cpu_s_of_children()
    assert start(tmp_path, "1") == "1280 800 1.0"
    assert cpu_s_of_children() - before_s < 1.5


def test_help_answers_at_once() -> None:
    before_s = cpu_s_of_children()
    command = [sys.executable, "-m", "app.cli", "--help"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "separate" in result.stdout
    assert cpu_s_of_children() - before_s < 0.3


def test_at_200_percent_it_is_drawn_with_twice_the_pixels(tmp_path: Path) -> None:
    assert start(tmp_path, "2") == "2560 1600 2.0"
