"""Sources in their scenes: placed, widened, in rooms, cut off; as long as before."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from core.training.rooms import Room
from core.training.scenes import DOUBLED_SHARE, Scene, draw_scene
from core.training.settings import AugmentationSettings
from core.training.stage import doubled, pressed, staged_music, staged_voice, widening

RATE = 44100
FLAT = np.zeros(2049)
PLAIN = Scene(0.5, 0.5, 0.0, None, 0.0, 1, None, math.inf, math.inf, math.inf)
ALL = AugmentationSettings(
    voice_placement=0.8, music_width=1.0, room=0.5, saturation=0.3, band_limit=0.4
)


def noise(n_channels: int = 1, seconds: float = 1.0, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.1, (n_channels, round(seconds * RATE))).astype(np.float32)


def energy_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-30))


def above_db(samples: np.ndarray, hertz: float) -> float:
    """Energy above ``hertz`` against all of it."""
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.shape[1]))) ** 2
    share = power[:, round(hertz * samples.shape[1] / RATE) :].sum() / power.sum()
    return float(10 * np.log10(share + 1e-30))


def test_every_value_is_drawn_whatever_is_used() -> None:
    neutral, everything = AugmentationSettings(), ALL
    for item in range(30):
        first, second = (draw_scene(s, 1, 2, item) for s in (neutral, everything))
        assert first.width_seed == second.width_seed
        assert first.voice_pick == second.voice_pick
        assert (first.place, first.width, first.room, first.doubling) == (0.0, 0.0, None, None)
        assert math.isinf(first.limit_hz)
        assert first == draw_scene(neutral, 1, 2, item)
    assert draw_scene(ALL, 1, 2, 3) != draw_scene(ALL, 1, 2, 4)
    assert draw_scene(ALL, 1, 2, 3) != draw_scene(ALL, 1, 3, 3)
    assert draw_scene(ALL, 1, 2, 3) != draw_scene(ALL, 2, 2, 3)


def test_shares_and_ranges_are_those_of_the_settings() -> None:
    scenes = [draw_scene(ALL, 1, 0, item) for item in range(2000)]
    shares = {
        "room": np.mean([scene.room is not None for scene in scenes]),
        "limit": np.mean([math.isfinite(scene.limit_hz) for scene in scenes]),
        "voice": np.mean([math.isfinite(scene.voice_headroom_db) for scene in scenes]),
        "doubled": np.mean([scene.doubling is not None for scene in scenes]),
    }
    wanted = {"room": 0.5, "limit": 0.4, "voice": 0.3, "doubled": DOUBLED_SHARE}
    assert shares == pytest.approx(wanted, abs=0.05)
    places = np.array([scene.place for scene in scenes if scene.doubling is None])
    assert abs(places).max() <= 0.8
    assert abs(places.mean()) < 0.03
    assert np.median(abs(places)) < 0.3  # more in the middle than at the sides
    rooms = [scene.room for scene in scenes if scene.room is not None]
    assert 0.2 <= min(room.rt60_s for room in rooms) < 0.25
    assert 1.5 < max(room.rt60_s for room in rooms) <= 1.8
    assert all(-24 <= room.wet_db <= -6 and 0 <= room.pre_delay_s <= 0.06 for room in rooms)
    limits = [scene.limit_hz for scene in scenes if math.isfinite(scene.limit_hz)]
    assert 6000 <= min(limits) < max(limits) <= 16000


def test_a_plain_scene_changes_nothing() -> None:
    for samples in (noise(1), noise(2)):
        n_channels = len(samples)
        voice = staged_voice(samples, RATE, FLAT, PLAIN, math.inf, n_channels)
        np.testing.assert_array_equal(voice, samples)
        music = staged_music(samples, RATE, FLAT, PLAIN, math.inf, n_channels)
        np.testing.assert_array_equal(music, samples)


@pytest.mark.parametrize("place", [-1.0, -0.4, 0.0, 0.7])
def test_a_voice_stands_at_its_place_with_constant_power(place: float) -> None:
    samples = noise()
    scene = replace(PLAIN, place=place)
    left, right = staged_voice(samples, RATE, FLAT, scene, math.inf, 2)
    angle = math.pi / 4 * (1 + place)
    np.testing.assert_allclose(left, samples[0] * math.cos(angle), atol=1e-6)
    np.testing.assert_allclose(right, samples[0] * math.sin(angle), atol=1e-6)
    stereo = noise(2)
    kept = staged_voice(stereo, RATE, FLAT, scene, math.inf, 2)
    np.testing.assert_array_equal(kept, stereo)


def test_a_doubled_voice_is_late_and_out_of_tune_on_the_other_side() -> None:
    time = np.arange(4 * RATE) / RATE
    tone = 0.2 * np.sin(2 * np.pi * 440 * time)[None].astype(np.float32)
    settings = AugmentationSettings(voice_placement=1.0)
    scenes = [draw_scene(settings, 1, 0, item) for item in range(60)]
    scene = next(scene for scene in scenes if scene.doubling is not None)
    assert scene.doubling is not None
    second = doubled(tone, RATE, scene.doubling)
    assert second.shape == tone.shape
    first_heard = np.flatnonzero(np.abs(second[0]) > 1e-3)[0] / RATE
    assert 0.009 < first_heard < 0.06
    positive = np.fft.fftfreq(4 * RATE) > 0
    phase = np.unwrap(np.angle(np.fft.ifft(np.fft.fft(second[0].astype(float)) * positive)))
    pitch = np.diff(phase)[RATE:-RATE] * RATE / (2 * np.pi)
    cents = 1200 * np.log2(np.array([pitch.min(), pitch.max()]) / 440)
    assert 1 < max(abs(cents)) < 12
    voice = staged_voice(tone, RATE, FLAT, scene, math.inf, 2)
    louder = 0 if scene.place < 0 else 1
    assert voice.shape == (2, tone.shape[1])
    assert energy_db(voice[louder]) > energy_db(voice[1 - louder])
    assert abs(np.corrcoef(voice)[0, 1]) < 0.999


def test_width_gives_every_frequency_the_same_power_and_a_place() -> None:
    left, right = widening(2049, RATE, 1.0, 5)
    np.testing.assert_allclose(np.abs(left) ** 2 + np.abs(right) ** 2, 2, rtol=1e-5)
    np.testing.assert_allclose(np.abs(left[:8]), 1, atol=1e-5)  # the bass stays in the middle
    assert np.ptp(np.abs(left)) > 0.8
    narrow = widening(2049, RATE, 0.2, 5)
    assert np.ptp(np.abs(narrow[0])) < 0.4
    mono = noise()
    wide = staged_music(mono, RATE, FLAT, replace(PLAIN, width=1.0, width_seed=5), math.inf, 2)
    assert wide.shape == (2, mono.shape[1])
    assert energy_db(wide) == pytest.approx(energy_db(mono), abs=0.1)
    assert np.corrcoef(wide)[0, 1] < 0.8
    assert staged_music(mono, RATE, FLAT, replace(PLAIN, width=1.0), math.inf, 1).shape[0] == 1
    stereo = noise(2)
    kept = staged_music(stereo, RATE, FLAT, replace(PLAIN, width=1.0), math.inf, 2)
    np.testing.assert_array_equal(kept, stereo)


@pytest.mark.parametrize("n_channels", [1, 2])
def test_nothing_is_left_above_the_end_and_all_below(n_channels: int) -> None:
    samples = noise(n_channels)
    for staged in (staged_voice, staged_music):
        cut = staged(samples, RATE, FLAT, PLAIN, 8000.0, n_channels)
        assert cut.shape == samples.shape
        assert above_db(cut, 8050) < -80
        spectrum = np.fft.rfft(cut) / np.fft.rfft(samples)
        below = spectrum[:, 500:7500]
        assert float(np.median(np.abs(below - 1))) < 0.01  # without delay: zero phase


def test_the_equaliser_is_the_one_asked_for() -> None:
    curve = np.linspace(-6, 6, 2049)
    samples = noise()
    changed = staged_music(samples, RATE, curve, PLAIN, math.inf, 1)
    gain = np.abs(np.fft.rfft(changed) / np.fft.rfft(samples))[0]
    wanted = 10 ** (np.linspace(-6, 6, len(gain)) / 20)
    assert float(np.median(np.abs(gain / wanted - 1))) < 0.01


@pytest.mark.parametrize("rt60_s", [0.3, 1.2])
def test_a_room_dies_away_as_long_as_it_says_the_highs_sooner(rt60_s: float) -> None:
    response = Room(rt60_s, 0.03, -12.0, 7).response(RATE, 2)
    assert response.shape == (2, round(rt60_s * RATE) + round(0.03 * RATE))
    assert not response[:, : round(0.03 * RATE)].any()
    np.testing.assert_allclose(np.square(response).sum(axis=1), 1, rtol=1e-3)
    assert abs(np.corrcoef(response)[0, 1]) < 0.1
    late = response[:, round(0.03 * RATE) :]
    spectrum = np.fft.rfft(late)
    hertz = np.fft.rfftfreq(late.shape[1], 1 / RATE)
    falls = []
    for low, high in ((100, 1000), (9000, 16000)):
        band = np.fft.irfft(spectrum * ((hertz > low) & (hertz < high)), late.shape[1])
        quarter = late.shape[1] // 4
        levels = [energy_db(band[:, k * quarter : (k + 1) * quarter]) for k in range(2)]
        falls.append((levels[0] - levels[1]) * 4)
    assert falls[0] == pytest.approx(60, abs=6)
    assert falls[1] > falls[0] + 20


@pytest.mark.parametrize(("n_in", "n_out"), [(1, 1), (1, 2), (2, 2)])
def test_a_voice_in_a_room_has_its_echoes_at_their_level(n_in: int, n_out: int) -> None:
    samples = noise(n_in)
    samples[:, RATE // 2 :] = 0
    room = Room(0.5, 0.02, -10.0, 3)
    scene = replace(PLAIN, room=room)
    dry = staged_voice(samples, RATE, FLAT, PLAIN, math.inf, n_out)
    wet = staged_voice(samples, RATE, FLAT, scene, math.inf, n_out)
    assert wet.shape == (n_out, samples.shape[1])
    echoes = wet - dry
    assert energy_db(echoes) - energy_db(dry) == pytest.approx(-10, abs=0.5)
    assert energy_db(wet[:, RATE // 2 : RATE // 2 + 4000]) > -60
    np.testing.assert_allclose(wet[:, :800], dry[:, :800], atol=2e-4)  # nothing comes early
    silent = staged_voice(np.zeros_like(samples), RATE, FLAT, scene, math.inf, n_out)
    assert not silent.any()


def test_peaks_are_bent_and_the_rest_is_not() -> None:
    samples = noise()
    samples[0, 100] = 3.0
    bent = pressed(samples, 12.0)
    height = math.sqrt(float(np.mean(samples**2))) * 10 ** (12 / 20)
    assert float(np.abs(bent).max()) <= height * 1.0001
    quiet = np.abs(samples) < 0.02
    np.testing.assert_allclose(bent[quiet], samples[quiet], rtol=0.02)
    assert pressed(samples, math.inf) is samples
    assert not pressed(np.zeros((1, 9), np.float32), 6.0).any()
