"""How many samples a file will decode to, told by its first and its last frames alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import av
import av.error

from core.audio.av_names import OPEN_OPTIONS

_N_HEAD_FRAMES = 8
_TAIL_SECONDS = 1.0
_N_TAIL_FRAMES_MAX = 20_000
"""More come where a file cannot be sought in, and was read from its beginning instead."""
_OFF_GRID_MAX = 0.25
"""Times of a file that is whole lie near a whole number of frames: this far off at most."""


@dataclass(frozen=True)
class _Heard:
    """One decoded frame: when it is to be heard, if that is known, and its length."""

    seconds: float | None
    n_samples: int


def decoded_samples(
    path: Path, stream_index: int, sample_rate: int, prepare: Callable[[Any], object]
) -> int | None:
    """The number of samples that decoding all of a stream gives; None if it cannot be told.

    Some containers know times to the millisecond only. But all frames of a codec have the same
    length, or lengths with a large common divisor, and so the distance of the last from the second
    in samples can be told exactly. ``prepare`` sets up the codec as for decoding.
    """
    try:
        with av.open(str(path), options=OPEN_OPTIONS, metadata_errors="replace") as container:
            stream = container.streams[stream_index]
            prepare(stream.codec_context)
            head = list(islice(_heard(container, stream), _N_HEAD_FRAMES))
            seconds = (container.duration or 0) / av.time_base - _TAIL_SECONDS
            target = (stream.start_time or 0) + seconds / float(stream.time_base or 1)
            container.seek(int(target), stream=stream)
            tail = list(islice(_heard(container, stream), _N_TAIL_FRAMES_MAX))
    except (av.error.FFmpegError, EOFError, ValueError, ZeroDivisionError):
        return None
    if not head or not tail or len(tail) == _N_TAIL_FRAMES_MAX:
        return None
    return _counted(head, tail, sample_rate)


def _heard(container: Any, stream: Any) -> Iterator[_Heard]:
    for frame in container.decode(stream):
        known = frame.pts is not None and frame.time_base is not None
        yield _Heard(float(frame.pts * frame.time_base) if known else None, frame.samples)


def _counted(head: list[_Heard], tail: list[_Heard], sample_rate: int) -> int | None:
    # The first frame may begin with samples that are left out, its time being rounded.
    anchor, n_before = (head[1], head[0].n_samples) if len(head) > 1 else (head[0], 0)
    last = next((k for k in range(len(tail) - 1, -1, -1) if tail[k].seconds is not None), None)
    if last is None or anchor.seconds is None:
        return None
    whole = [frame.n_samples for frame in (*head[1:], *tail[:-1])]
    grid = math.gcd(*whole) if whole else head[0].n_samples
    if not grid:
        return None
    last_seconds = tail[last].seconds
    assert last_seconds is not None
    steps = (last_seconds - anchor.seconds) * sample_rate / grid
    if abs(steps - round(steps)) > _OFF_GRID_MAX:
        return None
    n_samples = n_before + round(steps) * grid + sum(f.n_samples for f in tail[last:])
    return n_samples if n_samples > 0 else None
