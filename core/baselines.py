"""What estimates are measured against: the mixture as it is, and the limit of any mask."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.audio import ArrayAudio, Audio
from core.audio.source import DifferenceAudio
from core.datasets import Clip
from core.evaluation import SOURCES, mix_clip
from core.stft import Stft, analyse

WINDOW_S, HOP_S = 0.064, 0.016
_TINY = np.float32(1e-30)


def untouched(clip: Clip, mixture: Audio) -> Mapping[str, Audio]:
    """The mixture in place of each source."""
    return dict.fromkeys(SOURCES, mixture)


class IdealRatioMask:
    """The mask that knows both sources: m = |V| / (|V| + |A|), channel by channel.

    Of a mixture whose sources are known, under ``protocol``; windows of 64 ms, a quarter apart. No
    network that estimates a real mask on this grid from the mixture does much better.
    """

    def __init__(self, protocol: str) -> None:
        self._protocol = protocol

    def __call__(self, clip: Clip, mixture: Audio) -> Mapping[str, Audio]:
        """The stems of ``mixture``, which sum to it."""
        references = mix_clip(clip, self._protocol).references
        rate, n_samples = mixture.sample_rate, mixture.n_samples
        stft = Stft(2 * round(WINDOW_S * rate / 2), round(HOP_S * rate), "sine")
        n_frames = stft.n_frames(n_samples)
        voice, music = (
            np.abs(analyse(ArrayAudio(reference, rate), stft, 0, n_frames))
            for reference in references
        )
        mask = (voice + _TINY) / (voice + music + 2 * _TINY)
        masked = analyse(mixture, stft, 0, n_frames) * mask
        heard = ArrayAudio(stft.overlap_add(masked, 0, 0, n_samples), rate)
        return {SOURCES[0]: heard, SOURCES[1]: DifferenceAudio(mixture, [heard])}
