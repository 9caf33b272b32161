"""Long songs can be read while the rest of their file is decoded."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

import core.audio.intake
from core.audio import DecodedSong, decode
from core.audio.growing import GrowingAudio, n_there
from core.audio.source import Audio, DifferenceAudio
from core.errors import AudioFileError, Cancelled

RATE = 44100
LONG = 5 * RATE + 777


@pytest.fixture(autouse=True)
def early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Songs count as long from four seconds on: longer ones take their time to encode."""
    monkeypatch.setattr(core.audio.intake, "EARLY_SECONDS", 4.0)


def block(n: int, value: float = 1.0) -> np.ndarray:
    return np.full((2, n), value, np.float32)


def test_a_read_waits_for_what_is_still_to_come() -> None:
    audio = GrowingAudio(2, RATE, 30)
    assert isinstance(audio, Audio)
    audio.append(block(10))
    assert (audio.n_samples, audio.n_there) == (30, 10)
    assert audio.read(0, 10).sum() == 20
    got: list[np.ndarray] = []
    waiting = threading.Thread(target=lambda: got.append(audio.read(5, 25)))
    waiting.start()
    assert not audio.wait(20, timeout_s=0.01)
    audio.append(block(10, 2.0))
    assert not got
    assert audio.wait(20, timeout_s=5.0)
    audio.append(block(10, 3.0))
    waiting.join(5)
    assert got[0][0].tolist() == [1.0] * 5 + [2.0] * 10 + [3.0] * 5
    assert audio.finish(30) is audio
    with pytest.raises(IndexError):
        audio.read(20, 31)
    audio.close()


def test_who_waits_for_a_song_that_is_given_up_is_told() -> None:
    audio = GrowingAudio(2, RATE, 30)
    audio.append(block(10))
    told: list[bool] = []

    def read() -> None:
        try:
            audio.read(5, 25)
        except Cancelled:
            told.append(True)

    waiting = threading.Thread(target=read)
    waiting.start()
    audio.abandon()
    waiting.join(5)
    assert told == [True]
    with pytest.raises(Cancelled):
        audio.wait(20, timeout_s=5.0)
    assert audio.read(0, 10).shape == (2, 10)
    audio.close()


@pytest.mark.parametrize("n_samples", [20, 29])
def test_another_length_than_promised_makes_another_signal(n_samples: int) -> None:
    audio = GrowingAudio(2, RATE, 25)
    audio.append(block(20))
    audio.append(block(10, 2.0))
    assert audio.n_there == 25
    whole = audio.finish(n_samples)
    assert whole is not audio
    assert (whole.n_samples, n_there(whole)) == (n_samples, n_samples)
    assert whole.read(0, n_samples)[0, -1] == (1.0 if n_samples == 20 else 2.0)
    del audio
    assert whole.read(0, 5).sum() == 10, "the file belongs to both"
    whole.close()


def test_what_is_left_of_a_growing_song() -> None:
    audio, stem = GrowingAudio(2, RATE, 30), GrowingAudio(2, RATE, 30)
    audio.append(block(10, 3.0))
    stem.append(block(10))
    assert DifferenceAudio(audio, [stem]).read(0, 10)[0, 0] == 2.0


def check_early(path: Path) -> DecodedSong:
    """The song is handed out before its end is decoded, as what comes back then."""
    early: list[tuple[DecodedSong, int]] = []
    song = decode(path, opened=lambda s: early.append((s, n_there(s.audio))))
    assert len(early) == 1
    first, n_first = early[0]
    assert first.audio is song.audio
    assert (first.info, first.tags) == (song.info, song.tags)
    assert 0 < n_first < song.audio.n_samples
    assert n_there(song.audio) == song.audio.n_samples
    assert song.audio.n_samples == song.audio.read(0, song.audio.n_samples).shape[1]
    return song


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [("wav", "PCM_16"), ("flac", "PCM_24"), ("ogg", "VORBIS"), ("wav", "FLOAT")],
)
def test_long_files_of_libsndfile(tmp_path, make_bursts, suffix: str, kind: str) -> None:
    path = tmp_path / f"song.{suffix}"
    original = make_bursts(LONG, RATE)
    soundfile.write(path, original.T, RATE, subtype=kind)
    song = check_early(path)
    assert song.audio.n_samples == LONG
    plain = decode(path).audio
    np.testing.assert_array_equal(song.audio.read(0, LONG), plain.read(0, LONG))


@pytest.mark.parametrize(
    ("name", "codec", "container", "options"),
    [
        ("song.mp3", "libmp3lame", None, {}),
        ("plain.mp3", "libmp3lame", "mp3", {"write_xing": "0"}),
        ("song.m4a", "aac", "ipod", {}),
        ("song.mp4", "aac", "mp4", {}),
        ("alac.m4a", "alac", "ipod", {}),
    ],
)
def test_long_files_of_ffmpeg(
    make_bursts, write_with_av, name: str, codec: str, container: str | None, options: dict
) -> None:
    original = make_bursts(LONG, RATE)
    path = write_with_av(name, codec, original, RATE, container=container, options=options)
    song = check_early(path)
    if name != "plain.mp3":  # it does not say how much of it is padding
        assert song.audio.n_samples == LONG
    assert song.audio.n_samples == decode(path).audio.n_samples


@pytest.mark.parametrize("odd", [0, 1, 500, 1234])
@pytest.mark.parametrize(
    ("name", "codec", "container", "rate"),
    [
        ("song.webm", "libopus", "webm", 48000),
        ("song.mka", "aac", "matroska", 44100),
        ("mp3.mkv", "libmp3lame", "matroska", 44100),
        ("flac.mka", "flac", "matroska", 44100),
        ("song.wma", "wmav2", "asf", 44100),
        ("song.aac", "aac", "adts", 44100),
    ],
)
def test_long_files_whose_frames_tell_their_length(
    make_bursts, write_with_av, name: str, codec: str, container: str, rate: int, odd: int
) -> None:
    original = make_bursts(25 * rate + odd, rate)
    path = write_with_av(name, codec, original, rate, container=container)
    song = check_early(path)
    plain = decode(path).audio
    assert song.audio.n_samples == plain.n_samples
    assert 0 <= song.audio.n_samples - original.shape[1] < 0.1 * rate
    np.testing.assert_array_equal(song.audio.read(0, 9000), plain.read(0, 9000))


@pytest.mark.parametrize("share", [0.4, 0.9])
def test_a_torn_file_promises_no_more_than_it_holds(
    make_bursts, write_with_av, share: float
) -> None:
    """What a stream without an index holds is counted to its end."""
    path = write_with_av("song.aac", "aac", make_bursts(60 * RATE, RATE), RATE, container="adts")
    data = path.read_bytes()
    path.write_bytes(data[: round(share * len(data))])
    early: list[DecodedSong] = []
    song = decode(path, opened=early.append, accept_damaged=True)
    assert abs(song.audio.n_samples / (60 * RATE) - share) < 0.05
    assert song.audio.n_samples == song.info.n_samples


def test_short_songs_come_whole(tmp_path, make_bursts) -> None:
    path = tmp_path / "song.wav"
    soundfile.write(path, make_bursts(3 * RATE, RATE).T, RATE)
    early: list[DecodedSong] = []
    decode(path, opened=early.append)
    assert early == []


def test_a_song_broken_on_the_way_takes_back_what_was_handed_out(tmp_path, make_bursts) -> None:
    path = tmp_path / "song.flac"
    soundfile.write(path, make_bursts(LONG, RATE).T, RATE, subtype="PCM_16")
    data = bytearray(path.read_bytes())
    path.write_bytes(data[: len(data) * 2 // 3])
    early: list[DecodedSong] = []
    with pytest.raises(AudioFileError):
        decode(path, opened=early.append)
    with pytest.raises(Cancelled):
        early[0].audio.read(LONG - 10, LONG)


def test_stopping_takes_back_what_was_handed_out(tmp_path, make_bursts) -> None:
    path = tmp_path / "song.flac"
    soundfile.write(path, make_bursts(LONG, RATE).T, RATE)
    early: list[DecodedSong] = []
    with pytest.raises(Cancelled):
        decode(path, opened=early.append, should_stop=lambda: bool(early))
    with pytest.raises(Cancelled):
        early[0].audio.read(LONG - 10, LONG)
