"""The studio: equaliser, compressor, limiter and reverb, all on float64 `(channels, n)`."""

from __future__ import annotations

import numpy as np
import score
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

_RATE = score.SAMPLE_RATE


def decibels(ratio: float) -> float:
    """An amplitude ratio in dB."""
    return 20.0 * float(np.log10(max(ratio, 1e-12)))


def amplitude(level_db: float | np.ndarray) -> np.ndarray:
    """Decibels as an amplitude ratio."""
    return np.asarray(10.0 ** (np.asarray(level_db) / 20.0))


def rms(sound: np.ndarray) -> float:
    """Root mean square over all channels."""
    return float(np.sqrt(np.mean(sound**2)))


def highpass(sound: np.ndarray, cutoff_hz: float) -> np.ndarray:
    """Second-order Butterworth high-pass."""
    return np.asarray(sosfilt(butter(2, cutoff_hz, "highpass", fs=_RATE, output="sos"), sound))


def lowpass(sound: np.ndarray, cutoff_hz: float) -> np.ndarray:
    """Second-order Butterworth low-pass."""
    return np.asarray(sosfilt(butter(2, cutoff_hz, "lowpass", fs=_RATE, output="sos"), sound))


def bell(sound: np.ndarray, centre_hz: float, gain_db: float, quality: float) -> np.ndarray:
    """A peaking equaliser (the biquad of the audio equaliser cookbook)."""
    root = 10.0 ** (gain_db / 40.0)
    omega = 2.0 * np.pi * centre_hz / _RATE
    alpha = np.sin(omega) / (2.0 * quality)
    b = np.array([1.0 + alpha * root, -2.0 * np.cos(omega), 1.0 - alpha * root])
    a = np.array([1.0 + alpha / root, -2.0 * np.cos(omega), 1.0 - alpha / root])
    return np.asarray(lfilter(b / a[0], a / a[0], sound))


def compress(
    sound: np.ndarray, threshold_db: float, ratio: float, release_s: float = 0.12
) -> np.ndarray:
    """Feed-forward compressor; the level is taken over 20 ms of the louder channel."""
    window = round(0.02 * _RATE)
    power = uniform_filter1d(np.max(sound**2, axis=0), window)
    level_db = 10.0 * np.log10(power + 1e-10)
    over = np.maximum(level_db - threshold_db, 0.0)
    keep = float(np.exp(-1.0 / (release_s * _RATE)))
    smooth = lfilter([1.0 - keep], [1.0, -keep], over)
    return np.asarray(sound * amplitude(-smooth * (1.0 - 1.0 / ratio)))


def limit(sound: np.ndarray, ceiling: float) -> np.ndarray:
    """Look-ahead limiter: no sample leaves [-ceiling, ceiling], and the gain never jumps."""
    window = 2 * round(0.003 * _RATE) + 1
    peaks = maximum_filter1d(np.max(np.abs(sound), axis=0), window)
    gain = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    held = -maximum_filter1d(-gain, window)
    return np.asarray(np.clip(sound * uniform_filter1d(held, window), -ceiling, ceiling))


def reverb(sound: np.ndarray, seconds: float, predelay_s: float, seed: int) -> np.ndarray:
    """A mono sound in a stereo room: exponentially dying noise, darker as it dies."""
    random = np.random.default_rng(seed)
    n = round(seconds * _RATE)
    times = np.arange(n) / _RATE
    tail = random.normal(size=(2, n))
    bright = highpass(tail, 300.0) * 10.0 ** (-3.0 * times / (0.45 * seconds))
    dark = lowpass(highpass(tail, 250.0), 3200.0) * 10.0 ** (-3.0 * times / seconds)
    response = 0.5 * bright + dark
    response /= np.sqrt((response**2).sum(axis=1, keepdims=True))
    delayed = np.concatenate([np.zeros((2, round(predelay_s * _RATE))), response], axis=1)
    return np.stack([fftconvolve(sound, channel)[: sound.shape[-1]] for channel in delayed])


def loudness_db(sound: np.ndarray) -> float:
    """Roughly LUFS: mean power through a high-pass and a shelf of +4 dB, both channels summed."""
    weighted = highpass(sound, 60.0)
    weighted = weighted + 0.585 * highpass(weighted, 1500.0)
    return -0.7 + 10.0 * float(np.log10((weighted**2).mean(axis=1).sum() + 1e-12))
