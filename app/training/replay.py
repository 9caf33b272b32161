"""The pinned clip of a run: what it looks and sounds like with the mask of any epoch. No torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.audio import ArrayAudio
from core.audio.source import Audio, DifferenceAudio
from core.card import StftSettings
from core.features import heard_magnitude
from core.stft import Stft, analyse
from core.training.replay import stems_of
from core.training.run_folder import PinnedClip, ReplayFrame

Codes = NDArray[np.uint8]
N_ROWS = 144
LOW_HZ = 80.0
RANGE_DB = 72.0
PEAK = 0.9


@dataclass(frozen=True)
class ReplayClip:
    """A pinned clip, analysed: ``magnitude`` ``(n_frames, n_bins)`` of its mixture.

    ``gain`` keeps what is heard under full scale.
    ``image`` holds the mixture's level as codes ``(n_rows, n_frames)``, 255 being its loudest cell
    and the first row its highest frequency; ``rows`` are the first bins of these rows.
    """

    pinned: PinnedClip
    stft: Stft
    gain: float
    mixture: ArrayAudio
    magnitude: NDArray[np.float32]
    rows: NDArray[np.int64]
    image: Codes

    @property
    def duration_s(self) -> float:
        return self.mixture.n_samples / self.mixture.sample_rate

    @property
    def top_hz(self) -> float:
        return self.mixture.sample_rate / 2


@dataclass(frozen=True)
class ReplayPicture:
    """What the mask of one epoch makes of the clip: images as in ``ReplayClip``, and the stems."""

    epoch: int
    mask: Codes
    voice: Codes
    stems: dict[str, Audio]


def row_position(hertz: float, top_hz: float) -> float:
    """Where a frequency stands between the lowest (0) and the highest row (1): as on a log axis."""
    return float(np.log(max(hertz, LOW_HZ) / LOW_HZ) / np.log(top_hz / LOW_HZ))


def first_bins(stft: Stft, sample_rate: int, n_rows: int = N_ROWS) -> NDArray[np.int64]:
    """The first bin of each row from low to high, ``(n_rows,)``, on a logarithmic axis."""
    edges_hz = LOW_HZ * (sample_rate / 2 / LOW_HZ) ** (np.arange(n_rows) / n_rows)
    return np.floor(edges_hz * stft.window_samples / sample_rate).astype(np.int64)


def _pooled(cells: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The largest of each row's bins: ``(n_frames, n_bins)`` to ``(n_rows, n_frames)``, top first.

    Low rows share a bin with their neighbours: there the one bin is taken.
    """
    return np.maximum.reduceat(cells, rows, axis=1).T[::-1]


def _meant(cells: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """The mean of each row's bins, arranged as by ``_pooled``."""
    stops = np.maximum(np.append(rows[1:], cells.shape[1]), rows + 1)
    return (np.add.reduceat(cells, rows, axis=1) / (stops - rows).astype(np.float32)).T[::-1]


def _level_codes(magnitude: NDArray[np.float32], rows: NDArray[np.int64], loudest: float) -> Codes:
    pooled = np.maximum(_pooled(magnitude, rows) / max(loudest, 1e-9), 1e-9)
    position = 1 + 20 * np.log10(pooled) / RANGE_DB
    return np.rint(255 * np.clip(position, 0, 1)).astype(np.uint8)


def open_clip(pinned: PinnedClip, settings: StftSettings) -> ReplayClip:
    """Analyse a pinned clip on the grid of the run's model."""
    mixture = np.atleast_2d(pinned.mixture)
    peak = float(np.abs(mixture).max(initial=0.0))
    gain = min(1.0, PEAK / max(peak, 1e-9))
    audio = ArrayAudio(mixture * np.float32(gain), pinned.sample_rate)
    stft = settings.stft()
    magnitude = heard_magnitude(analyse(audio, stft, 0, stft.n_frames(audio.n_samples)))
    rows = first_bins(stft, pinned.sample_rate)
    image = _level_codes(magnitude, rows, float(magnitude.max(initial=0.0)))
    return ReplayClip(pinned, stft, gain, audio, magnitude, rows, image)


def develop(clip: ReplayClip, frame: ReplayFrame) -> ReplayPicture:
    """Put the mask of ``frame`` on ``clip``; a mask of other length is cut or held."""
    n_frames, n_bins = clip.magnitude.shape
    mask = np.zeros((n_frames, n_bins), np.float32)
    given = frame.mask.T[:n_frames, :n_bins]
    mask[: given.shape[0], : given.shape[1]] = given / np.float32(255)
    loudest = float(clip.magnitude.max(initial=0.0))
    shown = np.rint(255 * _meant(mask, clip.rows)).astype(np.uint8)
    voice_codes = _level_codes(clip.magnitude * mask, clip.rows, loudest)
    samples, _ = stems_of(clip.pinned, frame, clip.stft)
    voice = ArrayAudio(samples * np.float32(clip.gain), clip.mixture.sample_rate)
    stems: dict[str, Audio] = {
        "vocals": voice,
        "accompaniment": DifferenceAudio(clip.mixture, [voice]),
    }
    return ReplayPicture(frame.epoch, shown, voice_codes, stems)
