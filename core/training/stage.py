"""A source set up in its scene: filtered, placed, widened and put in a room in one transform."""

from __future__ import annotations

import math

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from core.training.rooms import Room
from core.training.scenes import Doubling, Scene

FloatArray = NDArray[np.float32]
ComplexArray = NDArray[np.complex64]
Curve = NDArray[np.float64]

EDGE = 0.96
"""A band that is cut off falls from here to its end, in parts of the end."""

BASS_HZ = 150.0
"""What is lower stays in the middle."""

_TAIL_SAMPLES = 4096
_N_PAN_WAVES, _N_PHASE_WAVES = 20, 6
_PHASE_DELAY_S = 0.006


def staged_voice(
    samples: FloatArray,
    sample_rate: int,
    curve_db: Curve,
    scene: Scene,
    end_hz: float,
    n_channels: int,
) -> FloatArray:
    """A voice ``(n, n_samples)`` in its scene, as long as before, at any level.

    ``curve_db`` is an equaliser's, evenly from 0 Hz to half the rate; nothing is left above
    ``end_hz``. With ``n_channels`` of 2 a mono voice becomes stereo; a stereo one keeps its places.
    """
    samples = pressed(samples, scene.voice_headroom_db)
    is_placed = len(samples) == 1 and n_channels == 2
    if is_placed and scene.doubling is not None:
        samples = np.concatenate([samples, doubled(samples, sample_rate, scene.doubling)])
    n_samples = samples.shape[1]
    echoes = None
    if scene.room is not None:
        echoes = scene.room.response(sample_rate, max(len(samples), n_channels))
    tail = _TAIL_SAMPLES + (0 if echoes is None else echoes.shape[1])
    length = scipy.fft.next_fast_len(n_samples + tail, real=True)
    gains = _gains(curve_db, sample_rate, end_hz)
    spectrum = scipy.fft.rfft(samples, length, axis=1)
    if gains is not None:
        spectrum *= _spread(gains, length // 2 + 1)
    sounding = spectrum
    if is_placed:
        spectrum = _placed(spectrum, scene.place)
    if echoes is not None and scene.room is not None:
        spectrum = spectrum + _wet(spectrum, sounding, echoes, length, scene.room)
    if spectrum is sounding and gains is None:
        return samples
    return np.asarray(scipy.fft.irfft(spectrum, length, axis=1)[:, :n_samples], np.float32)


def staged_music(
    samples: FloatArray,
    sample_rate: int,
    curve_db: Curve,
    scene: Scene,
    end_hz: float,
    n_channels: int,
) -> FloatArray:
    """An accompaniment in its scene; as ``staged_voice``, a mono one being widened."""
    samples = pressed(samples, scene.music_headroom_db)
    is_widened = len(samples) == 1 and n_channels == 2 and scene.width > 0
    gains = _gains(curve_db, sample_rate, end_hz)
    if gains is None and not is_widened:
        return samples
    n_samples = samples.shape[1]
    length = scipy.fft.next_fast_len(n_samples + _TAIL_SAMPLES, real=True)
    n_bins = length // 2 + 1
    spectrum = scipy.fft.rfft(samples, length, axis=1)
    if is_widened:
        left, right = widening(len(curve_db), sample_rate, scene.width, scene.width_seed)
        if gains is not None:
            left, right = left * gains, right * gains
        spectrum = np.concatenate([spectrum * _spread(side, n_bins) for side in (left, right)])
    elif gains is not None:
        spectrum *= _spread(gains, n_bins)
    return np.asarray(scipy.fft.irfft(spectrum, length, axis=1)[:, :n_samples], np.float32)


def pressed(samples: FloatArray, headroom_db: float) -> FloatArray:
    """``samples`` with peaks bent towards ``headroom_db`` over the mean level, as by a limiter."""
    if math.isinf(headroom_db):
        return samples
    mean_square = float(np.vdot(samples, samples)) / max(1, samples.size)
    height = np.float32(math.sqrt(mean_square) * 10 ** (headroom_db / 20))
    return samples if height == 0 else np.tanh(samples / height) * height


def doubled(samples: FloatArray, sample_rate: int, doubling: Doubling) -> FloatArray:
    """The second singing of a mono voice ``(1, n_samples)``."""
    n_samples = samples.shape[1]
    omega = 2 * math.pi * doubling.wobble_hz
    # A delay that swings bends the pitch by its slope.
    depth_s = (2 ** (doubling.wobble_cents / 1200) - 1) / omega
    time = np.arange(n_samples)
    swing = depth_s * (1 + np.sin(omega / sample_rate * time + doubling.phase))
    places = time - sample_rate * (doubling.delay_s + swing)
    moved = np.interp(places, time, samples[0], left=0.0)
    return (moved * 10 ** (doubling.gain_db / 20)).astype(np.float32)[None]


def widening(
    n_points: int, sample_rate: int, width: float, seed: int
) -> tuple[ComplexArray, ComplexArray]:
    """Gains of left and right, evenly from 0 Hz to half the rate, that make stereo of mono.

    Each frequency gets a place of its own, and both sides differ in phase by a few milliseconds;
    the energies of both add up to the same at every frequency.
    """
    rng = np.random.default_rng(seed)
    hertz = np.linspace(0, sample_rate / 2, n_points)
    octaves = np.log2(np.maximum(hertz, BASS_HZ) / BASS_HZ)
    speeds = rng.uniform(0.15, 1.2, size=_N_PAN_WAVES)  # waves per octave
    phases = rng.uniform(0, 2 * math.pi, size=(_N_PAN_WAVES, 1))
    place = np.cos(2 * math.pi * np.outer(speeds, octaves) + phases).sum(0)
    place = np.tanh(place * 1.2 * math.sqrt(2 / _N_PAN_WAVES))
    delays = rng.uniform(0.15, 1, size=_N_PHASE_WAVES) * _PHASE_DELAY_S
    phases = rng.uniform(0, 2 * math.pi, size=(_N_PHASE_WAVES, 1))
    apart = np.cos(2 * math.pi * np.outer(delays, hertz) + phases).sum(0)
    inside = width * np.clip(np.log2(np.maximum(hertz, 1) / BASS_HZ), 0, 1)
    angle = math.pi / 4 * (1 + inside * place)
    turn = np.exp(0.5j * inside * apart * math.sqrt(2 / _N_PHASE_WAVES))
    left, right = math.sqrt(2) * np.cos(angle) * turn, math.sqrt(2) * np.sin(angle) / turn
    return left.astype(np.complex64), right.astype(np.complex64)


def _gains(curve_db: Curve, sample_rate: int, end_hz: float) -> FloatArray | None:
    """Equaliser and end of the band as one gain; None where they change nothing."""
    is_cut = end_hz < sample_rate / 2
    if not is_cut and not np.any(curve_db):
        return None
    gain = (10 ** (curve_db / 20)).astype(np.float32)
    if is_cut:
        hertz = np.linspace(0, sample_rate / 2, len(gain))
        fall = np.clip((end_hz - hertz) / (end_hz * (1 - EDGE)), 0, 1)
        gain *= np.square(np.sin(math.pi / 2 * fall)).astype(np.float32)
    return gain


def _spread(curve: NDArray[np.generic], n_bins: int) -> NDArray[np.generic]:
    """A curve's values at ``n_bins`` frequencies of a transform."""
    points = np.linspace(0, len(curve) - 1, n_bins)
    values = np.interp(points, np.arange(len(curve)), curve)  # type: ignore[arg-type]
    return values.astype(curve.dtype)


def _placed(spectrum: ComplexArray, place: float) -> ComplexArray:
    """One signal at its place with constant power; of two, the second opposite."""
    angle = math.pi / 4 * (1 + place)
    sides = np.array([[math.cos(angle)], [math.sin(angle)]], np.float32)
    if len(spectrum) == 1:
        return np.asarray(sides * spectrum, np.complex64)
    return np.asarray(sides * spectrum[:1] + sides[::-1] * spectrum[1:], np.complex64)


def _wet(
    dry: ComplexArray, sounding: ComplexArray, echoes: FloatArray, length: int, room: Room
) -> ComplexArray:
    """The echoes of what sounds, at their level against the ``dry`` signal."""
    wet = scipy.fft.rfft(echoes, length, axis=1)
    wet *= sounding
    energies = [float(np.vdot(part, part).real) for part in (dry, wet)]
    if energies[1] == 0:
        return np.zeros_like(dry)
    gain = math.sqrt(energies[0] / energies[1]) * 10 ** (room.wet_db / 20)
    return np.asarray(wet * np.float32(gain), np.complex64)
