"""The pitch of a voice over time, and the notes that it sings."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.audio.resample import ResampledAudio
from core.audio.source import Audio, FloatArray
from core.errors import Cancelled
from core.pitch_track import (
    HOP,
    N_CANDIDATES,
    RATE,
    SILENCE_DB,
    Candidates,
    Yin,
    best_path,
    is_silent,
    read_frames,
)

HOP_S = HOP / RATE
LOWEST_HZ = 55.0
HIGHEST_HZ = 1760.0

VIBRATO_S = 0.18
"""The period of a usual vibrato: the mean over one is the pitch that is heard."""

CREST_SEMITONES = 0.5
"""A short note between two others is none if its frames are on average less farther from those."""

_PIECE_FRAMES = 256

Polyline = tuple[NDArray[np.floating], FloatArray]
Part = tuple[NDArray[np.intp], float]
"""The frames of a note, and its pitch in semitones."""


@dataclass(frozen=True, eq=False)
class PitchLine:
    """The pitch in frames centred at k · ``hop_s``; both arrays are float32 ``(n_frames,)``.

    ``f0_hz`` is NaN where there is no pitch. ``certainty`` is 1 where the sound is periodic, and 0
    where there is no pitch: one less YIN's aperiodicity.
    """

    hop_s: float
    f0_hz: FloatArray
    certainty: FloatArray

    @property
    def n_frames(self) -> int:
        return len(self.f0_hz)

    @property
    def midi(self) -> NDArray[np.float64]:
        """Semitones with A4, 440 Hz, at 69, ``(n_frames,)``; NaN where there is no pitch."""
        return np.asarray(69 + 12 * np.log2(self.f0_hz.astype(np.float64) / 440))

    def at(self, seconds: float) -> float | None:
        """Hertz of the frame nearest to ``seconds``; None without a pitch, or outside."""
        index = math.floor(seconds / self.hop_s + 0.5)
        if not 0 <= index < self.n_frames or math.isnan(self.f0_hz[index]):
            return None
        return float(self.f0_hz[index])

    def polylines(self, start_s: float, stop_s: float) -> list[Polyline]:
        """Seconds and hertz of each stretch with a pitch, both ``(n,)``, by time, without NaN.

        Of the frames from ``start_s`` to ``stop_s`` and one more on either side, so that a line
        reaches the edges of a view. A stretch may be of a single frame.
        """
        first = max(0, math.ceil(start_s / self.hop_s) - 1)
        last = min(self.n_frames, math.floor(stop_s / self.hop_s) + 2)
        if last <= first:
            return []
        values = self.f0_hz[first:last]
        return [
            (np.arange(first + begin, first + end) * self.hop_s, values[begin:end].copy())
            for begin, end in _runs(~np.isnan(values))
        ]


@dataclass(frozen=True)
class Note:
    """A note from ``start_s`` to ``stop_s``: a MIDI number (A4 is 69) and −50 to 50 cents."""

    start_s: float
    stop_s: float
    midi: int
    cents: float


def find_pitch(
    audio: Audio,
    should_stop: Callable[[], bool] | None = None,
    progress: Callable[[float], None] | None = None,
    *,
    lowest_hz: float = LOWEST_HZ,
    highest_hz: float = HIGHEST_HZ,
) -> PitchLine:
    """The pitch of ``audio``, a voice alone, every 10 ms from 0 to its end.

    Channels are heard as their mean, or, where they cancel, as the loudest. ``progress`` gets the
    fraction that is done. An hour of sound takes about 30 MB of memory. Raises ``Cancelled`` if
    asked to stop, ``ValueError`` for a range beyond 20 to 2500 Hz.
    """
    yin = Yin(lowest_hz, highest_hz)
    n_frames = -(-audio.n_samples * RATE // (audio.sample_rate * HOP))
    octaves = np.zeros((n_frames, N_CANDIDATES), np.float32)
    aperiodicity = np.full((n_frames, N_CANDIDATES), np.inf, np.float32)
    power = np.zeros(n_frames, np.float32)
    resampled = ResampledAudio(audio, RATE)
    for first in range(0, n_frames, _PIECE_FRAMES):
        if should_stop is not None and should_stop():
            raise Cancelled
        last = min(first + _PIECE_FRAMES, n_frames)
        frames = read_frames(resampled, first, last, yin.frame_samples)
        power[first:last] = np.mean(np.square(frames), axis=1)
        if power[first:last].max() >= 10 ** (SILENCE_DB / 10):
            found = yin.candidates(frames)
            octaves[first:last] = found.octaves
            aperiodicity[first:last] = found.aperiodicity
        if progress is not None:
            progress(0.9 * last / n_frames)
    path = best_path(Candidates(octaves, aperiodicity), is_silent(power), should_stop)
    if progress is not None:
        progress(1.0)
    voiced, chosen = path >= 0, np.maximum(path, 0)[:, None]
    hertz = np.exp2(np.take_along_axis(octaves, chosen, axis=1)[:, 0])
    certainty = 1 - np.take_along_axis(aperiodicity, chosen, axis=1)[:, 0]
    return PitchLine(
        HOP_S,
        np.where(voiced, hertz, np.nan).astype(np.float32),
        np.where(voiced, np.clip(certainty, 0, 1), 0).astype(np.float32),
    )


def notes_of(
    line: PitchLine,
    gap_s: float = 0.06,
    leave_semitones: float = 0.7,
    leave_s: float = 0.08,
    least_s: float = 0.08,
) -> list[Note]:
    """The notes of ``line`` by time; a note's pitch is the median of its line without vibrato.

    A note ends where no pitch is for longer than ``gap_s``, or where the pitch is farther than
    ``leave_semitones`` from the note's, on one side, for longer than ``leave_s``: vibrato is
    shorter. What is shorter than ``least_s`` belongs to the note that it touches, the nearer in
    pitch of two, or is none.
    """
    midi = line.midi
    places = np.flatnonzero(~np.isnan(midi))
    n_leave = leave_s / line.hop_s + 1e-6
    n_least = math.ceil(least_s / line.hop_s - 1e-6)
    n_vibrato = round(VIBRATO_S / line.hop_s)
    notes: list[Note] = []
    for stretch in np.split(places, np.flatnonzero(np.diff(places) - 1 > gap_s / line.hop_s) + 1):
        if not len(stretch):
            continue
        cuts = sorted(_pieces(midi[stretch], leave_semitones, n_leave, n_vibrato))
        parts = [stretch[first:last] for first, last in cuts]
        joined = _joined(parts, midi, leave_semitones, n_least, n_vibrato)
        joined = _without_crests(joined, midi, n_vibrato)
        for part, _ in _settled(joined, midi, n_least, n_vibrato):
            median = float(np.median(_without_vibrato(midi[part], n_vibrato)))
            number = round(median)
            start = max(0.0, (part[0] - 0.5) * line.hop_s)
            stop = (part[-1] + 0.5) * line.hop_s
            notes.append(Note(float(start), float(stop), number, 100 * (median - number)))
    return notes


def _without_vibrato(midi: NDArray[np.float64], n_vibrato: int) -> NDArray[np.float64]:
    """The means over ``n_vibrato`` frames around each, at the ends over those that are there.

    The median of a vibrato itself moves with the crest that it happens to end on: it dwells there
    and is rarely at its middle.
    """
    places = np.arange(len(midi))
    first = np.maximum(places - n_vibrato // 2, 0)
    last = np.minimum(places + n_vibrato // 2 + 1, len(midi))
    total = np.concatenate([[0.0], np.cumsum(midi - midi[0])])
    return np.asarray(midi[0] + (total[last] - total[first]) / (last - first))


def _main_pitch(midi: NDArray[np.float64]) -> float:
    """The median of the half semitone that holds the most frames.

    That of all frames lies between the notes where two of them are equally long.
    """
    ordered = np.sort(midi)
    ends = np.searchsorted(ordered, ordered + 0.5, side="right")
    first = int(np.argmax(ends - np.arange(len(ordered))))
    return float(np.median(ordered[first : ends[first]]))


def _pieces(
    midi: NDArray[np.float64], leave: float, n_leave: float, n_vibrato: int
) -> Iterator[tuple[int, int]]:
    """Cut where the pitch leaves the main one for longer than ``n_leave``, and so on in each part.

    That of the whole, not of what came before: a note may begin at the crest of its vibrato.
    """
    todo = [(0, len(midi))]
    while todo:
        first, last = todo.pop()
        part = midi[first:last]
        middle = _main_pitch(_without_vibrato(part, n_vibrato))
        runs = []
        for away in (part - middle, middle - part):
            runs += [run for run in _closed(_runs(away > leave)) if run[1] - run[0] > n_leave]
        edges = sorted({0, len(part), *(edge for run in runs for edge in run)})
        if len(edges) == 2:
            yield first, last
            continue
        todo += [(first + a, first + b) for a, b in itertools.pairwise(edges)]


def _closed(runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Runs of frames without gaps that are shorter than the runs around: a vibrato's troughs."""
    closed: list[tuple[int, int]] = []
    for first, last in runs:
        if closed and first - closed[-1][1] < min(last - first, closed[-1][1] - closed[-1][0]):
            closed[-1] = (closed[-1][0], last)
        else:
            closed.append((first, last))
    return closed


def _joined(
    parts: list[NDArray[np.intp]],
    midi: NDArray[np.float64],
    near: float,
    n_least: int,
    n_vibrato: int,
) -> list[Part]:
    """Parts and their pitches, by time, where none is short and none beside another's pitch.

    The shortest first, those shorter than ``n_least`` go to the part beside them that is nearer in
    pitch; one that is alone is left out. Then those no farther apart than ``near`` are joined.
    """

    def pitch(part: NDArray[np.intp]) -> float:
        return float(np.median(_without_vibrato(midi[part], n_vibrato)))

    joined = [(part, pitch(part)) for part in parts]
    while True:
        lengths = [int(part[-1] + 1 - part[0]) for part, _ in joined]
        apart = [abs(one[1] - other[1]) for one, other in itertools.pairwise(joined)]
        if min(lengths) < n_least:
            short = lengths.index(min(lengths))
            beside = [index for index in (short - 1, short) if 0 <= index < len(apart)]
            if not beside:
                return []
            first = min(beside, key=apart.__getitem__)
        elif apart and min(apart) <= near:
            first = apart.index(min(apart))
        else:
            return joined
        both = np.concatenate([joined[first][0], joined[first + 1][0]])
        joined[first : first + 2] = [(both, pitch(both))]


def _without_crests(parts: list[Part], midi: NDArray[np.float64], n_vibrato: int) -> list[Part]:
    """The parts without short ones between two others that fit those nearly as well.

    On the way from note to note the last crest of the one may reach the first trough of the other.
    """
    kept, index = list(parts), 1
    while index < len(kept) - 1:
        (one, before), (short, own), (other, after) = kept[index - 1 : index + 2]
        index += 1
        if len(short) >= n_vibrato or not min(before, after) < own < max(before, after):
            continue
        sung = midi[short]
        cut = _border(sung, before, after)
        apart = np.abs(sung - np.where(np.arange(len(sung)) < cut, before, after))
        if np.mean(apart - np.abs(sung - own)) < CREST_SEMITONES:
            index -= 1
            kept[index - 1 : index + 2] = [
                (np.concatenate([one, short[:cut]]), before),
                (np.concatenate([short[cut:], other]), after),
            ]
    return kept


def _settled(parts: list[Part], midi: NDArray[np.float64], n_least: int, reach: int) -> list[Part]:
    """The parts with each border moved by ``reach`` frames at most, to where it fits best.

    ``n_least`` frames stay in each.
    """
    settled = list(parts)
    for index in range(len(parts) - 1):
        (one, before), (other, after) = settled[index : index + 2]
        back = max(0, min(reach, len(one) - n_least))
        ahead = max(0, min(reach, len(other) - n_least))
        places = np.concatenate([one[len(one) - back :], other[:ahead]])
        cut = _border(midi[places], before, after)
        settled[index] = (np.concatenate([one[: len(one) - back], places[:cut]]), before)
        settled[index + 1] = (np.concatenate([places[cut:], other[ahead:]]), after)
    return settled


def _border(midi: NDArray[np.float64], before: float, after: float) -> int:
    """Where to end a note of the pitch ``before``, so that distances have the least sum."""
    gained = np.abs(midi - before) - np.abs(midi - after)
    return int(np.argmin(np.concatenate([[0.0], np.cumsum(gained)])))


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and one past the last of each stretch that is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]
