"""What a network hears of a song: magnitudes over channels and a running level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.stft import ComplexArray, Stft


@dataclass(frozen=True)
class LevelSettings:
    """A causal running RMS: its time constant in seconds and its floor in dBFS."""

    time_constant_s: float = 2.0
    floor_dbfs: float = -60.0


def heard_magnitude(spectra: ComplexArray) -> NDArray[np.float32]:
    """√(mean over channels of |X|²) of ``(n_channels, n_frames, n_bins)``: ``(n_frames, n_bins)``.

    Energies are averaged, not signals: L + R would cancel what is out of phase.
    """
    energy = np.square(spectra.real).astype(np.float32) + np.square(spectra.imag)
    return np.sqrt(np.mean(energy, axis=0))


def heard_views(spectra: ComplexArray, n_channels: int) -> NDArray[np.float32]:
    """What a network hears of a song's ``spectra``, ``(n_song_channels, n_frames, n_bins)``.

    With ``n_channels`` 1 that is ``heard_magnitude``, ``(n_frames, n_bins)``. With 2 it is
    ``(n_frames, 3, n_bins)``: the magnitudes of left, right and half their difference, which tells
    what lies in the middle. A song of one channel, or of more than two, is heard as both, with
    nothing beside the middle.
    """
    if n_channels == 1:
        return heard_magnitude(spectra)
    if len(spectra) == 2:
        left, right = spectra
        views = [np.abs(left), np.abs(right), np.abs(left - right) / 2]
    else:
        heard = heard_magnitude(spectra)
        views = [heard, heard, np.zeros_like(heard)]
    return np.stack(views, axis=1)


def frame_energy(magnitude: NDArray[np.float32], stft: Stft) -> NDArray[np.float64]:
    """Mean square of each frame, from ``(n_frames, n_bins)`` by Parseval: ``(n_frames,)``."""
    squared = np.square(magnitude, dtype=np.float64)
    both_halves = 2 * squared.sum(axis=1) - squared[:, 0] - squared[:, -1]
    return np.asarray(both_halves / (stft.window_samples * stft.energy))


def running_level(
    magnitude: NDArray[np.float32], stft: Stft, sample_rate: int, settings: LevelSettings
) -> NDArray[np.float32]:
    """Causal running RMS of a signal in full scale, frame by frame: ``(n_frames,)``.

    An exponential mean of the frames' energies from the first frame given, divided by the weight
    it has gathered so far, so that it starts at the first frame's own level and not at zero.
    """
    n_frames = len(magnitude)
    keep = float(np.exp(-stft.hop_samples / (sample_rate * settings.time_constant_s)))
    energy = _exponential_mean(frame_energy(magnitude, stft), keep)
    gathered = 1 - keep ** np.arange(1, n_frames + 1)
    floor = 10 ** (settings.floor_dbfs / 20)
    return np.maximum(np.sqrt(np.maximum(energy / gathered, 0)), floor).astype(np.float32)


def _exponential_mean(values: NDArray[np.float64], keep: float) -> NDArray[np.float64]:
    """``y[n] = keep · y[n − 1] + (1 − keep) · x[n]`` from zero, for values that are not negative.

    Not by ``scipy.signal``: importing that takes as long as a third of torch.
    """
    mean = np.empty_like(values)
    before = 0.0
    # Weights within a block stay within a range that does not cost digits.
    block = max(1, int(-18.0 / np.log(keep))) if 0 < keep < 1 else 1
    for first in range(0, len(values), block):
        part = values[first : first + block]
        weight = keep ** np.arange(1, len(part) + 1)
        mean[first : first + block] = weight * (before + (1 - keep) * np.cumsum(part / weight))
        before = mean[first + len(part) - 1]
    return mean


def normalised(
    magnitude: NDArray[np.float32], level: NDArray[np.float32], stft: Stft
) -> NDArray[np.float32]:
    """Magnitudes in units of the running level: about 1 for noise that fills the band.

    ``magnitude`` is ``(n_frames, …, n_bins)``, ``level`` ``(n_frames,)``.
    """
    unit = level * np.float32(np.sqrt(stft.energy))
    return magnitude / unit.reshape(-1, *[1] * (magnitude.ndim - 1))
