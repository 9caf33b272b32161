"""One byte per cell: how levels in dB and mask values are stored.

Code 0 means "not computed yet" everywhere, so that a fresh (sparse, all zero) file is pending as
a whole and a maximum over cells prefers what is known.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

PENDING = 0
FLOOR_DB = -120.0  # code 1, and everything quieter
STEP_DB = 0.5
CEILING_DB = FLOOR_DB + 254 * STEP_DB  # code 255, +7 dBFS: clipped masters still show their peaks

Codes = NDArray[np.uint8]


def code_of_db(level_db: NDArray[np.floating] | float) -> Codes:
    """Codes 1 to 255 of levels in dBFS, rounded to half a decibel."""
    code = np.rint((np.asarray(level_db, np.float64) - FLOOR_DB) / STEP_DB) + 1
    return np.asarray(np.clip(code, 1, 255), np.uint8)


def db_of_code(code: int) -> float | None:
    """The level in dBFS behind a code, or None where nothing is computed yet."""
    return None if code == PENDING else FLOOR_DB + (code - 1) * STEP_DB


def levels_of(codes: Codes) -> NDArray[np.float32]:
    """The levels in dBFS behind codes; NaN where nothing is computed yet."""
    levels = np.float32(FLOOR_DB) + np.float32(STEP_DB) * (codes.astype(np.float32) - 1)
    levels[codes == PENDING] = np.nan
    return np.asarray(levels, np.float32)


def code_of_energy(energy: NDArray[np.float32]) -> Codes:
    """Codes of energies (1.0 is 0 dBFS), 20 times faster than a logarithm.

    The upper half of a float32 (sign, exponent, seven bits of mantissa) tells its logarithm to
    0.02 dB, so a table over these 65 536 patterns takes the place of log10.
    """
    energy = np.ascontiguousarray(energy, np.float32)
    upper = energy.view(np.uint32) >> np.uint32(16)
    codes: Codes = _energy_table().take(upper)
    return codes


@lru_cache(maxsize=1)
def _energy_table() -> Codes:
    # The middle of each interval of bit patterns stands for the interval.
    pattern = (np.arange(65536, dtype=np.uint32) << np.uint32(16)) | np.uint32(0x8000)
    with np.errstate(invalid="ignore"):  # some patterns are signalling NaN
        values = pattern.view(np.float32).astype(np.float64)
    table = np.ones(65536, np.uint8)
    usable = np.isfinite(values) & (values > 0)
    table[usable] = code_of_db(10 * np.log10(values[usable]))
    table[0x7F80] = 255  # infinity
    return table


def code_of_fraction(fraction: NDArray[np.floating]) -> Codes:
    """Codes 1 to 255 of mask values in [0, 1]."""
    return np.asarray(np.rint(np.clip(fraction, 0.0, 1.0) * 254 + 1), np.uint8)


def fraction_of_code(code: int) -> float | None:
    """The mask value behind a code, or None where nothing is computed yet."""
    return None if code == PENDING else (code - 1) / 254
