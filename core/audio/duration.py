"""How long a file says its sound is, without decoding it."""

from __future__ import annotations

from pathlib import Path

import soundfile

from core.audio.av_names import OPEN_OPTIONS
from core.audio.probe import Reader, look_at
from core.errors import AudioFileError

_SECONDS_MAX = 30 * 24 * 3600.0


def said_duration_s(path: str | Path) -> float | None:
    """Seconds by the file's header, a guess for some formats; None if it does not tell.

    Decoding says what is wrong with a file; this never does.
    """
    path = Path(path)
    seconds: float | None = None
    try:
        if look_at(path) is Reader.SOUNDFILE:
            seconds = float(soundfile.info(str(path)).duration)
        else:
            seconds = _by_ffmpeg(path)
    except (AudioFileError, OSError, RuntimeError, ValueError):
        return None
    return seconds if seconds is not None and 0 < seconds < _SECONDS_MAX else None


def _by_ffmpeg(path: Path) -> float | None:
    import av
    import av.error

    try:
        with av.open(str(path), options=OPEN_OPTIONS, metadata_errors="replace") as container:
            return None if container.duration is None else container.duration / av.time_base
    except av.error.FFmpegError:
        return None
