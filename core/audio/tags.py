"""Titles, artists and covers, read from and written to every format through mutagen."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mutagen
import soundfile
from mutagen.asf import ASF
from mutagen.flac import Picture
from mutagen.id3 import ID3, ID3TimeStamp
from mutagen.mp4 import MP4, MP4Cover

from core.audio.info import Tags

_FIELDS = ("title", "artist", "album", "genre", "date", "track")
_ID3 = {
    "title": ("TIT2",), "artist": ("TPE1",), "album": ("TALB",), "genre": ("TCON",),
    "date": ("TDRC", "TYER"), "track": ("TRCK",),
}  # fmt: skip
_VORBIS = {
    "title": ("title",), "artist": ("artist",), "album": ("album",), "genre": ("genre",),
    "date": ("date", "year"), "track": ("tracknumber",),
}  # fmt: skip
_MP4 = {
    "title": ("©nam",), "artist": ("©ART", "aART"), "album": ("©alb",), "genre": ("©gen",),
    "date": ("©day",), "track": ("trkn",),
}  # fmt: skip
_ASF = {
    "title": ("Title",), "artist": ("Author",), "album": ("WM/AlbumTitle",), "genre": ("WM/Genre",),
    "date": ("WM/Year",), "track": ("WM/TrackNumber",),
}  # fmt: skip
_HEADER_SUFFIXES = (".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".caf")
_COVER_FRONT = 3  # picture type of ID3 and FLAC


def read_tags(path: Path) -> Tags:
    """What ``path`` says about its song. Never raises: broken tags are no reason to refuse it."""
    try:
        file = mutagen.File(path)
    except Exception:  # mutagen lets errors of many kinds out of broken files
        file = None
    tags = Tags()
    if file is not None and file.tags is not None:
        with contextlib.suppress(Exception):
            tags = _tags_of(file)
    return tags if tags != Tags() else _header_tags(path)


def _header_tags(path: Path) -> Tags:
    """What WAV, AIFF and CAF files say in chunks that mutagen does not read."""
    if path.suffix.lower() not in _HEADER_SUFFIXES:
        return Tags()
    try:
        with soundfile.SoundFile(path) as file:
            found = file.copy_metadata()
    except Exception:
        return Tags()
    texts = {name: str(value).strip() or None for name, value in found.items()}
    return Tags(
        title=texts.get("title"),
        artist=texts.get("artist"),
        album=texts.get("album"),
        genre=texts.get("genre"),
        date=texts.get("date"),
        track=texts.get("tracknumber"),
    )


def _tags_of(file: Any) -> Tags:
    if isinstance(file.tags, ID3):
        fields = _fields(file.tags, _ID3)
        pictures = file.tags.getall("APIC")  # type: ignore[no-untyped-call]
        front = [p for p in pictures if p.type == _COVER_FRONT] or pictures
        cover = (bytes(front[0].data), str(front[0].mime)) if front else None
    elif isinstance(file, MP4):
        fields = _fields(file.tags, _MP4)
        covers = file.tags.get("covr") or []
        cover = None
        if covers:
            is_png = getattr(covers[0], "imageformat", None) == MP4Cover.FORMAT_PNG
            cover = (bytes(covers[0]), "image/png" if is_png else "image/jpeg")
    elif isinstance(file, ASF):
        fields = _fields(file.tags, _ASF)
        cover = None
    else:
        fields = _fields(file.tags, _VORBIS)
        cover = _vorbis_cover(file)
    return Tags(**fields, cover=cover[0] if cover else None, cover_mime=cover[1] if cover else None)


def _fields(tags: Any, names: Mapping[str, tuple[str, ...]]) -> dict[str, str | None]:
    return {field: _first(tags, names[field]) for field in _FIELDS}


def _first(tags: Any, names: tuple[str, ...]) -> str | None:
    for name in names:
        value = tags.get(name)
        value = getattr(value, "text", value)  # ID3 frames hold a list in .text
        if isinstance(value, list | tuple) and value:
            value = value[0]
        if isinstance(value, tuple):  # MP4: (number, total)
            value = "/".join(str(part) for part in value if part)
        if isinstance(value, ID3TimeStamp):
            value = value.text
        text = str(value).replace("\x00", "").strip() if value not in (None, [], ()) else ""
        if text:
            return text
    return None


def _vorbis_cover(file: Any) -> tuple[bytes, str] | None:
    pictures = list(getattr(file, "pictures", []))
    for block in file.tags.get("metadata_block_picture", []) if not pictures else []:
        with contextlib.suppress(Exception):
            pictures.append(Picture(base64.b64decode(block)))  # type: ignore[no-untyped-call]
    front = [p for p in pictures if p.type == _COVER_FRONT] or pictures
    return (bytes(front[0].data), str(front[0].mime)) if front else None
