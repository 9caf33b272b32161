"""Folders of songs with known voice and accompaniment, in the three layouts that people have.

- ``mir1k``: one stereo file per clip, accompaniment on the left, voice on the right;
- ``musdb18``: a folder per song with ``vocals.*`` and the other stems, or ``*.stem.mp4`` files;
- ``pairs``: a folder per song with ``vocals.*`` and ``accompaniment.*``.

``accompaniment.*`` beats a sum of stems, ``mixture.*`` is ignored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.audio import FloatArray
from core.clip_files import STEM_FILE_SUFFIX, Part, look_at_header, n_tracks, resampled
from core.dataset_folders import Found, SongFolder, left_right_correlation, look_through
from core.errors import AudioFileError, DataError, StemscopeError, UsageError

LAYOUTS = ("mir1k", "musdb18", "pairs")

CORRELATION_MAX = 0.2
"""Median correlation of left and right under which stereo files are taken for MIR-1K.

Voice against accompaniment: 0.00 to 0.02 in the median of a set; stereo music: 0.8.
"""

N_PROBED = 9
"""Files looked into to tell MIR-1K from ordinary stereo music."""


@dataclass(frozen=True)
class Clip:
    """One song or clip of a data set; nothing is read before ``load``."""

    name: str
    layout: str
    vocals: Part
    accompaniment: tuple[Part, ...]
    sample_rate: int
    n_samples: int

    @property
    def duration_s(self) -> float:
        """Length by the files' headers, in seconds."""
        return self.n_samples / self.sample_rate

    def read(self) -> list[tuple[FloatArray, int]]:
        """The voice and then the accompaniment's parts as they lie in their files.

        Each float32 ``(n_channels, n_samples)`` with its rate in Hz. Raises ``AudioFileError`` that
        names the file.
        """
        files: dict[Part, tuple[FloatArray, int]] = {}
        signals = []
        for part in (self.vocals, *self.accompaniment):
            whole = Part(part.path, None, part.track)
            if whole not in files:
                files[whole] = whole.read()
            samples, rate = files[whole]
            if part.channel is not None:
                if part.channel >= len(samples):
                    raise _not_stereo(part.path)
                samples = samples[part.channel : part.channel + 1]
            signals.append((samples, rate))
        return signals

    def load(self, rate: int | None = None, mono: bool = False) -> tuple[FloatArray, FloatArray]:
        """Voice and accompaniment, float32 ``(n_channels, n_samples)`` each, cut to the shorter.

        At ``rate`` Hz, or at the voice's own rate; ``mono`` gives the mean of the channels as one.
        Raises ``AudioFileError`` or ``DataError`` that names the file or the clip.
        """
        files = self.read()
        wanted_rate = rate or files[0][1]
        signals = []
        for samples, own_rate in files:
            if mono:
                samples = samples.mean(axis=0, keepdims=True, dtype=np.float32)
            signals.append(resampled(samples, own_rate, wanted_rate))
        voice, music = signals[0], _summed(signals[1:], self.name)
        n_channels = max(len(voice), len(music))
        n_samples = min(voice.shape[1], music.shape[1])
        voice = _widened(voice, n_channels, self.name)[:, :n_samples]
        music = _widened(music, n_channels, self.name)[:, :n_samples]
        return np.ascontiguousarray(voice), np.ascontiguousarray(music)


@dataclass(frozen=True)
class Problem:
    """A file or folder of a data set that cannot be used, and the sentence that says why."""

    path: Path
    reason: StemscopeError
    is_stray: bool = False
    """Whether it merely belongs to another layout, as text files in a folder of music do."""


@dataclass(frozen=True)
class Dataset:
    """What was found in ``folder``: the clips in the order of their names."""

    folder: Path
    layout: str
    clips: list[Clip]
    problems: list[Problem] = field(default_factory=list)


def find_clips(folder: Path | str, layout: str | None = None) -> list[Clip]:
    """The usable clips of ``find_dataset``."""
    return find_dataset(folder, layout).clips


def find_dataset(folder: Path | str, layout: str | None = None) -> Dataset:
    """Look through ``folder`` and everything under it for clips.

    ``layout`` is one of ``LAYOUTS``, or None to tell it from names and, for loose stereo files,
    from how little left and right have in common. Raises ``UsageError`` for another layout and
    ``DataError`` if the folder is missing or nothing in it can be used.
    """
    folder = Path(folder)
    if layout is not None and layout not in LAYOUTS:
        raise UsageError(
            "“{layout}” is not a layout of data sets. Choose one of {layouts}.",
            layout=layout,
            layouts=", ".join(LAYOUTS),
        )
    if not folder.is_dir():
        raise DataError(
            "There is no folder “{name}”. Choose the folder of a data set.", name=folder
        )
    found = look_through(folder)
    layout = layout or guess_layout(found)
    if layout is None:
        raise DataError(
            "“{name}” is no data set that is known here: neither folders with vocals.* and "
            "accompaniment.* in them, nor stereo files with the music left and the voice right.",
            name=folder,
        )
    clips, problems = _collect(found, layout)
    if not clips:
        raise DataError(
            "“{name}” holds no clips in the layout {layout}.{why}",
            name=folder,
            layout=layout,
            why=f" {problems[0].reason}" if problems else "",
        )
    return Dataset(folder, layout, clips, problems)


def guess_layout(found: Found) -> str | None:
    """The layout that most of ``found`` has, or None if it looks like none."""
    n_songs = len(found.songs) + len(found.stem_files)
    if len(found.loose) > n_songs and _looks_like_mir1k(found.loose):
        return "mir1k"
    if n_songs == 0:
        return None
    n_pairs = sum("accompaniment" in song.stems for song in found.songs)
    return "pairs" if 2 * n_pairs > n_songs else "musdb18"


def _looks_like_mir1k(paths: list[Path]) -> bool:
    step = max(1, len(paths) // N_PROBED)
    values = [left_right_correlation(path) for path in paths[::step][:N_PROBED]]
    known = [value for value in values if value is not None]
    return bool(known) and float(np.median(known)) < CORRELATION_MAX


def _collect(found: Found, layout: str) -> tuple[list[Clip], list[Problem]]:
    clips: list[Clip] = []
    problems: list[Problem] = []

    def add(path: Path, clip_parts: tuple[Part, tuple[Part, ...]] | StemscopeError) -> None:
        if isinstance(clip_parts, StemscopeError):
            problems.append(Problem(path, clip_parts))
            return
        try:
            clips.append(_clip(found.name_of(path), layout, *clip_parts))
        except AudioFileError as error:
            problems.append(Problem(path, error))

    if layout == "mir1k":
        for path in found.loose:
            add(path, (Part(path, channel=1), (Part(path, channel=0),)))
        strays = [song.path for song in found.songs] + found.stem_files
    else:
        for song in found.songs:
            add(song.path, _song_parts(song, layout))
        for path in found.stem_files if layout == "musdb18" else ():
            add(path, _stem_file_parts(path))
        strays = found.loose + (found.stem_files if layout == "pairs" else [])
    for path in strays:
        stray = DataError(
            "“{name}” does not belong to the layout {layout}.", name=path.name, layout=layout
        )
        problems.append(Problem(path, stray, is_stray=True))
    clips.sort(key=lambda clip: clip.name)
    return clips, problems


def _clip(name: str, layout: str, vocals: Part, accompaniment: tuple[Part, ...]) -> Clip:
    shape = look_at_header(vocals.path)
    if vocals.channel is not None and shape.n_channels != 2:
        raise _not_stereo(vocals.path)
    seconds = [shape.n_samples / shape.sample_rate]
    if vocals.channel is None and vocals.track is None:
        headers = [look_at_header(part.path) for part in accompaniment]
        seconds.append(max(header.n_samples / header.sample_rate for header in headers))
    n_samples = round(min(seconds) * shape.sample_rate)
    return Clip(name, layout, vocals, accompaniment, shape.sample_rate, n_samples)


def _song_parts(song: SongFolder, layout: str) -> tuple[Part, tuple[Part, ...]] | StemscopeError:
    name = song.path.name
    if "vocals" not in song.stems:
        return DataError("“{name}” has no vocals file in it.", name=name)
    voice = Part(song.stems["vocals"])
    if "accompaniment" in song.stems:
        return voice, (Part(song.stems["accompaniment"]),)
    others = tuple(Part(path) for stem, path in sorted(song.stems.items()) if stem != "vocals")
    if layout == "pairs" or not others:
        return DataError("“{name}” has no accompaniment file in it.", name=name)
    return voice, others


def _stem_file_parts(path: Path) -> tuple[Part, tuple[Part, ...]] | StemscopeError:
    """Tracks of a ``.stem.mp4``: mixture, drums, bass, other, vocals."""
    try:
        n_found = n_tracks(path)
    except AudioFileError as error:
        return error
    if n_found != 5:
        return DataError(
            "“{name}” has {n_found} audio tracks instead of the five of a {suffix} file.",
            name=path.name,
            n_found=n_found,
            suffix=STEM_FILE_SUFFIX,
        )
    return Part(path, track=4), tuple(Part(path, track=track) for track in (1, 2, 3))


def _not_stereo(path: Path) -> AudioFileError:
    return AudioFileError(
        "“{name}” is not stereo: the accompaniment should be left and the voice right.",
        name=path.name,
    )


def channels_error(name: str, first: int, second: int) -> DataError:
    """Of a clip whose stems have different channels that are not one against several."""
    return DataError(
        "The stems of “{name}” have {first} and {second} channels. Give them the same.",
        name=name,
        first=first,
        second=second,
    )


def _summed(signals: list[FloatArray], name: str) -> FloatArray:
    """Sum of stems, each as long as the longest."""
    n_channels = max(len(signal) for signal in signals)
    total = np.zeros((n_channels, max(signal.shape[1] for signal in signals)), np.float32)
    for signal in signals:
        total[:, : signal.shape[1]] += _widened(signal, n_channels, name)
    return total


def _widened(signal: FloatArray, n_channels: int, name: str) -> FloatArray:
    if len(signal) == n_channels:
        return signal
    if len(signal) != 1:
        raise channels_error(name, len(signal), n_channels)
    return np.repeat(signal, n_channels, axis=0)
