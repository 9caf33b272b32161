"""Lots: which piece gives an example its voice and which its accompaniment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.errors import DataError
from core.training.examples import ClipPair
from core.training.pieces import Piece, sounding_s
from core.training.recordings import Recording

WIDE_HZ = 12000.0
"""Voices that reach higher are often few, and not to be narrowed by what they are put over."""


class PieceLots:
    """Draws pieces by how long they sound, times the weights of their clips.

    ``bands`` are the ends of each clip's voice and accompaniment in Hz; where there are any, voices
    that reach above ``WIDE_HZ`` get accompaniments that do. Raises ``DataError`` if everything is
    silent.
    """

    def __init__(
        self,
        clips: Sequence[ClipPair],
        pieces: Sequence[Piece],
        sample_rate: int,
        bands: Sequence[tuple[float, float]] = (),
    ) -> None:
        self.voice_weights = _weights(clips, pieces, sample_rate, "vocals")
        self.music_weights = _weights(clips, pieces, sample_rate, "accompaniment")
        self._voices, self._music = Lots(self.voice_weights), Lots(self.music_weights)
        self._wide_music = self._music
        self._is_wide = [bool(bands) and bands[piece.clip][0] >= WIDE_HZ for piece in pieces]
        if bands:
            pairs = zip(self.music_weights, pieces, strict=True)
            wide = [weight * (bands[piece.clip][1] >= WIDE_HZ) for weight, piece in pairs]
            if any(wide):
                self._wide_music = Lots(wide)

    def voice(self, lot: float) -> int:
        """The piece whose voice ``lot``, from 0 to 1 (exclusive), falls on."""
        return self._voices.drawn(lot)

    def music(self, lot: float, voice: int) -> int:
        """Another piece than ``voice``, for its accompaniment."""
        return (self._wide_music if self._is_wide[voice] else self._music).other(lot, voice)


def _weights(
    clips: Sequence[ClipPair], pieces: Sequence[Piece], sample_rate: int, source: str
) -> list[float]:
    """How often each piece is to be drawn for its ``source``."""
    bounds: list[list[tuple[int, int]]] = [[] for _ in clips]
    for piece in pieces:
        bounds[piece.clip].append((piece.start, piece.stop))
    weights: list[float] = []
    for clip, parts in zip(clips, bounds, strict=True):
        weight = clip.weight if isinstance(clip, Recording) else 1.0
        samples = getattr(clip, source)
        seconds = sounding_s(samples, sample_rate, parts) if samples.size else [0.0] * len(parts)
        weights += [weight * each for each in seconds]
    return weights


class Lots:
    """Draws numbers of pieces, each as often as its weight says."""

    def __init__(self, weights: Sequence[float]) -> None:
        """``DataError`` if all ``weights`` are 0."""
        self._edges = np.cumsum(np.asarray(weights, np.float64))
        if not self._edges.size or self._edges[-1] <= 0:
            raise DataError("There is nothing to draw examples from: all recordings are silent.")
        self._n_drawable = int(np.count_nonzero(np.asarray(weights) > 0))

    def drawn(self, lot: float) -> int:
        """The piece that ``lot``, from 0 to 1 (exclusive), falls on."""
        place = np.searchsorted(self._edges, lot * self._edges[-1], side="right")
        return int(min(place, len(self._edges) - 1))

    def other(self, lot: float, avoided: int) -> int:
        """The same without the piece ``avoided``, if there is another."""
        before = self._edges[avoided - 1] if avoided else 0.0
        own = self._edges[avoided] - before
        rest = self._edges[-1] - own
        if self._n_drawable < 2 and own > 0:
            return self.drawn(lot)
        place = lot * rest
        shifted = place + own if place >= before else place
        return int(min(np.searchsorted(self._edges, shifted, side="right"), len(self._edges) - 1))
