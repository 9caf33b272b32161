"""What the values of a shape, a region or an edit may be; others are refused with the nearest."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
from typing import NoReturn

from core.errors import UsageError

SECONDS = (-1e6, 1e6)
HERTZ = (-1e6, 1e6)
WHOLE = (-(2**31), 2**31)
"""Bounds wide enough for any song, and narrow enough that nothing computed with them overflows."""

MAX_CELLS = 1 << 28
"""The most cells that a set of cells or a patch may span."""

Point = tuple[float, float]
Points = tuple[Point, ...]


def number(name: str, value: object, low: float, high: float, endless: bool = False) -> float:
    """``value`` as a float if it lies from ``low`` to ``high``, or is infinite and may be."""
    if not _is_number(value):
        refuse(name, value, f"{low:g} … {high:g}", max(low, min(high, 0.0)))
    given = _as_float(value)
    if endless and math.isinf(given):
        return given
    if not low <= given <= high:
        near = low if math.isnan(given) else max(low, min(high, given))
        refuse(name, value, f"{low:g} … {high:g}", near)
    return given


def whole(name: str, value: object, low: int = WHOLE[0], high: int = WHOLE[1]) -> int:
    """``value`` as an int if it is a whole number from ``low`` to ``high``."""
    if isinstance(value, numbers.Integral) and not isinstance(value, bool):
        if low <= int(value) <= high:
            return int(value)
        refuse(name, value, f"{low} … {high}", max(low, min(high, int(value))))
    refuse(name, value, f"{low} … {high}", max(low, min(high, 0)))


def points(
    name: str, value: Iterable[Iterable[object]], hertz: tuple[float, float], least: int
) -> Points:
    """At least ``least`` pairs of seconds and hertz, as a tuple of tuples of floats."""
    pairs: list[Point] = []
    for pair in value:
        place = tuple(pair)
        if len(place) != 2:
            refuse(name, place, "(seconds, hertz)", (0.0, hertz[0]))
        pairs.append((number(name, place[0], *SECONDS), number(name, place[1], *hertz)))
    if len(pairs) < least:
        raise UsageError(
            "{name} cannot have {n} points; the nearest is {near}.",
            name=name,
            n=len(pairs),
            near=least,
        )
    return tuple(pairs)


def refuse(name: str, value: object, allowed: str, near: object) -> NoReturn:
    """Raise ``UsageError`` with what is ``allowed``, in a notation that needs no translation."""
    raise UsageError(
        "{name} cannot be {value}: it takes {allowed}; the nearest is {near}.",
        name=name,
        value=written(value),
        allowed=allowed,
        near=f"{near:g}" if isinstance(near, float) else near,
    )


def written(value: object) -> str:
    """A value in a sentence, short even where it is long."""
    if isinstance(value, int) and value.bit_length() > 64:
        return "…"  # Python refuses to write numbers of thousands of digits
    if isinstance(value, (dict, list)):
        return "{…}" if isinstance(value, dict) else "[…]"
    text = f"{value}"
    text = text if len(text) <= 40 else f"{text[:39]}…"
    return f"“{text}”" if isinstance(value, str) else text


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _as_float(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        return math.inf if value > 0 else -math.inf  # type: ignore[operator]
