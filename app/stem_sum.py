"""Measures, from the samples themselves, how far the stems' sum is from the song."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from core.audio import Audio

_N_BLOCKS = 48
_BLOCK_SAMPLES = 16384


class StemSum(QObject):
    """Reads blocks spread over the whole song, one per turn of the event loop."""

    measured = Signal(object)  # dB against the song's energy, or None while it is unknown

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mixture: Audio | None = None
        self._stems: list[Audio] = []
        self._starts: list[int] = []
        self._energy = self._rest = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._on_turn)

    def measure(self, mixture: Audio | None, stems: Sequence[Audio]) -> None:
        """Begin, unless these are measured already; no stems mean there is nothing to say."""
        same = mixture is self._mixture and _same(self._stems, stems)
        if same:
            return
        self._mixture, self._stems = mixture, list(stems)
        self._timer.stop()
        self._energy = self._rest = 0.0
        self.measured.emit(None)
        if mixture is None or not stems:
            return
        last = max(mixture.n_samples - _BLOCK_SAMPLES, 0)
        self._starts = sorted({round(s) for s in np.linspace(0, last, _N_BLOCKS)}, reverse=True)
        self._timer.start()

    def _on_turn(self) -> None:
        assert self._mixture is not None
        if not self._starts:
            self._timer.stop()
            self.measured.emit(level_db(self._rest, self._energy))
            return
        start = self._starts.pop()
        stop = min(start + _BLOCK_SAMPLES, self._mixture.n_samples)
        try:
            mixture = self._mixture.read(start, stop).astype(np.float64)
            total = sum(stem.read(start, stop).astype(np.float64) for stem in self._stems)
        except (OSError, ValueError):  # the song was closed meanwhile
            self._timer.stop()
            return
        self._energy += float(np.sum(mixture**2))
        self._rest += float(np.sum((total - mixture) ** 2))


def level_db(rest: float, energy: float) -> float:
    """The energy of ``rest`` against ``energy`` in dB; −∞ if nothing is left over."""
    if rest <= 0:
        return -math.inf
    return 10 * math.log10(rest / energy) if energy > 0 else 0.0


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
