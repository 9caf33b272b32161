"""What is drawn anew for each example of an epoch, and the changes of sound that follow from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.fft
import soxr
from numpy.typing import NDArray

if TYPE_CHECKING:
    from core.training.scenes import Scene
    from core.training.settings import AugmentationSettings

FloatArray = NDArray[np.float32]

N_VARIANTS = 8
"""Pitch and formant shifts that a voice is drawn among; computing one takes long."""

EPOCHS_PER_VARIANT = 4
"""A voice has another shift to be drawn among after every so many epochs."""

GRID_RATE_HZ = 16000
"""The rate at which steps of the circular shift are counted."""

_CURVE_POINTS = 2049
_TAIL_SAMPLES = 4096


@dataclass(frozen=True)
class Draw:
    """All that was drawn for one example. Speeds are factors, pitch moving along."""

    voice: int
    music: int
    """Which piece gives the voice, which the accompaniment; equal where it keeps its own."""
    variant: int
    pitch_semitones: float
    formant_semitones: float
    voice_speed: float
    music_speed: float
    shift: float
    """Where the accompaniment begins, as a share of its length."""
    voice_to_music_db: float
    level_dbfs: float
    """The mean in dB of the levels that voice and accompaniment have over their whole clips."""
    has_voice: bool
    swap_voice: bool
    swap_music: bool
    voice_curve_db: NDArray[np.float64]
    music_curve_db: NDArray[np.float64]
    scene: Scene | None = None
    """Where both stand; None where they stay as they were recorded."""


def draw(
    settings: AugmentationSettings,
    seed: int,
    epoch: int,
    item: int,
    piece: int,
    n_pieces: int,
    grid_shift: float,
) -> Draw:
    """The draws of ``item`` in ``epoch``, whose voice is ``piece`` of ``n_pieces``.

    ``grid_shift`` is the item's own place on the grid of circular shifts, 0 without a grid. Every
    value is drawn whether it is used or not, so that one setting does not change the others' draws.
    """
    rng = np.random.default_rng((seed, epoch, item))
    speeds = np.geomspace(settings.speed_min, settings.speed_max, settings.n_speeds)
    voice_speed, music_speed = speeds[rng.integers(0, len(speeds), size=2)]
    other = (piece + 1 + int(rng.integers(0, max(1, n_pieces - 1)))) % n_pieces
    if rng.random() < settings.own_accompaniment:
        other = piece
    if other == piece:
        music_speed = voice_speed
    shift = float(rng.random())
    if other == piece and settings.circular_shift != "random":
        shift = grid_shift
    # The choice grows with the epochs, so that no epoch has many new shifts to compute.
    n_variants = min(N_VARIANTS, 1 + (epoch + item % EPOCHS_PER_VARIANT) // EPOCHS_PER_VARIANT)
    variant = int(rng.random() * n_variants)
    pitch, formant = variant_shift(settings, seed, piece, variant)
    ratio_db = float(rng.uniform(-settings.voice_to_music_db, settings.voice_to_music_db))
    ratio_db += settings.voice_to_music_mean_db
    level_dbfs = float(rng.uniform(settings.level_min_dbfs, settings.level_max_dbfs))
    chances = rng.random(3)
    return Draw(
        voice=piece,
        music=other,
        variant=variant,
        pitch_semitones=pitch,
        formant_semitones=formant,
        voice_speed=float(voice_speed),
        music_speed=float(music_speed),
        shift=shift,
        voice_to_music_db=ratio_db,
        level_dbfs=level_dbfs,
        has_voice=bool(chances[0] >= settings.no_voice),
        swap_voice=bool(chances[1] < settings.channel_swap),
        swap_music=bool(chances[2] < settings.channel_swap),
        voice_curve_db=equaliser_curve_db(_CURVE_POINTS, settings.equaliser_db, rng),
        music_curve_db=equaliser_curve_db(_CURVE_POINTS, settings.equaliser_db, rng),
    )


def variant_shift(
    settings: AugmentationSettings, seed: int, piece: int, variant: int
) -> tuple[float, float]:
    """Pitch and formant shift in semitones of one of the ``N_VARIANTS`` of a piece's voice.

    Each variant has its own stretch of the range, so that together they cover all of it.
    """
    rng = np.random.default_rng((seed, piece, N_VARIANTS, 1))
    shares = (np.arange(N_VARIANTS) + rng.random(N_VARIANTS)) * 2 / N_VARIANTS - 1
    pitch = settings.pitch_semitones * rng.permutation(shares)[variant]
    formant = settings.formant_semitones * rng.permutation(shares)[variant]
    return float(pitch), float(formant)


def grid_offsets(n_samples: int, step_samples: int) -> list[int]:
    """Where the accompaniment begins in each copy of a clip, by the rule of the paper's authors.

    step = min(step, N - 1); offsets 0, step, 2 step, ... below N - step. A clip of up to two steps
    stays as it is.
    """
    step = max(1, min(step_samples, n_samples - 1))
    return list(range(0, n_samples - step, step)) or [0]


def grid_step(settings: AugmentationSettings, sample_rate: int) -> int:
    """Step of the circular shift in samples at ``sample_rate``."""
    return max(1, round(settings.circular_shift_samples * sample_rate / GRID_RATE_HZ))


def at_speed(samples: FloatArray, speed: float) -> FloatArray:
    """``samples`` ``(n_channels, n)`` played ``speed`` times as fast, pitch moving along."""
    if speed == 1.0:
        return samples
    moved = soxr.resample(np.ascontiguousarray(samples.T), speed, 1.0, quality="HQ")
    return np.ascontiguousarray(moved.T, np.float32)


def equaliser_curve_db(
    n_points: int, equaliser_db: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """A smooth random gain in dB from 0 Hz to half the rate: a few slow waves on a log axis."""
    position = np.log1p(np.linspace(0, 64, n_points)) / math.log1p(64)
    waves = np.arange(1, 5)
    phases = rng.uniform(0, 2 * np.pi, size=4)
    amplitudes = rng.normal(0, equaliser_db / np.sqrt(2), size=4) / np.sqrt(waves)
    return np.asarray(amplitudes @ np.cos(np.pi * np.outer(waves, position) + phases[:, None]))


def equalised(samples: FloatArray, curve_db: NDArray[np.float64]) -> FloatArray:
    """``samples`` ``(n_channels, n)`` through a filter of that gain and without delay.

    ``curve_db`` runs evenly from 0 Hz to half the sample rate.
    """
    if not np.any(curve_db):
        return samples
    n_samples = samples.shape[1]
    # Room behind the end, which the filter's response before the beginning wraps round into.
    length = scipy.fft.next_fast_len(n_samples + _TAIL_SAMPLES, real=True)
    n_bins = length // 2 + 1
    gain = (10 ** (curve_db / 20)).astype(np.float32)
    points = np.linspace(0, len(gain) - 1, n_bins)
    curve = np.interp(points, np.arange(len(gain)), gain).astype(np.float32)
    spectrum = scipy.fft.rfft(samples, length, axis=1)
    return np.asarray(scipy.fft.irfft(spectrum * curve, length, axis=1)[:, :n_samples], np.float32)
