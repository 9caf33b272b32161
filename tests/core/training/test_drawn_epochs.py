"""Epochs of drawn examples: of voices that sing, in stereo, no wider than their sources."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from core.card import NetworkSettings, StftSettings
from core.clip_files import resampled
from core.training import mixing
from core.training.blocks import Preparation
from core.training.mixing import ClipPair, Mixer, epoch_examples
from core.training.recipe import Recipe
from core.training.recordings import Recording
from core.training.settings import AugmentationSettings

RATE = 32000
STAGED = {
    "own_accompaniment": 0.25,
    "speed_min": 0.8,
    "speed_max": 1.25,
    "pitch_semitones": 2.0,
    "voice_to_music_db": 6.0,
    "level_min_dbfs": -40.0,
    "level_max_dbfs": -8.0,
    "equaliser_db": 3.0,
    "channel_swap": 0.5,
    "voice_placement": 0.7,
    "music_width": 1.0,
    "room": 0.5,
    "saturation": 0.2,
    "match_band": True,
    "band_limit": 0.2,
}


def recipe(n_channels: int = 2, sample_rate: int = RATE, **augmentation: object) -> Recipe:
    arguments = {"n_bins": 1025, "n_channels": n_channels}
    return Recipe(
        model_id="small",
        title="Small",
        description="For tests.",
        terms="none",
        sample_rate=sample_rate,
        stft=StftSettings(2048, 1024),
        network=NetworkSettings("recurrent", arguments),
        augmentation=AugmentationSettings(**augmentation),  # type: ignore[arg-type]
    )


def noise(seed: int, seconds: float, n_channels: int = 1, rate: int = RATE) -> np.ndarray:
    rng = np.random.default_rng(seed)
    samples = rng.normal(0, 0.1, (n_channels, round(seconds * rate))).astype(np.float32)
    return resampled(samples, rate, RATE)


def clips() -> list[ClipPair]:
    nothing = np.zeros((1, 0), np.float32)
    return [
        ClipPair("narrow", noise(1, 0.6, 1, 16000), noise(2, 0.6, 1, 16000)),
        Recording("wide", noise(3, 0.6, 2), noise(4, 0.6, 2)),
        Recording("tune", nothing, noise(5, 1.0, 2), 2.0),
    ]


def rms_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-30))


def above_db(samples: np.ndarray, hertz: float) -> float:
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.shape[1]))) ** 2
    share = power[:, round(hertz * samples.shape[1] / RATE) :].sum() / power.sum()
    return float(10 * np.log10(share + 1e-30))


def digests(mixer: Mixer, places: list[tuple[int, int]]) -> list[str]:
    sounds = [mixer.audio(*place) for place in places]
    return [hashlib.sha256(s.vocals.tobytes() + s.mixture.tobytes()).hexdigest() for s in sounds]


def test_an_epoch_is_made_again_in_any_order_and_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = recipe(epoch_examples=4, **STAGED)
    places = [(epoch, item) for epoch in (0, 3) for item in range(4)]
    first = digests(Mixer(clips(), settings), places)
    assert len(set(first)) == 8
    monkeypatch.setattr(mixing, "VARIANT_BYTES", 0)
    assert digests(Mixer(clips(), settings), places[::-1])[::-1] == first
    monkeypatch.setattr(mixing, "VARIANT_DISK_BYTES", 0)
    assert digests(Mixer(clips()[::-1], settings), places) != first  # other pieces
    assert digests(Mixer(clips(), settings), places) == first


def test_examples_have_two_channels_and_the_drawn_levels() -> None:
    mixer = Mixer(clips(), recipe(epoch_examples=8, **STAGED))
    assert len(mixer) == 8
    for item in range(8):
        drawn, audio = mixer.draw(1, item), mixer.audio(1, item)
        assert audio.vocals.shape == audio.accompaniment.shape == audio.mixture.shape
        assert len(audio.vocals) == 2
        assert audio.vocals.shape[1] == pytest.approx(0.6 * RATE / drawn.voice_speed, abs=2)
        np.testing.assert_array_equal(audio.mixture, audio.vocals + audio.accompaniment)
        levels = rms_db(audio.vocals), rms_db(audio.accompaniment)
        half = drawn.voice_to_music_db / 2
        assert levels[0] == pytest.approx(drawn.level_dbfs + half, abs=0.01)
        assert levels[1] == pytest.approx(drawn.level_dbfs - half, abs=0.3)
        example = mixer.example(1, item)
        assert example.features.shape[1:] == (3, 1025)
        assert example.voice.shape[1:] == example.music.shape[1:] == (2, 1025)


def test_both_sources_end_where_the_narrower_does() -> None:
    mixer = Mixer(clips(), recipe(epoch_examples=40, own_accompaniment=0.0, match_band=True))
    heard = set()
    for item in range(40):
        names, audio = mixer.names(mixer.draw(0, item)), mixer.audio(0, item)
        heard.add(names)
        if "narrow" in names:
            assert above_db(audio.vocals, 8000) < -70
            assert above_db(audio.accompaniment, 8000) < -70
        else:
            assert above_db(audio.accompaniment, 12000) > -10
    assert {voice for voice, _ in heard} == {"narrow", "wide"}
    assert ("wide", "narrow") not in heard  # few voices are wide; they stay so
    assert ("narrow", "wide") in heard


def test_voices_are_drawn_by_their_sound_and_their_weight() -> None:
    half = noise(7, 1.0)
    half[:, RATE // 2 :] = 0
    silent = np.zeros_like(half)
    music = noise(8, 1.0)
    songs = [
        Recording("half", half, music, 4.0),
        Recording("whole", noise(9, 1.0), music),
        Recording("silent", silent, music),
    ]
    mixer = Mixer(songs, recipe(epoch_examples=300, own_accompaniment=0.0, no_voice=0.1))
    draws = [mixer.draw(2, item) for item in range(300)]
    voices = Counter(mixer.names(drawn)[0] for drawn in draws)
    assert voices == {"half": 200, "whole": 100}
    assert {mixer.names(drawn)[1] for drawn in draws} == {"half", "whole", "silent"}
    assert all(len(set(mixer.names(drawn))) == 2 for drawn in draws)
    without = np.mean([not drawn.has_voice for drawn in draws])
    assert without == pytest.approx(0.1, abs=0.05)


def test_accompaniments_alone_are_music_and_nothing_else() -> None:
    plain = Mixer(clips(), recipe(own_accompaniment=0.0))
    assert len(plain) == 2
    assert [plain.name(item) for item in range(2)] == ["narrow", "wide"]
    music = {plain.names(plain.draw(epoch, 0))[1] for epoch in range(20)}
    assert music == {"wide", "tune"}
    first = Mixer(clips()[::-1], recipe(own_accompaniment=0.0))
    assert {first.name(item) for item in range(2)} == {"narrow", "wide"}
    without = Mixer(clips(), recipe(epoch_examples=10, no_voice=1.0, room=1.0))
    for item in range(10):
        audio = without.audio(0, item)
        assert not audio.vocals.any()
        np.testing.assert_array_equal(audio.mixture, audio.accompaniment)


def test_the_name_of_an_item_is_that_of_its_last_example() -> None:
    mixer = Mixer(clips(), recipe(epoch_examples=3, **STAGED))
    for epoch in range(3):
        mixer.example(epoch, 1)
        assert mixer.name(1) == mixer.names(mixer.draw(epoch, 1))[0]


def test_mono_networks_keep_their_channels() -> None:
    settings = replace(recipe(1), augmentation=AugmentationSettings(epoch_examples=4, **STAGED))
    mixer = Mixer(clips()[:1], settings)
    assert {len(mixer.audio(0, item).mixture) for item in range(4)} == {1}
    assert mixer.example(0, 0).features.ndim == 2


def test_blocks_hold_as_many_examples_as_an_epoch() -> None:
    settings = recipe(epoch_examples=5, match_band=True)
    settings = replace(settings, optimiser=replace(settings.optimiser, sequence_frames=10))
    with Preparation(Mixer(clips(), settings), settings) as preparation:
        block = list(preparation.block(0, 0))[-1]
    assert (block.first, block.last) == (0, 5)
    assert set(block.items) == set(range(5))
    assert epoch_examples([RATE, RATE], settings.augmentation, RATE) == 5
    assert epoch_examples([], settings.augmentation, RATE) == 0
    assert epoch_examples([RATE, RATE], AugmentationSettings(), RATE) == 2
