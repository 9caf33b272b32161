"""Clips read for a training: at its rate, each with the weight of its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.datasets import Clip
from core.errors import Cancelled, OutputError, StemscopeError
from core.metrics import is_silent
from core.training.examples import ClipPair, FloatArray, LeftOut, silence_error
from core.training.shelf import Shelf
from core.training.sources import BackingClip

Progress = Callable[[float], None]
ShouldStop = Callable[[], bool]


@dataclass(frozen=True)
class Recording(ClipPair):
    """A pair that is heard ``weight`` times as often as others; ``vocals`` ``(1, 0)`` where it is
    an accompaniment alone.
    """

    weight: float = 1.0


def read_recordings(
    clips: Sequence[Clip],
    sample_rate: int,
    shelf: Shelf,
    weights: Mapping[str, float] | None = None,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
    keep_voiceless: bool = False,
) -> tuple[list[Recording], list[LeftOut]]:
    """``clips`` at ``sample_rate`` on ``shelf``, and those that cannot be used with the reason.

    With ``keep_voiceless`` clips whose voice is silent are accompaniments alone; else they are left
    out. ``progress`` gets the fraction that is read. Raises ``Cancelled`` if asked to stop,
    ``OutputError`` if the disk for temporary files is full.
    """
    recordings: list[Recording] = []
    left_out: list[LeftOut] = []
    for index, clip in enumerate(clips):
        if should_stop is not None and should_stop():
            raise Cancelled
        try:
            vocals, accompaniment = _signals(clip, sample_rate, keep_voiceless)
        except StemscopeError as error:
            left_out.append(LeftOut(clip.name, error))
        else:
            kept = _kept(vocals, shelf), _kept(accompaniment, shelf)
            weight = (weights or {}).get(clip.name, 1.0)
            recordings.append(Recording(clip.name, *kept, weight))
        if progress is not None:
            progress((index + 1) / len(clips))
    return recordings, left_out


def _signals(clip: Clip, sample_rate: int, keep_voiceless: bool) -> tuple[FloatArray, FloatArray]:
    """Voice and accompaniment; raises the reason why they cannot be used."""
    vocals, accompaniment = clip.load(sample_rate)
    if isinstance(clip, BackingClip) or (keep_voiceless and is_silent(vocals)):
        vocals = np.zeros((1, 0), np.float32)
    # What has no voice on purpose is only held to its accompaniment.
    heard = vocals if vocals.size else np.ones((1, 1), np.float32)
    error = silence_error(clip.name, heard, accompaniment)
    if error is not None:
        raise error
    return vocals, accompaniment


def _kept(samples: FloatArray, shelf: Shelf) -> FloatArray:
    try:
        kept = shelf.keep(samples)
    except OSError as error:
        raise OutputError(
            "The recordings need more room for temporary files than there is: {reason}.",
            reason=error.strerror or error,
        ) from error
    assert kept is not None
    return np.asarray(kept, np.float32)
