"""Where the network is unsure, and where it hears a voice."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from core.audio import ArrayAudio
from core.certainty import (
    CertaintyTrack,
    certainty,
    doubtful_spans,
    next_after,
    phrases,
    previous_before,
)
from core.errors import Cancelled
from core.masks import Mask
from core.ranges import Ranges

FRAMES_PER_S = 16000 / 512


def mask_of(seconds: float, n_channels: int = 1) -> Mask:
    return Mask.empty(2, 1 + -(-round(seconds * 16000) // 512), 16000, 512, 1024, n_channels)


def random_mask(seconds: float, n_channels: int = 1) -> Mask:
    mask = mask_of(seconds, n_channels)
    mask.values[:] = np.random.default_rng(1).random(mask.values.shape)
    return mask


def noise(seconds: float, rate: int = 44100, n_channels: int = 2, level: float = 0.1) -> ArrayAudio:
    rng = np.random.default_rng(2)
    return ArrayAudio(rng.normal(0, level, (n_channels, round(seconds * rate))), rate)


def track_of(mask: Mask, song: ArrayAudio) -> CertaintyTrack:
    track = CertaintyTrack(mask.n_frames)
    track.update(mask, song, 0, mask.n_frames)
    return track


@pytest.mark.parametrize(("value", "bits"), [(0, 0), (1, 0), (0.5, 1), (0.25, 0.811278), (-0.0, 0)])
def test_doubt_is_the_entropy_of_the_mask(value: float, bits: float) -> None:
    doubt, voice = certainty(np.full((5, 3), value))
    np.testing.assert_allclose(doubt, bits, atol=1e-6)
    np.testing.assert_allclose(voice, value, atol=1e-6)
    assert doubt.dtype == voice.dtype == np.float32
    mask = mask_of(0.5)
    mask.values[:] = value
    track = track_of(mask, noise(0.5))
    np.testing.assert_allclose(track.doubt, bits, atol=1e-5)
    np.testing.assert_allclose(track.voice, value, atol=1e-5)


def test_loud_bins_count_more_and_silence_nothing() -> None:
    values = np.array([[0.5, 0.5], [1.0, 0.5]])
    doubt, voice = certainty(values, np.array([[1.0, 0.0], [3.0, 0.0]]))
    np.testing.assert_allclose(doubt, [0.25, 0])
    np.testing.assert_allclose(voice, [0.875, 0])


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
def test_the_energy_is_the_song_s_at_the_mask_s_frequencies(rate: int) -> None:
    """A tone at 1 kHz and a four times as strong one at 3 kHz, and a mask of the lower one."""
    times = np.arange(2 * rate) / rate
    tones = np.sin(2 * np.pi * 1000 * times) + 2 * np.sin(2 * np.pi * 3000 * times)
    mask = mask_of(2)
    mask.values[:, :, :128] = 1  # below 2 kHz
    mask.values[:, :, 256:] = 0.5  # above 4 kHz
    track = track_of(mask, ArrayAudio(0.2 * tones[None], rate))
    inner = slice(2, -3)
    np.testing.assert_allclose(track.voice[inner], 0.2, atol=0.01)
    assert track.doubt[inner].max() < 0.01


def test_a_song_with_a_sung_half() -> None:
    song = noise(8)
    samples = song.read(0, song.n_samples)
    samples[:, : samples.shape[1] // 4] = 0
    mask = mask_of(8)
    middle = mask.n_frames // 2
    mask.values[..., middle:] = 1
    mask.values[..., :middle] = 0.03
    mask.values[..., :60] = 0.5  # in silence
    track = track_of(mask, ArrayAudio(samples, 44100))
    assert not track.voice[:60].any()
    assert not track.doubt[:60].any()
    ((start, stop),) = phrases(track.voice, FRAMES_PER_S)
    assert start == pytest.approx(4, abs=2 / FRAMES_PER_S)
    assert stop == pytest.approx(8, abs=2 / FRAMES_PER_S)


def test_what_is_too_soft_to_hear_is_silence() -> None:
    mask = mask_of(1)
    mask.values[:] = 0.5
    assert not track_of(mask, noise(1, level=3e-5)).doubt.any()
    assert track_of(mask, noise(1, level=1e-3)).doubt[:-2].min() > 0.9


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("rate", [16000, 44100])
def test_parts_in_any_order_are_the_whole(n_channels: int, rate: int) -> None:
    mask, song = random_mask(15, n_channels), noise(15, rate)
    whole = track_of(mask, song)
    rng = np.random.default_rng(3)
    edges = sorted({0, mask.n_frames, *rng.integers(0, mask.n_frames, 25).tolist()})
    parts = list(itertools.pairwise(edges))
    track = CertaintyTrack(mask.n_frames)
    for index in rng.permutation(len(parts)).tolist():
        assert not track.known.touches(*parts[index])
        track.update(mask, song, *parts[index])
        assert track.known.covers(*parts[index])
    assert track.known == Ranges.of(mask.n_frames)
    np.testing.assert_array_equal(track.doubt, whole.doubt)
    np.testing.assert_array_equal(track.voice, whole.voice)


def test_each_channel_has_a_mask_of_its_own() -> None:
    song = noise(1)
    samples = song.read(0, song.n_samples)
    samples[1] *= 3
    mask = mask_of(1, 2)
    mask.values[:, 0] = 1
    track = track_of(mask, ArrayAudio(samples, 44100))
    np.testing.assert_allclose(track.voice[2:-3].mean(), 0.1, atol=0.01)


def test_it_stops_when_asked_to() -> None:
    mask, song = random_mask(20), noise(20)
    track = CertaintyTrack(mask.n_frames)
    answers = iter([False, True])
    with pytest.raises(Cancelled):
        track.update(mask, song, 0, mask.n_frames, lambda: next(answers))
    assert 0 < track.known.size < mask.n_frames
    assert not track.doubt[track.known.size :].any()


def test_doubtful_seconds_stand_out_of_the_song() -> None:
    rng = np.random.default_rng(4)
    doubt = rng.uniform(0.1, 0.2, 3000)
    doubt[625:690] = 0.6  # 20 s to 22.1 s
    doubt[710:740] = 0.7  # a short gap later
    doubt[2000:2100] = 0.5
    doubt[2500] = 1  # a single frame is no second
    voice = np.full(3000, 0.5)
    spans = doubtful_spans(doubt, voice, FRAMES_PER_S)
    assert spans == [
        (pytest.approx(20, abs=0.5), pytest.approx(23.7, abs=0.5)),
        (pytest.approx(64, abs=0.5), pytest.approx(67.2, abs=0.5)),
    ]
    voice[2000:2100] = 0
    assert doubtful_spans(doubt, voice, FRAMES_PER_S) == spans[:1]


def test_nothing_stands_out_where_all_is_the_same_or_sure() -> None:
    voice = np.full(900, 0.5)
    assert doubtful_spans(np.full(900, 0.5), voice, FRAMES_PER_S) == []
    assert doubtful_spans(np.tile([0.0, 0.1], 450), voice, FRAMES_PER_S) == []
    assert doubtful_spans(np.zeros(900), np.zeros(900), FRAMES_PER_S) == []
    assert doubtful_spans(np.zeros(0), np.zeros(0), FRAMES_PER_S) == []
    ((start, stop),) = doubtful_spans(np.full(900, 0.9), voice, FRAMES_PER_S)
    assert (start, stop) == (0, pytest.approx(900 / FRAMES_PER_S, abs=0.1))


def test_phrases_take_breaths_and_leave_out_clicks() -> None:
    voice = np.full(1000, 0.02)
    voice[100:200] = 0.5
    voice[205:300] = 0.15  # a breath, then softly: never begins one, but goes on with it
    voice[200:205] = 0.0
    voice[400:403] = 0.9  # shorter than a phrase
    voice[500:600] = 0.15  # never loud enough
    voice[700:800] = 0.3
    found = phrases(voice, FRAMES_PER_S)
    expected = [(100, 200), (700, 800)]
    assert len(found) == len(expected)
    for (start, stop), (first, last) in zip(found, expected, strict=True):
        assert start * FRAMES_PER_S == pytest.approx(first - 0.5)
        assert stop * FRAMES_PER_S == pytest.approx(last - 0.5)
    voice[205:206] = 0.25  # now it does
    assert phrases(voice, FRAMES_PER_S)[0] == (
        pytest.approx(99.5 / FRAMES_PER_S),
        pytest.approx(299.5 / FRAMES_PER_S),
    )
    assert phrases(np.zeros(0), FRAMES_PER_S) == []


def test_a_walk_from_span_to_span_and_back() -> None:
    spans = [(1.0, 2.0), (3.0, 5.0), (8.0, 9.0)]
    time, seen = 0.0, []
    while (span := next_after(spans, time)) is not None:
        seen.append(span)
        time = span[0] - 1e-5  # a player stands on whole samples
    assert seen == spans
    time = 20.0
    while (span := previous_before(spans, time)) is not None:
        seen.append(span)
        time = span[0] + 1e-5
    assert seen == [*spans, *reversed(spans)]
    assert previous_before(spans, 4) == (3.0, 5.0)
    assert next_after(spans, 4) == (8.0, 9.0)
