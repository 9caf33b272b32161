"""Parts of the stems by themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.audio import ArrayAudio
from core.editing.audition import Between, Inside, TakenAway, part_stems
from core.editing.regions import Outside, Rectangle
from core.masks import Mask
from core.stft import Stft
from core.synthesis import synthesis_stft, synthesise

MODEL_RATE = 16000


def make_mask(n_frames: int, n_channels: int, seed: int = 0) -> Mask:
    rng = np.random.default_rng(seed)
    mask = Mask.empty(2, n_frames, MODEL_RATE, 512, 1024, n_channels)
    mask.values[:] = rng.random(mask.values.shape)
    mask.above[:] = rng.random(mask.above.shape)
    return mask


def whole(audio) -> np.ndarray:
    return audio.read(0, audio.n_samples)


@pytest.fixture(params=[(16000, 1), (44100, 2)])
def song(request: pytest.FixtureRequest) -> tuple[ArrayAudio, Mask]:
    rate, n_channels = request.param
    rng = np.random.default_rng(1)
    audio = ArrayAudio(0.1 * rng.normal(size=(2, 3 * rate)), rate)
    return audio, make_mask(1 + 3 * MODEL_RATE // 512, n_channels)


def test_inside_and_outside_are_the_whole(song: tuple[ArrayAudio, Mask]) -> None:
    audio, mask = song
    region = Rectangle(0.5, 1.5, 400, math.inf)
    inside = part_stems(Inside(region), audio, mask, None)
    outside = part_stems(Inside(Outside(region)), audio, mask, None)
    parts = [whole(stem) for stem in (*inside, *outside)]
    np.testing.assert_allclose(sum(parts), whole(audio), atol=2e-5)
    assert np.abs(parts[0]).max() > 1e-3
    far = slice(2 * audio.sample_rate, None)
    assert np.abs(parts[0][:, far]).max() == 0
    stft = synthesis_stft(audio.sample_rate, Stft(1024, 512, "sine"), MODEL_RATE)
    voice = synthesise(audio, mask, stft, 0, audio.n_samples)
    np.testing.assert_allclose(parts[0] + parts[2], voice, atol=2e-5)


def test_reads_do_not_depend_on_their_spans(song: tuple[ArrayAudio, Mask]) -> None:
    audio, mask = song
    voice, _ = part_stems(Inside(Rectangle(0.5, 1.5, 400, 3000)), audio, mask, None)
    pieces, rng, at = [], np.random.default_rng(2), 0
    while at < audio.n_samples:
        stop = min(audio.n_samples, at + int(rng.integers(1, 9000)))
        pieces.append(voice.read(at, stop))
        at = stop
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), whole(voice), atol=1e-6)
    with pytest.raises(IndexError):
        voice.read(0, audio.n_samples + 1)


def test_where_the_mask_has_certain_values(song: tuple[ArrayAudio, Mask]) -> None:
    audio, mask = song
    mask.values[:, :, : mask.n_bins // 2] = 0.9
    mask.values[:, :, mask.n_bins // 2 :] = 0.2
    mask.above[:] = 0.2
    voice, music = part_stems(Between(0.8, 1.0), audio, mask, None)
    spectrum = np.abs(np.fft.rfft(whole(voice)[0]))
    hertz = np.fft.rfftfreq(audio.n_samples, 1 / audio.sample_rate)
    low, high = (spectrum[part].mean() for part in ((hertz < 3800), (hertz > 4300)))
    assert high < low / 20
    everything = part_stems(Between(0.0, 1.0), audio, mask, None)
    np.testing.assert_allclose(sum(whole(s) for s in everything), whole(audio), atol=2e-5)
    loudness = [np.abs(whole(stem)).mean() for stem in (voice, music)]
    assert loudness[0] > 5 * loudness[1]


def test_what_edits_took_away(song: tuple[ArrayAudio, Mask]) -> None:
    audio, network = song
    edited = make_mask(network.n_frames, network.n_channels, seed=5)
    edited.values[:], edited.above[:] = network.values, network.above
    edited.values[..., 30:50] = 0
    edited.values[..., 60:70] = 1
    voice, music = (whole(s) for s in part_stems(TakenAway(), audio, edited, network))
    frame = audio.sample_rate * 512 // MODEL_RATE
    assert np.abs(voice[:, 35 * frame : 45 * frame]).max() > 1e-3
    assert np.abs(music[:, 35 * frame : 45 * frame]).max() == 0
    assert np.abs(music[:, 62 * frame : 68 * frame]).max() > 1e-3
    assert np.abs(voice[:, 62 * frame : 68 * frame]).max() == 0
    nothing = part_stems(TakenAway(), audio, network, None)
    assert not any(whole(stem).any() for stem in nothing)
