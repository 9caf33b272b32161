"""Masks as odds: m / (1 − m) says how many times more likely a bin is the voice's.

A gain of the odds is what a push of a mask should be: it moves what is undecided most, 0 and 1 not
at all, and +6 dB after −6 dB is nothing. Swapping the sources turns the sign of the log-odds.
All of it is float32.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.masks import FloatArray

LIMIT = 110.0
"""Log-odds end here: beyond those of any float32 between 0 and 1, where exp(-x) is 0."""

MOST_DB = 600.0
"""Gains end here: the odds of any float16 between 0 and 1 are within ± 150 dB."""


def log_odds(mask: NDArray[np.floating]) -> FloatArray:
    """The natural logarithm of m / (1 − m), any shape; ± ``LIMIT`` at 0 and 1."""
    m = np.asarray(mask, np.float32)
    with np.errstate(divide="ignore"):
        found = np.log(m) - np.log1p(-m)
    return np.asarray(np.clip(found, -LIMIT, LIMIT), np.float32)


def from_log_odds(odds: NDArray[np.floating]) -> FloatArray:
    """The mask of log-odds: the inverse of ``log_odds``, with exact 0 and 1 at its limits."""
    x = np.clip(np.asarray(odds, np.float32), -LIMIT, LIMIT)
    # Of a negative number the exponential cannot overflow.
    part = np.exp(-np.abs(x))
    return np.asarray(np.where(x < 0, part, 1) / (1 + part), np.float32)


def with_gain_db(mask: NDArray[np.floating], gain_db: ArrayLike) -> FloatArray:
    """The mask whose odds are ``gain_db`` higher: g m / (g m + 1 − m), g = 10^(gain_db / 20).

    ``gain_db`` may be an array that broadcasts against ``mask``. 0 and 1 stay what they are, and
    so does everything where the gain is 0, to the bit.
    """
    m = np.asarray(mask, np.float32)
    gain = np.asarray(gain_db, np.float32)
    # Whichever side loses is made smaller, so that no gain overflows.
    loss = np.power(np.float32(10), -np.minimum(np.abs(gain), np.float32(MOST_DB)) / 20)
    other = 1 - m
    voice = np.where(gain < 0, loss * m, m)
    other = np.where(gain < 0, other, loss * other)
    return np.asarray(np.where(gain == 0, m, voice / (voice + other)), np.float32)


def sharpened(mask: NDArray[np.floating], sharpness: float) -> FloatArray:
    """The mask whose log-odds are ``sharpness`` times as large: m^s / (m^s + (1 − m)^s)."""
    m = np.asarray(mask, np.float32)
    # One power instead of two. 0 becomes 1 / (1 + ∞), which is 0 again.
    with np.errstate(divide="ignore", over="ignore"):
        inverse = np.power((1 - m) / m, np.float32(sharpness))
        return np.asarray(1 / (1 + inverse), np.float32)
