"""Clips as pairs of signals, the sound mixed from them, and what a network is shown of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets import Clip
from core.errors import Cancelled, DataError, StemscopeError
from core.features import (
    LevelSettings,
    heard_magnitude,
    heard_views,
    normalised,
    running_level,
)
from core.metrics import is_silent
from core.stft import ComplexArray, Stft

FloatArray = NDArray[np.float32]

LOUDEST_PEAK = 0.98

Progress = Callable[[float], None]
ShouldStop = Callable[[], bool]


@dataclass(frozen=True)
class ClipPair:
    """One clip's voice and accompaniment at the model's rate, ``(n_channels, n_samples)`` each."""

    name: str
    vocals: FloatArray
    accompaniment: FloatArray


@dataclass(frozen=True)
class LeftOut:
    """A clip that cannot be used, and why."""

    name: str
    error: StemscopeError

    @property
    def reason(self) -> str:
        """The English sentence; ``error`` has it in parts, for translation."""
        return str(self.error)


@dataclass(frozen=True)
class DrawnAudio:
    """The sound of an example, ``(n_channels, n_samples)`` each: mixture = vocals + accompaniment.

    It has the level that was drawn, which may be beyond full scale.
    """

    mixture: FloatArray
    vocals: FloatArray
    accompaniment: FloatArray
    sample_rate: int

    def playable(self) -> DrawnAudio:
        """The same, all three turned down by one gain if a peak is beyond full scale."""
        signals = (self.mixture, self.vocals, self.accompaniment)
        peak = max(float(np.max(np.abs(signal), initial=0)) for signal in signals)
        if peak <= LOUDEST_PEAK:
            return self
        gain = np.float32(LOUDEST_PEAK / peak)
        return DrawnAudio(
            self.mixture * gain, self.vocals * gain, self.accompaniment * gain, self.sample_rate
        )


@dataclass(frozen=True)
class Example:
    """Frames of one mixed clip.

    ``features`` ``(n_frames, n_bins)`` is the magnitude that is heard of the mixture,
    √(mean over channels of |X|²), in units of its running level; times ``scale`` ``(n_frames,)`` it
    is in the units of the targets, in which a source at unit power has a mean square of about one.
    ``voice`` and ``music`` ``(n_frames, n_bins)`` are the targets. Phase-sensitive: what a real
    mask can give back, mean over channels of Re(V X*) / H and the rest of H, which may be negative
    (Erdogan et al. 2015, eq. 8, over channels); else the sources' own heard magnitudes.

    For a network of two channels ``features`` is ``(n_frames, 3, n_bins)`` as
    ``core.features.heard_views`` has it, still by the level over both channels, and ``voice`` and
    ``music`` are ``(n_frames, 2, n_bins)``, those of each channel by itself.
    """

    features: FloatArray
    scale: FloatArray
    voice: FloatArray
    music: FloatArray


def analysed(
    audio: DrawnAudio,
    level_dbfs: float,
    stft: Stft,
    level: LevelSettings,
    spectra: str,
    n_channels: int = 1,
) -> Example:
    """The example made of ``audio``, which was brought to ``level_dbfs``.

    ``spectra`` is "phase_sensitive" or "magnitude", ``n_channels`` that of the network.
    """
    voice, music = all_frames(audio.vocals, stft), all_frames(audio.accompaniment, stft)
    if n_channels == 2 and len(voice) != 2:
        voice, music = (np.repeat(source[:1], 2, axis=0) for source in (voice, music))
    mixture = voice + music
    heard = heard_magnitude(mixture)
    running = running_level(heard, stft, audio.sample_rate, level)
    to_unit_power = np.float32(10 ** (-level_dbfs / 20))
    unit = to_unit_power / np.float32(np.sqrt(stft.energy))
    views = heard if n_channels == 1 else heard_views(mixture, n_channels)
    magnitude = heard if n_channels == 1 else views[:, :n_channels]
    if spectra == "phase_sensitive":
        in_phase = voice.real * mixture.real + voice.imag * mixture.imag
        in_phase = in_phase.mean(axis=0) if n_channels == 1 else in_phase.swapaxes(0, 1)
        voice_target = np.asarray(in_phase / np.maximum(magnitude, np.float32(1e-12)), np.float32)
        music_target = magnitude - voice_target
    elif n_channels == 1:
        voice_target, music_target = heard_magnitude(voice), heard_magnitude(music)
    else:
        voice_target, music_target = np.abs(voice).swapaxes(0, 1), np.abs(music).swapaxes(0, 1)
    return Example(
        features=normalised(views, running, stft),
        scale=running * to_unit_power,
        voice=voice_target * unit,
        music=music_target * unit,
    )


def all_frames(samples: FloatArray, stft: Stft) -> ComplexArray:
    """Every frame of ``samples`` ``(n_channels, n)``: ``(n_channels, n_frames, n_bins)``."""
    start, stop = stft.span(0, stft.n_frames(samples.shape[1]))
    return stft.spectra(np.pad(samples, ((0, 0), (-start, max(0, stop - samples.shape[1])))))


def load_pairs(
    clips: Sequence[Clip],
    sample_rate: int,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> tuple[list[ClipPair], list[LeftOut]]:
    """``clips`` as pairs at ``sample_rate``, and those that cannot be used with the reason.

    ``progress`` gets the fraction that is read. Raises ``Cancelled`` if asked to stop.
    """
    pairs: list[ClipPair] = []
    left_out: list[LeftOut] = []
    for index, clip in enumerate(clips):
        if should_stop is not None and should_stop():
            raise Cancelled
        try:
            vocals, accompaniment = clip.load(sample_rate)
        except StemscopeError as error:
            left_out.append(LeftOut(clip.name, error))
        else:
            silent = silence_error(clip.name, vocals, accompaniment)
            if silent is None:
                pairs.append(ClipPair(clip.name, vocals, accompaniment))
            else:
                left_out.append(LeftOut(clip.name, silent))
        if progress is not None:
            progress((index + 1) / len(clips))
    return pairs, left_out


def silence_error(name: str, vocals: FloatArray, accompaniment: FloatArray) -> DataError | None:
    """Why a clip with a silent stem cannot be learnt from, or None if both can be heard."""
    if is_silent(vocals):
        return DataError("The voice of “{name}” is silent; the clip is left out.", name=name)
    if is_silent(accompaniment):
        return DataError(
            "The accompaniment of “{name}” is silent; the clip is left out.", name=name
        )
    return None
