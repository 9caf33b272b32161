"""A signal with patches over it: read anywhere, taken off without a trace."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from core.audio import ArrayAudio
from core.audio.patched import PatchedAudio

RATE = 8000


def test_random_patches_read_as_if_written_into_an_array(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(2, 1000)).astype(np.float32)
    audio, expected = PatchedAudio(ArrayAudio(samples, RATE), tmp_path), samples.copy()
    for _ in range(200):
        start, stop = sorted(rng.integers(0, 1001, 2).tolist())
        if rng.random() < 0.6:
            block = rng.normal(size=(2, stop - start)).astype(np.float32)
            audio.write(start, block)
            expected[:, start:stop] = block
        else:
            audio.revert(start, stop)
            expected[:, start:stop] = samples[:, start:stop]
        a, b = sorted(rng.integers(0, 1001, 2).tolist())
        np.testing.assert_array_equal(audio.read(a, b), expected[:, a:b])
    audio.revert(0, 1000)
    assert not audio.patched
    np.testing.assert_array_equal(audio.read(0, 1000), samples)


def test_without_patches_there_is_no_file(tmp_path: Path) -> None:
    audio = PatchedAudio(ArrayAudio(np.ones((1, 10)), RATE), tmp_path / "not" / "made")
    assert audio.read(2, 5).tolist() == [[1.0, 1.0, 1.0]]
    assert (audio.n_channels, audio.sample_rate, audio.n_samples) == (1, RATE, 10)
    assert not (tmp_path / "not").exists()


def test_patches_outside_the_signal_are_refused() -> None:
    with tempfile.TemporaryDirectory() as folder:
        audio = PatchedAudio(ArrayAudio(np.ones((1, 10)), RATE), folder)
        with pytest.raises(IndexError):
            audio.write(8, np.zeros((1, 3), np.float32))
        with pytest.raises(IndexError):
            audio.read(5, 11)
