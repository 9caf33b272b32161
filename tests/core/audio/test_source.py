"""Signals on disk and differences of signals."""

from __future__ import annotations

import numpy as np
import pytest

from core.audio import ArrayAudio, DifferenceAudio, ScratchAudio, read_padded


def test_scratch_appends_writes_reads_and_truncates(tmp_path) -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(3, 1000)).astype(np.float32)
    scratch = ScratchAudio(3, 8000, directory=tmp_path / "new")
    for start in range(0, 1000, 300):
        scratch.append(samples[:, start : start + 300])
    assert scratch.n_samples == 1000
    assert np.array_equal(scratch.read(0, 1000), samples)
    scratch.write(10, np.zeros((3, 5), np.float32))
    assert not scratch.read(10, 15).any()
    scratch.truncate(600)
    assert scratch.n_samples == 600
    with pytest.raises(IndexError):
        scratch.read(0, 601)
    assert np.array_equal(scratch.read(599, 600), samples[:, 599:600])
    scratch.close()
    assert not list((tmp_path / "new").iterdir())


def test_unwritten_parts_are_silent() -> None:
    scratch = ScratchAudio(1, 8000, n_samples=100)
    assert not scratch.read(0, 100).any()
    with pytest.raises(IndexError):
        scratch.write(99, np.ones((1, 2), np.float32))
    scratch.close()


def test_padding_and_difference() -> None:
    mixture = ArrayAudio(np.ones((1, 4)), 8000)
    voice = ArrayAudio(np.full((1, 4), 0.25), 8000)
    assert read_padded(mixture, -2, 6).tolist() == [[0, 0, 1, 1, 1, 1, 0, 0]]
    assert read_padded(mixture, -9, -5).tolist() == [[0, 0, 0, 0]]
    assert DifferenceAudio(mixture, [voice]).read(1, 3).tolist() == [[0.75, 0.75]]
    with pytest.raises(ValueError, match="differ"):
        DifferenceAudio(mixture, [ArrayAudio(np.ones((1, 5)), 8000)])
