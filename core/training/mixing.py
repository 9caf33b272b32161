"""Training examples: voices and accompaniments mixed anew in every epoch.

Every random draw is a function of (seed, epoch, item), so that an epoch can be made again, in any
order and in any process. All that is drawn is done to the sound itself: what ``audio`` lets hear is
what ``example`` shows the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.training.augmentation import (
    Draw,
    at_speed,
    draw,
    equalised,
    grid_offsets,
    grid_step,
)
from core.training.examples import (
    ClipPair,
    DrawnAudio,
    Example,
    FloatArray,
    LeftOut,
    analysed,
    load_pairs,
)
from core.training.voice_shift import shifted_voice

if TYPE_CHECKING:
    from core.training.recipe import Recipe
    from core.training.settings import AugmentationSettings

__all__ = [
    "ClipPair",
    "DrawnAudio",
    "Example",
    "LeftOut",
    "Mixer",
    "load_pairs",
    "n_examples",
]

LONGEST_PIECE_S = 20.0
"""Longer clips are cut into equal pieces, each an example of its own."""

VARIANT_BYTES = 512 * 2**20
"""Memory for shifted voices; what has no room is computed again."""


@dataclass(frozen=True)
class _Piece:
    clip: int
    start: int
    stop: int

    @property
    def n_samples(self) -> int:
        return self.stop - self.start


class Mixer:
    """Makes the examples of an epoch from clips. Its methods may be called from any thread."""

    def __init__(self, clips: Sequence[ClipPair], recipe: Recipe) -> None:
        self._clips = [
            ClipPair(c.name, np.atleast_2d(c.vocals), np.atleast_2d(c.accompaniment)) for c in clips
        ]
        self._seed = recipe.seed
        self._settings = recipe.augmentation
        self._spectra = recipe.objective.spectra
        self._n_channels = recipe.n_channels
        self._stft = recipe.stft.stft()
        self._rate = recipe.sample_rate
        self._level = recipe.level
        self._pieces = [
            _Piece(index, *bounds)
            for index, clip in enumerate(self._clips)
            for bounds in _cut(clip.vocals.shape[1], self._rate)
        ]
        self._items = [
            (index, shift)
            for index, piece in enumerate(self._pieces)
            for shift in _grid_shifts(piece.n_samples, self._settings, self._rate)
        ]
        self._clip_rms = [(_rms(c.vocals), _rms(c.accompaniment)) for c in self._clips]
        self._variants: dict[tuple[int, int], tuple[np.ndarray, float]] = {}
        self._variant_bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    def name(self, item: int) -> str:
        """The clip whose voice ``item`` has."""
        return self._clips[self._pieces[self._items[item][0]].clip].name

    def draw(self, epoch: int, item: int) -> Draw:
        """What is drawn for ``item`` in ``epoch``."""
        piece, shift = self._items[item]
        return draw(
            self._settings, self._seed, epoch, item, piece, len(self._pieces), grid_shift=shift
        )

    def names(self, drawn: Draw) -> tuple[str, str]:
        """The clips that gave voice and accompaniment."""
        voice, music = (self._clips[self._pieces[p].clip].name for p in (drawn.voice, drawn.music))
        return voice, music

    def audio(self, epoch: int, item: int) -> DrawnAudio:
        """The sound of the example that ``item`` becomes in ``epoch``."""
        return self._mixed(self.draw(epoch, item))

    def example(self, epoch: int, item: int) -> Example:
        """The example that ``item`` becomes in ``epoch``."""
        drawn = self.draw(epoch, item)
        audio = self._mixed(drawn)
        return analysed(
            audio, drawn.level_dbfs, self._stft, self._level, self._spectra, self._n_channels
        )

    def _mixed(self, drawn: Draw) -> DrawnAudio:
        voice = at_speed(self._voice(drawn), drawn.voice_speed)
        music = at_speed(self._signal("accompaniment", drawn.music), drawn.music_speed)
        voice = equalised(voice[::-1] if drawn.swap_voice else voice, drawn.voice_curve_db)
        music = equalised(music[::-1] if drawn.swap_music else music, drawn.music_curve_db)
        voice = self._levelled(voice, "vocals", drawn.voice)
        music = self._levelled(music, "accompaniment", drawn.music)
        first = round(drawn.shift * music.shape[1])
        music = np.take(music, np.arange(voice.shape[1]) + first, axis=1, mode="wrap")
        n_channels = max(len(voice), len(music))
        half_ratio_db = drawn.voice_to_music_db / 2 if drawn.has_voice else 0.0
        voice_gain = 10 ** ((drawn.level_dbfs + half_ratio_db) / 20) if drawn.has_voice else 0.0
        music_gain = 10 ** ((drawn.level_dbfs - drawn.voice_to_music_db / 2) / 20)
        voice = _widened(voice, n_channels) * np.float32(voice_gain)
        music = _widened(music, n_channels) * np.float32(music_gain)
        return DrawnAudio(voice + music, voice, music, self._rate)

    def _signal(self, source: str, piece: int) -> FloatArray:
        where = self._pieces[piece]
        samples: FloatArray = getattr(self._clips[where.clip], source)
        return samples[:, where.start : where.stop]

    def _voice(self, drawn: Draw) -> FloatArray:
        """The voice with its pitch and formants moved."""
        samples = self._signal("vocals", drawn.voice)
        if not (drawn.pitch_semitones or drawn.formant_semitones):
            return samples
        key = (drawn.voice, drawn.variant)
        kept = self._variants.get(key)
        if kept is None:
            shifted = shifted_voice(
                samples, self._rate, drawn.pitch_semitones, drawn.formant_semitones
            )
            # In half precision whether kept or not, so that the memory's size changes nothing.
            peak = max(float(np.max(np.abs(shifted), initial=0)), 1e-9)
            kept = (shifted / peak).astype(np.float16), peak
            if self._variant_bytes + kept[0].nbytes <= VARIANT_BYTES:
                self._variants[key] = kept
                self._variant_bytes += kept[0].nbytes
        return kept[0].astype(np.float32) * np.float32(kept[1])

    def _levelled(self, samples: FloatArray, source: str, piece: int) -> FloatArray:
        """At the level that makes the piece's clip one of unit power."""
        own = _rms(self._signal(source, piece))
        clip_rms = self._clip_rms[self._pieces[piece].clip][source == "accompaniment"]
        now = _rms(samples)
        if own == 0 or now == 0:
            return np.zeros_like(samples)
        return samples * np.float32(own / clip_rms / now)


def n_examples(n_samples: int, settings: AugmentationSettings, sample_rate: int) -> int:
    """Examples that one clip of ``n_samples`` at ``sample_rate`` gives in an epoch."""
    return sum(
        len(_grid_shifts(stop - start, settings, sample_rate))
        for start, stop in _cut(n_samples, sample_rate)
    )


def epoch_examples(
    n_samples: Sequence[int], settings: AugmentationSettings, sample_rate: int
) -> int:
    """Examples in an epoch over clips of ``n_samples`` each."""
    if settings.drawn:
        return settings.epoch_examples if n_samples else 0
    return sum(n_examples(n, settings, sample_rate) for n in n_samples)


def _cut(n_samples: int, sample_rate: int) -> list[tuple[int, int]]:
    n_pieces = max(1, -(-n_samples // round(LONGEST_PIECE_S * sample_rate)))
    edges = [n_samples * k // n_pieces for k in range(n_pieces + 1)]
    return list(pairwise(edges))


def _grid_shifts(n_samples: int, settings: AugmentationSettings, sample_rate: int) -> list[float]:
    if settings.circular_shift != "grid":
        return [0.0]
    offsets = grid_offsets(n_samples, grid_step(settings, sample_rate))
    return [offset / n_samples for offset in offsets]


def _rms(samples: FloatArray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0


def _widened(samples: FloatArray, n_channels: int) -> FloatArray:
    """With the channels repeated in turn until there are ``n_channels``."""
    return samples[np.arange(n_channels) % len(samples)]
