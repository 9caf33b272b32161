"""Start the packaged program without a screen and see that it separates the demo song.

``python packaging/smoke.py dist/stemscope`` (the folder that ``make package`` built). The program
runs with an empty home, so that nothing remembered or cached helps it. The stems must be there, be
different and sum to the song.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

DEMO = Path(__file__).resolve().parent.parent / "resources" / "demo"
SUM_DB = -90.0


def level_db(signal: np.ndarray) -> float:
    return 20 * math.log10(float(np.max(np.abs(signal))) + 1e-12)


def check_stems(folder: Path) -> list[str]:
    """What is wrong with the stems that lie in ``folder``, in words."""
    report = json.loads((folder / "smoke.json").read_text(encoding="utf-8"))
    print(f"  {report}")
    mixture, rate = soundfile.read(DEMO / "demo.flac", dtype="float64")
    vocals, vocals_rate = soundfile.read(folder / "vocals.wav", dtype="float64")
    accompaniment, _ = soundfile.read(folder / "accompaniment.wav", dtype="float64")
    if vocals.shape != mixture.shape or vocals_rate != rate:
        return [f"the voice has {vocals.shape} samples, the song {mixture.shape}"]
    difference = level_db(
        mixture * 10 ** (report["gain_db"] / 20) - vocals - accompaniment
    ) - level_db(mixture)
    true_voice, _ = soundfile.read(DEMO / "vocals.flac", dtype="float64")
    before = np.sum(true_voice**2) / np.sum((mixture - true_voice) ** 2)
    after = np.sum(true_voice**2) / np.sum((vocals - true_voice) ** 2)
    print(
        f"  stems minus song: {difference:.1f} dB; voice {10 * math.log10(after / before):+.1f} dB"
    )
    problems = []
    if difference > SUM_DB:
        problems.append(f"the stems miss the song by {difference:.1f} dB")
    if after <= before:
        problems.append("the voice is no clearer than the song")
    return problems


def main() -> int:
    program = Path(sys.argv[1] if len(sys.argv) > 1 else "dist/stemscope").resolve()
    suffix = ".exe" if sys.platform == "win32" else ""
    with tempfile.TemporaryDirectory() as name:
        home, out = Path(name, "home"), Path(name, "out")
        home.mkdir()
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "XDG_", "LD_"))}
        places = {"HOME": str(home), "USERPROFILE": str(home), "APPDATA": str(home)}
        environment = {**keep, **places, "QT_QPA_PLATFORM": "offscreen"}
        steps = (
            (f"stemscope-cli{suffix}", "--version"),
            (f"stemscope-cli{suffix}", "models"),
            (f"stemscope{suffix}", "--smoke", str(out)),
        )
        for command, *arguments in steps:
            print(f"{command} {' '.join(arguments)}", flush=True)
            started_s = time.monotonic()
            result = subprocess.run(
                [program / command, *arguments], cwd=home, env=environment, timeout=600
            )
            print(
                f"  exit {result.returncode} after {time.monotonic() - started_s:.1f} s", flush=True
            )
            if result.returncode != 0:
                return 1
        problems = check_stems(out)
    print("The packaged program works." if not problems else "Wrong: " + "; ".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
