"""A song at another speed or pitch: Signalsmith Stretch between the song and the mixer.

The library's Python package turns a whole passage into another one and forgets it. The song is
stretched in overlapping pieces, each placed where it belongs to the frame and joined to the one
before it where the two waves agree best, within ``_ALIGN_S``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from app.audio.channels import DeviceView
from core.audio import FloatArray
from core.ranges import Ranges

SLOWEST, FASTEST = 50, 150
"""Speeds in percent."""
FARTHEST_CENTS = 1200

PIECE_S = 0.3
"""Sound that is stretched in one go: the library keeps Python, and so the audio callback, waiting
for 5 to 8 ms meanwhile."""
_LEAD_S = 0.05
"""Of the song on either side: there the library's windows are not full."""
_FADE_S = 0.03
_ALIGN_S = 0.012
"""How far from its place a piece may go in search of the wave before it: a period of a low tone."""
_STRAYING_COST = 0.3
"""What the farthest place must gain in correlation over the right one."""
_QUIET = 0.01
"""Power, of the piece's own, under which waves say little of where it belongs."""
_KEPT_PIECES = 8
"""More than is read ahead: what is read again sounds the same."""


@dataclass(frozen=True)
class Tempo:
    """How fast and how high a song is played: ``percent`` of its speed, ``cents`` above it."""

    percent: int = 100
    cents: int = 0

    @property
    def speed(self) -> Fraction:
        """Song seconds per second."""
        return Fraction(self.percent, 100)

    @property
    def is_neutral(self) -> bool:
        return self == Tempo()

    @classmethod
    def held(cls, percent: float, cents: float) -> Tempo:
        """The nearest tempo there is."""
        return cls(
            round(min(max(percent, SLOWEST), FASTEST)),
            round(min(max(cents, -FARTHEST_CENTS), FARTHEST_CENTS)),
        )


@dataclass(eq=False)
class _Piece:
    """Frames from ``start`` on; those from ``stop`` on are for the joint to the next piece."""

    start: int
    stop: int
    frames: FloatArray
    age: int
    reached: int

    def tail(self, at: int, n_frames: int) -> FloatArray | None:
        """``n_frames`` from ``at`` on, where it goes so far."""
        if not self.start <= at <= self.stop:
            return None
        return self.frames[at - self.start : at - self.start + n_frames]


class StretchedView:
    """``base`` at another tempo, read like it. Its frame ``k`` lies at song sample ``k * step``.

    Reading on goes on; reading elsewhere begins anew there, and reading again gives the same as
    long as it was not ``forget``-ed. ``read`` belongs to one thread.
    """

    def __init__(self, base: DeviceView, rate: int, tempo: Tempo) -> None:
        self._base, self._rate, self._tempo = base, rate, tempo
        self.step = base.step * tempo.speed
        self.n_channels = base.n_channels
        self.n_frames = -(-base.n_frames * tempo.speed.denominator // tempo.speed.numerator)
        self._stretch: Any = None
        self._fade, self._align = round(_FADE_S * rate), round(_ALIGN_S * rate)
        self._lead = round(_LEAD_S * rate)
        spare = self._lead + 2 + (self._fade + self._align) * tempo.speed
        behind, ahead = base.reach
        self.reach = behind, ahead + int(spare * base.step) + 1
        self._pieces: list[_Piece] = []
        self._age = 0

    def forget(self) -> None:
        """The song has changed: what was stretched only shows where the next pieces begin."""
        self._age += 1

    def read(self, start: int, stop: int, ready: Ranges | None = None) -> FloatArray:
        """Frames ``start`` to ``stop`` as float32 ``(stop - start, n_channels)``.

        Nothing but the samples in ``ready`` of the song is read.
        """
        out = np.empty((stop - start, self.n_channels), np.float32)
        place = start
        while place < stop:
            piece = self._piece(place, stop, ready)
            end = min(stop, piece.stop)
            out[place - start : end - start] = piece.frames[place - piece.start : end - piece.start]
            piece.reached = place = end
        return out

    def _piece(self, at: int, stop: int, ready: Ranges | None) -> _Piece:
        """What covers ``at``: first what was read up to there, then what is newest."""
        age = self._age
        known = sorted(self._pieces, key=lambda piece: piece.reached != at)
        for piece in known:
            if piece.age == age and piece.start <= at < piece.stop:
                return piece
        tails = (piece.tail(at, self._fade) for piece in known)
        before = next((tail for tail in tails if tail is not None), None)
        end = max(stop, at + round(PIECE_S * self._rate))
        if ready is not None:
            end = min(end, max(stop, self._farthest(at, ready)))
        piece = _Piece(at, end, self._joined(at, end + self._fade, before, ready), age, at)
        self._pieces = [piece, *self._pieces[: _KEPT_PIECES - 1]]
        return piece

    def _farthest(self, at: int, ready: Ranges) -> int:
        """Where a piece from ``at`` on must end for the samples of the song that are ready."""
        until = ready.until(max(int(at * self.step), 0))
        if until >= int(self._base.n_frames * self._base.step):
            return self.n_frames + self._rate
        return int((until - self.reach[1]) / self.step)

    def _joined(
        self, at: int, end: int, before: FloatArray | None, ready: Ranges | None
    ) -> FloatArray:
        """Frames ``at`` to ``end``, faded in from ``before`` where the waves agree."""
        around = self._stretched(at - self._align, end + self._align, ready)
        if before is None:
            return around[self._align : self._align + end - at]
        start = _best_place(around, before, self._align)
        frames = around[start : start + end - at]
        slope = np.linspace(0.0, 1.0, len(before), dtype=np.float32)[:, None]
        frames[: len(before)] = before + (frames[: len(before)] - before) * slope
        return frames

    def _stretched(self, start: int, stop: int, ready: Ranges | None) -> FloatArray:
        """Frames ``start`` to ``stop`` as the library makes them of the song around them."""
        speed = self._tempo.speed
        first = int(start * speed) - self._lead
        last = -int(-stop * speed // 1) + self._lead
        song = np.zeros((min(self.n_channels, 2), last - first), np.float32)
        skipped = 0
        if ready is not None:  # what lies before may be missing where a place was sought
            known = ready.around(max(int((start + self._align) * self.step), 0))[0]
            skipped = max(0, -int(-known / self._base.step // 1) - first) if known > 0 else 0
        block = self._base.read(first + skipped, last)
        song[:, skipped:] = block.T[: len(song)]
        made = self._process(song)
        offset = start - round(first / speed)
        frames = np.zeros((stop - start, self.n_channels), np.float32)
        part = made[:, offset : offset + len(frames)].T
        frames[: len(part), : part.shape[1]] = part  # more channels than two are silent
        return frames

    def _process(self, song: FloatArray) -> FloatArray:
        if self._stretch is None:
            from python_stretch import Signalsmith

            self._stretch = Signalsmith.Stretch(0)
            self._stretch.preset(len(song), self._rate)
            self._stretch.setTimeFactor(float(self._tempo.speed))
            self._stretch.setTransposeSemitones(self._tempo.cents / 100)
        return np.array(self._stretch.process(song), np.float32)


def _best_place(around: FloatArray, before: FloatArray, align: int) -> int:
    """Where ``before`` fits best into ``around`` ``(n, n_channels)``, ``align`` frames or so on."""
    signal, wanted = around.mean(axis=1), before.mean(axis=1)
    quiet = _QUIET * len(wanted) * float(np.mean(signal * signal))
    signal = signal[: 2 * align + len(wanted)]
    match = np.correlate(signal, wanted, mode="valid")
    power = np.correlate(signal * signal, np.ones(len(wanted), np.float32), mode="valid")
    loudness = np.sqrt((power + quiet) * (float(wanted @ wanted) + quiet)) + 1e-9
    straying = np.abs(np.arange(len(match)) - align) / max(align, 1)
    return int(np.argmax(match / loudness - _STRAYING_COST * straying))
