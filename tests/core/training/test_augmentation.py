"""Each change of sound does what it says, on signals whose answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import lfilter

from core.training.augmentation import (
    N_VARIANTS,
    Draw,
    at_speed,
    draw,
    equalised,
    equaliser_curve_db,
    grid_offsets,
    grid_step,
    variant_shift,
)
from core.training.settings import AugmentationSettings
from core.training.voice_shift import SEGMENT_VALUES, shifted_voice

RATE = 16000


def harmonic_tone(f0_hz: float, seconds: float, n_channels: int = 1) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * k * f0_hz * t + k) / k for k in range(1, 9))
    return np.tile((0.1 * tone).astype(np.float32), (n_channels, 1))


def strongest_hz(samples: np.ndarray, near_hz: float) -> float:
    """Frequency of the highest peak within a few semitones of ``near_hz``."""
    length = 8 * len(samples)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), length))
    first, last = (round(near_hz * factor * length / RATE) for factor in (0.75, 1.33))
    return (first + float(np.argmax(spectrum[first:last]))) * RATE / length


def cents(first_hz: float, second_hz: float) -> float:
    return 1200 * float(np.log2(first_hz / second_hz))


@pytest.mark.parametrize(
    ("n_samples", "step", "offsets"),
    [
        (160_000, 50_000, [0, 50_000, 100_000]),
        (150_000, 50_000, [0, 50_000]),
        (150_001, 50_000, [0, 50_000, 100_000]),
        (100_001, 50_000, [0, 50_000]),
        (100_000, 50_000, [0]),
        (99_999, 50_000, [0]),
        (50_001, 50_000, [0]),
        (50_000, 50_000, [0]),
        (1_000, 50_000, [0]),
        (100_000, 25_000, [0, 25_000, 50_000]),
        (65_000, 10_000, [0, 10_000, 20_000, 30_000, 40_000, 50_000]),
        (60_000, 10_000, [0, 10_000, 20_000, 30_000, 40_000]),
        (2, 10_000, [0]),
        (1, 10_000, [0]),
    ],
)
def test_the_grid_of_circular_shifts(n_samples: int, step: int, offsets: list[int]) -> None:
    assert grid_offsets(n_samples, step) == offsets


def test_grid_steps_are_counted_at_16_khz() -> None:
    settings = AugmentationSettings(circular_shift="grid", circular_shift_samples=25_000)
    assert grid_step(settings, 16_000) == 25_000
    assert grid_step(settings, 44_100) == 68_906


@pytest.mark.parametrize("seconds", [1.5, 2.5 * SEGMENT_VALUES / RATE])
@pytest.mark.parametrize("semitones", [-5.0, -1.0, 0.5, 3.0, 7.0])
def test_a_pitch_shift_moves_the_fundamental_and_keeps_the_length(
    semitones: float, seconds: float
) -> None:
    voice = harmonic_tone(220, seconds)
    shifted = shifted_voice(voice, RATE, semitones, 0)
    assert shifted.shape == voice.shape
    assert shifted.dtype == np.float32
    inside = shifted[0, RATE // 4 : -RATE // 4]
    wanted_hz = 220 * 2 ** (semitones / 12)
    assert abs(cents(strongest_hz(inside, wanted_hz), wanted_hz)) < 20
    rms = np.sqrt(np.mean(inside[: len(inside) // 400 * 400].reshape(-1, 400) ** 2, axis=1))
    assert rms.min() > 0.5 * np.median(rms)  # no holes where segments are joined


def test_formants_stay_when_the_pitch_moves_and_move_alone() -> None:
    pulses = np.zeros(2 * RATE)
    pulses[:: RATE // 150] = 1
    radius = np.exp(-np.pi * 150 / RATE)
    resonance = [1, -2 * radius * np.cos(2 * np.pi * 1000 / RATE), radius**2]
    vowel = lfilter([0.1], resonance, pulses)[None].astype(np.float32)

    def centre_hz(samples: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(samples[0])) ** 2
        hertz = np.fft.rfftfreq(samples.shape[1], 1 / RATE)
        near = (hertz > 300) & (hertz < 3000)
        return float((power * hertz)[near].sum() / power[near].sum())

    still = centre_hz(vowel)
    for pitch, formant in [(4, 0), (-4, 0), (0, 3), (0, -3), (3, -3)]:
        there = centre_hz(shifted_voice(vowel, RATE, pitch, formant))
        assert abs(12 * np.log2(there / still) - formant) < 1, (pitch, formant)


@pytest.mark.parametrize("n_samples", [1, 100, 3000])
def test_short_and_silent_voices_pass(n_samples: int) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (2, n_samples)).astype(np.float32)
    for voice in (noise, np.zeros_like(noise)):
        shifted = shifted_voice(voice, RATE, 2, -1)
        assert shifted.shape == voice.shape
        assert np.isfinite(shifted).all()
    assert not shifted.any()


def test_no_shift_leaves_the_voice_alone() -> None:
    voice = harmonic_tone(220, 0.2)
    assert shifted_voice(voice, RATE, 0, 0) is voice


def test_speed_moves_length_and_pitch_together() -> None:
    tone = harmonic_tone(300, 1, 2)
    faster = at_speed(tone, 1.25)
    assert faster.shape == (2, round(RATE / 1.25))
    assert abs(cents(strongest_hz(faster[0], 375), 375)) < 5
    assert at_speed(tone, 1.0) is tone


def test_an_equaliser_curve_is_smooth_and_random() -> None:
    rng = np.random.default_rng(0)
    curves_db = [equaliser_curve_db(513, 3.0, rng) for _ in range(200)]
    assert 1.5 < np.std(curves_db) < 6
    assert max(np.abs(np.diff(curve)).max() for curve in curves_db) < 3
    assert not equaliser_curve_db(513, 0.0, rng).any()


def test_the_equaliser_has_its_gain_and_no_delay() -> None:
    curve_db = equaliser_curve_db(2049, 6.0, np.random.default_rng(3))
    impulse = np.zeros((1, 2 * RATE), np.float32)
    impulse[0, RATE] = 1
    response = equalised(impulse, curve_db)
    np.testing.assert_allclose(
        response[0, RATE : RATE + 4000], response[0, RATE : RATE - 4000 : -1], atol=1e-6
    )
    gain_db = 20 * np.log10(np.abs(np.fft.rfft(response[0])))
    wanted_db = np.interp(np.linspace(0, 2048, len(gain_db)), np.arange(2049), curve_db)
    np.testing.assert_allclose(gain_db[50:-50], wanted_db[50:-50], atol=0.1)


def drawn(settings: AugmentationSettings, epoch: int = 5, item: int = 1) -> Draw:
    return draw(settings, 1, epoch, item, 2, 9, 0.25)


def test_one_setting_does_not_change_what_the_others_draw() -> None:
    busy = AugmentationSettings(
        own_accompaniment=0.0, speed_min=0.8, speed_max=1.25, voice_to_music_db=5.0, no_voice=0.5
    )
    first = drawn(busy)
    for change in (
        {"equaliser_db": 3.0},
        {"pitch_semitones": 3.0},
        {"channel_swap": 1.0},
        {"no_voice": 0.0},
        {"level_min_dbfs": -60.0},
    ):
        other = drawn(replace(busy, **change))
        assert other.music == first.music
        assert other.voice_speed == first.voice_speed
        assert other.voice_to_music_db == first.voice_to_music_db
        assert other.shift == first.shift


def test_neutral_settings_change_nothing() -> None:
    for epoch in range(20):
        plain = drawn(AugmentationSettings(), epoch)
        assert (plain.voice, plain.music, plain.shift) == (2, 2, 0.25)
        assert plain.voice_speed == plain.music_speed == 1
        assert plain.pitch_semitones == plain.formant_semitones == 0
        assert (plain.voice_to_music_db, plain.level_dbfs, plain.has_voice) == (0, -20, True)
        assert not plain.swap_voice
        assert not plain.swap_music
        assert not plain.voice_curve_db.any()


def test_shares_and_ranges_are_kept() -> None:
    settings = AugmentationSettings(
        circular_shift="random",
        own_accompaniment=0.25,
        speed_min=0.8,
        speed_max=1.25,
        n_speeds=5,
        pitch_semitones=3,
        voice_to_music_db=4,
        voice_to_music_mean_db=-3,
        level_min_dbfs=-40,
        level_max_dbfs=-10,
        no_voice=0.1,
        channel_swap=0.5,
    )
    draws = [drawn(settings, epoch) for epoch in range(1000)]
    assert np.mean([d.music == d.voice for d in draws]) == pytest.approx(0.25, abs=0.05)
    assert np.mean([not d.has_voice for d in draws]) == pytest.approx(0.1, abs=0.04)
    assert np.mean([d.swap_voice for d in draws]) == pytest.approx(0.5, abs=0.06)
    assert {d.music for d in draws} == set(range(9))
    assert {round(d.voice_speed, 3) for d in draws} == {0.8, 0.894, 1.0, 1.118, 1.25}
    assert all(d.music_speed == d.voice_speed for d in draws if d.music == d.voice)
    for values, low, high in (
        ([d.voice_to_music_db for d in draws], -7, 1),
        ([d.level_dbfs for d in draws], -40, -10),
        ([d.shift for d in draws], 0, 1),
    ):
        assert low <= min(values) < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < max(values) <= high
    pitches = {d.pitch_semitones for d in draws}
    assert len(pitches) == N_VARIANTS
    assert min(pitches) < -2.25
    assert max(pitches) > 2.25


def test_variants_cover_the_range_of_pitch_and_formants() -> None:
    settings = AugmentationSettings(pitch_semitones=4, formant_semitones=2)
    for piece in range(5):
        shifts = [variant_shift(settings, 1, piece, variant) for variant in range(N_VARIANTS)]
        for values, limit in zip(zip(*shifts, strict=True), (4, 2), strict=True):
            stretches = np.floor((np.sort(values) / limit + 1) / 2 * N_VARIANTS)
            np.testing.assert_array_equal(stretches, np.arange(N_VARIANTS))
