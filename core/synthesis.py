"""From a mask to sound: the mixture filtered on a grid of its own rate."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from core.audio.source import Audio, FloatArray, read_padded
from core.mask_reader import MaskReader
from core.masks import Mask
from core.stft import GROUP_FRAMES, OverlapAdd, Stft

# Frames added up at a time: bounds the memory of long spans.
_SPAN_FRAMES = 1024


def synthesis_stft(sample_rate: int, model: Stft, model_rate: int) -> Stft:
    """The grid on which a song is filtered.

    The model's own where the rates agree; otherwise a window of about the same duration with a
    quarter-window hop, so that bilinear reading of the mask leaves no audible steps.
    """
    if sample_rate == model_rate:
        return model
    hop = fast_length(model.window_samples / model_rate * sample_rate / 4)
    return Stft(4 * hop, hop, "hann")


def fast_length(wanted: float) -> int:
    """The 5-smooth number nearest to ``wanted``, which Fourier transforms take fast."""
    best = 1
    for twos in range(20):
        for threes in range(8):
            for fives in range(5):
                number = 2**twos * 3**threes * 5**fives
                if abs(number - wanted) < abs(best - wanted):
                    best = number
    return max(best, 2)


def final_samples(mask: Mask, frames: tuple[int, int], stft: Stft, audio: Audio) -> tuple[int, int]:
    """Samples (start, stop) of ``audio`` that do not change any more once ``frames`` are known.

    ``frames`` are the first and one past the last of a stretch of the mask.
    """
    first, last = frames
    if last <= first:
        return 0, 0
    per_frame = Fraction(mask.hop_samples * audio.sample_rate, mask.sample_rate * stft.hop_samples)
    start, stop = 0, audio.n_samples
    if first > 0:  # behind the window of the last frame that reads the mask before `first`
        start = stft.span(0, math.ceil(first * per_frame))[1]
    if last < mask.n_frames:  # before the window of the first that reads it behind `last - 1`
        stop = stft.span(math.floor((last - 1) * per_frame) + 1, 0)[0]
    start = min(start, audio.n_samples)
    return start, max(start, min(stop, audio.n_samples))


def touched_samples(
    mask: Mask, frames: tuple[int, int], stft: Stft, audio: Audio
) -> tuple[int, int]:
    """Samples (start, stop) of ``audio`` that are heard otherwise once ``frames`` have changed.

    ``frames`` are the first and one past the last of a stretch of the mask.
    """
    first, last = frames
    if last <= first:
        return 0, 0
    per_frame = Fraction(mask.hop_samples * audio.sample_rate, mask.sample_rate * stft.hop_samples)
    start, stop = 0, audio.n_samples
    if first > 0:  # the first frame of the song that reads behind `first - 1`
        start = stft.span(math.floor((first - 1) * per_frame) + 1, 0)[0]
    if last < mask.n_frames:  # the last that reads before `last`
        stop = stft.span(0, math.ceil(last * per_frame))[1]
    start = min(max(start, 0), audio.n_samples)
    return start, max(start, min(stop, audio.n_samples))


def synthesise(
    mixture: Audio, mask: Mask, stft: Stft, start: int, stop: int, source: int = 0
) -> FloatArray:
    """Samples ``start`` to ``stop`` of one source: ``(n_channels, stop - start)``.

    The result for a sample does not depend on the span that it is computed in.
    """
    reader = MaskReader(mask, stft, mixture.sample_rate, source)
    pieces = []
    span = _SPAN_FRAMES * stft.hop_samples
    for begin in range(start, stop, span):
        end = min(begin + span, stop)
        first, last = stft.frames_touching(begin, end, mixture.n_samples)
        block = read_padded(mixture, *stft.span(first, last))
        origin = stft.span(first, last)[0]
        overlap = OverlapAdd(stft, mixture.n_channels, last - first)
        for group in range(first, last, GROUP_FRAMES):
            group_end = min(group + GROUP_FRAMES, last)
            part = slice(
                (group - first) * stft.hop_samples, stft.span(group, group_end)[1] - origin
            )
            overlap.add(reader.filtered(stft.spectra(block[:, part]), group))
        pieces.append(overlap.samples(begin - origin, end - begin))
    if not pieces:
        return np.zeros((mixture.n_channels, 0), np.float32)
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=1)
