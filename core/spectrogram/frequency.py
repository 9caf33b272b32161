"""Frequency axes and the names of notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

ScaleKind = Literal["linear", "log", "mel"]
SCALE_KINDS: tuple[ScaleKind, ...] = ("linear", "log", "mel")
LOG_LOW_HZ = 27.5  # the lowest key of a piano

Value = TypeVar("Value", float, NDArray[np.float64])


@dataclass(frozen=True)
class FrequencyScale:
    """Maps hertz to a position on an axis, 0 at ``low_hz`` and 1 at ``high_hz``, and back.

    "mel" follows O'Shaughnessy: 2595 · log10(1 + f / 700).
    """

    kind: ScaleKind
    low_hz: float
    high_hz: float

    @staticmethod
    def of_kind(kind: ScaleKind, sample_rate: int) -> FrequencyScale:
        """The whole axis for a signal of ``sample_rate``."""
        return FrequencyScale(kind, LOG_LOW_HZ if kind == "log" else 0.0, sample_rate / 2)

    def to_unit(self, frequency_hz: Value) -> Value:
        """Position of a frequency; outside [0, 1] beyond the ends of the axis."""
        low, high = self._warp(self.low_hz), self._warp(self.high_hz)
        return (self._warp(frequency_hz) - low) / (high - low)

    def to_hz(self, unit: Value) -> Value:
        """Frequency at a position: the inverse of ``to_unit``."""
        low, high = self._warp(self.low_hz), self._warp(self.high_hz)
        return self._unwarp(low + unit * (high - low))

    def _warp(self, frequency_hz: Value) -> Value:
        if self.kind == "log":
            return cast(Value, np.log2(np.maximum(frequency_hz, 1e-3)))
        if self.kind == "mel":
            return cast(Value, 2595 * np.log10(1 + np.maximum(frequency_hz, -699.0) / 700))
        return frequency_hz

    def _unwarp(self, warped: Value) -> Value:
        if self.kind == "log":
            return cast(Value, np.exp2(warped))
        if self.kind == "mel":
            return cast(Value, 700 * (np.power(10.0, warped / 2595) - 1))
        return warped


NOTE_NAMES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")


@dataclass(frozen=True)
class Note:
    """The nearest note of equal temperament, A4 = 440 Hz, and the distance to it."""

    name: str  # "A4", "C♯5"
    cents: int  # −50 to +50
    midi: int

    def __str__(self) -> str:
        return f"{self.name} {'−' if self.cents < 0 else '+'}{abs(self.cents)} ct"


def note_of(frequency_hz: float) -> Note | None:
    """The note nearest to a frequency; None below the lowest MIDI note (8.2 Hz)."""
    if not frequency_hz > 7.95:
        return None
    exact = 69 + 12 * float(np.log2(frequency_hz / 440))
    midi = round(exact)
    return Note(f"{NOTE_NAMES[midi % 12]}{midi // 12 - 1}", round(100 * (exact - midi)), midi)


def note_hz(midi: float) -> float:
    """Frequency of a MIDI note number, or of a place between two."""
    return float(440 * 2 ** ((midi - 69) / 12))
