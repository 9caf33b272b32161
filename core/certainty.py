"""How sure the network is, and where it hears a voice: per frame, for an eye to find its way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.audio.source import Audio, read_padded
from core.editing.grid import Span
from core.errors import Cancelled
from core.masks import FloatArray, Mask
from core.ranges import Ranges
from core.stft import Stft
from core.synthesis import fast_length

SILENCE_DB = -75.0
"""Frames below, in dB of full scale, are silent: what the network thinks of them is not heard."""

DOUBT_LIMITS = (0.25, 0.75)
"""Bits: less is never worth a look, more always is. Masks of 0.04 and of 0.21 have as many."""

VOICE_LEAST = 0.02
"""The share of a frame's energy under which a voice is not heard, whatever the doubt about it."""

SAME_S = 0.001
"""Places nearer than this are the same: a player stands on whole samples."""

_PIECE_FRAMES = 256
_ONE = 0x3C00
"""The bits of 1 as a float16; numbers from 0 to 1 have the lower ones, in the same order."""
_UNSIGNED = 0x7FFF


def certainty(
    values: NDArray[np.floating], energy: NDArray[np.floating] | None = None
) -> tuple[FloatArray, FloatArray]:
    """Doubt and voice of each frame, both ``(n_frames,)`` from 0 to 1.

    ``values``, the mask, and ``energy``, the mixture's, are ``(n_bins, n_frames)``; without
    ``energy`` all bins count alike. Doubt is the entropy of the mask in bits, the mean over bins
    weighted by energy: 0 where all is decided, 1 where all is one half. Voice is the share of the
    frame's energy that the mask gives to the voice. Both are 0 in silence.
    """
    # By frame, so that a frame is summed in the same order whatever is beside it.
    by_frame = np.ascontiguousarray(np.asarray(values, np.float32).T)
    weights = np.ones_like(by_frame)
    if energy is not None:
        weights = np.ascontiguousarray(np.asarray(energy, np.float32).T)
    return _means(_entropy(by_frame), weights), _means(by_frame, weights)


class CertaintyTrack:
    """Doubt and voice of a song, filled in any order; see ``certainty``.

    ``doubt`` and ``voice`` are float32 ``(n_frames,)`` on the mask's grid, 0 where nothing is known
    yet; ``known`` says where something is, and is replaced as a whole. One thread updates at a
    time; any number read meanwhile.
    """

    def __init__(self, n_frames: int) -> None:
        self.doubt: FloatArray = np.zeros(n_frames, np.float32)
        self.voice: FloatArray = np.zeros(n_frames, np.float32)
        self.known = Ranges()

    def update(
        self,
        mask: Mask,
        mixture: Audio,
        first: int,
        last: int,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        """Compute frames ``first`` to ``last`` from the first source's mask and the song.

        The same whatever the parts. Energy is that of the mask's own band; what lies above is left
        out. Raises ``Cancelled`` if asked to stop; frames done so far stay.
        """
        grid = _SongGrid(mask, mixture)
        for begin in range(first, last, _PIECE_FRAMES):
            if should_stop is not None and should_stop():
                raise Cancelled
            end = min(begin + _PIECE_FRAMES, last)
            values = np.ascontiguousarray(mask.values[0, :, :, begin:end].transpose(2, 0, 1))
            # Channels stand side by side, as if they were further bins.
            shape = (end - begin, -1)
            energy = grid.energy(begin, end).reshape(shape)
            flat = values.reshape(shape)
            codes = np.minimum(flat.view(np.uint16) & _UNSIGNED, _ONE)
            self.doubt[begin:end] = _means(_entropy_table()[codes], energy)
            self.voice[begin:end] = _means(flat.astype(np.float32), energy)
            self.known = self.known.plus(begin, end)


class _SongGrid:
    """The energy of a song on a mask's grid, by a window of the same duration at its own rate.

    Frames are centred where the mask's are, to the nearest sample, and bins read at the nearest
    frequency, which costs less than to resample the song and is as good for a mean over bins.
    """

    def __init__(self, mask: Mask, mixture: Audio) -> None:
        self._mixture = mixture
        self._n_channels = mask.n_channels if mask.n_channels == mixture.n_channels else 1
        self._repeats = mask.n_channels // self._n_channels
        self._hop_s = mask.hop_samples / mask.sample_rate
        window = mask.window_samples
        if mixture.sample_rate != mask.sample_rate:
            window = 2 * fast_length(window / mask.sample_rate * mixture.sample_rate / 2)
        self._stft = Stft(window, window // 2, mask.window)
        freqs = np.arange(mask.n_bins) * (mask.sample_rate / mask.window_samples)
        bins = np.rint(freqs * (window / mixture.sample_rate)).astype(np.intp)
        self._bins = bins[bins < self._stft.n_bins]
        self._n_bins = mask.n_bins

    def energy(self, first: int, last: int) -> FloatArray:
        """``(n_frames, n_channels of the mask, n_bins)``; 0 in silence."""
        from scipy.fft import rfft  # here: it takes a while to import

        stft, rate = self._stft, self._mixture.sample_rate
        centres = np.rint(np.arange(first, last) * (self._hop_s * rate)).astype(np.int64)
        starts = centres - stft.window_samples // 2
        block = read_padded(self._mixture, int(starts[0]), int(starts[-1]) + stft.window_samples)
        frames = np.lib.stride_tricks.sliding_window_view(block, stft.window_samples, axis=1)
        energy = np.zeros((last - first, self._n_channels, self._n_bins), np.float32)
        for index, channel in enumerate(frames):
            windowed = channel[starts - starts[0]]
            windowed *= stft.weights
            spectra = rfft(windowed, axis=1, overwrite_x=True)[:, self._bins]
            part = energy[:, index % self._n_channels, : len(self._bins)]
            part += np.square(spectra.real)
            part += np.square(spectra.imag)
        energy *= self._n_channels / self._mixture.n_channels
        # The mean square of a frame, from one side of its spectrum.
        mean_square = energy.sum(axis=2).mean(axis=1) * (2 / (stft.window_samples * stft.energy))
        energy[mean_square < 10 ** (SILENCE_DB / 10)] = 0
        return np.repeat(energy, self._repeats, axis=1)


def _means(values: FloatArray, weights: FloatArray) -> FloatArray:
    """The mean of each row ``(n_rows, n)`` by its weights, 0 where they are all 0."""
    total = weights.sum(axis=1)
    means = (values * weights).sum(axis=1) / np.where(total > 0, total, 1)
    return np.asarray(np.clip(means, 0, 1), np.float32)


def _entropy(values: NDArray[np.floating]) -> FloatArray:
    """H(m) = −m log₂ m − (1 − m) log₂(1 − m), in bits."""
    result = np.zeros(values.shape, np.float32)
    for share in (values, 1 - values):
        result -= share * np.log2(np.where(share > 0, share, 1))
    return result


@cache
def _entropy_table() -> FloatArray:
    """The entropy of each float16 from 0 to 1, by its bits."""
    numbers = np.arange(_ONE + 1, dtype=np.uint16).view(np.float16)
    return _entropy(numbers.astype(np.float64))


def doubtful_spans(
    doubt: NDArray[np.floating],
    voice: NDArray[np.floating],
    frames_per_s: float,
    smoothing_s: float = 1.0,
    gap_s: float = 1.0,
    least_s: float = 0.5,
    limits: tuple[float, float] = DOUBT_LIMITS,
) -> list[Span]:
    """The seconds worth looking at, ``(start_s, stop_s)`` by time.

    Where doubt, smoothed over ``smoothing_s``, stands out of the song: above its median by one and
    a half times the median deviation from it, never less than the first of ``limits`` nor more than
    the second. Frames without a voice to speak of do not count. Spans less than ``gap_s`` apart
    are one; shorter ones than ``least_s`` are left out.
    """
    score = _smoothed(np.where(voice >= VOICE_LEAST, doubt, 0), smoothing_s * frames_per_s)
    heard = score[(doubt > 0) | (voice > 0)]
    if not len(heard):
        return []
    median = np.median(heard)
    wanted = median + 1.5 * np.median(np.abs(heard - median))
    runs = _runs(score > np.clip(wanted, *limits))
    return _spans(runs, len(score), frames_per_s, gap_s, least_s)


def phrases(
    voice: NDArray[np.floating],
    frames_per_s: float,
    begin: float = 0.2,
    end: float = 0.1,
    gap_s: float = 0.4,
    least_s: float = 0.3,
) -> list[Span]:
    """Sung phrases, ``(start_s, stop_s)`` by time.

    Where the voice has at least the share ``end`` throughout, and ``begin`` somewhere. Breaths of
    less than ``gap_s`` belong to a phrase; what is shorter than ``least_s`` is none.
    """
    sung = np.concatenate([[0], np.cumsum(voice >= begin)])
    runs = [(first, last) for first, last in _runs(voice >= end) if sung[last] > sung[first]]
    return _spans(runs, len(voice), frames_per_s, gap_s, least_s)


def next_after(spans: Sequence[Span], time_s: float) -> Span | None:
    """The first of ``spans`` that starts later than ``time_s``."""
    return next((span for span in spans if span[0] > time_s + SAME_S), None)


def previous_before(spans: Sequence[Span], time_s: float) -> Span | None:
    """The last of ``spans`` that starts earlier than ``time_s``."""
    return next((span for span in reversed(spans) if span[0] < time_s - SAME_S), None)


def _smoothed(values: NDArray[np.floating], width: float) -> NDArray[np.float64]:
    """The mean over ``width`` frames around each; at the ends over those that are there."""
    side = max(0, round((width - 1) / 2))
    places = np.arange(len(values))
    first, last = np.maximum(places - side, 0), np.minimum(places + side + 1, len(values))
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.asarray((total[last] - total[first]) / (last - first))


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and one past the last of each stretch that is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _spans(
    runs: list[tuple[int, int]], n_frames: int, frames_per_s: float, gap_s: float, least_s: float
) -> list[Span]:
    """Seconds of runs of frames, without short gaps, then without short spans.

    A frame reaches half its distance to the next to both sides of its centre.
    """
    joined: list[tuple[int, int]] = []
    for first, last in runs:
        if joined and first - joined[-1][1] < gap_s * frames_per_s:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return [
        (max(0.0, first - 0.5) / frames_per_s, min(last - 0.5, n_frames - 1) / frames_per_s)
        for first, last in joined
        if last - first >= least_s * frames_per_s
    ]
