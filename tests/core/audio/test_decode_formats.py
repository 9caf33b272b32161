"""Files of every kind come back with their samples, in place, with a true description."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import correlate

from core.audio import decode

RATE = 44100


def samples_of(path: Path) -> np.ndarray:
    audio = decode(path).audio
    samples = audio.read(0, audio.n_samples)
    audio.close()
    return samples


def lag(heard: np.ndarray, original: np.ndarray) -> int:
    product = correlate(heard[0].astype(float), original[0].astype(float), method="fft")
    return int(product.argmax()) - (original.shape[1] - 1)


def db(value: float) -> float:
    return 20 * math.log10(value + 1e-12)


@pytest.mark.parametrize(
    ("subtype", "encoding", "bits", "is_float", "is_lossy", "error_db"),
    [
        ("PCM_U8", "8-bit PCM", 8, False, False, -36),
        ("PCM_16", "16-bit PCM", 16, False, False, -90),
        ("PCM_24", "24-bit PCM", 24, False, False, -138),
        ("PCM_32", "32-bit PCM", 32, False, False, -140),
        ("FLOAT", "32-bit float", None, True, False, -200),
        ("DOUBLE", "64-bit float", None, True, False, -200),
        ("ALAW", "A-law", None, False, True, -30),
        ("ULAW", "µ-law", None, False, True, -30),
        ("IMA_ADPCM", "IMA ADPCM", None, False, True, 6),
    ],
)
def test_wav_depths(
    tmp_path, make_bursts, subtype, encoding, bits, is_float, is_lossy, error_db
) -> None:
    original = make_bursts(RATE, RATE)
    path = tmp_path / "a.wav"
    soundfile.write(path, original.T, RATE, subtype=subtype)
    song = decode(path)
    info = song.info
    assert (info.container, info.encoding, info.bit_depth) == ("WAV", encoding, bits)
    assert (info.is_float, info.is_lossy) == (is_float, is_lossy)
    n_samples = song.audio.n_samples  # ADPCM comes in blocks
    assert info.n_samples == n_samples == (RATE if subtype != "IMA_ADPCM" else n_samples)
    assert n_samples >= RATE
    heard = song.audio.read(0, RATE)
    assert heard.dtype == np.float32
    assert db(np.abs(heard - original).max()) < error_db


@pytest.mark.parametrize(
    ("suffix", "container", "subtype"),
    [
        ("wav", "RF64", "PCM_16"),
        ("wav", "WAVEX", "PCM_24"),
        ("w64", "W64", "PCM_16"),
        ("aiff", "AIFF", "PCM_24"),
        ("caf", "CAF", "PCM_16"),
        ("au", "AU", "PCM_16"),
        ("flac", "FLAC", "PCM_16"),
        ("flac", "FLAC", "PCM_24"),
    ],
)
@pytest.mark.parametrize("n_channels", [1, 2, 6, 8])
def test_lossless_containers_are_exact(tmp_path, suffix, container, subtype, n_channels) -> None:
    bits = int(subtype[4:])
    rng = np.random.default_rng(bits)
    whole = rng.integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (n_channels, 70_001))
    path = tmp_path / f"a.{suffix}"
    data = (whole << (32 - bits)).astype(np.int32).T
    soundfile.write(path, data, RATE, subtype=subtype, format=container)
    song = decode(path)
    assert song.info.bit_depth == bits
    assert song.info.n_channels == n_channels
    heard = song.audio.read(0, song.audio.n_samples)
    assert np.array_equal(heard.astype(np.float64) * 2 ** (bits - 1), whole)


@pytest.mark.parametrize("rate", [8000, 11025, 48000, 96000, 192000])
@pytest.mark.parametrize("n_samples", [1, 2, 777])
def test_rates_and_short_files(tmp_path, rate, n_samples) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full((n_samples, 1), 0.25), rate)
    song = decode(path)
    assert (song.audio.sample_rate, song.audio.n_samples) == (rate, n_samples)
    assert np.all(song.audio.read(0, n_samples) == 0.25)


def test_silence_decodes(tmp_path) -> None:
    path = tmp_path / "silence.flac"
    soundfile.write(path, np.zeros((5000, 2)), RATE)
    assert not samples_of(path).any()


@pytest.mark.parametrize(
    ("suffix", "subtype", "rate"),
    [("mp3", None, 44100), ("mp3", None, 16000), ("ogg", "VORBIS", 44100), ("opus", "OPUS", 48000)],
)
@pytest.mark.parametrize("n_channels", [1, 2])
def test_lossy_files_keep_length_and_place(
    tmp_path, make_bursts, suffix, subtype, rate, n_channels
) -> None:
    original = make_bursts(rate + 1234, rate, n_channels)
    path = tmp_path / f"a.{suffix}"
    kind = "OGG" if suffix == "opus" else None
    soundfile.write(path, original.T, rate, format=kind, subtype=subtype)
    song = decode(path)
    assert song.info.is_lossy
    assert song.info.bit_depth is None
    assert song.info.n_samples == original.shape[1]
    assert lag(song.audio.read(0, song.audio.n_samples), original) == 0


@pytest.mark.parametrize("n_channels", [3, 6])
def test_ogg_channels_come_in_the_order_of_wav(tmp_path, n_channels) -> None:
    time = np.arange(24_000) / 48_000
    in_ogg_order = [100, 300, 200, 500, 600, 60][:n_channels]
    tones = np.stack([0.3 * np.sin(2 * np.pi * f * time) for f in in_ogg_order], 1)
    path = tmp_path / "a.ogg"
    soundfile.write(path, tones, 48_000, format="OGG", subtype="VORBIS")
    spectra = np.abs(np.fft.rfft(samples_of(path), axis=1))
    assert (spectra.argmax(axis=1) * 2).tolist() == [100, 200, 300, 60, 500, 600][:n_channels]


@pytest.mark.parametrize(
    ("name", "codec", "container", "kind", "encoding", "slack"),
    [
        ("a.m4a", "aac", "ipod", "M4A", "AAC", 0),
        ("a.mp4", "aac", "mp4", "MP4", "AAC", 0),
        ("a.mov", "aac", "mov", "MOV", "AAC", 0),
        ("a.mkv", "aac", None, "MKV", "AAC", 1024),
        ("a.mp3", "libmp3lame", None, "MP3", "MP3", 0),
        ("m.mp4", "libmp3lame", "mp4", "MP4", "MP3", 96),
        ("m.mkv", "libmp3lame", None, "MKV", "MP3", 0),
        ("a.wma", "wmav2", None, "WMA", "WMA", 4096),
        ("o.webm", "libopus", None, "WebM", "Opus", 0),
        ("o.mkv", "libopus", None, "MKV", "Opus", 0),
        ("o.mp4", "libopus", "mp4", "MP4", "Opus", 0),
        ("o.opus", "libopus", None, "Ogg", "Opus", 0),
        ("c.mp4", "ac3", "mp4", "MP4", "AC-3", 1536),
    ],
)
def test_padding_is_trimmed_by_the_container(
    write_with_av, make_bursts, name, codec, container, kind, encoding, slack
) -> None:
    for rate, n_samples in ((44100, 45_334), (48000, 49_234), (48000, 96_017)):
        if codec == "libopus" and rate == 44100:  # a rate that Opus has not
            continue
        original = make_bursts(n_samples, rate)
        song = decode(write_with_av(name, codec, original, rate, container))
        assert (song.info.container, song.info.encoding) == (kind, encoding)
        assert song.info.is_lossy
        assert 0 <= song.info.n_samples - n_samples <= slack
        assert lag(song.audio.read(0, song.audio.n_samples), original) == 0


@pytest.mark.parametrize(
    ("name", "codec", "container", "bits", "encoding"),
    [
        ("a.m4a", "alac", "ipod", 24, "24-bit ALAC"),
        ("f.mkv", "flac", None, 16, "16-bit FLAC"),
        ("p.mkv", "pcm_s16le", None, 16, "16-bit PCM"),
        ("p.mov", "pcm_s24le", None, 24, "24-bit PCM"),
        ("f.mka", "pcm_f32le", "matroska", None, "32-bit float"),
    ],
)
def test_lossless_tracks_are_exact(
    write_with_av, make_bursts, name, codec, container, bits, encoding
) -> None:
    original = make_bursts(RATE + 77, RATE)
    song = decode(write_with_av(name, codec, original, RATE, container, bit_rate=None))
    assert (song.info.encoding, song.info.bit_depth, song.info.is_lossy) == (encoding, bits, False)
    assert song.info.is_float == (bits is None)
    heard = song.audio.read(0, song.audio.n_samples)
    assert heard.shape == original.shape
    assert np.abs(heard - original).max() <= 2.0 ** -(bits or 32) * 2


def test_surround_aac(write_with_av, make_bursts) -> None:
    original = make_bursts(48_000, 48_000, 6)
    song = decode(write_with_av("a.m4a", "aac", original, 48_000, "ipod", bit_rate=512_000))
    assert song.info.n_channels == 6
    assert song.info.n_samples == 48_000


def test_first_of_several_tracks_unless_asked(write_with_av, make_bursts) -> None:
    original = make_bursts(48_000, 48_000)
    path = write_with_av("a.mp4", "aac", original, 48_000, "mp4", n_tracks=3)
    first = samples_of(path)
    third = decode(path, track=2).audio
    level = np.abs(first).mean() / np.abs(third.read(0, third.n_samples)).mean()
    assert level == pytest.approx(3, rel=0.1)


def test_soundfile_and_pyav_agree_on_mp3(tmp_path, make_bursts) -> None:
    original = make_bursts(RATE, RATE)
    path = tmp_path / "a.mp3"
    soundfile.write(path, original.T, RATE)
    assert db(np.abs(soundfile.read(path)[0].T - samples_of(path)).max()) < -80


def test_the_suffix_does_not_matter(tmp_path, make_bursts) -> None:
    original = make_bursts(RATE, RATE)
    path = tmp_path / "表演 – déjà vu.mp3"
    soundfile.write(path, original.T, RATE, format="FLAC", subtype="PCM_24")
    assert decode(path).info.container == "FLAC"


def test_progress_ends_at_one_and_never_falls(tmp_path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros((RATE * 10, 2)), RATE)
    seen: list[float] = []
    decode(path, progress=seen.append)
    assert len(seen) > 5
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_real_recordings_decode(data_dir: Path) -> None:
    path = sorted((data_dir / "mir1k" / "dev").glob("*.flac"))[0]
    song = decode(path)
    expected = soundfile.read(path, dtype="float32")[0].T
    assert np.array_equal(song.audio.read(0, song.audio.n_samples), expected)
