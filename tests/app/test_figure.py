"""The figure of a separated song: what is in it, its size, and that it is written whole."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from app.figure import N_COLUMNS_MAX, N_ROWS, draw, mask_picture
from core.audio import ArrayAudio, Audio
from core.errors import Cancelled, OutputError
from core.masks import Mask
from core.spectrogram.frequency import FrequencyScale

RATE = 16000


def _song(seconds: float = 2.0, n_channels: int = 2) -> ArrayAudio:
    t = np.arange(round(seconds * RATE)) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 440 * t)
    return ArrayAudio(np.tile(tone, (n_channels, 1)), RATE)


def _mask(n_frames: int) -> Mask:
    mask = Mask.empty(2, n_frames, 8000, 128, 256)
    mask.values[..., n_frames // 2 :] = 1.0
    mask.above[..., n_frames // 2 :] = 1.0
    return mask


def _draw(path: Path, song: Audio, title: str = "Song", **options: object) -> None:
    n_frames = 1 + int(song.n_samples / RATE * 8000 / 128)
    draw(path, title, song, {"vocals": song, "accompaniment": song}, _mask(n_frames), **options)


@pytest.mark.parametrize("title", ["Song", "Ångström $x_1$ & co.", "x" * 300])
def test_figure_is_a_png(tmp_path: Path, title: str) -> None:
    fractions: list[float] = []
    path = tmp_path / "new" / "figure.png"
    _draw(path, _song(), title, progress=fractions.append)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert os.listdir(path.parent) == ["figure.png"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


@pytest.mark.parametrize("n_samples", [1, 100])
def test_shortest_songs(tmp_path: Path, n_samples: int) -> None:
    song = ArrayAudio(np.full((1, n_samples), 0.1), RATE)
    _draw(tmp_path / "figure.png", song)
    silence = ArrayAudio(np.zeros((1, n_samples)), RATE)
    _draw(tmp_path / "silence.png", silence)
    assert len(os.listdir(tmp_path)) == 2


def test_mask_is_pooled_over_time() -> None:
    scale = FrequencyScale.of_kind("mel", RATE)
    n_frames = 40 * N_COLUMNS_MAX
    song = ArrayAudio(np.zeros((1, int(n_frames * 128 / 8000 * RATE))), RATE)
    picture = mask_picture(_mask(n_frames), song, scale, 100)
    assert picture.shape == (N_ROWS, 100)
    assert (picture[:, :49] == 1).all()
    assert (picture[:, 51:] == 255).all()


def test_long_songs_are_read_in_blocks(tmp_path: Path) -> None:
    class Long:
        sample_rate, n_channels, n_samples = RATE, 1, 30 * 60 * RATE
        longest_read = 0

        def read(self, start: int, stop: int) -> np.ndarray:
            self.longest_read = max(self.longest_read, stop - start)
            return np.full((1, stop - start), 0.1, np.float32)

    song = Long()
    _draw(tmp_path / "figure.png", song)
    assert song.longest_read < 60 * RATE


def test_stop_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        _draw(tmp_path / "figure.png", _song(), should_stop=lambda: True)
    assert os.listdir(tmp_path) == []


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "song").write_text("in the way")
    with pytest.raises(OutputError, match="figure"):
        _draw(tmp_path / "song" / "figure.png", _song())
