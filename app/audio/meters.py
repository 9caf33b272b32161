"""Level meters: peak with decay and short-time RMS, for any number of lanes."""

from __future__ import annotations

import math

import numpy as np

from core.audio import FloatArray

FLOOR_DB = -120.0
PEAK_FALL_DB_PER_S = 20.0
RMS_TIME_S = 0.3


def level_db(amplitude: float) -> float:
    """An amplitude in dB re full scale, not under ``FLOOR_DB``."""
    return max(20.0 * math.log10(amplitude), FLOOR_DB) if amplitude > 1e-6 else FLOOR_DB


class Meters:
    """Peak and mean square of ``n_lanes`` signals; written by the callback, read by anyone."""

    def __init__(self, n_lanes: int, rate: int, longest_block: int, n_channels: int) -> None:
        self._peaks = [0.0] * n_lanes
        self._squares = [0.0] * n_lanes
        self._lanes = range(n_lanes)
        self._peak_fall_per_frame = -PEAK_FALL_DB_PER_S / 20.0 * math.log(10.0) / rate
        self._rms_fall_per_frame = -1.0 / (RMS_TIME_S * rate)
        self._work = np.empty((longest_block, n_channels), np.float32)
        self._result = np.zeros((), np.float32)

    def add(self, lane: int, frames: FloatArray | None, n_frames: int) -> None:
        """Account for ``n_frames`` of lane ``lane``; None for silence."""
        peak_kept = math.exp(self._peak_fall_per_frame * n_frames)
        rms_kept = math.exp(self._rms_fall_per_frame * n_frames)
        peak = square = 0.0
        if frames is not None:
            work = self._work[:n_frames]
            np.abs(frames, out=work)
            peak = float(np.maximum.reduce(work, axis=None, out=self._result))
            np.multiply(work, work, out=work)
            square = float(np.add.reduce(work, axis=None, out=self._result)) / work.size
        self._peaks[lane] = max(peak, self._peaks[lane] * peak_kept)
        self._squares[lane] = square + (self._squares[lane] - square) * rms_kept

    def rest(self, n_frames: int) -> None:
        """Account for silence on all lanes."""
        for lane in self._lanes:
            self.add(lane, None, n_frames)

    def levels(self) -> list[tuple[float, float]]:
        """(peak in dB, RMS in dB) per lane."""
        return [
            (level_db(peak), level_db(math.sqrt(max(square, 0.0))))
            for peak, square in zip(self._peaks, self._squares, strict=True)
        ]
