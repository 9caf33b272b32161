"""How a song is cut for a network.

The separation of a song is defined by its chunks: fixed spans of the model's frame grid, each
heard from the zero state with its warm-up frames and cross-faded with the one before. A frame's
mask does not depend on the order or the batches in which chunks are computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.audio import ResampledAudio
from core.audio.source import Audio
from core.card import Card, ChunkSettings
from core.features import heard_magnitude, heard_views, normalised, running_level
from core.masks import mean_above_band
from core.stft import ComplexArray, analyse

FloatArray = NDArray[np.float32]
MaskFunction = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Chunk:
    """Frames of the model's grid, each pair (first, last exclusive).

    The network hears ``heard_first`` to ``heard_last``; the chunk gives the mask of ``first`` to
    ``last`` and, where another chunk follows, of ``last`` to ``fade_last`` for the cross-fade.
    """

    index: int
    heard_first: int
    heard_last: int
    first: int
    last: int
    fade_last: int


def cut(n_frames: int, settings: ChunkSettings) -> list[Chunk]:
    """The chunks of a song of ``n_frames``, in order; they tile it without gaps."""
    chunks = []
    for index, first in enumerate(range(0, n_frames, settings.core_frames)):
        last = min(first + settings.core_frames, n_frames)
        fade_last = min(last + settings.fade_frames, n_frames)
        chunks.append(
            Chunk(
                index,
                max(0, first - settings.warm_up_frames),
                min(n_frames, fade_last + settings.look_ahead_frames),
                first,
                last,
                fade_last,
            )
        )
    return chunks


@dataclass(frozen=True)
class HeardChunk:
    """What the network hears of a chunk.

    ``magnitude`` is ``(n_channels, n_frames, n_bins)`` for the network's 1 or 2 channels,
    ``features`` is as ``core.features.heard_views`` has it, in units of the running level.
    """

    chunk: Chunk
    magnitude: FloatArray
    features: FloatArray


class Listener:
    """Hears a song as a model does: at the model's rate, over all channels, at its level."""

    def __init__(self, mixture: Audio, card: Card) -> None:
        self._card = card
        self._stft = card.stft.stft()
        same_rate = mixture.sample_rate == card.sample_rate
        self._audio: Audio = mixture if same_rate else ResampledAudio(mixture, card.sample_rate)
        self.n_frames = self._stft.n_frames(self._audio.n_samples)
        self._last_heard: tuple[Chunk, ComplexArray] | None = None

    def hear(self, chunk: Chunk) -> HeardChunk:
        spectra = self._spectra(chunk)
        n_channels = self._card.n_channels
        heard = heard_magnitude(spectra)
        level = running_level(heard, self._stft, self._card.sample_rate, self._card.level)
        views = heard if n_channels == 1 else heard_views(spectra, n_channels)
        magnitude = heard[None] if n_channels == 1 else views[:, :n_channels].swapaxes(0, 1)
        return HeardChunk(chunk, magnitude, normalised(views, level, self._stft))

    def _spectra(self, chunk: Chunk) -> ComplexArray:
        """The frames that ``chunk`` hears; those that the last one heard too are kept from there.

        Warm-up and look-ahead make up a third of what is heard.
        """
        first, last = chunk.heard_first, chunk.heard_last
        before, kept = self._last_heard or (chunk, None)
        if kept is not None and before.heard_first <= first < before.heard_last <= last:
            kept = kept[:, first - before.heard_first :]
            rest = analyse(self._audio, self._stft, before.heard_last, last)
            spectra = np.concatenate([kept, rest], axis=1)
        else:
            spectra = analyse(self._audio, self._stft, first, last)
        self._last_heard = chunk, spectra
        return spectra


def masks_of(heard: Sequence[HeardChunk], network: MaskFunction) -> list[FloatArray]:
    """Masks of several chunks, each ``(n_sources - 1, n_channels, n_frames, n_bins)``.

    Those of equal length go through the network together. Shorter ones are not filled up: what
    runs backward over time, or looks ahead, would take the filling for the song.
    """
    masks: dict[int, FloatArray] = {}
    for n_frames in dict.fromkeys(len(chunk.features) for chunk in heard):
        group = [k for k, chunk in enumerate(heard) if len(chunk.features) == n_frames]
        made = network(np.stack([heard[k].features for k in group]))
        masks.update(zip(group, made, strict=True))
    return [masks[k] for k in range(len(heard))]


def kept_masks(heard: HeardChunk, masks: FloatArray, n_channels: int, card: Card) -> FloatArray:
    """Of a chunk's ``masks`` the frames that it gives, and behind the bins what lies above them.

    ``masks`` is as ``masks_of`` has it. Returns ``(n_sources - 1, n_channels, n_frames,
    n_bins + 1)`` over the frames from ``chunk.first`` to ``chunk.fade_last``.
    """
    chunk, frames_per_s = heard.chunk, card.sample_rate / card.stft.hop_samples
    if masks.shape[1] > n_channels:  # two channels were heard of a song that has not two
        masks = masks.mean(axis=1, keepdims=True)
    above = [
        [mean_above_band(m, x, frames_per_s) for m, x in zip(of, heard.magnitude, strict=False)]
        for of in masks
    ]
    full = np.concatenate([masks, np.array(above, np.float32)[..., None]], axis=3)
    offset = chunk.heard_first
    return full[:, :, chunk.first - offset : chunk.fade_last - offset]


def fade_weights(n_frames: int) -> FloatArray:
    """Weights of the later chunk over the frames that two chunks share, ``(n_frames,)``."""
    return (np.arange(1, n_frames + 1, dtype=np.float32)) / np.float32(n_frames + 1)
