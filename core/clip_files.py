"""Reading the files of a data set: one channel, one track of several, or all of a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from core.audio import FloatArray, decode
from core.errors import AudioFileError

STEM_FILE_SUFFIX = ".stem.mp4"


@dataclass(frozen=True)
class FileShape:
    """What the header of a file says. ``n_samples`` is per channel; 0 where it is not known."""

    sample_rate: int
    n_channels: int
    n_samples: int


@dataclass(frozen=True)
class Part:
    """A file, or one channel of it (``channel``), or one audio track of it (``track``)."""

    path: Path
    channel: int | None = None
    track: int | None = None

    def read(self) -> tuple[FloatArray, int]:
        """All samples ``(n_channels, n_samples)`` and their rate in Hz.

        Raises ``AudioFileError`` if the file cannot be read or holds no numbers (NaN, infinity).
        """
        if self.track is not None:
            samples, rate = _read_track(self.path, self.track)
        else:
            samples, rate = _read_file(self.path)
        if self.channel is not None:
            samples = np.ascontiguousarray(samples[self.channel : self.channel + 1])
        if samples.size == 0:
            raise AudioFileError("“{name}” holds no sound.", name=_label(self.path))
        if not np.isfinite(samples).all():
            raise AudioFileError(
                "“{name}” holds samples that are not numbers (NaN or infinite).",
                name=_label(self.path),
            )
        return samples, rate


def look_at_header(path: Path) -> FileShape:
    """Rate, channels and length of ``path`` without decoding it.

    Raises ``AudioFileError`` if it is not a sound file or holds nothing.
    """
    try:
        info = soundfile.info(path)
        shape = FileShape(int(info.samplerate), int(info.channels), int(info.frames))
    except (soundfile.LibsndfileError, OSError):
        return _look_with_av(path)
    if shape.n_samples == 0:
        raise AudioFileError("“{name}” holds no sound.", name=_label(path))
    return shape


def n_tracks(path: Path) -> int:
    """Number of audio tracks in a container such as MP4; raises ``AudioFileError``."""
    import av

    try:
        with av.open(str(path)) as container:
            return len(container.streams.audio)
    except (av.FFmpegError, OSError) as error:
        raise _unreadable(path) from error


def resampled(samples: FloatArray, rate: int, wanted_rate: int) -> FloatArray:
    """``samples`` ``(n_channels, n)`` of a whole signal at another rate."""
    if rate == wanted_rate:
        return samples
    moved = soxr.resample(np.ascontiguousarray(samples.T), rate, wanted_rate, "VHQ")
    return np.ascontiguousarray(moved.T, np.float32)


def _read_file(path: Path) -> tuple[FloatArray, int]:
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError):
        return _read_track(path, 0)
    return np.ascontiguousarray(samples.T), int(rate)


def _read_track(path: Path, track: int) -> tuple[FloatArray, int]:
    """Decode one sound track; the tracks of a file start together, so they stay aligned."""
    song = decode(path, track=track)
    try:
        return song.audio.read(0, song.audio.n_samples), song.audio.sample_rate
    finally:
        song.audio.close()


def _look_with_av(path: Path) -> FileShape:
    import av

    try:
        with av.open(str(path)) as container:
            stream = container.streams.audio[0]
            rate, n_channels = int(stream.rate), len(stream.layout.channels)
            if stream.duration is not None and stream.time_base is not None:
                seconds = float(stream.duration * stream.time_base)
            else:
                seconds = (container.duration or 0) / 1e6
    except (av.FFmpegError, OSError, IndexError) as error:
        raise _unreadable(path) from error
    return FileShape(rate, n_channels, round(seconds * rate))


def _unreadable(path: Path) -> AudioFileError:
    return AudioFileError("“{name}” cannot be read as sound.", name=_label(path))


def _label(path: Path) -> str:
    """File name with its folder: in a data set every folder holds the same names."""
    return f"{path.parent.name}/{path.name}" if path.parent.name else path.name
