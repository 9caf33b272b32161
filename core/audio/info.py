"""What is known of an audio file besides its samples, and which files count as audio."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.audio.source import ScratchAudio
from core.errors import AudioFileError, StemscopeError

AUDIO_SUFFIXES: frozenset[str] = frozenset(
    {
        *(
            ".wav",
            ".wave",
            ".rf64",
            ".bwf",
            ".w64",
            ".aif",
            ".aiff",
            ".aifc",
            ".caf",
            ".au",
            ".snd",
        ),
        *(".flac", ".alac", ".ape", ".wv", ".tta", ".tak", ".mp3", ".mp2", ".mpc", ".aac", ".m4a"),
        *(
            ".m4b",
            ".ogg",
            ".oga",
            ".opus",
            ".wma",
            ".asf",
            ".ac3",
            ".eac3",
            ".dts",
            ".mka",
            ".weba",
        ),
        *(".mp4", ".m4v", ".mov", ".3gp", ".webm", ".mkv", ".wmv", ".avi", ".flv", ".ts", ".m2ts"),
        *(".mpg", ".mpeg"),
    }
)
"""Suffixes, in lower case, by which audio and video files are recognised in a folder."""

N_CHANNELS_MAX = 8
SAMPLE_RATE_MIN = 8_000
SAMPLE_RATE_MAX = 192_000


@dataclass(frozen=True)
class FileInfo:
    """Where a song came from and how it was stored."""

    path: Path
    container: str
    """ "WAV", "FLAC", "MP3", "M4A", "WebM"..."""
    encoding: str
    """ "16-bit PCM", "32-bit float", "AAC", "Vorbis"..."""
    sample_rate: int
    n_channels: int
    n_samples: int
    bit_depth: int | None
    """Bits of an integer PCM sample (8, 16, 24 or 32); None for float and lossy encodings."""
    is_float: bool
    is_lossy: bool


@dataclass(frozen=True)
class Tags:
    """What the file says about the song; what it does not say is None."""

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    genre: str | None = None
    date: str | None = None
    track: str | None = None
    cover: bytes | None = None
    cover_mime: str | None = None


@dataclass(frozen=True)
class DecodedSong:
    """A song's samples, in scratch on disk, with what its file says about it."""

    audio: ScratchAudio
    info: FileInfo
    tags: Tags
    notice: StemscopeError | None = None
    """A sentence about damage that was bridged (never raised), or None."""


class DamagedAudioError(AudioFileError):
    """A file that is cut off or broken in part: ``decode(accept_damaged=True)`` takes the rest."""


def find_audio_files(paths: Iterable[str | Path]) -> list[Path]:
    """The files named, and the audio files in the folders named with all their subfolders.

    A path given by itself is kept whatever its suffix (decoding says what is wrong with it); hidden
    files and folders are left out. Each folder's files come in natural order (2 before 10); a file
    met twice is listed once.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        if path.is_dir():
            found.update(dict.fromkeys(_files_in(path)))
        else:
            found[path] = None
    return list(found)


def no_songs_error(folder: Path) -> AudioFileError:
    """What to say of a folder in which ``find_audio_files`` found nothing."""
    try:
        os.scandir(folder).close()
    except PermissionError:
        return AudioFileError(
            "You have no permission to look into “{name}”. Change its permissions, or drop "
            "another folder.",
            name=folder.name or str(folder),
        )
    except OSError:
        pass
    return AudioFileError(
        "There is no audio file in “{name}”. Drop a folder that holds songs.",
        name=folder.name or str(folder),
    )


def _files_in(folder: Path) -> list[Path]:
    files: list[Path] = []
    # Path.walk needs Python 3.12; rglob neither follows links to folders nor loops.
    for path in folder.rglob("*"):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if not hidden and path.suffix.lower() in AUDIO_SUFFIXES and path.is_file():
            files.append(path)
    return sorted(files, key=lambda path: [natural_key(part) for part in path.parts])


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Sort key by which "track 2" precedes "track 10"."""
    pieces = re.split(r"(\d+)", text.casefold())
    return [(1, int(p), "") if p.isdecimal() else (2, 0, p) for p in pieces if p]
