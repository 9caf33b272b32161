"""Training examples: voices and accompaniments mixed anew in every epoch.

Every random draw is a function of (seed, epoch, item), so that an epoch can be made again, in any
order and in any process. All that is drawn is done to the sound itself: what ``audio`` lets hear is
what ``example`` shows the network.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import replace
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
from core.training.lots import PieceLots
from core.training.pieces import Piece, band_hz
from core.training.scenes import Scene, draw_scene
from core.training.shelf import Shelf
from core.training.stage import staged_music, staged_voice
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

VARIANT_BYTES, VARIANT_DISK_BYTES = 512 * 2**20, 6 * 2**30
"""Memory and temporary files for shifted voices; what has no room is computed again."""

ROOM_BELOW_END = 0.99
"""Where sources are cut off, as a part of the narrower one's end: what is there is fading."""


_SPARE_SAMPLES = 64
"""Taken beyond what a change of speed needs, since it ends where its input does."""


class Mixer:
    """Makes the examples of an epoch from clips. Its methods may be called from any thread."""

    def __init__(self, clips: Sequence[ClipPair], recipe: Recipe) -> None:
        # Accompaniments without a voice come last, so that pieces with one are counted from 0.
        self._clips = sorted((_in_rows(clip) for clip in clips), key=lambda c: c.vocals.size == 0)
        self._seed = recipe.seed
        self._settings = recipe.augmentation
        self._spectra = recipe.objective.spectra
        self._n_channels = recipe.n_channels
        self._stft = recipe.stft.stft()
        self._rate = recipe.sample_rate
        self._level = recipe.level
        self._has_scenes = self._settings.staged or self._settings.drawn
        self._pieces = [
            Piece(index, *bounds)
            for index, clip in enumerate(self._clips)
            for bounds in _cut(_longest(clip), self._rate)
        ]
        self._n_voices = sum(self._clips[piece.clip].vocals.size > 0 for piece in self._pieces)
        self._items = [
            (index, shift)
            for index, piece in enumerate(self._pieces[: self._n_voices])
            for shift in _grid_shifts(piece.n_samples, self._settings, self._rate)
        ]
        self._clip_rms = [(_rms(c.vocals), _rms(c.accompaniment)) for c in self._clips]
        self._bands: list[tuple[float, float]] = []
        if self._settings.match_band:
            self._bands = [
                (band_hz(c.vocals, self._rate), band_hz(c.accompaniment, self._rate))
                for c in self._clips
            ]
        self._lots: PieceLots | None = None
        if self._settings.drawn:
            self._lots = PieceLots(self._clips, self._pieces, self._rate, self._bands)
        self._latest_epoch: dict[int, int] = {}
        self._variants: dict[tuple[int, int], tuple[np.ndarray, float]] = {}
        self._variant_shelf = Shelf(VARIANT_BYTES, VARIANT_DISK_BYTES)

    def __len__(self) -> int:
        return self._settings.epoch_examples or len(self._items)

    def name(self, item: int) -> str:
        """The clip whose voice ``item`` has; where voices are drawn, had when last it was made."""
        if self._lots is not None:
            return self.names(self.draw(self._latest_epoch.get(item, 0), item))[0]
        return self._clips[self._pieces[self._items[item][0]].clip].name

    def draw(self, epoch: int, item: int) -> Draw:
        """What is drawn for ``item`` in ``epoch``."""
        scene = draw_scene(self._settings, self._seed, epoch, item) if self._has_scenes else None
        n_pieces = len(self._pieces)
        if scene is None or self._lots is None:
            piece, shift = self._items[item]
            drawn = draw(self._settings, self._seed, epoch, item, piece, n_pieces, grid_shift=shift)
            return drawn if scene is None else replace(drawn, scene=scene)
        # Each item has its own stretch of the lots, so that an epoch hears all that it can.
        piece = self._lots.voice((item + scene.voice_pick) / len(self))
        drawn = draw(self._settings, self._seed, epoch, item, piece, n_pieces, grid_shift=0.0)
        music = drawn.music
        if music != piece:
            music = self._lots.music(scene.music_pick, piece)
        return replace(drawn, music=music, scene=scene)

    def names(self, drawn: Draw) -> tuple[str, str]:
        """The clips that gave voice and accompaniment."""
        voice, music = (self._clips[self._pieces[p].clip].name for p in (drawn.voice, drawn.music))
        return voice, music

    def audio(self, epoch: int, item: int) -> DrawnAudio:
        """The sound of the example that ``item`` becomes in ``epoch``."""
        return self._mixed(self.draw(epoch, item))

    def example(self, epoch: int, item: int) -> Example:
        """The example that ``item`` becomes in ``epoch``."""
        self._latest_epoch[item] = epoch
        drawn = self.draw(epoch, item)
        audio = self._mixed(drawn)
        return analysed(
            audio, drawn.level_dbfs, self._stft, self._level, self._spectra, self._n_channels
        )

    def _mixed(self, drawn: Draw) -> DrawnAudio:
        sources = self._recorded(drawn) if drawn.scene is None else self._set_up(drawn, drawn.scene)
        voice, music = sources
        n_channels = max(len(voice), len(music), self._n_channels)
        half_ratio_db = drawn.voice_to_music_db / 2 if drawn.has_voice else 0.0
        voice_gain = 10 ** ((drawn.level_dbfs + half_ratio_db) / 20) if drawn.has_voice else 0.0
        music_gain = 10 ** ((drawn.level_dbfs - drawn.voice_to_music_db / 2) / 20)
        voice = _widened(voice, n_channels) * np.float32(voice_gain)
        music = _widened(music, n_channels) * np.float32(music_gain)
        return DrawnAudio(voice + music, voice, music, self._rate)

    def _recorded(self, drawn: Draw) -> tuple[FloatArray, FloatArray]:
        """Voice and accompaniment as they were recorded, equally long, as of unit power."""
        voice = at_speed(self._voice(drawn), drawn.voice_speed)
        music = at_speed(self._signal("accompaniment", drawn.music), drawn.music_speed)
        voice = equalised(voice[::-1] if drawn.swap_voice else voice, drawn.voice_curve_db)
        music = equalised(music[::-1] if drawn.swap_music else music, drawn.music_curve_db)
        voice = self._levelled(voice, self._signal("vocals", drawn.voice), drawn.voice)
        whole = self._signal("accompaniment", drawn.music)
        music = self._levelled(music, whole, drawn.music, is_music=True)
        first = round(drawn.shift * music.shape[1])
        music = np.take(music, np.arange(voice.shape[1]) + first, axis=1, mode="wrap")
        return voice, music

    def _set_up(self, drawn: Draw, scene: Scene) -> tuple[FloatArray, FloatArray]:
        """The same in their ``scene``; of the accompaniment only what is heard is made."""
        end_hz = self._end_hz(drawn, scene)
        piece = self._pieces[drawn.voice]
        n_samples = max(1, round(piece.n_samples / drawn.voice_speed))
        voice = np.zeros((1, n_samples), np.float32)
        if drawn.has_voice:
            voice = at_speed(self._voice(drawn), drawn.voice_speed)
            n_samples = voice.shape[1]
            voice = voice[::-1] if drawn.swap_voice else voice
            curve = drawn.voice_curve_db
            voice = staged_voice(voice, self._rate, curve, scene, end_hz, self._n_channels)
            voice = self._levelled(voice, self._signal("vocals", drawn.voice), drawn.voice)
        whole = self._signal("accompaniment", drawn.music)
        first = round(drawn.shift * whole.shape[1])
        n_taken = math.ceil(n_samples * drawn.music_speed) + _SPARE_SAMPLES
        part = np.take(whole, np.arange(n_taken) + first, axis=1, mode="wrap")
        music = at_speed(part, drawn.music_speed)[:, :n_samples]
        music = music[::-1] if drawn.swap_music else music
        curve = drawn.music_curve_db
        music = staged_music(music, self._rate, curve, scene, end_hz, self._n_channels)
        return voice, self._levelled(music, part, drawn.music, is_music=True)

    def _end_hz(self, drawn: Draw, scene: Scene) -> float:
        """Where both sources end, so that neither is told by reaching higher."""
        if not self._bands:
            return scene.limit_hz
        voice = self._bands[self._pieces[drawn.voice].clip][0] * drawn.voice_speed
        music = self._bands[self._pieces[drawn.music].clip][1] * drawn.music_speed
        voice *= 2 ** (min(0.0, drawn.pitch_semitones) / 12)
        nyquist = self._rate / 2
        ends = [end * ROOM_BELOW_END for end in (voice, music) if end < nyquist]
        return min(scene.limit_hz, *ends, math.inf)

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
            with contextlib.suppress(OSError):  # a full disk
                on_shelf = self._variant_shelf.keep(kept[0])
                if on_shelf is not None:
                    self._variants[key] = on_shelf, peak
        return kept[0].astype(np.float32) * np.float32(kept[1])

    def _levelled(
        self, samples: FloatArray, before: FloatArray, piece: int, is_music: bool = False
    ) -> FloatArray:
        """At the level that makes the piece's clip one of unit power.

        ``before`` is what ``samples`` were made of.
        """
        own = _rms(before)
        clip_rms = self._clip_rms[self._pieces[piece].clip][is_music]
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


def _in_rows(clip: ClipPair) -> ClipPair:
    vocals, accompaniment = np.atleast_2d(clip.vocals), np.atleast_2d(clip.accompaniment)
    return replace(clip, vocals=vocals, accompaniment=accompaniment)


def _longest(clip: ClipPair) -> int:
    return (clip.vocals if clip.vocals.size else clip.accompaniment).shape[1]


def _rms(samples: FloatArray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0


def _widened(samples: FloatArray, n_channels: int) -> FloatArray:
    """With the channels repeated in turn until there are ``n_channels``."""
    return samples[np.arange(n_channels) % len(samples)]
