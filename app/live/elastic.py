"""Sound at a slightly different pace: two devices never agree on what a second is."""

from __future__ import annotations

import numpy as np

from core.audio import FloatArray

TAPS = 32
_PHASES = 256
_KAISER_BETA = 9.0
_ROLL_OFF = 0.95


class ElasticResampler:
    """Converts a stream from one rate to another, and a little faster or slower when told to.

    Windowed sinc of ``TAPS`` taps, interpolated between 256 phases (Smith, "Digital Audio
    Resampling", 2002). At equal rates and without correction samples pass as they are. It is
    ``delay_samples`` behind its input.
    """

    delay_samples = TAPS // 2

    def __init__(self, rate_in: int, rate_out: int, n_channels: int) -> None:
        self._step = rate_in / rate_out
        # Without conversion the whole band passes.
        cutoff = 1.0 if rate_in == rate_out else _ROLL_OFF * min(1.0, rate_out / rate_in)
        self._table = _kernels(cutoff)
        self._kept = np.zeros((TAPS - 1, n_channels), np.float32)
        self._position = float(TAPS // 2 - 1)

    def process(self, frames: FloatArray, correction: float = 0.0) -> FloatArray:
        """The next ``(n, n_channels)``; a ``correction`` of 0.001 gives 0.1 % fewer out."""
        step = self._step * (1.0 + correction)
        buffer = np.concatenate([self._kept, frames])
        # Frames whose taps lie inside: the last needs TAPS // 2 after its place.
        n_out = max(0, int(np.ceil((len(buffer) - TAPS // 2 - self._position) / step)))
        places = self._position + step * np.arange(n_out)
        whole = np.floor(places).astype(np.intp)
        if n_out == 0:
            out = np.empty((0, frames.shape[1]), np.float32)
        elif step == 1.0 and self._position.is_integer():
            first = int(self._position)
            out = buffer[first : first + n_out].copy()
        else:
            out = self._interpolated(buffer, whole, places - whole)
        position = self._position + step * n_out
        keep_from = max(0, min(int(position) - (TAPS // 2 - 1), len(buffer)))
        self._kept = buffer[keep_from:]
        self._position = position - keep_from
        return out

    def _interpolated(self, buffer: FloatArray, whole: np.ndarray, part: np.ndarray) -> FloatArray:
        phase = part * _PHASES
        index = phase.astype(np.intp)
        between = (phase - index).astype(np.float32)[:, None]
        taps = self._table[index] * (1 - between) + self._table[index + 1] * between
        windows = np.lib.stride_tricks.sliding_window_view(buffer, TAPS, axis=0)
        return np.einsum("nct,nt->nc", windows[whole - (TAPS // 2 - 1)], taps)


def _kernels(cutoff: float) -> FloatArray:
    """Taps for each phase between two samples: ``(_PHASES + 1, TAPS)``."""
    shift = np.arange(_PHASES + 1)[:, None] / _PHASES
    distance = np.arange(TAPS)[None] - (TAPS // 2 - 1) - shift
    inside = np.clip(1 - (distance / (TAPS / 2)) ** 2, 0, None)
    window = np.i0(_KAISER_BETA * np.sqrt(inside)) / np.i0(_KAISER_BETA)
    taps = cutoff * np.sinc(cutoff * distance) * window
    return (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)


class Pace:
    """How much faster sound must be taken, so that it does not come later and later, or run out.

    The delay between two devices goes up and down with every block; its mean over some seconds
    shows which of two clocks is faster. It is held where it was at first. Corrections stay far
    below what is heard as a change of pitch.
    """

    MEAN_S = 3.0
    HORIZON_S = 10.0
    """A difference is made up for in about this time."""
    DEAD_S, LET_GO_S = 0.004, 0.0005
    MOST = 0.002
    """Three hundredths of a semitone."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """The delay has changed at once: hold the new one."""
        self._gathered_s = self._mean_s = 0.0
        self._held_s: float | None = None
        self._acting = False

    def ease(self, by_s: float) -> None:
        """Hold a delay that is ``by_s`` shorter than it is now, and get there unheard."""
        self._held_s, self._acting = self._mean_s - by_s, True

    def correction(self, delay_s: float, span_s: float) -> float:
        """For the next ``span_s`` seconds of sound, the delay being ``delay_s`` now."""
        self._gathered_s = min(self._gathered_s + span_s, self.MEAN_S)
        weight = min(1.0, span_s / max(self._gathered_s, span_s))
        self._mean_s += weight * (delay_s - self._mean_s)
        if self._held_s is None:
            if self._gathered_s >= self.MEAN_S:
                self._held_s = self._mean_s
            return 0.0
        excess_s = self._mean_s - self._held_s
        self._acting = abs(excess_s) > (self.LET_GO_S if self._acting else self.DEAD_S)
        if not self._acting:
            return 0.0
        return float(np.clip(excess_s / self.HORIZON_S, -self.MOST, self.MOST))
