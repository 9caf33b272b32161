"""Mute, solo and faders: from what the strips show to one ramped gain per lane."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.audio import FloatArray


def gain_of_db(gain_db: float) -> float:
    """The factor of a gain in dB; minus infinity is silence."""
    return 0.0 if gain_db == -math.inf else 10.0 ** (gain_db / 20.0)


@dataclass
class Strip:
    """The controls of one stem."""

    gain_db: float = 0.0
    muted: bool = False
    soloed: bool = False


def audible(strips: Mapping[str, Strip]) -> dict[str, bool]:
    """Which stems are heard: not muted, and soloed where any is soloed."""
    any_solo = any(strip.soloed for strip in strips.values())
    return {
        name: not strip.muted and (strip.soloed or not any_solo) for name, strip in strips.items()
    }


@dataclass(frozen=True, eq=False)
class Targets:
    """Where the gains shall go: lane 0 is the mixture, then the stems; replaced as a whole."""

    original: bool
    """The mixture takes the place of the stems."""
    gains: tuple[float, ...]

    @staticmethod
    def of(
        strips: Mapping[str, Strip], stems: Sequence[str], master_db: float, original: bool
    ) -> Targets:
        master = gain_of_db(master_db)
        heard = audible({name: strips[name] for name in stems})
        return Targets(
            original,
            (
                master if original else 0.0,
                *(
                    master * gain_of_db(strips[name].gain_db)
                    if heard[name] and not original
                    else 0.0
                    for name in stems
                ),
            ),
        )


class LaneGains:
    """The gains of all lanes on their way from one set of targets to the next.

    ``wanted`` is replaced by the window's thread; everything else belongs to the audio callback.
    """

    def __init__(self, targets: Targets, ramp_frames: int) -> None:
        self.wanted = targets
        self.applied = targets
        n_lanes = len(targets.gains)
        self._ramp = (np.arange(ramp_frames, dtype=np.float32) + 1) / ramp_frames
        self._curve = np.empty(ramp_frames, np.float32)
        self._n = ramp_frames
        self._done = ramp_frames
        self._from = list(targets.gains)
        self._n_lanes = n_lanes

    @property
    def left(self) -> int:
        """Frames until the targets are reached."""
        return self._n - self._done

    @property
    def uses_mixture(self) -> bool:
        return self.applied.original or self.gain(0) > 0.0

    @property
    def uses_stems(self) -> bool:
        if not self.applied.original:
            return True
        return any(self.gain(lane) > 0.0 for lane in range(1, self._n_lanes))

    def gain(self, lane: int) -> float:
        """The gain of ``lane`` at this moment."""
        start, target = self._from[lane], self.applied.gains[lane]
        return start + (target - start) * (self._done / self._n)

    def begin(self, targets: Targets) -> None:
        """Start towards ``targets`` from wherever the gains are."""
        for lane in range(self._n_lanes):
            self._from[lane] = self.gain(lane)
        self.applied = targets
        self._done = 0

    def snap(self, targets: Targets) -> None:
        """Be at ``targets`` at once (while nothing is heard)."""
        for lane in range(self._n_lanes):
            self._from[lane] = targets.gains[lane]
        self.applied = targets
        self._done = self._n

    def apply(self, lane: int, frames: FloatArray, out: FloatArray) -> bool:
        """Write ``frames`` ``(n, n_channels)`` times the gain of ``lane`` to ``out``.

        While a ramp runs, ``n`` must not exceed ``left``. False (``out`` untouched) if silent.
        """
        start, target = self._from[lane], self.applied.gains[lane]
        if self._done == self._n or start == target:
            if target == 0.0:
                return False
            np.multiply(frames, target, out=out)
            return True
        n = len(frames)
        curve = self._curve[:n]
        np.multiply(self._ramp[self._done : self._done + n], target - start, out=curve)
        np.add(curve, start, out=curve)
        np.multiply(frames, curve[:, None], out=out)
        return True

    def advance(self, n_frames: int) -> None:
        self._done = min(self._done + n_frames, self._n)
