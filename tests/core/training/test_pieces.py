"""How long a piece sounds, how high a recording reaches, and how often a piece is drawn."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soxr

from core.clip_files import resampled
from core.datasets import find_clips
from core.errors import DataError
from core.training.examples import ClipPair
from core.training.lots import Lots, PieceLots
from core.training.pieces import LOWEST_BAND_HZ, Piece, band_hz, sounding_s
from core.training.recordings import Recording

RATE = 44100


def noise(seconds: float, rate: int = RATE, n_channels: int = 1, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.1, (n_channels, round(seconds * rate))).astype(np.float32)


def test_a_recording_ends_where_its_first_rate_did() -> None:
    for rate, end in ((16000, 8000), (24000, 12000), (32000, 16000)):
        found = band_hz(resampled(noise(3, rate, 2), rate, RATE), RATE)
        assert found == pytest.approx(end, rel=0.03)
    assert band_hz(noise(3), RATE) == RATE / 2
    assert band_hz(noise(0.01), RATE) == RATE / 2
    assert band_hz(np.zeros((1, RATE), np.float32), RATE) == RATE / 2
    assert band_hz(np.zeros((1, 0), np.float32), RATE) == RATE / 2


def test_a_dark_recording_is_no_narrow_one() -> None:
    time = np.arange(3 * RATE) / RATE
    bass = 0.3 * np.sin(2 * np.pi * 80 * time)[None].astype(np.float32)
    assert band_hz(bass, RATE) == LOWEST_BAND_HZ
    # A pink spectrum falls by 3 dB an octave, and is there up to the end all the same.
    pink = np.fft.rfft(noise(3)[0]) / np.sqrt(1 + np.arange(3 * RATE // 2 + 1))
    assert band_hz(np.fft.irfft(pink)[None].astype(np.float32), RATE) > 21000


def test_silence_does_not_count() -> None:
    samples = noise(4, 8000, 2)
    samples[:, 8000:16000] = 0
    samples[:, 16000:24000] *= 0.001
    samples[:, 24000:28000] = 0
    bounds = [(k * 8000, (k + 1) * 8000) for k in range(4)]
    assert sounding_s(samples, 8000, bounds) == pytest.approx([1.0, 0.0, 0.0, 0.5])
    assert sounding_s(samples[:, :10], 8000, [(0, 10)]) == [10 / 8000]
    assert sounding_s(np.zeros((1, 8000), np.float32), 8000, [(0, 8000)]) == [0.0]


def test_lots_fall_by_weight_and_never_on_nothing() -> None:
    lots = Lots([0.0, 1.0, 0.0, 3.0, 0.0])
    drawn = Counter(lots.drawn((k + 0.5) / 400) for k in range(400))
    assert drawn == {1: 100, 3: 300}
    assert {lots.other(k / 50, 3) for k in range(50)} == {1}
    assert {lots.other(k / 50, 1) for k in range(50)} == {3}
    assert {lots.other(k / 50, 2) for k in range(50)} == {1, 3}
    assert lots.drawn(0.0) == 1
    assert lots.drawn(1 - 1e-12) == 3
    assert {Lots([1.0]).other(k / 9, 0) for k in range(9)} == {0}
    with pytest.raises(DataError, match="silent"):
        Lots([0.0, 0.0])


def test_wide_voices_get_wide_music() -> None:
    narrow, wide = (noise(1, RATE), noise(1, RATE))
    nothing = np.zeros((1, 0), np.float32)
    clips = [
        Recording("narrow", narrow, narrow, 2.0),
        ClipPair("wide", wide, wide),
        Recording("tune", nothing, wide, 3.0),
    ]
    pieces = [Piece(k, 0, RATE) for k in range(3)]
    bands = [(8000.0, 8000.0), (RATE / 2, 16000.0), (RATE / 2, RATE / 2)]
    lots = PieceLots(clips, pieces, RATE, bands)
    assert lots.voice_weights == pytest.approx([2.0, 1.0, 0.0])
    assert lots.music_weights == pytest.approx([2.0, 1.0, 3.0])
    places = [k / 40 for k in range(40)]
    assert {lots.voice(lot) for lot in places} == {0, 1}
    assert {lots.music(lot, 0) for lot in places} == {1, 2}
    assert {lots.music(lot, 1) for lot in places} == {2}
    assert {PieceLots(clips, pieces, RATE).music(lot, 1) for lot in places} == {0, 2}


def test_the_bands_of_real_recordings(data_dir: Path) -> None:
    clip = find_clips(data_dir / "mir1k" / "train")[50]
    for samples in clip.load(RATE):
        assert 6000 < band_hz(samples, RATE) < 8100
    song = find_clips(data_dir / "musdb18-7" / "train")[4]
    for samples in song.load(RATE):
        assert 16000 < band_hz(samples, RATE) < 18000
    lower = soxr.resample(song.load(RATE)[0].T, RATE, 24000, "VHQ")
    assert band_hz(resampled(lower.T, 24000, RATE), RATE) < 12100
