"""Short-time Fourier analysis and synthesis on an absolute frame grid.

Frame ``k`` is centred on sample ``k * hop_samples`` and the signal is zero outside its bounds, so
a frame means the same time whatever part of a song it was computed from, and files shorter than a
window need no special case. Synthesis divides by the true sum of squared windows, which makes it
the least-squares inverse (Griffin and Lim 1984, eq. 6) and exact for unmodified spectra.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.audio.source import Audio, FloatArray, read_padded
from core.errors import UsageError

ComplexArray = NDArray[np.complex64]

_WINDOWS = ("sine", "hann")
_LEAST_WEIGHT = np.float32(1e-12)

GROUP_FRAMES = 32
"""Frames worked on at a time: few enough to stay in a core's own memory between the steps."""


@dataclass(frozen=True)
class Stft:
    """The grid: ``window_samples`` (even) and ``hop_samples``, with a "sine" or "hann" window."""

    window_samples: int
    hop_samples: int
    window: str = "sine"

    def __post_init__(self) -> None:
        if self.window not in _WINDOWS:
            raise UsageError(
                "Unknown window “{name}”; use one of {known}.",
                name=self.window,
                known=", ".join(_WINDOWS),
            )
        if self.window_samples < 2 or self.window_samples % 2:
            raise UsageError(
                "A window of {window} samples is not possible; use an even number such as {near}.",
                window=self.window_samples,
                near=max(2, self.window_samples + self.window_samples % 2),
            )
        if not 1 <= self.hop_samples <= self.window_samples // 2:
            raise UsageError(
                "A hop of {hop} samples is not possible with a window of {window}; the nearest is "
                "{near}.",
                hop=self.hop_samples,
                window=self.window_samples,
                near=max(1, min(self.hop_samples, self.window_samples // 2)),
            )

    @property
    def n_bins(self) -> int:
        return self.window_samples // 2 + 1

    @cached_property
    def weights(self) -> FloatArray:
        """The window, ``(window_samples,)``, symmetric about the frame's centre."""
        phase = (np.arange(self.window_samples) + 0.5) / self.window_samples
        sine = np.sin(np.pi * phase)
        return (sine if self.window == "sine" else sine**2).astype(np.float32)

    @cached_property
    def energy(self) -> float:
        """Sum of the squared window: a frame's mean square is Σ|X|² / (window · energy)."""
        return float(np.sum(self.weights.astype(np.float64) ** 2))

    def n_frames(self, n_samples: int) -> int:
        """Frames that cover ``n_samples``: the last is centred on or after the last sample."""
        return 1 + -(-n_samples // self.hop_samples)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Samples (start, stop) that frames ``first`` to ``last`` (exclusive) look at."""
        half = self.window_samples // 2
        return first * self.hop_samples - half, (last - 1) * self.hop_samples + half

    def frames_touching(self, start: int, stop: int, n_samples: int) -> tuple[int, int]:
        """Frames (first, last exclusive) whose windows reach into samples ``start`` to ``stop``."""
        half = self.window_samples // 2
        first = max(0, (start - half) // self.hop_samples + 1)
        last = min(self.n_frames(n_samples), (stop - 1 + half) // self.hop_samples + 1)
        return first, max(first, last)

    def spectra(self, block: FloatArray) -> ComplexArray:
        """Spectra of the frames that lie wholly inside ``block``.

        ``block`` is ``(n_channels, n)``, beginning where the first frame's window begins. Returns
        ``(n_channels, n_frames, n_bins)`` complex64, without any scaling.
        """
        from scipy.fft import rfft  # here: it takes a while to import, and many only need grids

        frames = np.lib.stride_tricks.sliding_window_view(block, self.window_samples, axis=1)
        frames = frames[:, :: self.hop_samples]
        n_channels, n_frames, _ = frames.shape
        if n_frames <= GROUP_FRAMES:
            return np.asarray(rfft(frames * self.weights, axis=2, overwrite_x=True))
        spectra = np.empty((n_channels, n_frames, self.n_bins), np.complex64)
        # SciPy takes several frames at a time in single precision, which NumPy does not.
        for begin in range(0, n_frames, GROUP_FRAMES):
            group = slice(begin, begin + GROUP_FRAMES)
            spectra[:, group] = rfft(frames[:, group] * self.weights, axis=2)
        return spectra

    def overlap_add(self, spectra: ComplexArray, first: int, start: int, stop: int) -> FloatArray:
        """Samples ``start`` to ``stop`` from frames ``first``, ``first + 1``, …

        ``spectra`` is ``(n_channels, n_frames, n_bins)`` and must hold every existing frame that
        touches the span (see ``frames_touching``). Returns ``(n_channels, stop - start)``.
        """
        n_channels, n_frames, _ = spectra.shape
        overlap = OverlapAdd(self, n_channels, n_frames)
        for begin in range(0, n_frames, GROUP_FRAMES):
            overlap.add(spectra[:, begin : begin + GROUP_FRAMES])
        return overlap.samples(start - self.span(first, first + 1)[0], stop - start)


class OverlapAdd:
    """The sum of ``n_frames`` successive frames, given in order, any number at a time.

    A sample adds up its frames from the first to the last, however they are grouped.
    """

    def __init__(self, stft: Stft, n_channels: int, n_frames: int) -> None:
        self._stft = stft
        self._n_frames = n_frames
        self._n_added = 0
        self._per_frame = -(-stft.window_samples // stft.hop_samples)
        n_hops = n_frames + self._per_frame
        self._total = np.zeros((n_channels, n_hops, stft.hop_samples), np.float32)

    def add(self, spectra: ComplexArray) -> None:
        """The next frames: ``(n_channels, n, n_bins)``."""
        from scipy.fft import irfft

        window, hop, per_frame = self._stft.window_samples, self._stft.hop_samples, self._per_frame
        n_channels, n_frames, _ = spectra.shape
        frames = irfft(spectra, window, axis=2)
        frames *= self._stft.weights
        if per_frame * hop > window:
            frames = np.pad(frames, ((0, 0), (0, 0), (0, per_frame * hop - window)))
        pieces = frames.reshape(n_channels, n_frames, per_frame, hop)
        begin = self._n_added
        for shift in range(per_frame - 1, -1, -1):
            self._total[:, begin + shift : begin + shift + n_frames] += pieces[:, :, shift]
        self._n_added += n_frames

    def samples(self, offset: int, n_samples: int) -> FloatArray:
        """``n_samples`` from ``offset`` after the first frame's first sample on; ends the sum."""
        window, hop, per_frame = self._stft.window_samples, self._stft.hop_samples, self._per_frame
        padded = np.pad(self._stft.weights**2, (0, per_frame * hop - window))
        squared = padded.reshape(per_frame, hop)
        # All frames of a hop are there but at the ends, where there may be none before or after.
        n_inner = self._n_frames - per_frame + 1
        inner = slice(per_frame - 1, per_frame - 1 + max(n_inner, 0))
        whole = np.zeros(hop, np.float32)
        for shift in range(per_frame - 1, -1, -1):
            whole += squared[shift]
        self._total[:, inner] /= np.maximum(whole, _LEAST_WEIGHT)
        for index in (*range(inner.start), *range(inner.stop, self._n_frames + per_frame)):
            weight = np.zeros(hop, np.float32)
            for shift in range(per_frame - 1, -1, -1):
                if 0 <= index - shift < self._n_frames:
                    weight += squared[shift]
            self._total[:, index] /= np.maximum(weight, _LEAST_WEIGHT)
        flat = self._total.reshape(len(self._total), -1)
        return np.asarray(flat[:, offset : offset + n_samples])


def analyse(audio: Audio, stft: Stft, first: int, last: int) -> ComplexArray:
    """Frames ``first`` to ``last`` (exclusive) of ``audio``: ``(n_channels, n_frames, n_bins)``.

    Reads only the samples that those frames look at; frames outside the signal are zero.
    """
    if last <= first:
        return np.zeros((audio.n_channels, 0, stft.n_bins), np.complex64)
    return stft.spectra(read_padded(audio, *stft.span(first, last)))
