"""Where the numbers of an axis stand: round values, as many as there is room for."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def round_step(span: float, n_most: int) -> float:
    """The smallest of 1, 2, 5 × 10ⁿ that cuts ``span`` into at most ``n_most`` steps."""
    if span <= 0 or not math.isfinite(span):
        return 1.0
    raw = span / max(1, n_most)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= raw * (1 - 1e-9))


def round_ticks(low: float, high: float, n_most: int) -> list[float]:
    """Round values from ``low`` to ``high``, at most about ``n_most`` of them."""
    step = round_step(high - low, n_most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [n * step for n in range(first, last + 1)]


def n_decimals(step: float) -> int:
    """Digits after the point that tell values ``step`` apart."""
    return max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0


def number(value: float, digits: int) -> str:
    """``value`` with a true minus, and none before a zero."""
    text = f"{abs(value):.{digits}f}"
    return f"−{text}" if value < 0 and float(text) != 0 else text


def epochs_shown(n_done: int, n_epochs: int) -> int:
    """How many epochs an axis covers: it grows in round jumps, not with every epoch."""
    for power in (10, 100, 1000, 10_000, 100_000):
        for factor in (1.0, 2.0, 3.0, 5.0):
            if n_done < factor * power:
                return max(2, min(int(factor * power), max(n_epochs, n_done)))
    return max(n_epochs, n_done)


def value_range(values: list[NDArray[np.float64]]) -> tuple[float, float]:
    """Bounds that show all of ``values`` but the first few of long curves, which fall steeply."""
    parts = [v[2:] if np.isfinite(v).sum() > 10 else v for v in values]
    known = np.concatenate([p[np.isfinite(p)] for p in parts]) if parts else np.zeros(0)
    if known.size == 0:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    margin = 0.08 * (high - low) or max(0.02 * abs(high), 1e-3)
    return low - margin, high + margin
