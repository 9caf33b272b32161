"""Parts of the stems to listen to by themselves, computed as they are read.

A part is what of voice and of accompaniment lies in a region, where the mask has certain values, or
what edits took away. Nothing of it is kept: its masks exist for the frames that are read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from core.audio.source import Audio, FloatArray, check_span
from core.editing.edits import above_freqs_hz
from core.editing.grid import Grid
from core.editing.regions import Region
from core.masks import Mask
from core.stft import Stft
from core.synthesis import synthesis_stft, synthesise

Frames = Callable[[int, int], tuple[FloatArray, FloatArray]]
"""Of frames first to last: values ``(n_channels, n_bins, n_frames)``, and above the band."""


@dataclass(frozen=True)
class Inside:
    """What of both stems lies in ``region``."""

    region: Region


@dataclass(frozen=True)
class Between:
    """What of both stems lies where the voice's mask is from ``low`` to ``high``."""

    low: float
    high: float


@dataclass(frozen=True)
class TakenAway:
    """What edits took from each stem, and gave to the other."""


Part = Inside | Between | TakenAway


class PartAudio:
    """One stem of a part of ``mixture``; a read computes what it asks for."""

    def __init__(self, mixture: Audio, mask: Mask, frames: Frames) -> None:
        """``mask`` gives the grid, ``frames`` the values."""
        self._mixture = mixture
        self._mask = _computed_mask(mask, frames)
        model = Stft(mask.window_samples, mask.hop_samples, mask.window)
        self._stft = synthesis_stft(mixture.sample_rate, model, mask.sample_rate)

    @property
    def sample_rate(self) -> int:
        return self._mixture.sample_rate

    @property
    def n_channels(self) -> int:
        return self._mixture.n_channels

    @property
    def n_samples(self) -> int:
        return self._mixture.n_samples

    def read(self, start: int, stop: int) -> FloatArray:
        check_span(self, start, stop)
        return synthesise(self._mixture, self._mask, self._stft, start, stop)


def part_stems(
    part: Part, mixture: Audio, edited: Mask, network: Mask | None
) -> tuple[PartAudio, PartAudio]:
    """Voice and accompaniment of ``part``: of the mask as it is ``edited``, and is when read.

    ``network`` is the mask without edits; None where there are none.
    """
    before = network if network is not None else edited

    def voice_of(first: int, last: int) -> tuple[FloatArray, FloatArray]:
        return _read(edited, first, last)

    def of_voice(first: int, last: int) -> tuple[FloatArray, FloatArray]:
        values, above = voice_of(first, last)
        weights = _weights(part, edited, before, values, above, first, last, mixture)
        if isinstance(part, TakenAway):
            return weights
        return values * weights[0], above * weights[1]

    def of_music(first: int, last: int) -> tuple[FloatArray, FloatArray]:
        values, above = voice_of(first, last)
        if isinstance(part, TakenAway):
            old, old_above = _read(before, first, last)
            return np.maximum(values - old, 0), np.maximum(above - old_above, 0)
        weights = _weights(part, edited, before, values, above, first, last, mixture)
        return (1 - values) * weights[0], (1 - above) * weights[1]

    return PartAudio(mixture, edited, of_voice), PartAudio(mixture, edited, of_music)


def _weights(
    part: Part,
    edited: Mask,
    before: Mask,
    values: FloatArray,
    above: FloatArray,
    first: int,
    last: int,
    mixture: Audio,
) -> tuple[FloatArray, FloatArray]:
    """How much of each cell belongs to ``part``; of what was taken away, how much that is."""
    if isinstance(part, TakenAway):
        old, old_above = _read(before, first, last)
        return np.maximum(old - values, 0), np.maximum(old_above - above, 0)
    if isinstance(part, Between):
        return (
            ((values >= part.low) & (values <= part.high)).astype(np.float32),
            ((above >= part.low) & (above <= part.high)).astype(np.float32),
        )
    grid = Grid.of(edited)
    times = grid.times_s(first, last)
    inside = part.region.weights(times, grid.freqs_hz())
    higher = above_freqs_hz(grid, mixture.sample_rate / 2)
    over = part.region.weights(times, higher).mean(axis=0)
    return inside[None], over[None]


def _read(mask: Mask, first: int, last: int) -> tuple[FloatArray, FloatArray]:
    values = mask.values[0, :, :, first:last].astype(np.float32)
    return values, mask.above[0, :, first:last].astype(np.float32)


def _computed_mask(like: Mask, frames: Frames) -> Mask:
    """A mask on the grid of ``like`` whose frames are computed when they are looked at."""
    return Mask(
        cast("NDArray[np.float16]", _Computed(like.values.shape, frames, 0)),
        cast("NDArray[np.float16]", _Computed(like.above.shape, frames, 1)),
        like.sample_rate,
        like.hop_samples,
        like.window_samples,
        like.window,
    )


class _Computed:
    """As much of an array of one source as ``core.mask_reader`` asks of a mask's."""

    def __init__(self, shape: tuple[int, ...], frames: Frames, which: int) -> None:
        self.shape = shape
        self._frames, self._which = frames, which

    def __getitem__(self, key: int | tuple[slice, ...]) -> _Computed | FloatArray:
        if isinstance(key, int):  # the only source
            return _Computed(self.shape[1:], self._frames, self._which)
        first, last, _ = key[-1].indices(self.shape[-1])
        found = self._frames(first, last)[self._which]
        return np.asarray(np.broadcast_to(found, (*self.shape[:-1], last - first)), np.float32)
