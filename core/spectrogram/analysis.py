"""How signals are cut into the columns of their pictures: window and hop, and what that takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

WINDOWS = (512, 1024, 2048, 4096, 8192, 16384)
"""Lengths that may be asked for, in samples."""
STEPS = (2, 4, 8)
"""Steps of a hop that a window is long: it overlaps the next by a half, three or seven eighths."""
USUAL_STEPS = 4
MOST_BYTES = 2_000_000_000
"""More disk than this the pictures of one song take at the usual overlap alone."""


def display_stft(sample_rate: int) -> tuple[int, int]:
    """Window and hop in samples for showing a signal: 2048 and 512 at 44.1 kHz.

    Other rates get about the same 46 ms, as a multiple of four without large prime factors, which
    keeps the Fourier transform fast.
    """
    wanted = 2048 * sample_rate / 44100
    candidates = {4 * round(wanted / 4 * (1 + d / 1000)) for d in range(-80, 81)}
    smooth = [n for n in candidates if n >= 4 and _is_smooth(n)]
    window = min(smooth, key=lambda n: abs(n - wanted), default=max(4, 4 * round(wanted / 4)))
    return window, window // 4


def _is_smooth(number: int) -> bool:
    for prime in (2, 3, 5, 7):
        while number % prime == 0:
            number //= prime
    return number == 1


@dataclass(frozen=True)
class Analysis:
    """``window`` is in samples, or 0 for about 46 ms at any rate; a window is ``steps`` hops."""

    window: int = 0
    steps: int = USUAL_STEPS

    def grid(self, sample_rate: int) -> tuple[int, int]:
        """Window and hop in samples for a signal of ``sample_rate``."""
        window = self.window or display_stft(sample_rate)[0]
        return window, max(1, window // self.steps)

    def n_bytes(self, n_samples: int, n_signals: int) -> int:
        """What the pictures of signals take on disk, nearly whatever the window is.

        There is one byte for each of ``window / 2`` bins every ``window / steps`` samples, and
        once more as much for the coarser levels.
        """
        return n_samples * self.steps * n_signals

    def fitting(self, n_samples: int, n_signals: int) -> Analysis:
        """This one, or with less overlap where the pictures of a long song would get too large."""
        for steps in reversed(STEPS):
            less = replace(self, steps=steps)
            small = steps <= USUAL_STEPS or less.n_bytes(n_samples, n_signals) <= MOST_BYTES
            if steps <= self.steps and small:
                return less
        return self
