"""Writing titles, artists and covers into exported files."""

from __future__ import annotations

import base64
from dataclasses import astuple
from pathlib import Path
from typing import Any

from mutagen import MutagenError, id3
from mutagen.flac import FLAC, Picture
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from core.audio.encode import AudioFormat
from core.audio.info import Tags

_VORBIS_NAMES = {
    "title": "title", "artist": "artist", "album": "album", "genre": "genre", "date": "date",
    "track": "tracknumber",
}  # fmt: skip
_ID3_FRAMES = {
    "title": "TIT2", "artist": "TPE1", "album": "TALB", "genre": "TCON", "date": "TDRC",
    "track": "TRCK",
}  # fmt: skip
_COVER_FRONT = 3
_COVER_BYTES_MAX = 16_000_000
"""A FLAC picture block ends at 16 MB."""
_UTF16 = 1
"""The Unicode encoding that ID3 2.3 has; Windows reads that version best."""


def write_tags(path: Path, audio_format: AudioFormat, tags: Tags) -> None:
    """Add ``tags`` to the finished audio file ``path``, in the manner of its format.

    FLAC and Ogg get Vorbis comments, MP3 and WAV an ID3 tag. Raises ``OSError`` if the disk
    refuses. A WAV over 4 GB has no room for ID3 and keeps what its header says.
    """
    if not any(value for value in astuple(tags)):
        return
    try:
        if audio_format == "flac":
            flac = FLAC(path)  # type: ignore[no-untyped-call]
            _set_comments(flac, tags)
            if picture := _picture(tags):
                flac.add_picture(picture)  # type: ignore[no-untyped-call]
            flac.save()
        elif audio_format == "ogg":
            ogg = OggVorbis(path)  # type: ignore[no-untyped-call]
            _set_comments(ogg, tags)
            if picture := _picture(tags):
                block = base64.b64encode(picture.write())
                ogg["metadata_block_picture"] = [block.decode("ascii")]
            ogg.save()
        elif audio_format == "mp3":
            tag = id3.ID3()  # type: ignore[no-untyped-call]
            _set_frames(tag, tags)
            tag.save(path, v2_version=3)
        elif _is_riff(path):
            wave = WAVE(path)  # type: ignore[no-untyped-call]
            wave.add_tags()  # type: ignore[no-untyped-call]
            _set_frames(wave.tags, tags)
            wave.save(v2_version=3)
    except MutagenError as error:
        cause = error.args[0] if error.args else None
        raise cause if isinstance(cause, OSError) else OSError(str(error)) from error


def _set_comments(file: Any, tags: Tags) -> None:
    for field, name in _VORBIS_NAMES.items():
        if value := getattr(tags, field):
            file[name] = [value]


def _set_frames(tag: Any, tags: Tags) -> None:
    for field, frame in _ID3_FRAMES.items():
        if value := getattr(tags, field):
            tag.add(getattr(id3, frame)(encoding=_UTF16, text=[value]))
    if tags.cover and len(tags.cover) < _COVER_BYTES_MAX:
        tag.add(
            id3.APIC(  # type: ignore[no-untyped-call]
                encoding=0,
                mime=tags.cover_mime or "image/jpeg",
                type=_COVER_FRONT,
                desc="",
                data=tags.cover,
            )
        )


def _picture(tags: Tags) -> Any:
    if not tags.cover or len(tags.cover) >= _COVER_BYTES_MAX:
        return None
    picture = Picture()  # type: ignore[no-untyped-call]
    picture.type = _COVER_FRONT
    picture.mime = tags.cover_mime or "image/jpeg"
    picture.data = tags.cover
    return picture


def _is_riff(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"RIFF"
