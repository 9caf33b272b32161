"""Titles, artists and covers are read from every kind of file."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import soundfile
from mutagen import id3
from mutagen.asf import ASF
from mutagen.flac import FLAC, Picture
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggvorbis import OggVorbis

from core.audio import Tags, decode, read_tags

RATE = 44100
COVER = b"\xff\xd8\xff\xe0" + bytes(2000)
TAGS = Tags("夜曲", "Jay: A/B", "Album", "Pop", "2005", "3/12", COVER, "image/jpeg")
SILENCE = np.zeros((2, 20_000), np.float32)


def picture() -> Picture:
    cover = Picture()
    cover.type, cover.mime, cover.data = 3, "image/jpeg", COVER
    return cover


def comments(file) -> None:
    names = ("title", "artist", "album", "genre", "date", "tracknumber")
    values = (TAGS.title, TAGS.artist, TAGS.album, TAGS.genre, TAGS.date, TAGS.track)
    for name, value in zip(names, values, strict=True):
        file[name] = [value]


def test_flac(tmp_path) -> None:
    path = tmp_path / "a.flac"
    soundfile.write(path, SILENCE.T, RATE)
    file = FLAC(path)
    comments(file)
    file.add_picture(picture())
    file.save()
    assert decode(path).tags == TAGS


def test_ogg(tmp_path) -> None:
    path = tmp_path / "a.ogg"
    soundfile.write(path, SILENCE.T, RATE)
    file = OggVorbis(path)
    comments(file)
    file["metadata_block_picture"] = [base64.b64encode(picture().write()).decode()]
    file.save()
    assert decode(path).tags == TAGS


@pytest.mark.parametrize("version", [3, 4])
def test_mp3(tmp_path, version) -> None:
    path = tmp_path / "a.mp3"
    soundfile.write(path, SILENCE.T, RATE)
    tag = id3.ID3()
    for frame, value in [
        ("TIT2", TAGS.title), ("TPE1", TAGS.artist), ("TALB", TAGS.album), ("TCON", TAGS.genre),
        ("TDRC", TAGS.date), ("TRCK", TAGS.track),
    ]:  # fmt: skip
        tag.add(getattr(id3, frame)(encoding=1, text=[value]))
    tag.add(id3.APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=COVER))
    tag.save(path, v2_version=version)
    song = decode(path)
    assert song.tags == TAGS
    assert song.info.n_samples == SILENCE.shape[1]


def test_m4a(write_with_av) -> None:
    path = write_with_av("a.m4a", "aac", SILENCE, RATE, "ipod")
    file = MP4(path)
    file["©nam"], file["©ART"], file["©alb"] = TAGS.title, TAGS.artist, TAGS.album
    file["©gen"], file["©day"], file["trkn"] = TAGS.genre, TAGS.date, [(3, 12)]
    file["covr"] = [MP4Cover(COVER, MP4Cover.FORMAT_JPEG)]
    file.save()
    song = decode(path)
    assert song.tags == TAGS
    assert song.info.n_samples == SILENCE.shape[1]


def test_wma(write_with_av) -> None:
    path = write_with_av("a.wma", "wmav2", SILENCE, RATE)
    file = ASF(path)
    file["Title"], file["Author"], file["WM/Year"] = TAGS.title, TAGS.artist, TAGS.date
    file.save()
    tags = decode(path).tags
    assert (tags.title, tags.artist, tags.date) == (TAGS.title, TAGS.artist, TAGS.date)


def test_wav_info_chunk(tmp_path) -> None:
    path = tmp_path / "a.wav"
    with soundfile.SoundFile(path, "w", RATE, 2) as file:
        file.title, file.artist = TAGS.title, TAGS.artist
        file.write(SILENCE.T)
    assert read_tags(path) == Tags(title=TAGS.title, artist=TAGS.artist)


def test_no_tags_and_broken_tags(tmp_path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, SILENCE.T, RATE)
    assert read_tags(path) == Tags()
    path.write_bytes(b"ID3\x04\x00\x00\x00\x00\x0f\x7f" + b"TIT2" + bytes(30))
    assert read_tags(path) == Tags()
    assert read_tags(tmp_path / "gone.mp3") == Tags()
