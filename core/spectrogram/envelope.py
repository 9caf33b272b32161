"""The outline of a signal: lowest, highest and mean level of every stretch, at every zoom."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.audio.source import Audio
from core.errors import Cancelled

BLOCK_SAMPLES = 1024
CHUNK_BLOCKS = 256


@dataclass(frozen=True)
class Envelope:
    """Per point: lowest and highest sample, root mean square, and whether it is known."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    rms: NDArray[np.float32]
    known: NDArray[np.bool_]


class EnvelopePyramid:
    """Outline of a signal of known length; an hour takes 4 MB. Channels are taken together."""

    def __init__(self, n_samples: int, sample_rate: int) -> None:
        self.n_samples = n_samples
        self.sample_rate = sample_rate
        self.n_blocks = max(1, -(-n_samples // BLOCK_SAMPLES))
        self._lock = threading.Lock()
        # Rows: low, high, mean energy. NaN marks what is not known and loses every comparison.
        self._levels = [np.full((3, self.n_blocks), np.nan, np.float32)]
        while self._levels[-1].shape[1] > 1:
            n = (self._levels[-1].shape[1] + 1) // 2
            self._levels.append(np.full((3, n), np.nan, np.float32))

    def update(
        self,
        audio: Audio,
        start_sample: int,
        stop_sample: int,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        """Bring the blocks that hold the samples up to date; ``Cancelled`` on stop."""
        first = max(0, start_sample // BLOCK_SAMPLES)
        last = min(self.n_blocks, -(-stop_sample // BLOCK_SAMPLES))
        for start in range(first, last, CHUNK_BLOCKS):
            if should_stop is not None and should_stop():
                raise Cancelled
            stop = min(start + CHUNK_BLOCKS, last)
            samples = audio.read(start * BLOCK_SAMPLES, min(stop * BLOCK_SAMPLES, self.n_samples))
            if samples.shape[1] == 0:
                continue
            starts = np.arange(0, samples.shape[1], BLOCK_SAMPLES)
            counts = np.diff(np.append(starts, samples.shape[1]))
            low = np.minimum.reduceat(samples.min(axis=0), starts)
            high = np.maximum.reduceat(samples.max(axis=0), starts)
            energy = np.add.reduceat(np.mean(samples**2, axis=0), starts) / counts
            self._store(start, np.stack([low, high, energy]).astype(np.float32))

    def read(self, start_s: float, stop_s: float, n_points: int) -> Envelope:
        """``n_points`` equal stretches between two times, each from at least one block."""
        block_s = BLOCK_SAMPLES / self.sample_rate
        edges = np.linspace(start_s, stop_s, n_points + 1) / block_s
        level = 0
        width = (edges[-1] - edges[0]) / max(1, n_points)
        while width >= 4 and level + 1 < len(self._levels):
            level, width, edges = level + 1, width / 2, edges / 2
        with self._lock:
            data = self._levels[level].copy()
        n = data.shape[1]
        first = np.clip(np.floor(edges[:-1]).astype(np.intp), 0, n - 1)
        last = np.clip(np.ceil(edges[1:]).astype(np.intp), first + 1, n)
        low, high, energy = (np.full(n_points, fill, np.float32) for fill in (np.inf, -np.inf, 0))
        count = np.zeros(n_points, np.int64)
        for step in range(int((last - first).max(initial=0))):
            index = np.minimum(first + step, n - 1)
            use = (first + step < last) & ~np.isnan(data[0, index])
            low = np.where(use, np.minimum(low, data[0, index]), low)
            high = np.where(use, np.maximum(high, data[1, index]), high)
            energy = np.where(use, energy + data[2, index], energy)
            count += use
        known = count > 0
        inside = (np.linspace(start_s, stop_s, n_points + 1)[:-1] * self.sample_rate) < max(
            1, self.n_samples
        )
        known &= inside
        low, high = np.where(known, low, 0), np.where(known, high, 0)
        rms = np.sqrt(np.where(known, energy / np.maximum(count, 1), 0))
        return Envelope(
            low.astype(np.float32), high.astype(np.float32), rms.astype(np.float32), known
        )

    def _store(self, start: int, values: NDArray[np.float32]) -> None:
        with self._lock:
            stop = start + values.shape[1]
            self._levels[0][:, start:stop] = values
            for below, level in zip(self._levels, self._levels[1:], strict=False):
                start, stop = start // 2, (stop + 1) // 2
                pair = below[:, 2 * start : 2 * stop]
                if pair.shape[1] % 2:
                    pair = np.concatenate([pair, pair[:, -1:]], axis=1)
                left, right = pair[:, 0::2], pair[:, 1::2]
                level[0, start:stop] = np.fmin(left[0], right[0])
                level[1, start:stop] = np.fmax(left[1], right[1])
                both = 0.5 * (left[2] + right[2])
                level[2, start:stop] = np.where(np.isnan(both), np.fmax(left[2], right[2]), both)
