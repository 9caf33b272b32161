"""A song as the device wants it: another rate, another number of channels, any block."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import soxr

from core.audio import Audio, FloatArray, read_padded
from core.ranges import Ranges

MARGIN_SAMPLES = 256
"""Input samples beside a block that the rate converter's filter can reach at equal rates."""

_HALF = 0.5**0.5

# Columns in the order of WAV and FLAC files, per number of channels; the low-frequency channel is
# left out of a downmix, centre and surrounds enter at -3 dB (ITU-R BS.775-3, annex 4).
_TO_STEREO: dict[int, tuple[tuple[float, ...], tuple[float, ...]]] = {
    1: ((1.0,), (1.0,)),
    2: ((1.0, 0.0), (0.0, 1.0)),
    3: ((1.0, 0.0, _HALF), (0.0, 1.0, _HALF)),
    4: ((1.0, 0.0, _HALF, 0.0), (0.0, 1.0, 0.0, _HALF)),
    5: ((1.0, 0.0, _HALF, _HALF, 0.0), (0.0, 1.0, _HALF, 0.0, _HALF)),
    6: ((1.0, 0.0, _HALF, 0.0, _HALF, 0.0), (0.0, 1.0, _HALF, 0.0, 0.0, _HALF)),
    7: ((1.0, 0.0, _HALF, 0.0, 0.5, _HALF, 0.0), (0.0, 1.0, _HALF, 0.0, 0.5, 0.0, _HALF)),
    8: (
        (1.0, 0.0, _HALF, 0.0, _HALF, 0.0, _HALF, 0.0),
        (0.0, 1.0, _HALF, 0.0, 0.0, _HALF, 0.0, _HALF),
    ),
}


def mix_matrix(n_in: int, n_out: int) -> FloatArray:
    """The gains ``(n_out, n_in)`` that turn ``n_in`` channels into ``n_out``.

    Mono goes to both speakers as it is; surround goes to stereo with the usual -3 dB for centre
    and surrounds; a mono device gets the mean of left and right; a device with more channels
    than two gets sound on its first two. More than eight channels in: all odd ones left, all even
    ones right, averaged.
    """
    if n_in == n_out:
        return np.eye(n_in, dtype=np.float32)
    if n_in in _TO_STEREO:
        stereo = np.array(_TO_STEREO[n_in], np.float32)
    else:
        stereo = np.zeros((2, n_in), np.float32)
        stereo[0, 0::2] = 1.0 / len(range(0, n_in, 2))
        stereo[1, 1::2] = 1.0 / len(range(1, n_in, 2))
    if n_out == 1:
        return stereo.mean(axis=0, keepdims=True)
    matrix = np.zeros((n_out, n_in), np.float32)
    matrix[:2] = stereo
    return matrix


class DeviceView:
    """``audio`` at the device's rate and channels, read in device frames at any place.

    Device frame ``k`` lies at song sample ``k * step``. Blocks are converted from a grid common to
    both rates with margins for the filter, so a frame's value does not depend on how the song is
    cut into blocks, and two views of equal shape stay aligned to the sample.
    """

    def __init__(self, audio: Audio, device_rate: int, n_channels: int) -> None:
        self._audio = audio
        self._rates = (audio.sample_rate, device_rate)
        self.step = Fraction(audio.sample_rate, device_rate)
        """Song samples per device frame."""
        self._matrix = (
            None if audio.n_channels == n_channels else mix_matrix(audio.n_channels, n_channels)
        )
        self.n_channels = n_channels
        self.n_frames = -(-audio.n_samples * self.step.denominator // self.step.numerator)
        margin = 0 if self.step == 1 else int(MARGIN_SAMPLES * max(1.0, float(self.step))) + 1
        self._margin_samples = margin
        self.reach = margin, margin
        """Samples before and behind a block that reading it takes."""

    def read(self, start: int, stop: int, _ready: Ranges | None = None) -> FloatArray:
        """Device frames ``start`` to ``stop`` as float32 ``(stop - start, n_channels)``.

        Frames before the first and after the last are silent.
        """
        if self.step == 1:
            return np.ascontiguousarray(self._mixed(start, stop).T)
        samples, frames = self.step.numerator, self.step.denominator
        margin = -(-self._margin_samples // samples)
        first = start // frames - margin
        last = -(-stop // frames) + margin
        block = np.ascontiguousarray(self._mixed(first * samples, last * samples).T)
        converted = soxr.resample(block, *self._rates, quality="HQ")
        offset = start - first * frames
        return np.ascontiguousarray(converted[offset : offset + stop - start], np.float32)

    def _mixed(self, start: int, stop: int) -> FloatArray:
        block = read_padded(self._audio, start, stop)
        return block if self._matrix is None else self._matrix @ block
