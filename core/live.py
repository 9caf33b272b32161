"""Separation in real time: sound goes in block by block, its stems come out a window later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft

from core.card import Card
from core.features import LevelSettings, frame_energy, heard_views, normalised
from core.masks import ABOVE_SMOOTHING_S, BAND_EDGE
from core.stft import ComplexArray, Stft

FloatArray = NDArray[np.float32]

_LEAST_WEIGHT = np.float32(1e-12)


class Masks(Protocol):
    """One way through one signal: ``core.networks.streaming.MaskStream``."""

    def masks(self, features: FloatArray) -> FloatArray: ...


class CausalModel(Protocol):
    """``core.checkpoint.Model`` as far as it is needed here; so this module needs no torch."""

    @property
    def card(self) -> Card: ...

    def stream(self) -> Masks: ...


@dataclass(frozen=True)
class Frames:
    """Frames that were heard: ``spectra`` ``(n_channels, n_frames, n_bins)`` of the input, and
    ``masks``, ``(n_sources - 1, n_channels or 1, n_frames, n_bins)``, on the grid of ``stft``.
    """

    spectra: ComplexArray
    masks: FloatArray


class LiveSeparator:
    """Splits a signal of ``sample_rate`` and ``n_channels`` while it comes in.

    What comes out lies ``latency_samples`` behind what went in, whatever the blocks: a sample is
    known when the last frame that touches it is, which takes a window at most. At the model's own
    rate the stems are those of ``core.separator`` (but for the mask above the model's band, which
    is smoothed over what was, not over what comes).

    At another rate nothing is resampled: a resampler of good quality waits for some milliseconds
    of its own. The signal is analysed with a window of the same duration, so that bins have the
    model's frequencies (to within 0.1 %, and frames its times); the network hears those of its
    band, or silence where the device's band ends before. ``UsageError`` where the model hears
    ahead.
    """

    def __init__(self, model: CausalModel, sample_rate: int, n_channels: int) -> None:
        card = model.card
        self.card = card
        self.sample_rate, self.n_channels = sample_rate, n_channels
        self.stft = live_stft(card, sample_rate)
        window, n_before = self.stft.window_samples, self.stft.window_samples // 2
        self.latency_samples = window - 1
        self.frames: Frames | None = None
        """What the last block completed; None where that was nothing."""
        self._masks = model.stream()
        self._model_stft = card.stft.stft()
        self._gain = np.float32(self._model_stft.window_samples / window)
        self._level = _RunningLevel(card.level, self.stft.hop_samples / sample_rate)
        self._band = _Band(card, self.stft, sample_rate)
        n_made = len(card.sources) - 1
        self._heard = np.zeros((n_channels, n_before), np.float32)
        self._mixture = np.zeros((n_channels, self.latency_samples), np.float32)
        self._made = np.zeros((n_made, n_channels, self.latency_samples - n_before), np.float32)
        self._sum = np.zeros((n_made, n_channels, window), np.float32)
        self._weight = np.zeros(window, np.float32)

    def process(self, block: FloatArray) -> FloatArray:
        """The next samples, ``(n_channels, n)``, to stems, ``(n_sources, n_channels, n)``.

        The stems sum to the input ``latency_samples`` ago: the last is what the others leave of it.
        """
        n = block.shape[1]
        if not np.isfinite(block).all():  # a network would remember it for ever
            block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
        self._heard = np.concatenate([self._heard, block], axis=1)
        self._mixture = np.concatenate([self._mixture, block], axis=1)
        self.frames = self._hear()
        if self.frames is not None:
            self._synthesise(self.frames)
        stems = np.empty((len(self._made) + 1, self.n_channels, n), np.float32)
        stems[:-1] = self._made[:, :, :n]
        np.subtract(self._mixture[:, :n], stems[:-1].sum(axis=0), out=stems[-1])
        self._made = self._made[:, :, n:]
        self._mixture = self._mixture[:, n:]
        return stems

    def _hear(self) -> Frames | None:
        """The frames that are whole by now."""
        stft = self.stft
        n_frames = (self._heard.shape[1] - stft.window_samples) // stft.hop_samples + 1
        if n_frames <= 0:
            return None
        span = (n_frames - 1) * stft.hop_samples + stft.window_samples
        spectra = stft.spectra(self._heard[:, :span])
        self._heard = self._heard[:, n_frames * stft.hop_samples :]
        views = self._band.heard(heard_views(spectra, self.card.n_channels)) * self._gain
        # With two channels the level is that of both, as √(mean of squares).
        both = views if views.ndim == 2 else np.sqrt(np.mean(np.square(views[:, :2]), axis=1))
        level = self._level.of(frame_energy(both, self._model_stft))
        masks = self._masks.masks(normalised(views, level, self._model_stft))
        magnitude = views[None] if views.ndim == 2 else views[:, :2].swapaxes(0, 1)
        if masks.shape[1] > 1 and self.n_channels != 2:
            # Two channels were heard of a signal that has not two.
            masks, magnitude = masks.mean(axis=1, keepdims=True), magnitude[:1]
        return Frames(spectra, self._band.widened(masks, magnitude))

    def _synthesise(self, frames: Frames) -> None:
        window, hop = self.stft.window_samples, self.stft.hop_samples
        waves = irfft(frames.spectra * frames.masks, window, axis=3) * self.stft.weights
        squared = self.stft.weights**2
        whole = [self._made]
        for k in range(waves.shape[2]):
            self._sum += waves[:, :, k]
            self._weight += squared
            done = self._sum[:, :, :hop] / np.maximum(self._weight[:hop], _LEAST_WEIGHT)
            whole.append(np.asarray(done, np.float32))
            self._sum = _shifted(self._sum, hop)
            self._weight = _shifted(self._weight, hop)
        self._made = np.concatenate(whole, axis=2)


def live_stft(card: Card, sample_rate: int) -> Stft:
    """The model's grid at ``sample_rate``: the same durations to the nearest sample."""
    model = card.stft.stft()
    ratio = sample_rate / card.sample_rate
    window = max(2, 2 * round(model.window_samples * ratio / 2))
    hop = max(1, min(round(model.hop_samples * ratio), window // 2))
    return Stft(window, hop, model.window)


class _RunningLevel:
    """``core.features.running_level`` that goes on from block to block."""

    def __init__(self, settings: LevelSettings, hop_s: float) -> None:
        self._keep = float(np.exp(-hop_s / settings.time_constant_s))
        self._floor = 10 ** (settings.floor_dbfs / 20)
        self._energy = self._gathered = 0.0

    def of(self, energies: NDArray[np.float64]) -> FloatArray:
        levels = np.empty(len(energies), np.float32)
        for k, energy in enumerate(energies):
            self._energy = self._keep * self._energy + (1 - self._keep) * float(energy)
            self._gathered = self._keep * self._gathered + (1 - self._keep)
            levels[k] = max((self._energy / self._gathered) ** 0.5, self._floor)
        return levels


class _Band:
    """The model's band inside the device's, and what masks become above it."""

    def __init__(self, card: Card, stft: Stft, sample_rate: int) -> None:
        self._n_model = card.stft.stft().n_bins
        self._n_device = stft.n_bins
        self._n_both = min(self._n_model, self._n_device)
        edge, top = BAND_EDGE * card.band_hz, card.band_hz
        freqs = np.arange(stft.n_bins) * (sample_rate / stft.window_samples)
        self._fade = np.clip((freqs - edge) / (top - edge), 0, 1).astype(np.float32)
        n = self._n_model - 1
        self._octave = slice(n // 2, int(BAND_EDGE * n) + 1)
        width = max(1.0, ABOVE_SMOOTHING_S * sample_rate / stft.hop_samples)
        self._taps = np.append(np.ones(int(width)), width - int(width))[::-1] / width
        self._past: NDArray[np.float64] | None = None

    def heard(self, views: FloatArray) -> FloatArray:
        """``(…, n_bins of the device)`` to ``(…, n_bins of the model)``."""
        if self._n_device >= self._n_model:
            return np.ascontiguousarray(views[..., : self._n_model])
        heard = np.zeros((*views.shape[:-1], self._n_model), np.float32)
        heard[..., : self._n_device] = views
        return heard

    def widened(self, masks: FloatArray, magnitude: FloatArray) -> FloatArray:
        """Masks ``(n_sources - 1, n_channels, n_frames, n_bins)`` at the device's bins.

        Above the band it is the mean that ``core.masks.mean_above_band`` gives, over the last 50
        ms. ``magnitude`` is ``(n_channels, n_frames, n_bins)``.
        """
        above = self._above(masks, np.square(magnitude[..., self._octave], dtype=np.float64))
        widened = np.empty((*masks.shape[:-1], self._n_device), np.float32)
        widened[..., : self._n_both] = masks[..., : self._n_both]
        widened[..., self._n_both :] = 0
        widened *= 1 - self._fade
        widened += above[..., None] * self._fade
        return widened

    def _above(self, masks: FloatArray, energy: NDArray[np.float64]) -> FloatArray:
        masked = (energy * masks[..., self._octave]).sum(axis=-1)
        whole = np.broadcast_to(energy.sum(axis=-1), masked.shape)
        both = np.stack([masked, whole])
        if self._past is None:
            self._past = np.zeros((*both.shape[:-1], len(self._taps) - 1))
        n_frames = both.shape[-1]
        both = np.concatenate([self._past, both], axis=-1)
        self._past = both[..., n_frames:]
        smooth = sum(tap * both[..., k : k + n_frames] for k, tap in enumerate(self._taps))
        tiny = 1e-12
        return np.asarray((smooth[0] + tiny / 2) / (smooth[1] + tiny), np.float32)


def _shifted(values: FloatArray, n: int) -> FloatArray:
    """``values`` moved ``n`` places towards the front, zeros behind them."""
    values[..., :-n] = values[..., n:].copy()
    values[..., -n:] = 0
    return values
