"""How loud a sound is to an ear: the K-weighted loudness of ITU-R BS.1770."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.audio.source import Audio

OFFSET_LU = -0.691
"""Of BS.1770-4, annex 1: a tone of 997 Hz at 0 dBFS in one channel has −3.01 LUFS."""

# BS.1770-4 gives its two filters as coefficients at 48 kHz. These are the filters behind them, as
# B. De Man found them ("Evaluation of implementations of the EBU R128 loudness measurement", AES
# 145, 2018): the bilinear transform of these gives those coefficients to ten digits.
_SHELF_HZ, _SHELF_DB, _SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
_SHELF_SLOPE = 0.4996667741545416
_PASS_HZ, _PASS_Q = 38.13547087602444, 0.5003270373238773


def k_weighting(rate: int) -> NDArray[np.float64]:
    """Both filters as second-order sections ``(2, 6)`` at ``rate``: a shelf for the head, which
    lifts what lies above some 1.7 kHz by 4 dB, and a high-pass at 38 Hz."""
    k = math.tan(math.pi * min(_SHELF_HZ, 0.49 * rate) / rate)
    high = 10 ** (_SHELF_DB / 20)
    band = high**_SHELF_SLOPE
    a0 = 1 + k / _SHELF_Q + k * k
    shelf = [
        (high + band * k / _SHELF_Q + k * k) / a0,
        2 * (k * k - high) / a0,
        (high - band * k / _SHELF_Q + k * k) / a0,
        1.0,
        2 * (k * k - 1) / a0,
        (1 - k / _SHELF_Q + k * k) / a0,
    ]
    k = math.tan(math.pi * _PASS_HZ / rate)
    a0 = 1 + k / _PASS_Q + k * k
    low_cut = [1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / _PASS_Q + k * k) / a0]
    return np.array([shelf, low_cut])


def loudness(audio: Audio, start: int, stop: int) -> float:
    """The loudness of samples ``start`` to ``stop``, played round and round, in LUFS.

    Minus infinity in silence. The power is summed over the spectrum of the whole stretch, each
    frequency as the filters let it through: what goes round has no edges for them to be struck by.
    Without the gate of BS.1770, which leaves pauses out: two versions of one stretch have the same
    pauses. Channels count alike, but the surround ones of six (1.5 dB more) and its bass (not at
    all).
    """
    from scipy.fft import rfft  # here: it takes a while to import

    if stop <= start:
        return -math.inf
    weights = _channel_weights(audio.n_channels)
    block = audio.read(start, stop)
    n_samples = stop - start
    gains = power_gains(np.arange(n_samples // 2 + 1) / n_samples, audio.sample_rate)
    gains[1 : (n_samples + 1) // 2] *= 2  # the other side of the spectrum
    power = 0.0
    for weight, channel in zip(weights, block, strict=True):
        spectrum = rfft(channel.astype(np.float64))
        energy = np.square(spectrum.real) + np.square(spectrum.imag)
        power += float(weight) * float(energy @ gains) / n_samples**2
    return OFFSET_LU + 10 * math.log10(power) if power > 1e-14 else -math.inf


def power_gains(cycles: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """|H|² of both filters in a row, at frequencies in cycles per sample."""
    z = np.exp(-2j * np.pi * cycles)
    powers = np.stack([np.ones_like(z), z, z * z])
    gains = np.ones(len(cycles))
    for section in k_weighting(rate):
        gains *= np.abs((section[:3] @ powers) / (section[3:] @ powers)) ** 2
    return gains


def _channel_weights(n_channels: int) -> NDArray[np.float64]:
    weights = np.ones(n_channels)
    if n_channels == 6:  # left, right, centre, bass, and two behind
        weights[3:] = 0.0, 1.41, 1.41
    return weights
