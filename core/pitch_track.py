"""Which pitches a sound may have at each instant, and the likeliest path through them.

Candidates are the dips of YIN's normalised difference (de Cheveigné and Kawahara, "YIN, a
fundamental frequency estimator for speech and music", JASA 111, 2002). Rather than taking the first
one below a threshold, a path is sought over all of them and a state without pitch, as in
probabilistic YIN (Mauch and Dixon, ICASSP 2014), by costs like those of Boersma (IFA Proceedings
17, 1993, section 5).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.audio.source import Audio, FloatArray, read_padded
from core.errors import Cancelled
from core.synthesis import fast_length

RATE = 20_000
"""Samples per second of the analysis: a hop of 10 ms is whole, the period of 1760 Hz 11 samples."""

HOP = RATE // 100
N_CANDIDATES = 6

SMOOTHED = 5
"""Samples whose mean is taken first, against hiss (YIN's section IV): −3 dB at 1.8 kHz."""

SILENCE_DB = -70.0
"""Frames below, in dB of full scale, have no pitch."""

FAINT_DB = -50.0
"""Nor have frames as far below the loud ones: what a separation leaves of other sounds."""

MOST_APERIODIC = 0.6
"""Dips that are not deeper are never a pitch."""

UNVOICED_COST = 0.3
"""Per frame; equal to the aperiodicity at which a frame is as well without a pitch."""

LONGER_COST = 0.03
"""Per octave below 1760 Hz: multiples of a period are periods as well."""

SWITCH_COST = 0.15
JUMP_COST = 0.25
"""Per octave from a frame to the next, beyond what is free."""

FREE_OCTAVES = 1 / 24
"""Per frame: four octaves per second are a glide and cost nothing."""

_TINY = float(np.finfo(np.float32).tiny)
_SLACK_OCTAVES = 1 / 24
_HIGHEST_OCTAVE = math.log2(1760)
_NEVER = 1e6
_PATH_FRAMES = 2048
_FIT_SHARE = 50
"""The bottom of a dip is fitted over a fiftieth of its period on both sides, one sample at least:
its noise averages out, and the twentieth harmonic is still resolved."""


def read_frames(audio: Audio, first: int, last: int, frame_samples: int) -> FloatArray:
    """Frames ``first`` to ``last`` of one channel, ``(n_frames, frame_samples)``, without hiss.

    Which channel is heard is decided for each frame, so that no sample joins two channels.
    """
    side = SMOOTHED // 2
    start = first * HOP - frame_samples // 2 - side
    n_needed = (last - 1 - first) * HOP + frame_samples + 2 * side
    block = read_padded(audio, start, start + n_needed)
    windows = np.lib.stride_tricks.sliding_window_view(block, SMOOTHED, axis=1)
    smooth = windows.mean(axis=2, dtype=np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(smooth, frame_samples, axis=1)[:, ::HOP]
    mean = frames.mean(axis=0)
    mean -= mean.mean(axis=1, keepdims=True)
    if len(block) > 1:
        energy = np.var(frames, axis=2)
        # Even independent channels leave one n-th in their mean.
        cancelled = np.mean(np.square(mean), axis=1) < 0.5 / len(block) * energy.mean(axis=0)
        places = np.flatnonzero(cancelled)
        single = frames[energy.argmax(axis=0)[places], places]
        mean[places] = single - single.mean(axis=1, keepdims=True)
    return np.asarray(mean, np.float32)


def is_silent(power: FloatArray) -> NDArray[np.bool_]:
    """Too soft at all, or beside the loudest twentieth of the frames that are heard."""
    least = 10 ** (SILENCE_DB / 10)
    heard = power[power >= least]
    if len(heard):
        least = max(least, float(np.percentile(heard, 95)) * 10 ** (FAINT_DB / 10))
    return power < least


@dataclass(frozen=True)
class Candidates:
    """Pitches of ``n_frames`` frames, each array ``(n_frames, N_CANDIDATES)``, in no order.

    ``octaves`` is the binary logarithm of hertz, ``aperiodicity`` is YIN's d′, 0 for a periodic
    sound, infinite where there is no candidate.
    """

    octaves: FloatArray
    aperiodicity: FloatArray


class Yin:
    """Candidates from ``lowest_hz`` to ``highest_hz`` in frames of ``frame_samples`` at ``RATE``.

    A frame has two and a fifth of the longest periods. The difference at each lag is taken over all
    pairs of samples inside of it, so that it is centred on the frame's middle whatever the lag, and
    a glide is not seen early or late.
    """

    def __init__(self, lowest_hz: float, highest_hz: float) -> None:
        if not 20 <= lowest_hz < highest_hz <= RATE / 8:
            raise ValueError(f"not a range of pitches: {lowest_hz} to {highest_hz} Hz")
        # A quarter tone beyond: a voice about the limit is now above and now below it.
        self._first = int(RATE / (highest_hz * 2**_SLACK_OCTAVES)) - 1
        self._last = int(np.ceil(RATE / lowest_hz * 2**_SLACK_OCTAVES)) + 1
        self._n_lags = self._last + 1 + self._last // _FIT_SHARE
        self.frame_samples = 2 * int(np.ceil(1.1 * RATE / lowest_hz))
        self._n_fft = fast_length(1.02 * (self.frame_samples + self._n_lags))
        while self._n_fft < self.frame_samples + self._n_lags:
            self._n_fft += 1

    def candidates(self, frames: FloatArray) -> Candidates:
        """The best of each frame of ``(n_frames, frame_samples)`` without a mean."""
        difference = self._difference(frames)
        lags = np.arange(1, self._n_lags, dtype=np.float32)
        # Equation 8: by the mean over all shorter lags.
        total = np.cumsum(difference[:, 1:], axis=1)
        normalised = difference[:, 1:] * lags / np.maximum(total, _TINY)
        here = normalised[:, self._first - 1 : self._last]
        cost = np.full(here.shape, np.inf, np.float32)
        inner = here[:, 1:-1]
        is_dip = (inner <= here[:, :-2]) & (inner < here[:, 2:]) & (inner < MOST_APERIODIC)
        cost[:, 1:-1][is_dip] = inner[is_dip]
        longer = LONGER_COST * np.log2(lags[self._first - 1 : self._last])
        best = np.argpartition(cost + longer, N_CANDIDATES, axis=1)[:, :N_CANDIDATES]
        aperiodicity = np.take_along_axis(cost, best, axis=1)
        periods = self._bottoms(difference, best + self._first, np.isfinite(aperiodicity))
        octaves = np.log2(RATE / periods)
        return Candidates(octaves.astype(np.float32), aperiodicity)

    def _difference(self, frames: FloatArray) -> FloatArray:
        """Equation 6, ``(n_frames, n_lags)``: the mean square of sample j less sample j + lag.

        By equation 7, the energies of both parts and the correlation, which is taken in the
        spectrum.
        """
        from scipy.fft import irfft, rfft  # here: it takes a while to import

        spectra = rfft(frames, self._n_fft, axis=1)
        power = np.square(spectra.real) + np.square(spectra.imag)
        correlation = irfft(power, self._n_fft, axis=1)[:, : self._n_lags]
        squares = np.square(frames)
        energy = squares.sum(axis=1, keepdims=True)
        removed = np.zeros((len(frames), self._n_lags), np.float32)  # by a lag, at both ends
        ends = squares[:, : self._n_lags - 1] + squares[:, : -self._n_lags : -1]
        np.cumsum(ends, axis=1, out=removed[:, 1:])
        difference = 2 * (energy - correlation) - removed
        difference /= self.frame_samples - np.arange(self._n_lags, dtype=np.float32)
        return np.maximum(difference, 0)

    def _bottoms(
        self, difference: FloatArray, lags: NDArray[np.intp], valid: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Where between samples the dips at ``lags`` are deepest, by a parabola; ≥ 1.

        Of the difference itself: normalising moves its dips (YIN's step 5).
        """
        periods = np.maximum(lags, 1).astype(np.float64)
        sides = np.maximum(lags // _FIT_SHARE, 1)
        for side in range(1, int(sides.max(initial=0)) + 1):
            rows, columns = np.nonzero(valid & (sides == side))
            offsets = np.arange(-side, side + 1)
            values = difference[rows[:, None], lags[rows, columns][:, None] + offsets]
            values = values.astype(np.float64)
            centred = offsets**2 - np.mean(offsets**2)
            curve = values @ centred / np.sum(centred**2)
            slope = values @ offsets / np.sum(offsets**2)
            moved = -slope / np.maximum(2 * curve, _TINY)
            periods[rows, columns] += np.clip(moved, -side, side)
        return periods


def best_path(
    candidates: Candidates,
    silent: NDArray[np.bool_],
    should_stop: Callable[[], bool] | None = None,
) -> NDArray[np.int8]:
    """The candidate of each frame on the path that costs least in all, −1 where unvoiced.

    Viterbi's algorithm: a frame costs its aperiodicity and a little for a long period, or the fixed
    cost of the unvoiced state; a step costs the jump in octaves, or a switch of voicing. Frames
    that are ``silent``, ``(n_frames,)``, are unvoiced. Raises ``Cancelled`` if asked to stop.
    """
    n_frames = len(silent)
    if n_frames == 0:
        return np.zeros(0, np.int8)
    came_from = np.zeros((n_frames, N_CANDIDATES + 1), np.int8)
    total = np.zeros(N_CANDIDATES + 1, np.float64)
    each = np.arange(N_CANDIDATES + 1)
    for first in range(0, n_frames, _PATH_FRAMES):
        if should_stop is not None and should_stop():
            raise Cancelled
        last = min(first + _PATH_FRAMES, n_frames)
        costs = _frame_costs(candidates, silent, first, last)
        steps = _step_costs(candidates.octaves[max(first - 1, 0) : last])
        for index, cost in enumerate(costs, first):
            if index > 0:
                ways = steps[index - max(first, 1)] + total
                came = ways.argmin(axis=1)
                came_from[index] = came
                total = ways[each, came]
            total = total + cost
        total -= total.min()  # an hour's sum would swallow the digits
    path = np.empty(n_frames, np.int8)
    state = int(total.argmin())
    for index in range(n_frames - 1, -1, -1):
        path[index] = state
        state = int(came_from[index, state])
    path[path == N_CANDIDATES] = -1
    return path


def _frame_costs(
    candidates: Candidates, silent: NDArray[np.bool_], first: int, last: int
) -> FloatArray:
    """``(n_frames, N_CANDIDATES + 1)``, the unvoiced state last."""
    costs = np.full((last - first, N_CANDIDATES + 1), UNVOICED_COST, np.float32)
    octaves = candidates.octaves[first:last]
    longer = LONGER_COST * (_HIGHEST_OCTAVE - octaves)
    costs[:, :-1] = candidates.aperiodicity[first:last] + longer
    costs[silent[first:last], :-1] = np.inf
    return np.minimum(costs, _NEVER)


def _step_costs(octaves: FloatArray) -> FloatArray:
    """``(n_frames - 1, state, previous state)``."""
    steps = np.full((len(octaves) - 1, *[N_CANDIDATES + 1] * 2), SWITCH_COST, np.float32)
    jumps = np.abs(octaves[1:, :, None] - octaves[:-1, None, :])
    steps[:, :-1, :-1] = JUMP_COST * np.maximum(jumps - FREE_OCTAVES, 0)
    steps[:, -1, -1] = 0
    return steps
