"""Pictures on other grids: window and hop, what they take, and the levels of single channels."""

from __future__ import annotations

import numpy as np
import pytest

from core.audio.source import ArrayAudio
from core.masks import Mask
from core.spectrogram import Analysis, MaskPyramid, SpectrogramPyramid, display_stft
from core.spectrogram.analysis import MOST_BYTES, STEPS, WINDOWS

RATE = 44100
HOUR = 3600 * RATE


def stereo(frequency_hz: float, left_db: float, right_db: float, seconds: float) -> ArrayAudio:
    time = np.arange(round(seconds * RATE)) / RATE
    wave = np.sin(2 * np.pi * frequency_hz * time)
    return ArrayAudio(np.stack([10 ** (db / 20) * wave for db in (left_db, right_db)]), RATE)


def whole(audio: ArrayAudio, analysis: Analysis) -> SpectrogramPyramid:
    pyramid = SpectrogramPyramid(audio.n_samples, audio.sample_rate, analysis=analysis)
    pyramid.update(audio, 0, audio.n_samples)
    return pyramid


def test_the_usual_analysis_is_that_of_always() -> None:
    for rate in (16000, 44100, 48000):
        assert Analysis().grid(rate) == display_stft(rate)
    assert Analysis(4096, 2).grid(RATE) == (4096, 2048)
    assert Analysis(512, 8).grid(RATE) == (512, 64)


@pytest.mark.parametrize("window", WINDOWS)
def test_tones_are_told_apart_as_far_as_the_window_is_long(window: int) -> None:
    """Six bins apart there is a gap between two tones; the level is right in any window."""
    bin_hz = RATE / window
    row = 40
    audio = ArrayAudio(
        stereo(row * bin_hz, -20, -20, 2.0).read(0, 2 * RATE)
        + stereo((row + 6) * bin_hz, -20, -20, 2.0).read(0, 2 * RATE),
        RATE,
    )
    pyramid = whole(audio, Analysis(window, 4))
    levels = [pyramid.level_db(1.0, (row + n) * bin_hz) for n in (0, 3, 6)]
    assert levels[0] == pytest.approx(-20, abs=0.6)
    assert levels[2] == pytest.approx(-20, abs=0.6)
    assert levels[1] is not None
    assert levels[1] < -60


@pytest.mark.parametrize("steps", STEPS)
def test_moments_keep_their_time_at_any_hop(steps: int) -> None:
    samples = np.zeros((1, 2 * RATE), np.float32)
    samples[0, RATE] = 1.0
    pyramid = whole(ArrayAudio(samples, RATE), Analysis(512, steps))
    tile = pyramid.tile(0, 0, pyramid.n_columns).astype(int).sum(axis=0)
    loudest = int(np.argmax(tile)) * pyramid.column_s
    assert loudest == pytest.approx(1.0, abs=pyramid.column_s)
    assert pyramid.column_s == pytest.approx(512 / steps / RATE)


@pytest.mark.parametrize("analysis", [Analysis(512, 8), Analysis(16384, 2), Analysis(16384, 8)])
def test_parts_equal_the_whole_on_other_grids(analysis: Analysis) -> None:
    rng = np.random.default_rng(2)
    audio = ArrayAudio(rng.standard_normal((2, 3 * RATE + 77)) * 0.1, RATE)
    expected = whole(audio, analysis)
    pyramid = SpectrogramPyramid(audio.n_samples, RATE, analysis=analysis)
    edges = [0, RATE + 11, 2 * RATE - 5, audio.n_samples]
    for part in (2, 0, 1):
        pyramid.update(audio, edges[part], edges[part + 1])
    n = pyramid.n_columns
    np.testing.assert_array_equal(pyramid.tile(0, 0, n), expected.tile(0, 0, n))


def test_what_pictures_take_on_disk_is_known_beforehand() -> None:
    for analysis in (Analysis(), Analysis(512, 8), Analysis(16384, 2)):
        n_samples = HOUR
        pyramid = SpectrogramPyramid(n_samples, RATE, analysis=analysis)
        columns = sum(pyramid.level_columns(level) for level in range(pyramid.n_levels))
        taken = columns * pyramid.n_bins
        assert analysis.n_bytes(n_samples, 1) == pytest.approx(taken, rel=0.02)


def test_the_pictures_of_a_long_song_stay_bounded() -> None:
    fine = Analysis(8192, 8)
    assert fine.fitting(5 * 60 * RATE, 3) == fine
    assert fine.fitting(HOUR, 3) == Analysis(8192, 4)
    assert fine.fitting(HOUR, 3).n_bytes(HOUR, 3) <= MOST_BYTES
    # What was always possible stays possible.
    for analysis in (Analysis(), Analysis(512, 2)):
        assert analysis.fitting(3 * HOUR, 3) == analysis


@pytest.mark.parametrize("window", [0, 512, 16384])
def test_channels_are_read_one_by_one(window: int) -> None:
    grid = Analysis(window, 4).grid(RATE)
    frequency_hz = 100 * RATE / grid[0]
    audio = stereo(frequency_hz, -23.1, -41.0, 2.0)
    pyramid = SpectrogramPyramid(audio.n_samples, RATE, analysis=Analysis(window, 4))
    assert pyramid.channel_levels_db(audio, 1.0, frequency_hz) is None  # not computed
    pyramid.update(audio, 0, audio.n_samples)
    levels = pyramid.channel_levels_db(audio, 1.0, frequency_hz)
    assert levels == pytest.approx((-23.1, -41.0), abs=0.02)
    mean = 10 * np.log10(np.mean([10 ** (level / 10) for level in levels]))
    assert pyramid.level_db(1.0, frequency_hz) == pytest.approx(mean, abs=0.3)
    assert pyramid.channel_levels_db(audio, 5.0, frequency_hz) is None
    assert pyramid.channel_levels_db(audio, 1.0, RATE) is None


def test_a_constant_and_silence_are_read_as_they_are_drawn() -> None:
    audio = ArrayAudio(np.stack([np.full(RATE, 0.1), np.zeros(RATE)]), RATE)
    pyramid = whole(audio, Analysis())
    assert pyramid.channel_levels_db(audio, 0.5, 0.0) == pytest.approx((-20, -120), abs=0.05)


def test_the_mask_of_each_channel_fades_into_what_lies_above() -> None:
    mask = Mask.empty(2, 50, 16000, 512, 1024, n_channels=2)
    mask.values[:, 0], mask.values[:, 1] = 0.75, 0.25
    mask.above[:, 0], mask.above[:, 1] = 0.125, 0.5
    pyramid = MaskPyramid(mask)
    assert pyramid.channel_values(0.5, 1000) is None
    pyramid.update(0, 50)
    assert pyramid.channel_values(0.5, 1000) == pytest.approx((0.75, 0.25))
    assert pyramid.channel_values(0.5, 9000) == pytest.approx((0.125, 0.5))
    between = pyramid.channel_values(0.5, (mask.band_hz + 8000) / 2)
    assert between is not None
    assert between == pytest.approx((0.4375, 0.375), abs=0.02)
    middle = pyramid.value_at(0.5, (mask.band_hz + 8000) / 2)
    assert middle == pytest.approx(np.mean(between), abs=0.01)
