"""The files of an export add up to the song."""

from __future__ import annotations

import math

import numpy as np
import pytest
import soundfile

from core.audio import ArrayAudio, DifferenceAudio, decode
from core.audio.encode import AudioFileWriter
from core.audio.info import Tags
from core.export import ExportOptions, default_bit_depth, export_stems

BOTH = ("vocals", "accompaniment")


def db(value: float) -> float:
    return 20 * math.log10(value + 1e-12)


def integers(path, bits: int) -> np.ndarray:
    return soundfile.read(path, dtype="int32", always_2d=True)[0].T.astype(np.int64) >> (32 - bits)


def floats(path) -> np.ndarray:
    audio = decode(path).audio
    return audio.read(0, audio.n_samples).astype(np.float64)


@pytest.mark.parametrize("audio_format", ["wav", "flac"])
@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("n_samples", [1, 65_536, 150_001])
@pytest.mark.parametrize("n_channels", [1, 2, 6])
def test_a_song_of_the_same_depth_is_exact(
    tmp_path, make_song, audio_format, bits, n_samples, n_channels
) -> None:
    mixture, stems = make_song(bits, n_samples, n_channels)
    options = ExportOptions(BOTH, audio_format, bits, tmp_path)
    report = export_stems(mixture, stems, None, None, options)
    assert report.gain_db == 0.0
    whole = sum(integers(path, bits) for path in report.files)
    expected = mixture.read(0, n_samples).astype(np.float64) * 2 ** (bits - 1)
    assert np.array_equal(whole, expected)
    voice = floats(report.files[0])
    assert db(np.abs(voice - stems["vocals"].read(0, n_samples)).max()) < -90


@pytest.mark.parametrize("voice_gain", [0.6, 1.7, -0.8, 25.0])
@pytest.mark.parametrize(("bit_depth", "limit"), [(16, -90), (24, -130), ("float", -120)])
def test_float_songs_and_clipping(tmp_path, make_song, voice_gain, bit_depth, limit) -> None:
    mixture, stems = make_song(None, voice_gain=voice_gain)
    options = ExportOptions(BOTH, "wav", bit_depth, tmp_path)
    report = export_stems(mixture, stems, None, None, options)
    clips = voice_gain != 0.6 and bit_depth != "float"
    assert (report.gain_db < 0) == clips
    assert ("turned down by" in report.sentence) == clips
    assert report.gain_db == round(report.gain_db, 1)
    gain = 10 ** (report.gain_db / 20)
    read = {path.stem: floats(path) for path in report.files}
    expected = mixture.read(0, mixture.n_samples) * gain
    assert db(np.abs(sum(read.values()) - expected).max()) < limit
    voice = stems["vocals"].read(0, mixture.n_samples) * gain
    assert db(np.abs(read["vocals"] - voice).max()) < limit
    if clips:  # as little as needed: a step less would clip
        assert max(np.abs(s).max() for s in read.values()) <= 1.0
        assert max(np.abs(s).max() for s in read.values()) * 10 ** (0.11 / 20) > 1.0


def test_only_what_is_written_asks_for_a_gain(tmp_path, make_song) -> None:
    mixture, stems = make_song(16, voice_gain=1.5)
    options = ExportOptions(("accompaniment",), "wav", 16, tmp_path)
    report = export_stems(mixture, stems, None, None, options)
    assert report.gain_db == 0.0
    assert [path.name for path in report.files] == ["accompaniment.wav"]


def test_full_scale_needs_no_gain(tmp_path) -> None:
    samples = np.array([[-1.0, 32767 / 32768, 0.0, -1.0]])
    mixture = ArrayAudio(samples, 44100)
    voice = ArrayAudio(samples, 44100)
    stems = {"vocals": voice, "accompaniment": DifferenceAudio(mixture, [voice])}
    report = export_stems(mixture, stems, None, None, ExportOptions(BOTH, "wav", 16, tmp_path))
    assert report.gain_db == 0.0
    assert integers(report.files[0], 16).tolist() == [[-32768, 32767, 0, -32768]]


@pytest.mark.parametrize("seed", range(12))
def test_any_number_of_stems_adds_up(tmp_path, seed) -> None:
    rng = np.random.default_rng(seed)
    n_stems, n_samples = int(rng.integers(2, 6)), int(rng.integers(1, 140_000))
    scale = float(rng.choice([1e-5, 0.3, 3.0]))
    mixture = ArrayAudio(rng.normal(0, scale, (2, n_samples)), 48_000)
    parts = [ArrayAudio(rng.normal(0, scale, (2, n_samples)), 48_000) for _ in range(n_stems - 1)]
    stems = {f"s{k}": part for k, part in enumerate(parts)}
    stems["rest"] = DifferenceAudio(mixture, parts)
    for bits in (16, 24):
        options = ExportOptions(tuple(stems), "flac", bits, tmp_path / str(bits))
        report = export_stems(mixture, stems, None, None, options)
        whole = sum(integers(path, bits) for path in report.files)
        gain = 10 ** (report.gain_db / 20)
        expected = mixture.read(0, n_samples).astype(np.float64) * gain * 2 ** (bits - 1)
        assert np.array_equal(whole, np.rint(expected))


def test_balance_is_the_sum_at_the_gains(tmp_path, make_song) -> None:
    mixture, stems = make_song(16)
    gains = {"vocals": -6.0, "accompaniment": float("-inf")}
    options = ExportOptions(("vocals",), "wav", "float", tmp_path, balance=gains)
    report = export_stems(mixture, stems, None, None, options)
    assert [path.name for path in report.files] == ["vocals.wav", "balance.wav"]
    voice, balance = (floats(path) for path in report.files)
    assert db(np.abs(balance - voice * 10 ** (-6 / 20)).max()) < -120


def test_balance_at_zero_is_the_song(tmp_path, make_song) -> None:
    mixture, stems = make_song(16)
    options = ExportOptions((), "flac", 16, tmp_path, balance={})
    report = export_stems(mixture, stems, None, None, options)
    assert np.array_equal(floats(report.files[0]), mixture.read(0, mixture.n_samples))


def test_balance_may_ask_for_the_gain(tmp_path, make_song) -> None:
    mixture, stems = make_song(16)
    options = ExportOptions(BOTH, "wav", 16, tmp_path, balance={"vocals": 12.0})
    report = export_stems(mixture, stems, None, None, options)
    assert report.gain_db < 0
    whole = sum(integers(path, 16) for path in report.files[:2])
    expected = mixture.read(0, mixture.n_samples) * 10 ** (report.gain_db / 20) * 32768
    assert np.abs(whole - expected).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("audio_format", ["mp3", "ogg"])
@pytest.mark.parametrize(("rate", "n_channels"), [(44100, 2), (48000, 1), (16000, 2)])
def test_lossy_files_keep_rate_channels_and_length(
    tmp_path, make_song, audio_format, rate, n_channels
) -> None:
    mixture, _ = make_song(None, 50_001, n_channels, rate)
    time = np.arange(50_001) / rate
    tone = np.tile(0.4 * np.sin(2 * np.pi * 500 * time), (n_channels, 1))
    mixture, voice = ArrayAudio(tone, rate), ArrayAudio(2.9 * tone, rate)
    stems = {"vocals": voice, "accompaniment": DifferenceAudio(mixture, [voice])}
    options = ExportOptions(BOTH, audio_format, 16, tmp_path)
    report = export_stems(mixture, stems, None, None, options)
    assert report.gain_db == pytest.approx(-1.3)
    songs = [decode(path) for path in report.files]
    for song in songs:
        info = song.info
        assert (info.sample_rate, info.n_channels, info.n_samples) == (rate, n_channels, 50_001)
    whole = sum(song.audio.read(2000, 48_000) for song in songs)
    expected = mixture.read(2000, 48_000) * 10 ** (report.gain_db / 20)
    assert db(np.abs(whole - expected).max()) < -35


def test_surround_ogg_keeps_its_channels_apart(tmp_path) -> None:
    time = np.arange(24_000) / 48_000
    tones = np.stack([0.3 * np.sin(2 * np.pi * f * time) for f in (100, 200, 300, 60, 500, 600)])
    mixture = ArrayAudio(tones, 48_000)
    voice = ArrayAudio(tones / 2, 48_000)
    stems = {"vocals": voice, "accompaniment": DifferenceAudio(mixture, [voice])}
    report = export_stems(mixture, stems, None, None, ExportOptions(BOTH, "ogg", 16, tmp_path))
    spectra = np.abs(np.fft.rfft(floats(report.files[1]), axis=1))
    assert (spectra.argmax(axis=1) * 2).tolist() == [100, 200, 300, 60, 500, 600]


def test_over_four_gigabytes_is_rf64(tmp_path) -> None:
    path = tmp_path / "long.wav"
    with AudioFileWriter(path, "wav", 24, 44100, 2, 2**30, Tags(title="Long")) as writer:
        writer.write(np.ones((2, 1000)))
    assert path.read_bytes()[:4] == b"RF64"
    assert decode(path).audio.n_samples == 1000


def test_memory_is_bounded(tmp_path, make_song) -> None:
    class Watched(ArrayAudio):
        most = 0

        def read(self, start: int, stop: int) -> np.ndarray:
            Watched.most = max(Watched.most, stop - start)
            return super().read(start, stop)

    mixture = Watched(np.zeros((1, 1_000_000)), 44100)
    voice = Watched(np.zeros((1, 1_000_000)), 44100)
    stems = {"vocals": voice, "accompaniment": DifferenceAudio(mixture, [voice])}
    export_stems(mixture, stems, None, None, ExportOptions(BOTH, "wav", 16, tmp_path))
    assert Watched.most <= 65_536


def test_default_depths(tmp_path) -> None:
    for subtype, expected in (("PCM_U8", 16), ("PCM_16", 16), ("PCM_24", 24), ("FLOAT", "float")):
        path = tmp_path / f"{subtype}.wav"
        soundfile.write(path, np.zeros((10, 1)), 44100, subtype=subtype)
        assert default_bit_depth(decode(path).info) == expected
    assert default_bit_depth(decode(path).info, "flac") == 24
    assert default_bit_depth(None) == 24
