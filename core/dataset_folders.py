"""What lies in the folder of a data set: song folders, stem containers, loose sound files."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import soundfile

from core.clip_files import STEM_FILE_SUFFIX

SUFFIXES = (
    *(".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc"),
    *(".caf", ".m4a", ".aac", ".mp4", ".wma"),
)
"""Suffixes of files that count as sound in a data set."""

_IGNORED_STEMS = frozenset(("mixture", "mix"))
_VOICE_NAMES = {"vocal": "vocals", "voice": "vocals"}
_SONG_STEMS = frozenset(("vocals", "accompaniment"))

_CORRELATION_SECONDS = 10


@dataclass(frozen=True)
class SongFolder:
    """A folder whose files are the stems of one song, by name without suffix."""

    path: Path
    stems: dict[str, Path]


@dataclass
class Found:
    """Everything in a folder that might belong to a data set."""

    folder: Path
    songs: list[SongFolder] = field(default_factory=list)
    stem_files: list[Path] = field(default_factory=list)
    loose: list[Path] = field(default_factory=list)

    def name_of(self, path: Path) -> str:
        """Short name of a song folder or file; with its folders where another has the same."""
        if path == self.folder:
            return path.resolve().name
        short = _short_name(path)
        if self._n_named[short] < 2:
            return short
        return (path.parent.relative_to(self.folder) / short).as_posix()

    @cached_property
    def _n_named(self) -> Counter[str]:
        paths = [song.path for song in self.songs] + self.stem_files + self.loose
        return Counter(_short_name(path) for path in paths)


def look_through(folder: Path) -> Found:
    """Sort everything under ``folder`` into song folders, stem containers and loose files."""
    found = Found(folder)
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(f for f in folders if not f.startswith((".", "__")))
        if "Wavfile" in folders and "UndividedWavfile" in folders:
            folders.remove("UndividedWavfile")  # MIR-1K brings its clips uncut as well
        paths = [
            Path(place, name)
            for name in sorted(names)
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith(".")
        ]
        containers = [path for path in paths if path.name.lower().endswith(STEM_FILE_SUFFIX)]
        found.stem_files += containers
        stems: dict[str, Path] = {}
        for path in paths:
            if path in containers:
                continue
            name = path.stem.lower()
            if name not in _IGNORED_STEMS:
                stems.setdefault(_VOICE_NAMES.get(name, name), path)
        if _SONG_STEMS & stems.keys():
            found.songs.append(SongFolder(Path(place), stems))
        else:
            found.loose += [
                path
                for path in paths
                if path not in containers and path.stem.lower() not in _IGNORED_STEMS
            ]
    return found


def left_right_correlation(path: Path) -> float | None:
    """Absolute correlation of left and right over ten seconds in the middle of a file.

    None for files that are not stereo, not readable, or silent on a side.
    """
    try:
        with soundfile.SoundFile(path) as file:
            if file.channels != 2:
                return None
            n_samples = min(file.frames, _CORRELATION_SECONDS * file.samplerate)
            file.seek((file.frames - n_samples) // 2)
            left, right = file.read(n_samples, dtype="float64", always_2d=True).T
    except (soundfile.LibsndfileError, OSError):
        return None
    if left.size == 0:
        return None
    left, right = left - left.mean(), right - right.mean()
    energy = float(np.sqrt(np.sum(left**2) * np.sum(right**2)))
    return abs(float(np.sum(left * right))) / energy if energy > 1e-12 else None


def _short_name(path: Path) -> str:
    name = path.name
    if name.lower().endswith(STEM_FILE_SUFFIX):
        return name[: -len(STEM_FILE_SUFFIX)]
    return path.stem if path.suffix.lower() in SUFFIXES else name
