"""Training examples: voices and accompaniments mixed anew in every epoch.

Every random draw is a function of (seed, epoch, item), so that an epoch can be made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from core.features import LevelSettings, frame_energy, normalised, running_level
from core.training.recipe import AugmentationSettings, Recipe

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class ClipPair:
    """One clip's voice and accompaniment, mono at the model's rate, ``(n_samples,)`` each."""

    name: str
    vocals: FloatArray
    accompaniment: FloatArray


@dataclass(frozen=True)
class Example:
    """Frames of one mixed clip, each array ``(n_frames, n_bins)``.

    ``features`` is the mixture's magnitude in units of its running level; ``mixture`` the magnitude
    |X| at a mean square of one per source; ``voice`` the part of the voice in phase with the
    mixture, Re(V X*) / |X|, which is all that a real mask can give back of it.
    """

    features: FloatArray
    mixture: FloatArray
    voice: FloatArray


class Mixer:
    """Makes the examples of an epoch from clips."""

    def __init__(self, clips: Sequence[ClipPair], recipe: Recipe) -> None:
        self._clips = list(clips)
        self._seed = recipe.seed
        self._settings = recipe.augmentation
        self._stft = recipe.stft.stft()
        self._rate = recipe.sample_rate
        self._level = recipe.level
        steps = recipe.augmentation
        self._speeds = np.geomspace(steps.speed_min, steps.speed_max, steps.n_speeds)
        self._at_speed: dict[tuple[str, int, int], FloatArray] = {}

    def __len__(self) -> int:
        return len(self._clips)

    def example(self, epoch: int, item: int) -> Example:
        """The example that clip ``item`` becomes in ``epoch``."""
        rng = np.random.default_rng((self._seed, epoch, item))
        settings = self._settings
        voice_speed, music_speed = rng.integers(0, len(self._speeds), size=2)
        other = int(rng.integers(0, len(self._clips)))
        if other == item or rng.random() < settings.own_accompaniment:
            other, music_speed = item, voice_speed
        voice = self._part("vocals", item, int(voice_speed))
        music = self._part("accompaniment", other, int(music_speed))
        shift = 0 if other == item else int(rng.integers(0, len(music)))
        music = np.take(music, np.arange(len(voice)) + shift, mode="wrap")
        ratio_db = rng.uniform(-settings.voice_to_music_db, settings.voice_to_music_db)
        voice_spectra = self._spectra(_unit_power(voice), rng)
        music_spectra = self._spectra(_unit_power(music), rng)
        voice_spectra *= np.float32(10 ** (ratio_db / 40))
        music_spectra *= np.float32(10 ** (-ratio_db / 40))
        if rng.random() < settings.no_voice:
            voice_spectra[:] = 0
        level_dbfs = float(rng.uniform(settings.level_min_dbfs, settings.level_max_dbfs))
        return self._compose(voice_spectra, music_spectra, level_dbfs)

    def _compose(
        self,
        voice: NDArray[np.complex64],
        music: NDArray[np.complex64],
        level_dbfs: float,
    ) -> Example:
        mixture = voice + music
        magnitude = np.abs(mixture)
        # Scaling the signal down by some dB is the same as lifting the floor by as many.
        level = LevelSettings(self._level.time_constant_s, self._level.floor_dbfs - level_dbfs)
        running = running_level(magnitude, self._stft, self._rate, level)
        in_phase = (voice * mixture.conj()).real / np.maximum(magnitude, 1e-9)
        scale = np.float32(1 / np.sqrt(self._stft.energy))
        return Example(
            features=normalised(magnitude, running, self._stft),
            mixture=magnitude * scale,
            voice=in_phase.astype(np.float32) * scale,
        )

    def _part(self, source: str, item: int, speed: int) -> FloatArray:
        key = (source, item, speed)
        if key not in self._at_speed:
            samples: FloatArray = getattr(self._clips[item], source)
            self._at_speed[key] = soxr.resample(
                samples, self._speeds[speed], 1.0, quality="MQ"
            ).astype(np.float32)
        return self._at_speed[key]

    def _spectra(self, samples: FloatArray, rng: np.random.Generator) -> NDArray[np.complex64]:
        stft = self._stft
        start, stop = stft.span(0, stft.n_frames(len(samples)))
        padded = np.pad(samples, (-start, max(0, stop - len(samples))))
        spectra = stft.spectra(padded[None])[0]
        power_before = frame_energy(np.abs(spectra), stft).sum()
        spectra = spectra * equaliser_curve(stft.n_bins, self._settings, rng)
        power_after = frame_energy(np.abs(spectra), stft).sum()
        scale = np.float32(np.sqrt(power_before / max(power_after, 1e-12)))
        return np.asarray(spectra * scale, np.complex64)


def equaliser_curve(
    n_bins: int, settings: AugmentationSettings, rng: np.random.Generator
) -> FloatArray:
    """A smooth random gain over frequency, ``(n_bins,)``: a few slow waves on a log axis."""
    position = np.log1p(np.arange(n_bins) / 8) / np.log1p(n_bins / 8)
    waves = np.arange(1, 5)
    phases = rng.uniform(0, 2 * np.pi, size=4)
    amplitudes = rng.normal(0, settings.equaliser_db / np.sqrt(2), size=4) / np.sqrt(waves)
    curve_db = (amplitudes * np.cos(np.pi * np.outer(position, waves) + phases)).sum(axis=1)
    return (10 ** (curve_db / 20)).astype(np.float32)


def _unit_power(samples: FloatArray) -> FloatArray:
    power = np.mean(np.square(samples, dtype=np.float64))
    return np.asarray(samples / max(np.sqrt(power), 1e-8), np.float32)
