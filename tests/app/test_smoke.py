"""The whole program once, as its users start it: drop, separation, export, exit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

DEMO = Path(__file__).resolve().parents[2] / "resources" / "demo" / "demo.flac"


def test_program_separates_the_demo_and_quits(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    # An empty home: nothing remembered or cached helps.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("XDG_")}
    environment |= {"QT_QPA_PLATFORM": "offscreen", "HOME": str(home), "APPDATA": str(home)}
    result = subprocess.run(
        [sys.executable, "-m", "app", "--smoke", str(out)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    report = json.loads((out / "smoke.json").read_text(encoding="utf-8"))
    assert report["gain_db"] == 0.0
    mixture, rate = soundfile.read(DEMO, dtype="float64")
    vocals, vocals_rate = soundfile.read(out / "vocals.wav", dtype="float64")
    accompaniment, _ = soundfile.read(out / "accompaniment.wav", dtype="float64")
    assert vocals_rate == rate
    assert np.max(np.abs(mixture - vocals - accompaniment)) < 1e-5
    assert "Traceback" not in result.stderr
