"""Examples drawn from one song: what its user marked, mixed anew, and the song as it is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from core.audio import ResampledAudio
from core.audio.source import Audio, FloatArray, read_padded
from core.card import Card
from core.editing.grid import Span
from core.editing.marks import Marks
from core.training.examples import DrawnAudio, Example, analysed

RATIO_DB = 4.0
"""How far the balance of a new mixture is from the song's, at most."""

QUIET_DB = -40.0
"""A stretch of the voice this far under the song's level is drawn only if no louder one is met."""

PART_OF_STEMS = 0.5
"""How often a source of a new mixture is taken from its stem anywhere in the song, marked or not:
what is marked is a few seconds, and the stems know all notes, if not quite alone (after RemixIT,
Tzinis et al. 2022)."""

_TRIES = 8
_MEASURED_S = 30.0


class Kind(Enum):
    """What an example is made of."""

    MIXED = "mixed"
    """A voice over music of another place: marked ones, or the stems as they are."""
    VOICE = "voice"
    MUSIC = "music"
    CORRECTED = "corrected"
    """The song around a place that was corrected, and its stems as they are now."""
    AS_IT_IS = "as it is"
    """Any other part of the song and its stems: what the network knows is not to be forgotten."""


SHARES = {
    Kind.MIXED: 4.0,
    Kind.VOICE: 1.0,
    Kind.MUSIC: 1.0,
    Kind.CORRECTED: 3.0,
    Kind.AS_IT_IS: 1.0,
}
"""How often each kind is drawn, of those that there are."""


@dataclass(frozen=True)
class _Stretches:
    """Parts of a signal, in samples of the model's rate, drawn from by their length."""

    spans: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, spans_s: Sequence[Span], rate: int, n_samples: int) -> _Stretches:
        found = ((round(a * rate), min(round(b * rate), n_samples)) for a, b in spans_s)
        return cls(tuple((start, stop) for start, stop in found if start < stop))

    def __bool__(self) -> bool:
        return bool(self.spans)

    def draw(self, audio: Audio, n_samples: int, rng: np.random.Generator) -> FloatArray:
        """``n_samples`` of ``audio`` from one stretch, which is repeated where it is shorter."""
        lengths = np.array([stop - start for start, stop in self.spans], float)
        start, stop = self.spans[int(rng.choice(len(lengths), p=lengths / lengths.sum()))]
        if stop - start > n_samples:
            first = start + int(rng.integers(stop - start - n_samples + 1))
            return read_padded(audio, first, first + n_samples)
        part = read_padded(audio, start, stop)
        places = np.arange(n_samples) + int(rng.integers(stop - start))
        return np.take(part, places, axis=1, mode="wrap")

    def around(self, audio: Audio, n_samples: int, rng: np.random.Generator) -> tuple[int, int]:
        """A stretch of ``n_samples`` of the song in which some of these lie."""
        lengths = np.array([stop - start for start, stop in self.spans], float)
        start, stop = self.spans[int(rng.choice(len(lengths), p=lengths / lengths.sum()))]
        place = int(rng.integers(start, stop))
        first = place - int(rng.integers(n_samples))
        first = max(0, min(first, audio.n_samples - n_samples))
        return first, first + n_samples


class SongMaterial:
    """Draws examples from ``mixture``, its ``voice`` as it is now, and what ``marks`` say of both.

    Where both sources are known apart, they are mixed anew at other places and balances, so that a
    network meets this singer over this accompaniment with the truth at hand. Signals are read
    where they are needed, whatever the song's length. Each draw is a function of (seed, number).
    """

    def __init__(
        self,
        mixture: Audio,
        voice: Audio,
        marks: Marks,
        card: Card,
        n_frames: int,
        seed: int = 1,
    ) -> None:
        rate = card.sample_rate
        self._card, self._stft, self._seed = card, card.stft.stft(), seed
        self._mixture, self._voice = _at(mixture, rate), _at(voice, rate)
        n_all = self._mixture.n_samples
        self._n_samples = (n_frames - 1) * self._stft.hop_samples
        whole = _Stretches(((0, max(1, n_all)),))
        marked = (marks.voice, marks.music, marks.corrected)
        voice_alone, music_alone, self._corrected = (
            _Stretches.of(spans, rate, n_all) for spans in marked
        )
        self._voices = (self._mixture, voice_alone) if voice_alone else (self._voice, whole)
        self._musics = (self._mixture, music_alone) if music_alone else (None, whole)
        self._whole = whole
        kinds = {Kind.AS_IT_IS: True, Kind.CORRECTED: bool(self._corrected)}
        kinds |= {Kind.VOICE: bool(voice_alone), Kind.MUSIC: bool(music_alone)}
        kinds[Kind.MIXED] = kinds[Kind.VOICE] or kinds[Kind.MUSIC]
        self._kinds = [kind for kind in Kind if kinds[kind]]
        shares = np.array([SHARES[kind] for kind in self._kinds])
        self._shares = shares / shares.sum()
        self._level = self._measured_level()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What there is to draw from."""
        return tuple(self._kinds)

    def kind(self, number: int) -> Kind:
        """What example ``number`` is made of."""
        return self._drawn_kind(self._rng(number))

    def _drawn_kind(self, rng: np.random.Generator) -> Kind:
        return self._kinds[int(rng.choice(len(self._kinds), p=self._shares))]

    def audio(self, number: int) -> DrawnAudio:
        """The sound of example ``number``."""
        rng = self._rng(number)
        voice, music = self._sources(self._drawn_kind(rng), rng)
        return DrawnAudio(voice + music, voice, music, self._card.sample_rate)

    def example(self, number: int) -> Example:
        """Example ``number`` as the network is shown it."""
        level_dbfs = 20 * math.log10(self._level)
        return analysed(
            self.audio(number), level_dbfs, self._stft, self._card.level,
            "phase_sensitive", self._card.n_channels,
        )  # fmt: skip

    def _sources(self, kind: Kind, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        n = self._n_samples
        if kind is Kind.MIXED:
            half_db = rng.uniform(-RATIO_DB, RATIO_DB) / 2
            gain = np.float32(10 ** (half_db / 20))
            return (
                self._drawn_voice(rng, rng.random() < PART_OF_STEMS) * gain,
                self._drawn_music(rng, rng.random() < PART_OF_STEMS) / gain,
            )
        if kind is Kind.VOICE:
            voice = self._drawn_voice(rng)
            return voice, np.zeros_like(voice)
        if kind is Kind.MUSIC:
            music = self._drawn_music(rng)
            return np.zeros_like(music), music
        where = self._corrected if kind is Kind.CORRECTED else self._whole
        first, last = where.around(self._mixture, n, rng)
        voice = read_padded(self._voice, first, last)
        return voice, read_padded(self._mixture, first, last) - voice

    def _drawn_voice(self, rng: np.random.Generator, of_stem: bool = False) -> FloatArray:
        """A marked voice, or that ``of_stem``; one that sounds, if it is found soon."""
        audio, stretches = (self._voice, self._whole) if of_stem else self._voices
        parts = (stretches.draw(audio, self._n_samples, rng) for _ in range(_TRIES))
        best, loudest = next(parts), 0.0
        for part in itertools.chain([best], parts):
            level = float(np.sqrt(np.mean(np.square(part))))
            if level > loudest:
                best, loudest = part, level
            if loudest > self._level * 10 ** (QUIET_DB / 20):
                break
        return best

    def _drawn_music(self, rng: np.random.Generator, of_stem: bool = False) -> FloatArray:
        audio, stretches = self._musics
        if audio is not None and not of_stem:
            return stretches.draw(audio, self._n_samples, rng)
        first, last = stretches.around(self._mixture, self._n_samples, rng)
        return read_padded(self._mixture, first, last) - read_padded(self._voice, first, last)

    def _measured_level(self) -> float:
        """About the RMS of the song, from some of its parts; never 0."""
        n = min(self._mixture.n_samples, round(_MEASURED_S * self._card.sample_rate / 10))
        starts = np.linspace(0, self._mixture.n_samples - n, 10).astype(int)
        powers = [np.mean(np.square(self._mixture.read(s, s + n))) for s in starts.tolist()]
        return max(float(np.sqrt(np.mean(powers))), 1e-4)

    def _rng(self, number: int) -> np.random.Generator:
        return np.random.default_rng((self._seed, number))


def _at(audio: Audio, rate: int) -> Audio:
    return audio if audio.sample_rate == rate else ResampledAudio(audio, rate)
