"""Loudness as ITU-R BS.1770 has it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.audio import ArrayAudio
from core.loudness import k_weighting, loudness, power_gains

# BS.1770-4, annex 1, tables 1 and 2: b0, b1, b2, a1, a2 at 48 kHz.
SHELF = (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585)
HIGH_PASS = (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621)


def tone(frequency_hz: float, rate: int, amplitude: float = 1.0, n_channels: int = 1) -> ArrayAudio:
    time_s = np.arange(2 * rate) / rate
    wave = amplitude * np.sin(2 * np.pi * frequency_hz * time_s)
    return ArrayAudio(np.repeat(wave[None], n_channels, axis=0), rate)


def test_the_filters_are_those_of_the_recommendation() -> None:
    shelf, high_pass = k_weighting(48000)
    np.testing.assert_allclose(np.delete(shelf, 3), SHELF, rtol=0, atol=1e-10)
    np.testing.assert_allclose(np.delete(high_pass, 3), HIGH_PASS, rtol=0, atol=1e-10)


@pytest.mark.parametrize("rate", [16000, 22050, 44100, 48000, 96000])
def test_the_tone_of_reference_has_its_loudness_at_any_rate(rate: int) -> None:
    # Annex 1: 0 dBFS, 997 Hz, in one channel: −3.01 LUFS.
    assert loudness(tone(997, rate), 0, 2 * rate) == pytest.approx(-3.01, abs=0.05)
    assert loudness(tone(997, rate, 0.1), 0, 2 * rate) == pytest.approx(-23.01, abs=0.05)
    assert loudness(tone(997, rate, 0.1, 2), 0, 2 * rate) == pytest.approx(-20.0, abs=0.05)


def test_highs_count_more_and_lows_less() -> None:
    rate = 44100
    middle = loudness(tone(997, rate), 0, 2 * rate)
    assert loudness(tone(8000, rate), 0, 2 * rate) == pytest.approx(middle + 3.3, abs=0.2)
    assert loudness(tone(20, rate), 0, 2 * rate) < middle - 10


def test_it_is_the_power_behind_the_filters() -> None:
    """Against the filters themselves, run over noise that goes round."""
    from scipy.signal import sosfilt

    rate, n = 44100, 1 << 15
    noise = np.random.default_rng(3).normal(0, 0.1, (2, n))
    heard = sosfilt(k_weighting(rate), np.tile(noise, 3), axis=1)[:, -n:]
    expected = -0.691 + 10 * math.log10(np.square(heard).mean(axis=1).sum())
    assert loudness(ArrayAudio(noise, rate), 0, n) == pytest.approx(expected, abs=1e-3)
    assert power_gains(np.array([0.0]), rate)[0] == pytest.approx(0)


def test_silence_and_nothing_have_none() -> None:
    silence = ArrayAudio(np.zeros((2, 100)), 44100)
    assert loudness(silence, 0, 100) == -math.inf
    assert loudness(silence, 50, 50) == -math.inf


def test_the_bass_of_six_channels_does_not_count() -> None:
    rate = 48000
    wave = tone(997, rate).read(0, 2 * rate)[0]
    powers = []
    for channel in range(6):
        block = np.zeros((6, len(wave)))
        block[channel] = wave
        powers.append(loudness(ArrayAudio(block, rate), 0, len(wave)))
    assert powers[3] == -math.inf
    assert powers[4] == powers[5] == pytest.approx(powers[0] + 1.49, abs=0.01)
