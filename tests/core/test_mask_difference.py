"""Two masks on grids of their own: their difference in figures and as a picture."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from core.audio import ArrayAudio
from core.errors import Cancelled
from core.mask_difference import DifferenceTrack
from core.masks import Mask
from core.spectrogram.difference_pyramid import DifferencePyramid

RATE, SECONDS = 44100, 6
BOTH = (0, 0)


def mask_of(rate: int, hop: int, window: int, value: float = 0.5, n_channels: int = 1) -> Mask:
    mask = Mask.empty(2, 1 + -(-SECONDS * rate // hop), rate, hop, window, n_channels)
    mask.values[:] = value
    mask.above[:] = value
    return mask


@pytest.fixture(scope="module")
def song() -> ArrayAudio:
    """Noise below 5 kHz, ten times as loud in its last third; a pause before it."""
    rng = np.random.default_rng(5)
    spectrum = np.fft.rfft(rng.normal(0, 0.01, (2, SECONDS * RATE)))
    spectrum[:, 5000 * SECONDS :] = 0
    samples = np.fft.irfft(spectrum)
    samples[:, 4 * RATE :] *= 10
    samples[:, 3 * RATE : 4 * RATE] = 0
    return ArrayAudio(samples, RATE)


def track_of(song: ArrayAudio, a: Mask, b: Mask) -> DifferenceTrack:
    track = DifferenceTrack(song)
    track.update(a, b, BOTH, 0, track.n_frames)
    return track


def test_figures_are_weighted_by_energy(song: ArrayAudio) -> None:
    a, b = mask_of(16000, 512, 1024, 0.8), mask_of(44100, 1024, 4096, 0.8)
    b.values[..., : round(2 * 44100 / 1024)] = 0.2  # where 2 of 203 parts of the energy are
    figures = track_of(song, a, b).figures()
    assert figures is not None
    assert figures.over == pytest.approx(2 / 203, rel=0.08)
    assert figures.mean == pytest.approx(0.6 * 2 / 203, rel=0.08)
    assert figures.balance == pytest.approx(figures.mean, rel=1e-3)
    assert figures.known == 1


def test_less_than_a_quarter_apart_is_not_over(song: ArrayAudio) -> None:
    figures = track_of(
        song, mask_of(16000, 512, 1024, 0.6), mask_of(16000, 256, 512, 0.4)
    ).figures()
    assert figures is not None
    assert figures.over == 0
    assert figures.mean == pytest.approx(0.2, abs=1e-3)


def test_a_and_b_may_be_exchanged(song: ArrayAudio) -> None:
    rng = np.random.default_rng(6)
    a, b = mask_of(16000, 512, 1024), mask_of(44100, 1024, 2048, n_channels=2)
    for mask in (a, b):
        mask.values[:] = rng.random(mask.values.shape)
    one, other = track_of(song, a, b).figures(), track_of(song, b, a).figures()
    assert one is not None
    assert other is not None
    assert one.over == pytest.approx(other.over, rel=1e-9)
    assert one.mean == pytest.approx(other.mean, rel=1e-6)
    assert one.balance == pytest.approx(-other.balance, rel=1e-6)


def test_parts_in_any_order_give_the_whole(song: ArrayAudio) -> None:
    a, b = mask_of(16000, 512, 1024, 0.9), mask_of(16000, 512, 1024, 0.1)
    b.values[:, :, 100:] = 0.9
    whole, parts = track_of(song, a, b), DifferenceTrack(song)
    edges = [0, 1, 40, 41, 100, parts.n_frames]
    for first, last in reversed(list(itertools.pairwise(edges))):
        parts.update(a, b, BOTH, first, last)
        assert parts.known.covers(first, last)
    assert parts.figures() == whole.figures()
    with pytest.raises(Cancelled):
        parts.update(a, b, BOTH, 0, 10, lambda: True)


def test_places_where_they_lie_apart_are_found(song: ArrayAudio) -> None:
    a, b = mask_of(16000, 512, 1024, 0.7), mask_of(44100, 1024, 4096, 0.65)
    b.values[..., round(1.0 * 44100 / 1024) : round(2.2 * 44100 / 1024)] = 0.1
    track = track_of(song, a, b)
    ((start, stop),) = track.spans()
    assert start == pytest.approx(1.0, abs=0.5)
    assert stop == pytest.approx(2.2, abs=0.5)


def test_silence_has_no_figures() -> None:
    silence = ArrayAudio(np.zeros((1, RATE)), RATE)
    track = track_of(silence, mask_of(16000, 512, 1024, 1), mask_of(16000, 512, 1024, 0))
    assert track.figures() is None
    assert track.spans() == []


def test_the_picture_is_a_function_of_seconds_and_hertz() -> None:
    """A step in time of one mask and one in frequency of the other, at places of their own."""
    a, b = mask_of(16000, 512, 1024), mask_of(44100, 1024, 4096)
    a.values[:] = np.where(np.arange(a.n_bins) * 16000 / 1024 < 2000, 0.9, 0.3)[:, None]
    a.above[:] = 0.3
    b.values[:] = np.where(np.arange(b.n_frames) * 1024 / 44100 < 3, 0.5, 0.1)
    b.above[:] = b.values[0, 0, 0, 0]
    pyramid = DifferencePyramid(a, b)
    assert pyramid.column_s == pytest.approx(1024 / 44100)
    assert pyramid.value_at(1.0, 500.0) is None
    pyramid.update(0, pyramid.n_columns)
    for time_s, frequency_hz, expected in (
        (1.0, 1000.0, 0.4), (5.0, 1000.0, 0.8), (1.0, 3000.0, -0.2), (5.0, 3000.0, 0.2),
        (5.0, 15000.0, 0.2),  # above the band of A
    ):  # fmt: skip
        found = pyramid.value_at(time_s, frequency_hz)
        assert found == pytest.approx(expected, abs=0.01), (time_s, frequency_hz)


def test_the_picture_of_one_mask_with_itself_is_neutral() -> None:
    mask = mask_of(16000, 512, 1024)
    mask.values[:] = np.random.default_rng(8).random(mask.values.shape)
    pyramid = DifferencePyramid(mask, mask)
    pyramid.update(0, pyramid.n_columns)
    for level in range(pyramid.n_levels):
        codes = pyramid.tile(level, 0, pyramid.level_columns(level))
        assert np.abs(codes.astype(int) - 128).max() == 0
