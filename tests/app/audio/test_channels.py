"""Rates and channel counts on their way to the device."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import soxr

from app.audio.channels import DeviceView, mix_matrix
from core.audio import ArrayAudio


def test_mono_reaches_both_speakers_and_stereo_a_mono_one() -> None:
    np.testing.assert_array_equal(mix_matrix(1, 2), [[1], [1]])
    np.testing.assert_array_equal(mix_matrix(2, 1), [[0.5, 0.5]])
    np.testing.assert_array_equal(mix_matrix(2, 4), [[1, 0], [0, 1], [0, 0], [0, 0]])


def test_surround_comes_down_with_the_usual_gains() -> None:
    half = 0.5**0.5
    np.testing.assert_allclose(
        mix_matrix(6, 2), [[1, 0, half, 0, half, 0], [0, 1, half, 0, 0, half]], rtol=1e-6
    )


@pytest.mark.parametrize("n_in", range(1, 11))
@pytest.mark.parametrize("n_out", [1, 2, 6, 8])
def test_every_pair_has_a_matrix(n_in: int, n_out: int) -> None:
    matrix = mix_matrix(n_in, n_out)
    assert matrix.shape == (n_out, n_in)
    assert np.isfinite(matrix).all()


@pytest.mark.parametrize(("song", "device"), [(48000, 44100), (44100, 48000), (8000, 44100)])
def test_blocks_do_not_show(song: int, device: int) -> None:
    signal = np.random.default_rng(1).standard_normal((2, song)).astype(np.float32) * 0.1
    view = DeviceView(ArrayAudio(signal, song), device, 2)
    assert view.n_frames == device
    whole = soxr.resample(np.ascontiguousarray(signal.T), song, device, quality="HQ")
    cuts = [0, 1, 500, 8692, 8693, 30000, view.n_frames]
    parts = np.concatenate([view.read(a, b) for a, b in pairwise(cuts)])
    inner = slice(300, -300)
    assert np.abs(parts[inner] - whole[: len(parts)][inner]).max() < 1e-4


def test_frames_lie_where_they_belong() -> None:
    t = np.arange(48000) / 48000
    view = DeviceView(ArrayAudio(np.sin(2 * np.pi * 440 * t)[None], 48000), 44100, 2)
    frames = np.arange(20000, 30000)
    expected = np.sin(2 * np.pi * 440 * frames / 44100)
    np.testing.assert_allclose(view.read(20000, 30000)[:, 1], expected, atol=1e-4)
