"""How far two masks of one song lie apart, by the energy that they lie apart over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.audio.source import Audio
from core.certainty import doubtful_spans
from core.editing.grid import Span
from core.errors import Cancelled
from core.mask_reader import MaskReader
from core.masks import FloatArray, Mask
from core.ranges import Ranges
from core.stft import Stft, analyse
from core.synthesis import fast_length

OVER = 0.25
"""Masks that differ by more than this are heard to differ, where there is something to hear."""

WINDOW_S = 0.064
SPAN_LIMITS = (0.05, 0.4)
"""Less is never worth going to, more always is: means of |A − B|, weighted by energy."""

_PIECE_FRAMES = 128


@dataclass(frozen=True)
class Difference:
    """Two masks in figures, each weighted by the energy of the song there."""

    over: float
    """The share of the energy over which they differ by more than ``OVER``."""
    mean: float
    """The mean of |A − B|."""
    balance: float
    """The mean of A − B: how much more of the energy A gives to the source than B."""
    known: float
    """The share of the song that has been looked at so far."""


class DifferenceTrack:
    """|A − B| of a song frame by frame, filled in any order.

    Both masks are read at the frames and bins of the song's own spectrogram: windows of about 64 ms
    and half as long hops, whatever the grids of the masks, so that A and B may be exchanged. Where
    only one of them tells channels apart, its channels are compared with the other's one. Arrays
    are float64 ``(n_frames,)``; ``known`` is replaced as a whole. One thread updates at a time; any
    number read meanwhile.
    """

    def __init__(self, mixture: Audio) -> None:
        window = 2 * fast_length(WINDOW_S * mixture.sample_rate / 2)
        self._stft = Stft(window, window // 2, "hann")
        self._mixture = mixture
        self.n_frames = self._stft.n_frames(mixture.n_samples)
        self.frames_per_s = mixture.sample_rate / self._stft.hop_samples
        self.energy = np.zeros(self.n_frames)
        self._over, self._apart, self._signed = (np.zeros(self.n_frames) for _ in range(3))
        self.known = Ranges()

    def frames_of(self, start_s: float, stop_s: float) -> tuple[int, int]:
        """The frames whose centres lie between two times, the last one exclusive."""
        first = max(0, int(np.ceil(start_s * self.frames_per_s - 1e-6)))
        return first, min(self.n_frames, int(np.floor(stop_s * self.frames_per_s + 1e-6)) + 1)

    def update(
        self,
        a: Mask,
        b: Mask,
        sources: tuple[int, int],
        first: int,
        last: int,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        """Compare frames ``first`` to ``last`` of the masks ``a`` and ``b`` of these sources.

        Raises ``Cancelled`` if asked to stop; frames done so far stay.
        """
        rate = self._mixture.sample_rate
        readers = [
            MaskReader(mask, self._stft, rate, source)
            for mask, source in zip((a, b), sources, strict=True)
        ]
        for begin in range(first, last, _PIECE_FRAMES):
            if should_stop is not None and should_stop():
                raise Cancelled
            end = min(begin + _PIECE_FRAMES, last)
            spectra = analyse(self._mixture, self._stft, begin, end)
            energy = np.square(spectra.real) + np.square(spectra.imag)
            n_channels = len(energy)
            apart = self._fitted(readers[0].read(begin, end), n_channels)
            apart = apart - self._fitted(readers[1].read(begin, end), n_channels)
            part = slice(begin, end)
            self.energy[part] = _total(energy)
            self._signed[part] = _total(energy * apart)
            np.abs(apart, out=apart)
            self._apart[part] = _total(energy * apart)
            self._over[part] = _total(np.where(apart > OVER, energy, 0))
            self.known = self.known.plus(begin, end)

    @staticmethod
    def _fitted(values: FloatArray, n_channels: int) -> FloatArray:
        """``values``, ``(n, n_frames, n_bins)``, for the song's channels: its own, or one mean."""
        if len(values) == n_channels:
            return values
        return np.asarray(values.mean(axis=0, keepdims=True).repeat(n_channels, axis=0))

    def figures(self) -> Difference | None:
        """What is known so far; None where nothing is, or only silence."""
        energy = float(self.energy.sum())
        if energy <= 0:
            return None
        over, apart, signed = (
            float(values.sum()) / energy for values in (self._over, self._apart, self._signed)
        )
        return Difference(over, apart, signed, self.known.size / max(1, self.n_frames))

    def spans(self) -> list[Span]:
        """The seconds in which the masks lie far apart, ``(start_s, stop_s)`` by time.

        Found as doubtful ones are (``core.certainty``): where the mean of |A − B| over a second
        stands out of the song. Frames 50 dB below the loudest do not count.
        """
        loudest = float(self.energy.max(initial=0))
        heard = self.energy > 1e-5 * loudest
        shares = np.zeros(self.n_frames)
        np.divide(self._apart, self.energy, out=shares, where=heard)
        return doubtful_spans(
            shares, heard.astype(np.float64), self.frames_per_s, limits=SPAN_LIMITS
        )


def _total(values: FloatArray) -> NDArray[np.float64]:
    """The sum over channels and bins of each frame."""
    return np.asarray(values.sum(axis=(0, 2), dtype=np.float64))
