"""Resampling: in place in time, and the same however it is read."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from core.audio import ArrayAudio, ResampledAudio, resample

PAIRS = [(44100, 16000), (16000, 44100), (48000, 16000), (96000, 44100), (44100, 48000)]


def db(value: float) -> float:
    return 20 * math.log10(value + 1e-12)


@pytest.mark.parametrize(("rate_in", "rate_out"), PAIRS)
def test_reads_do_not_depend_on_block_borders(rate_in: int, rate_out: int) -> None:
    rng = np.random.default_rng(0)
    noise = rng.uniform(-0.9, 0.9, (2, 3 * rate_in + 17)).astype(np.float32)
    resampled = ResampledAudio(ArrayAudio(noise, rate_in), rate_out)
    whole = resampled.read(0, resampled.n_samples)
    cuts = [0, 1, *sorted(rng.integers(2, resampled.n_samples, 8)), resampled.n_samples]
    pieces = [resampled.read(int(a), int(b)) for a, b in itertools.pairwise(cuts)]
    assert db(np.abs(np.concatenate(pieces, 1) - whole).max()) < -120
    assert db(np.abs(resample(noise, rate_in, rate_out) - whole).max()) < -120


@pytest.mark.parametrize(("rate_in", "rate_out"), PAIRS)
@pytest.mark.parametrize("seconds", [0.5, 40.25])
def test_a_click_stays_where_it_was(rate_in: int, rate_out: int, seconds: float) -> None:
    click = np.zeros((1, 41 * rate_in), np.float32)
    k = round(seconds * rate_in)
    click[0, k] = 1.0
    resampled = ResampledAudio(ArrayAudio(click, rate_in), rate_out)
    expected = k * rate_out / rate_in
    start = int(expected) - 3000
    heard = resampled.read(start, start + 6000)[0]
    assert abs(start + np.abs(heard).argmax() - expected) <= 0.5 + 1e-6


@pytest.mark.parametrize(("rate_in", "rate_out"), PAIRS)
def test_a_tone_keeps_phase_and_level(rate_in: int, rate_out: int) -> None:
    tone = np.sin(2 * np.pi * 997 * np.arange(2 * rate_in) / rate_in)[None].astype(np.float32)
    heard = resample(tone, rate_in, rate_out)[0]
    ideal = np.sin(2 * np.pi * 997 * np.arange(2 * rate_out) / rate_out)
    middle = slice(rate_out // 2, -rate_out // 2)
    assert db(np.abs(heard - ideal)[middle].max()) < -110


class _Counting(ArrayAudio):
    most = 0

    def read(self, start: int, stop: int) -> np.ndarray:
        self.most = max(self.most, stop - start)
        return super().read(start, stop)


def test_a_read_touches_little_of_the_input() -> None:
    audio = _Counting(np.zeros((1, 44100 * 60), np.float32), 44100)
    ResampledAudio(audio, 16000).read(500_000, 501_000)
    assert audio.most < 44100 / 4


@pytest.mark.parametrize("n_samples", [0, 1, 2, 100])
def test_short_signals(n_samples: int) -> None:
    short = np.full((3, n_samples), 0.5, np.float32)
    assert resample(short, 44100, 16000).shape == (3, math.ceil(n_samples * 16000 / 44100))
    same = resample(short, 44100, 44100)
    assert np.array_equal(same, short)
    assert same is not short


def test_bad_spans_and_rates() -> None:
    audio = ArrayAudio(np.zeros((1, 100), np.float32), 44100)
    with pytest.raises(IndexError):
        ResampledAudio(audio, 16000).read(0, 38)
    with pytest.raises(ValueError, match="sample rate"):
        ResampledAudio(audio, 0)
