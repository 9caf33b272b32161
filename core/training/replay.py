"""Training replay: how one clip would be separated after every epoch. Needs no torch.

A frame is the clip's mask in 8 bits; its sound is made from the clip when somebody wants to hear
it, so that hundreds of epochs take little room.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.audio.source import ArrayAudio
from core.masks import BAND_EDGE, Mask
from core.stft import Stft
from core.synthesis import synthesise
from core.training.run_folder import PinnedClip, ReplayFrame

PINNED_SECONDS = 20.0
"""A longer clip is cut to the part of this length with the most voice."""

FloatArray = NDArray[np.float32]


def pinned_clip(
    name: str,
    vocals: FloatArray,
    accompaniment: FloatArray,
    sample_rate: int,
    seconds: float = PINNED_SECONDS,
) -> PinnedClip:
    """The part of a clip (arrays ``(n_channels, n_samples)``) that is kept for the replay."""
    start, stop = most_voice(vocals, accompaniment, round(seconds * sample_rate))
    return PinnedClip(
        name,
        sample_rate,
        np.ascontiguousarray(vocals[:, start:stop]),
        np.ascontiguousarray(accompaniment[:, start:stop]),
    )


def most_voice(vocals: FloatArray, accompaniment: FloatArray, n_samples: int) -> tuple[int, int]:
    """First and last sample (exclusive) of the ``n_samples`` in which both sources are strong.

    Where the product of their energies is largest, on a grid of a quarter of the length; the whole
    if it is no longer than that.
    """
    n_all = vocals.shape[1]
    if n_all <= n_samples:
        return 0, n_all
    starts = np.unique(np.append(np.arange(0, n_all - n_samples, max(1, n_samples // 4)),
                                 n_all - n_samples))  # fmt: skip
    strengths = []
    for samples in (vocals, accompaniment):
        energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64).sum(0))])
        strengths.append(energy[starts + n_samples] - energy[starts])
    start = int(starts[np.argmax(strengths[0] * strengths[1])])
    return start, start + n_samples


def quantised(mask: Mask) -> NDArray[np.uint8]:
    """The first source's mask in 8 bits, ``(n_bins, n_frames)``: its channels' mean."""
    values = mask.values[0].mean(axis=0, dtype=np.float32)
    return np.round(np.clip(values, 0, 1) * 255).astype(np.uint8)


def mask_of(frame: ReplayFrame, sample_rate: int, stft: Stft) -> Mask:
    """The frame's mask as one that songs are separated with, on the model's grid."""
    values = (frame.mask.astype(np.float32) / 255).astype(np.float16)[None, None]
    # What lies above the band was not kept: the mean of the top octave stands for it.
    edge = int(BAND_EDGE * values.shape[2])
    above = values[:, :, edge // 2 : edge].mean(axis=2, dtype=np.float32).astype(np.float16)
    return Mask(values, above, sample_rate, stft.hop_samples, stft.window_samples)


def stems_of(clip: PinnedClip, frame: ReplayFrame, stft: Stft) -> tuple[FloatArray, FloatArray]:
    """Voice and accompaniment as of ``frame``, ``(n_channels, n_samples)`` each; they sum to the
    mixture. ``stft`` is the recipe's.
    """
    mixture = clip.mixture
    audio = ArrayAudio(mixture, clip.sample_rate)
    mask = mask_of(frame, clip.sample_rate, stft)
    voice = synthesise(audio, mask, stft, 0, mixture.shape[1])
    return voice, mixture - voice
