"""A voice at another pitch and with other formants, its tempo kept.

Signalsmith Stretch transposes the whole spectrum. The formants are put back, or elsewhere, by a
filter per frame: the ratio of the voice's own spectral envelope where it shall be to where the
transposition has left it. Envelopes are smoothed log spectra that rest on the harmonics' tops
(cepstral smoothing with iterated maximum, after Roebel and Rodet 2005).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.features import heard_magnitude
from core.stft import ComplexArray, Stft

FloatArray = NDArray[np.float32]

SEGMENT_VALUES = 96_000
"""Samples of all channels that are transposed in one go: the library keeps Python waiting
meanwhile (about 16 ms), and with it the player."""

_ALIGN_S = 0.012
"""Half the range in which a segment's place is sought: a period of a low voice."""

_FADE_S = 0.03
_ENVELOPE_S = 0.0018
"""Quefrency up to which the envelope follows the spectrum: below the periods of sung notes."""

_ENVELOPE_ROUNDS = 5
_LOWEST_FORMANT_HZ = 250.0
"""Below there are single harmonics and no formants: the envelope goes on level."""

_LOUDEST_FILTER_DB = 18.0
_DEEPEST_DB = -80.0


def shifted_voice(
    samples: FloatArray, sample_rate: int, pitch_semitones: float, formant_semitones: float
) -> FloatArray:
    """``samples`` ``(n_channels, n_samples)`` with pitch and formants moved, of the same length.

    Formants stay where they are unless ``formant_semitones`` moves them, whatever the pitch does.
    """
    if samples.shape[1] == 0 or not (pitch_semitones or formant_semitones):
        return samples
    moved = _transposed(samples, sample_rate, pitch_semitones)
    return _with_formants(moved, samples, sample_rate, pitch_semitones, formant_semitones)


def _transposed(samples: FloatArray, sample_rate: int, semitones: float) -> FloatArray:
    """The whole spectrum moved by ``semitones``, computed in segments that are joined in phase."""
    if not semitones:
        return samples
    n_channels, n_samples = samples.shape
    align, fade = round(_ALIGN_S * sample_rate), round(_FADE_S * sample_rate)
    margin = round(0.1 * sample_rate)
    segment = max(4 * margin, SEGMENT_VALUES // n_channels)
    n_segments = max(1, round(n_samples / segment))
    joints = [n_samples * k // n_segments for k in range(1, n_segments)]
    result = _stretched(samples[:, : (joints or [n_samples])[0] + margin], sample_rate, semitones)
    result = np.pad(result, ((0, 0), (0, n_samples - result.shape[1])))
    for joint, end in pairwise([*joints, n_samples]):
        start = joint - margin
        piece = _stretched(samples[:, start : end + margin], sample_rate, semitones)
        # Two runs agree in everything but phase: the second begins where it matches the first.
        old = result[:, joint : joint + fade]
        around = piece[:, margin - align : margin + align + fade].mean(axis=0)
        match = np.correlate(around, old.mean(axis=0), mode="valid")
        piece = piece[:, margin - align + int(np.argmax(match)) :]
        piece = piece[:, : n_samples - joint]
        slope = np.linspace(0, 1, old.shape[1], dtype=np.float32)
        piece[:, : len(slope)] = old * (1 - slope) + piece[:, : len(slope)] * slope
        result[:, joint : joint + piece.shape[1]] = piece
    return result


def _stretched(samples: FloatArray, sample_rate: int, semitones: float) -> FloatArray:
    from python_stretch import Signalsmith

    stretch = Signalsmith.Stretch(0)  # the seed: equal calls give equal samples
    stretch.preset(len(samples), sample_rate)
    stretch.setTransposeSemitones(semitones)
    return np.array(stretch.process(np.ascontiguousarray(samples)), np.float32)


def _with_formants(
    moved: FloatArray,
    original: FloatArray,
    sample_rate: int,
    pitch_semitones: float,
    formant_semitones: float,
) -> FloatArray:
    n_samples = original.shape[1]
    window = 2 * round(0.032 * sample_rate)
    stft = Stft(window, window // 2)
    heard = heard_magnitude(_spectra(original, stft))
    bins = np.arange(stft.n_bins)
    lowest = min(_LOWEST_FORMANT_HZ * window / sample_rate, bins[-1])
    order = round(_ENVELOPE_S * sample_rate)
    wanted, there = (
        _waves(order, stft.n_bins, np.clip(bins * 2 ** (-semitones / 12), lowest, bins[-1]))
        for semitones in (formant_semitones, pitch_semitones)
    )
    log_gain = _envelope_cepstra(heard, order) @ (wanted - there)
    limit = np.float32(_LOUDEST_FILTER_DB / 20 * np.log(10))
    gain = np.exp(np.clip(log_gain, -limit, limit))
    return stft.overlap_add(_spectra(moved, stft) * gain, 0, 0, n_samples)


def _spectra(samples: FloatArray, stft: Stft) -> ComplexArray:
    """All frames that touch ``samples``: ``(n_channels, n_frames, n_bins)``."""
    n_samples = samples.shape[1]
    _, last = stft.frames_touching(0, n_samples, n_samples)
    start, stop = stft.span(0, last)
    return stft.spectra(np.pad(samples, ((0, 0), (-start, stop - n_samples))))


def _envelope_cepstra(magnitude: FloatArray, order: int) -> FloatArray:
    """Cepstra ``(n_frames, order)`` of envelopes over ``magnitude`` ``(n_frames, n_bins)``."""
    floor = max(float(magnitude.max(initial=0)) * 10 ** (_DEEPEST_DB / 20), 1e-12)
    spectrum = np.log(np.maximum(magnitude, np.float32(floor)))
    n_bins = spectrum.shape[1]
    waves = _waves(order, n_bins, np.arange(n_bins, dtype=np.float64))
    # The inverse Fourier transform of an even spectrum, at the few lowest quefrencies.
    transform = np.cos(np.pi * np.outer(np.arange(n_bins), np.arange(order)) / (n_bins - 1))
    transform[1:-1] *= 2
    transform = (transform / (2 * (n_bins - 1))).astype(np.float32)
    cepstra = spectrum @ transform
    for _ in range(_ENVELOPE_ROUNDS - 1):
        # The tops of the harmonics are what a singer's throat lets through; the gaps are not.
        cepstra = np.maximum(spectrum, cepstra @ waves) @ transform
    return cepstra


def _waves(order: int, n_bins: int, places: NDArray[np.float64]) -> FloatArray:
    """What turns cepstra into log envelopes at ``places`` in bins: ``(order, len(places))``."""
    waves = np.cos(np.outer(np.arange(order), np.pi * places / (n_bins - 1)))
    waves[1:] *= 2
    return waves.astype(np.float32)
