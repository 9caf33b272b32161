"""The songs that ``bench`` writes in compressed formats."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.bench.stages import FORMATS


@pytest.mark.parametrize("audio_format", FORMATS)
def test_a_minute_can_be_written_in_every_format(tmp_path: Path, audio_format: str) -> None:
    """In one piece a minute of Vorbis ended the program; so it is tried in another process."""
    rate = 44_100
    noise = np.random.default_rng(0).normal(0.0, 0.1, (60 * rate, 2))
    soundfile.write(tmp_path / "song.wav", noise, rate, subtype="PCM_16")
    code = (
        "import sys; from pathlib import Path; from app.bench.stages import _write_again; "
        "assert _write_again(Path(sys.argv[1]), Path(sys.argv[2])) == 60.0"
    )
    song = tmp_path / f"song.{audio_format}"
    command = [sys.executable, "-c", code, str(tmp_path / "song.wav"), str(song)]
    assert subprocess.run(command, check=False).returncode == 0
    assert abs(soundfile.info(song).duration - 60.0) < 0.1
