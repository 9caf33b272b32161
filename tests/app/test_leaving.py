"""The program ends properly even while a computation does not come to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CODE = """
import sys, threading
from dataclasses import dataclass
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import app.jobs, app.session
from app.__main__ import main

begun = threading.Event()

@dataclass(frozen=True)
class Stuck:
    title: str = "a batch that takes long"

    def run(self, should_stop):
        begun.set()
        threading.Event().wait(60)
        yield

def warm_up(self, modules=tuple):
    self.jobs.submit(Stuck(), app.jobs.Priority.QUEUE)
    leave()

app.session.Session.warm_up = warm_up
bounded = app.jobs.JobRunner.shutdown
app.jobs.JobRunner.shutdown = lambda self: bounded(self, 0.2)

def leave():
    if begun.is_set():
        QApplication.closeAllWindows()
    else:
        QTimer.singleShot(50, leave)

sys.exit(main([]))
"""


def test_a_batch_that_takes_long_does_not_abort_the_program(tmp_path: Path) -> None:
    environment = os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    result = subprocess.run(
        [sys.executable, "-c", CODE],
        env=environment, capture_output=True, text=True, timeout=60, cwd=ROOT,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
