"""Levels, pyramids, scales and rows against signals whose picture is known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.audio.source import ArrayAudio
from core.errors import Cancelled
from core.spectrogram import (
    PENDING,
    EnvelopePyramid,
    FrequencyScale,
    MaskPyramid,
    RowMap,
    SpectrogramPyramid,
    code_of_db,
    db_of_code,
    display_stft,
    note_of,
)
from core.spectrogram.codes import code_of_energy
from core.spectrogram.columns import TOP_COLUMNS

RATE = 44100


def tone(frequency_hz: float, level_db: float, seconds: float, rate: int = RATE) -> ArrayAudio:
    time = np.arange(round(seconds * rate)) / rate
    wave = 10 ** (level_db / 20) * np.sin(2 * np.pi * frequency_hz * time)
    return ArrayAudio(np.stack([wave, wave]), rate)


def whole(audio: ArrayAudio, directory: Path | None = None) -> SpectrogramPyramid:
    pyramid = SpectrogramPyramid(audio.n_samples, audio.sample_rate, directory)
    pyramid.update(audio, 0, audio.n_samples)
    return pyramid


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000, 96000, 192000])
def test_display_stft_keeps_its_duration_at_every_rate(rate: int) -> None:
    window, hop = display_stft(rate)
    assert window == 4 * hop
    assert window / rate == pytest.approx(2048 / 44100, rel=0.04)


def test_display_stft_at_the_usual_rate() -> None:
    assert display_stft(44100) == (2048, 512)


@pytest.mark.parametrize("rate", [16000, 44100, 48000])
@pytest.mark.parametrize("level_db", [0.0, -20.0, -87.3])
def test_tone_lands_at_its_bin_and_level(rate: int, level_db: float) -> None:
    window, _hop = display_stft(rate)
    row = 60
    audio = tone(row * rate / window, level_db, 1.0, rate)
    pyramid = whole(audio)
    tile = pyramid.tile(0, 0, pyramid.n_columns)
    middle = tile[:, pyramid.n_columns // 2]
    assert int(np.argmax(middle)) == row
    level = pyramid.level_db(0.5, row * pyramid.bin_hz)
    assert level == pytest.approx(level_db, abs=0.5)


def test_constant_and_out_of_phase_channels_keep_their_level() -> None:
    constant = whole(ArrayAudio(np.full((1, RATE), 0.1), RATE))
    assert constant.level_db(0.5, 0.0) == pytest.approx(-20, abs=0.5)
    samples = tone(2000, -6, 1.0).read(0, RATE)
    samples[1] *= -1
    level = whole(ArrayAudio(samples, RATE)).level_db(0.5, 93 * RATE / 2048)
    assert level == pytest.approx(-6, abs=0.6)


def test_energy_codes_agree_with_the_logarithm() -> None:
    level_db = np.linspace(-119, 6, 5001)
    codes = code_of_energy((10 ** (level_db / 10)).astype(np.float32))
    shown = np.array([db_of_code(int(code)) for code in codes])
    assert np.abs(shown - level_db).max() < 0.28
    strange = np.array([0.0, np.nan, np.inf, 1e-30, -1.0], np.float32)
    assert code_of_energy(strange).tolist() == [1, 1, 255, 1, 1]
    assert db_of_code(PENDING) is None
    assert db_of_code(int(code_of_db(-60.0))) == -60.0


def test_peaks_survive_pooling() -> None:
    rng = np.random.default_rng(1)
    samples = rng.standard_normal((1, 40 * RATE)).astype(np.float32) * 1e-4
    samples[0, 20 * RATE] = 1.0
    pyramid = whole(ArrayAudio(samples, RATE))
    finest = pyramid.tile(0, 0, pyramid.n_columns)
    assert pyramid.n_levels > 3
    for level in range(1, pyramid.n_levels):
        coarse = pyramid.tile(level, 0, pyramid.level_columns(level))
        padded = np.pad(finest, ((0, 0), (0, -finest.shape[1] % 2**level)))
        expected = padded.reshape(pyramid.n_bins, -1, 2**level).max(axis=2)
        np.testing.assert_array_equal(coarse, expected)
    assert pyramid.level_columns(pyramid.n_levels - 1) <= TOP_COLUMNS


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_parts_equal_the_whole(order: tuple[int, ...]) -> None:
    rng = np.random.default_rng(2)
    audio = ArrayAudio(rng.standard_normal((2, 15 * RATE + 77)) * 0.1, RATE)
    expected = whole(audio)
    pyramid = SpectrogramPyramid(audio.n_samples, RATE)
    edges = [0, 3 * RATE + 11, 9 * RATE - 5, audio.n_samples]
    for part in order:
        pyramid.update(audio, edges[part], edges[part + 1])
    for level in range(pyramid.n_levels):
        n = pyramid.level_columns(level)
        np.testing.assert_array_equal(pyramid.tile(level, 0, n), expected.tile(level, 0, n))


def test_what_is_not_computed_is_marked() -> None:
    audio = tone(1000, -10, 10.0)
    pyramid = SpectrogramPyramid(audio.n_samples, RATE)
    assert not pyramid.tile(0, 0, pyramid.n_columns).any()
    first, last = pyramid.update(audio, 0, 5 * RATE)
    tile = pyramid.tile(0, 0, pyramid.n_columns)
    assert first == 0
    assert (tile[:, :last] != PENDING).all()
    assert (tile[:, last:] == PENDING).all()
    assert last == pytest.approx(5 * RATE / 512, abs=3)
    assert pyramid.level_db(2.0, 1000) is not None
    assert pyramid.level_db(8.0, 1000) is None
    assert pyramid.level_db(11.0, 1000) is None
    assert pyramid.level_db(2.0, 30000) is None


@pytest.mark.parametrize("n_samples", [0, 1, 511, 2049])
def test_any_length(n_samples: int) -> None:
    pyramid = whole(ArrayAudio(np.zeros((1, n_samples)), RATE))
    tile = pyramid.tile(0, 0, pyramid.n_columns)
    if n_samples:
        assert (tile == 1).all()
    with pytest.raises(IndexError):
        pyramid.tile(0, 0, pyramid.n_columns + 1)


def test_stop_is_heeded_and_disk_given_back(tmp_path: Path) -> None:
    audio = tone(500, -10, 10.0)
    pyramid = SpectrogramPyramid(audio.n_samples, RATE, tmp_path / "new")
    fractions: list[float] = []
    with pytest.raises(Cancelled):
        pyramid.update(audio, 0, audio.n_samples, lambda: bool(fractions), fractions.append)
    assert len(fractions) == 1
    pyramid.close()
    assert not list((tmp_path / "new").iterdir())


@dataclass(frozen=True)
class PlainMask:
    values: NDArray[np.float16]
    above: NDArray[np.float16]
    sample_rate: int = 16000
    hop_samples: int = 512
    window_samples: int = 1024


def test_mask_values_band_and_pooling() -> None:
    rng = np.random.default_rng(3)
    values = rng.random((1, 2, 513, 1000)).astype(np.float16)
    above = np.full((1, 2, 1000), 0.25, np.float16)
    pyramid = MaskPyramid(PlainMask(values, above))
    pyramid.update(0, 700)
    expected = float(values[0, :, 100, 300].astype(np.float32).mean())
    assert pyramid.value_at(300 * 0.032, 100 * 15.625) == pytest.approx(expected, abs=0.003)
    assert pyramid.value_at(300 * 0.032, 12000) == pytest.approx(0.25, abs=0.003)
    assert pyramid.value_at(800 * 0.032, 1000) is None
    coarse = pyramid.tile(2, 0, 20).astype(float)
    fine = pyramid.tile(0, 0, 80).astype(float)
    assert np.abs(coarse - fine.reshape(514, 20, 4).mean(axis=2)).max() <= 1.6
    assert (pyramid.tile(2, 175, 5) == PENDING).all()


@pytest.mark.parametrize("kind", ["linear", "log", "mel"])
def test_scale_and_inverse(kind: str) -> None:
    scale = FrequencyScale.of_kind(kind, RATE)  # type: ignore[arg-type]
    units = np.linspace(0, 1, 101)
    hertz = scale.to_hz(units)
    assert (np.diff(hertz) > 0).all()
    np.testing.assert_allclose(scale.to_unit(hertz), units, atol=1e-9)
    assert scale.to_hz(1.0) == pytest.approx(RATE / 2)
    assert scale.to_hz(0.0) == pytest.approx(scale.low_hz, abs=1e-6)


def test_mel_reference_point() -> None:
    scale = FrequencyScale("mel", 0.0, 8000.0)
    # By definition of the formula 1000 Hz is close to 1000 mel.
    assert scale.to_unit(1000.0) * 2595 * np.log10(1 + 8000 / 700) == pytest.approx(1000, abs=0.1)


@pytest.mark.parametrize(
    ("hertz", "text"),
    [
        (440.0, "A4 +0 ct"),
        (261.63, "C4 +0 ct"),
        (277.18, "C♯4 +0 ct"),
        (450.0, "A4 +39 ct"),
        (430.0, "A4 −40 ct"),
        (27.5, "A0 +0 ct"),
    ],
)
def test_note_names(hertz: float, text: str) -> None:
    assert str(note_of(hertz)) == text


def test_no_note_at_zero() -> None:
    assert note_of(0.0) is None
    assert note_of(float("nan")) is None


@pytest.mark.parametrize("kind", ["linear", "log", "mel"])
@pytest.mark.parametrize("n_rows", [64, 256, 1024, 2048])
def test_rows_keep_every_peak_at_its_place(kind: str, n_rows: int) -> None:
    scale = FrequencyScale.of_kind(kind, RATE)  # type: ignore[arg-type]
    rows = RowMap(scale, n_rows, RATE / 2048, 1025)
    for peak in (5, 23, 117, 480, 1000):
        tile = np.ones((1025, 3), np.uint8)
        tile[peak] = 200
        picture = rows.apply(tile)
        assert picture.shape == (n_rows, 3)
        assert picture[:, 1].max() > 100  # between bins a peak of one bin may fall short of itself
        where = (float(np.argmax(picture[:, 1])) + 0.5) / n_rows
        shown_bin = scale.to_hz(where) / (RATE / 2048)
        row_bins = (scale.to_hz(where + 1 / n_rows) - scale.to_hz(where)) / (RATE / 2048)
        assert abs(shown_bin - peak) <= 0.75 + row_bins
    blank = rows.apply(np.zeros((1025, 2), np.uint8))
    assert not blank.any()


def test_mask_rows_show_the_mean_and_what_is_above() -> None:
    scale = FrequencyScale("linear", 0.0, 22050.0)
    rows = RowMap(scale, 100, 15.625, 513, combine="mean", above=True)
    tile = np.empty((514, 2), np.uint8)
    tile[:513:2], tile[1:513:2], tile[513] = 100, 200, 30
    picture = rows.apply(tile)
    n_band = int(8000 / 220.5)
    assert np.abs(picture[: n_band - 1].astype(float) - 150).max() < 10
    assert (picture[n_band + 1 :] == 30).all()


def test_envelope_parts_and_levels() -> None:
    rng = np.random.default_rng(4)
    samples = rng.standard_normal((2, 20 * RATE)).astype(np.float32) * 0.1
    samples[0, 7 * RATE] = 0.9
    samples[1, 12 * RATE] = -0.8
    audio = ArrayAudio(samples, RATE)
    pyramid = EnvelopePyramid(audio.n_samples, RATE)
    assert not pyramid.read(0, 20, 50).known.any()
    pyramid.update(audio, 0, 10 * RATE)
    half = pyramid.read(0, 20, 50)
    assert half.known[:25].all()
    assert not half.known[27:].any()
    pyramid.update(audio, 10 * RATE, audio.n_samples)
    for n_points in (1, 37, 700):
        outline = pyramid.read(0, 20, n_points)
        assert outline.known.all()
        assert outline.high.max() == pytest.approx(0.9)
        assert outline.low.min() == pytest.approx(-0.8)
        assert outline.rms.mean() == pytest.approx(0.1, rel=0.02)
    assert int(np.argmax(pyramid.read(0, 20, 40).high)) in (13, 14)
