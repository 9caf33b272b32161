"""What a network's arguments may be; everything else is refused with the nearest that may."""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import UsageError

UNITS = (1, 16384)
"""The least and the most units of a layer, and so on for the others."""
BINS = (2, 65537)
SOURCES = (2, 8)
ANY = (-(2**31), 2**31)


def check_names(network: str, kind: type, arguments: Mapping[str, Any]) -> None:
    """Refuse what the constructor of ``kind`` does not take, with the nearest that it does."""
    known = [name for name in inspect.signature(kind).parameters if name != "self"]
    for name in arguments:
        if name not in known:
            raise UsageError(
                "The network “{name}” does not take “{argument}”. Did you mean “{near}”?",
                name=network,
                argument=name,
                near=difflib.get_close_matches(str(name), known, n=1, cutoff=0.0)[0],
            )


def choice(name: str, value: object, allowed: Sequence[str]) -> str:
    """``value`` if it is one of ``allowed``."""
    if not isinstance(value, str) or value not in allowed:
        near = difflib.get_close_matches(str(value).lower(), allowed, n=1, cutoff=0.0)[0]
        refuse(name, value, ", ".join(_written(each) for each in allowed), near)
    return str(value)


def flag(name: str, value: object) -> bool:
    """``value`` if it is true or false."""
    if not isinstance(value, bool):
        refuse(name, value, "true, false", str(value).lower() in ("1", "1.0", "true", "yes", "on"))
    return bool(value)


def count(name: str, value: object, low: int, high: int) -> int:
    """``value`` if it is a whole number from ``low`` to ``high``."""
    if not _is_count(value) or not low <= value <= high:  # type: ignore[operator]
        refuse(name, value, f"{low} … {high}", _near_count(value, low, high))
    return int(value)  # type: ignore[call-overload]


def number(name: str, value: object, low: float, high: float) -> float:
    """``value`` if it is a number from ``low`` to ``high``."""
    if not _is_number(value) or not low <= value <= high:  # type: ignore[operator]
        near = max(low, min(high, value)) if _is_number(value) else low  # type: ignore[call-overload]
        refuse(name, value, f"{low:g} … {high:g}", near)
    return float(value)  # type: ignore[arg-type]


def counts(name: str, value: object, low: int, high: int, least: int = 0) -> list[int]:
    """``value`` as a list if it is one of at least ``least`` whole numbers in that range."""
    items = list(value) if isinstance(value, (list, tuple)) else None
    if items is None or len(items) < least or not all(_is_count(item) for item in items):
        given = [value] if items is None else items
        near = [_near_count(each, low, high) for each in given if _is_number(each)]
        refuse(name, value, f"[{low} … {high}, …]", near or [low] * least)
    for item in items or ():
        count(name, item, low, high)
    return items or []


def refuse_pair(name: str, value: object, other: str, given: object, near: object) -> None:
    """Raise ``UsageError`` where ``value`` is fine by itself but not beside another argument."""
    raise UsageError(
        "The network's {name} cannot be {value} where {other} is {given}; use {near}.",
        name=name,
        value=_written(value),
        other=other,
        given=_written(given),
        near=_written(near),
    )


def refuse(name: str, value: object, allowed: str, near: object) -> None:
    """Raise ``UsageError`` with what is ``allowed``, in a notation that needs no translation."""
    raise UsageError(
        "The network's {name} cannot be {value}: it takes {allowed}; the nearest is {near}.",
        name=name,
        value=_written(value),
        allowed=allowed,
        near=_written(near),
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _near_count(value: object, low: int, high: int) -> int:
    return max(low, min(high, round(value))) if _is_number(value) else low  # type: ignore[call-overload]


def _written(value: object) -> str:
    """A value as a recipe's file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"“{value}”" if isinstance(value, str) else f"{value}"
