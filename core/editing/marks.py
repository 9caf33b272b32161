"""What edits say of a song: where the voice is alone, where the music is, what was corrected."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.editing.edits import Action, Edit, apply_edits
from core.editing.grid import Grid, Span
from core.ranges import Ranges

LEAST_S = 0.2
"""Shorter stretches are not learnt from."""

_RATE, _FRAMES_PER_S, _WINDOW = 16000, 40, 256
_GRID = Grid(_RATE, _RATE // _FRAMES_PER_S, _WINDOW)
_BLOCK_FRAMES = 1024

_UNTOUCHED = 0.4
"""Not one half: exchanging the sources would leave that as it is."""
_ALONE = 0.01


@dataclass(frozen=True)
class Marks:
    """Stretches of a song in seconds, in order, none touching another of its kind.

    ``voice``: all of it was given to the voice, at every frequency; ``music``: to the
    accompaniment. ``corrected``: something else was changed there.
    """

    voice: tuple[Span, ...] = ()
    music: tuple[Span, ...] = ()
    corrected: tuple[Span, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.voice or self.music or self.corrected)


def length_s(spans: Iterable[Span]) -> float:
    """How long ``spans`` are together."""
    return sum(stop - start for start, stop in spans)


def marks_of(edits: Sequence[Edit], duration_s: float, top_hz: float) -> Marks:
    """What the visible ``edits`` of a song of ``duration_s`` and up to ``top_hz`` mark.

    It goes by what they do to a mask that is the same everywhere, on a coarse grid: however a
    stretch was given to one source (in one go, bin by bin, or by an eraser that took back the
    rest), it counts as that source alone once nothing of the other is left. What is brought back
    to the network counts as untouched.
    """
    edits = [_without_patch(edit) for edit in edits if not edit.hidden]
    n_frames = math.ceil(duration_s * _FRAMES_PER_S)
    spans = Ranges(_GRID.frames(edit.region.span_s, 0, n_frames) for edit in edits)
    voice, music, corrected = Ranges(), Ranges(), Ranges()
    n_bins = _WINDOW // 2 + 1
    for first, last in spans:
        for begin in range(first, last, _BLOCK_FRAMES):
            end = min(begin + _BLOCK_FRAMES, last)
            blank = np.full((1, 1, n_bins, end - begin), _UNTOUCHED, np.float32)
            values, above = apply_edits(blank, blank[:, :, 0], edits, begin, _GRID, top_hz)
            low = np.minimum(values[0, 0].min(axis=0), above[0, 0])
            high = np.maximum(values[0, 0].max(axis=0), above[0, 0])
            is_voice, is_music = low >= 1 - _ALONE, high <= _ALONE
            is_changed = np.maximum(high - _UNTOUCHED, _UNTOUCHED - low) > _ALONE
            voice = _plus(voice, is_voice, begin)
            music = _plus(music, is_music, begin)
            corrected = _plus(corrected, is_changed & ~is_voice & ~is_music, begin)
    return Marks(*(_spans_s(found, duration_s) for found in (voice, music, corrected)))


def _without_patch(edit: Edit) -> Edit:
    """An edit that pastes, as one that changes the same bins: a patch knows another grid."""
    if edit.action is not Action.PASTE:
        return edit
    return replace(edit, action=Action.GAIN, amount=12.0, patch=None)


def _plus(ranges: Ranges, chosen: np.ndarray, first: int) -> Ranges:
    """``ranges`` and the frames that are ``chosen``, counted from ``first``."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(np.int8)))
    for start, stop in edges.reshape(-1, 2).tolist():
        ranges = ranges.plus(first + start, first + stop)
    return ranges


def _spans_s(ranges: Ranges, duration_s: float) -> tuple[Span, ...]:
    """From the centre of the first frame to that of the last: no further than the edits reach."""
    spans = (
        (start / _FRAMES_PER_S, min((stop - 1) / _FRAMES_PER_S, duration_s))
        for start, stop in ranges
    )
    return tuple((start, stop) for start, stop in spans if stop - start >= LEAST_S)
