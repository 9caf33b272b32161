"""Signals at another sample rate, by libsoxr, with random access."""

from __future__ import annotations

import math

import numpy as np
import soxr

from core.audio.source import ArrayAudio, Audio, FloatArray, check_span, read_padded

_QUALITY = "VHQ"  # computes in double precision: errors lie below those of float32
_MARGIN_SAMPLES = 1024
"""Context on either side of a read, at the lower of both rates; the filter is shorter."""


def resample(block: FloatArray, rate_in: int, rate_out: int) -> FloatArray:
    """``block`` of shape ``(n_channels, n)`` at ``rate_out``: ``(n_channels, ceil(n * out / in))``.

    Sample 0 stays at time 0; outside the block the signal counts as zero.
    """
    if rate_in == rate_out or block.shape[1] == 0:
        return np.array(block, np.float32)
    # Through the class: libsoxr alone is off by up to -40 dB in the first samples of an array.
    resampled = ResampledAudio(ArrayAudio(block, rate_in), rate_out)
    return resampled.read(0, resampled.n_samples)


class ResampledAudio:
    """``audio`` heard at ``sample_rate``: sample k lies at time k / sample_rate exactly.

    A read takes the input between two instants that are samples of both rates, with a margin that
    covers the filter, so its result does not depend on where blocks begin and end (differences
    stay below −120 dB), and no read touches more of the input than it needs.
    """

    def __init__(self, audio: Audio, sample_rate: int) -> None:
        if sample_rate <= 0:
            raise ValueError(f"not a sample rate: {sample_rate}")
        self._audio = audio
        self._sample_rate = int(sample_rate)
        common = math.gcd(audio.sample_rate, self._sample_rate)
        self._step_in = audio.sample_rate // common
        self._step_out = self._sample_rate // common
        lower = min(audio.sample_rate, self._sample_rate)
        self._margin = math.ceil(_MARGIN_SAMPLES * self._sample_rate / lower)
        self._n_samples = _n_resampled(audio.n_samples, audio.sample_rate, self._sample_rate)

    @property
    def sample_rate(self) -> int:
        return self._sample_rate

    @property
    def n_channels(self) -> int:
        return self._audio.n_channels

    @property
    def n_samples(self) -> int:
        """``ceil(n_samples * rate_out / rate_in)`` of the input."""
        return self._n_samples

    def read(self, start: int, stop: int) -> FloatArray:
        check_span(self, start, stop)
        if self._step_in == self._step_out:
            return self._audio.read(start, stop)
        if start == stop:
            return np.zeros((self.n_channels, 0), np.float32)
        first = (start - self._margin) // self._step_out
        last = -((-stop - self._margin) // self._step_out)
        block = read_padded(self._audio, first * self._step_in, last * self._step_in)
        interleaved = np.ascontiguousarray(block.T)
        converted = soxr.resample(
            interleaved, self._audio.sample_rate, self._sample_rate, quality=_QUALITY
        )
        offset = first * self._step_out
        return np.ascontiguousarray(converted[start - offset : stop - offset].T, np.float32)


def _n_resampled(n_samples: int, rate_in: int, rate_out: int) -> int:
    return -(-n_samples * rate_out // rate_in)
