"""Each kind of unusable file gets a sentence that names it, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.audio import DamagedAudioError, decode
from core.errors import AudioFileError, Cancelled, OutputError

RATE = 44100


@pytest.fixture
def noise() -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.3, 0.3, (RATE * 3, 2))


def refused(path: Path, *words: str, kind: type[AudioFileError] = AudioFileError) -> None:
    """``decode`` raises ``kind`` with a sentence that has the file's name and ``words``."""
    scratch = path.parent / "scratch"
    with pytest.raises(kind) as caught:
        decode(path, scratch_dir=scratch)
    sentence = str(caught.value)
    assert path.name in sentence
    assert sentence.endswith(".")
    for word in words:
        assert word in sentence
    assert not scratch.exists() or not list(scratch.iterdir())


def test_empty_file(tmp_path) -> None:
    path = tmp_path / "empty.wav"
    path.touch()
    refused(path, "is empty")


@pytest.mark.parametrize("suffix", ["wav", "mp3", "flac", "m4a", "ogg", "mkv"])
def test_text_renamed(tmp_path, suffix) -> None:
    path = tmp_path / f"text.{suffix}"
    path.write_text("This is a letter, not a song.\n" * 100)
    refused(path, "not an audio file")


@pytest.mark.parametrize("suffix", ["wav", "mp3", "bin"])
def test_random_bytes(tmp_path, suffix, capfd) -> None:
    path = tmp_path / f"junk.{suffix}"
    path.write_bytes(np.random.default_rng(1).bytes(60_000))
    refused(path)
    assert capfd.readouterr().err == ""


def test_a_playlist_is_not_followed(tmp_path, noise) -> None:
    soundfile.write(tmp_path / "a.wav", noise, RATE)
    path = tmp_path / "list.wav"
    path.write_text("ffconcat version 1.0\nfile a.wav\n")
    refused(path, "not an audio file")


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("a.wav", {}),
        ("a.wav", {"format": "RF64"}),
        ("a.wav", {"subtype": "FLOAT"}),
        ("a.aiff", {}),
        ("a.flac", {}),
        ("a.ogg", {}),
        ("a.mp3", {}),
    ],
)
def test_cut_off_files(tmp_path, noise, name, kwargs, capfd) -> None:
    whole = tmp_path / name
    soundfile.write(whole, noise, RATE, **kwargs)
    data = whole.read_bytes()
    path = tmp_path / f"cut-{name}"
    path.write_bytes(data[: len(data) * 6 // 10])
    refused(path, "cut off", kind=DamagedAudioError)
    song = decode(path, accept_damaged=True)
    assert isinstance(song.notice, DamagedAudioError)
    assert RATE * 1.2 < song.audio.n_samples < RATE * 2
    heard = song.audio.read(10_000, 12_000)
    assert np.corrcoef(heard.ravel(), noise[10_000:12_000].T.ravel())[0, 1] > 0.5
    assert capfd.readouterr().err == ""


def test_a_few_missing_frames_of_wav(tmp_path, noise) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise, RATE)
    path.write_bytes(path.read_bytes()[:-400])
    refused(path, "cut off", "0:03.000", kind=DamagedAudioError)


@pytest.mark.parametrize("faststart", [True, False])
def test_cut_off_m4a(tmp_path, write_with_av, noise, faststart) -> None:
    options = {"movflags": "faststart"} if faststart else {}
    whole = write_with_av("w.m4a", "aac", noise.T, RATE, "ipod", options=options)
    path = tmp_path / "cut.m4a"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    refused(path, "cut off" if faststart else "damaged")


def test_cut_off_mkv(tmp_path, write_with_av, noise) -> None:
    whole = write_with_av("w.mkv", "libopus", np.tile(noise.T, 2), 48_000)
    path = tmp_path / "cut.mkv"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    refused(path, "cut off", kind=DamagedAudioError)


def test_wav_written_to_a_pipe_promises_nothing(tmp_path, noise) -> None:
    path = tmp_path / "pipe.wav"
    soundfile.write(path, noise, RATE)
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = struct.pack("<I", 0xFFFFFFFF)
    path.write_bytes(data)
    song = decode(path)
    assert song.notice is None
    assert song.audio.n_samples == len(noise)


def test_mp3_with_one_broken_place_is_bridged(tmp_path, capfd) -> None:
    path = tmp_path / "a.mp3"
    time = np.arange(RATE * 12) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 440 * time)
    soundfile.write(path, tone, RATE)
    data = bytearray(path.read_bytes())
    data[30_000:30_300] = b"\xff" * 300
    path.write_bytes(data)
    song = decode(path)
    assert abs(song.audio.n_samples - len(time)) < RATE / 5
    assert capfd.readouterr().err == ""


def test_corrupt_mp3_says_so(tmp_path, noise, capfd) -> None:
    path = tmp_path / "a.mp3"
    soundfile.write(path, noise, RATE)
    data = bytearray(path.read_bytes())
    data[10_000:40_000] = np.random.default_rng(2).bytes(30_000)
    path.write_bytes(data)
    refused(path, kind=DamagedAudioError)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("suffix", ["wav", "caf", "aiff"])
def test_zero_samples(tmp_path, suffix) -> None:
    path = tmp_path / f"none.{suffix}"
    soundfile.write(path, np.zeros((0, 2)), RATE)
    refused(path, "zero samples")


@pytest.mark.parametrize(
    ("value", "word"), [(np.nan, "NaN"), (np.inf, "infinite"), (-np.inf, "infinite"), (1e30, "far")]
)
def test_values_that_are_no_sound(tmp_path, noise, value, word) -> None:
    noise[RATE * 2, 1] = value
    path = tmp_path / "bad.wav"
    soundfile.write(path, noise, RATE, subtype="FLOAT")
    refused(path, word, "2.000 s")


def test_too_many_channels(tmp_path) -> None:
    path = tmp_path / "ten.wav"
    soundfile.write(path, np.zeros((100, 10)), RATE)
    refused(path, "10 channels", "1 to 8")


@pytest.mark.parametrize("rate", [4000, 384_000])
def test_rates_out_of_range(tmp_path, rate) -> None:
    path = tmp_path / "rate.wav"
    soundfile.write(path, np.zeros((100, 1)), rate)
    refused(path, str(rate))


def test_video_without_sound(tmp_path) -> None:
    import av

    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for _ in range(5):
            picture = np.zeros((64, 64, 3), np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))
    refused(path, "no sound track")


def test_folder_and_missing_file(tmp_path) -> None:
    folder = tmp_path / "folder.wav"
    folder.mkdir()
    refused(folder, "is a folder")
    refused(tmp_path / "gone.wav", "is not there")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path) -> None:
    path = tmp_path / "pipe.wav"
    os.mkfifo(path)
    refused(path, "a pipe")


@pytest.mark.parametrize("suffix", ["wav", "mp3"])
def test_a_full_scratch_disk(tmp_path, noise, suffix) -> None:
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, noise, RATE)
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(small)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small tmpfs can only be mounted as root")
    try:
        with pytest.raises(OutputError, match="no room left") as caught:
            decode(path, scratch_dir=small)
        assert str(small) in str(caught.value)
        assert shutil.disk_usage(small).used == 0
    finally:
        subprocess.run(["umount", str(small)], check=True)


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Drop root's rights for a while; others have none to drop."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


def test_no_permission(tmp_path) -> None:
    path = tmp_path / "mine.wav"
    soundfile.write(path, np.zeros((100, 1)), RATE)
    path.chmod(0)
    with as_nobody(), pytest.raises(AudioFileError, match=r"permission to read “mine.wav”"):
        decode(path)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_stop_at_every_poll_leaves_nothing(tmp_path, noise, suffix) -> None:
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, noise, RATE)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    n_open = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    n_polls = 0

    def count() -> bool:
        nonlocal n_polls
        n_polls += 1
        return False

    decode(path, scratch_dir=scratch, should_stop=count).audio.close()
    for stop_at in {0, 1, n_polls // 2, n_polls - 1}:
        left = iter(range(stop_at))
        with pytest.raises(Cancelled):
            decode(
                path, scratch_dir=scratch, should_stop=lambda left=left: next(left, None) is None
            )
    assert not list(scratch.iterdir())
    if n_open:
        assert len(os.listdir("/proc/self/fd")) <= n_open
