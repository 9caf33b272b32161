"""What the values in a project may be, whether they are to be saved or were read."""

from __future__ import annotations

import math
import numbers
import re

Table = dict[str, object]

MAX_TEXT = 65_536
"""Characters in one text; paths of Windows may have half of that."""

MAX_DEPTH = 32
MAX_PLAIN = 4 << 20
"""What one table of plain values may hold: 16 for each value and 1 for each character."""

_PLAIN_VALUE = 16
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class UnfitError(ValueError):
    """A value that no project can have. ``place`` says which, such as "source.sha256".

    In a file it is damage; in a project that is to be saved it is a fault of the program.
    """

    def __init__(self, place: str) -> None:
        super().__init__(f"{place} does not fit a project")
        self.place = place


def table(value: object, place: str, names: tuple[str, ...]) -> Table:
    """A table that has exactly these ``names``."""
    if not isinstance(value, dict) or set(value) != set(names):
        raise UnfitError(place)
    return value


def whole(value: object, place: str, low: int, high: int) -> int:
    """A whole number from ``low`` to ``high``; NumPy's count, true and false do not."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool):
        raise UnfitError(place)
    if not low <= int(value) <= high:
        raise UnfitError(place)
    return int(value)


def number(value: object, place: str, low: float, high: float) -> float:
    """A finite number from ``low`` to ``high``."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise UnfitError(place)
    try:
        found = float(value)
    except OverflowError as error:  # a whole number of hundreds of digits
        raise UnfitError(place) from error
    if not low <= found <= high:
        raise UnfitError(place)
    return found


def text(value: object, place: str, least: int = 0, most: int = MAX_TEXT) -> str:
    """A text of ``least`` to ``most`` characters without a null, where systems end names."""
    if not isinstance(value, str) or not least <= len(value) <= most or "\0" in value:
        raise UnfitError(place)
    return str(value)


def sha256(value: object, place: str) -> str:
    """64 hexadecimal digits in lower case."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise UnfitError(place)
    return value


def flag(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise UnfitError(place)
    return value


def plain_table(value: object, place: str) -> Table:
    """A copy of a table of plain values, as JSON gives it back.

    Plain are tables whose names are texts, lists, tuples (which become lists), texts, numbers,
    true, false and None, no deeper than ``MAX_DEPTH`` and no more than ``MAX_PLAIN``. Numbers that
    JSON does not know, such as infinity, become None.
    """
    if not isinstance(value, dict):
        raise UnfitError(place)
    copied = _PlainCopy(place).of(value, 0)
    assert isinstance(copied, dict)
    return copied


class _PlainCopy:
    def __init__(self, place: str) -> None:
        self._place = place
        self._left = MAX_PLAIN

    def of(self, value: object, depth: int) -> object:
        self._spend(_PLAIN_VALUE)
        if depth > MAX_DEPTH:
            raise UnfitError(self._place)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            self._spend(len(value))
            return str(value)
        if isinstance(value, numbers.Integral):
            return whole(value, self._place, -(2**63), 2**63)
        if isinstance(value, numbers.Real):
            return float(value) if math.isfinite(value) else None
        if isinstance(value, (list, tuple)):
            return [self.of(item, depth + 1) for item in value]
        if isinstance(value, dict):
            copied: Table = {}
            for name, item in value.items():
                if not isinstance(name, str):
                    raise UnfitError(self._place)
                self._spend(len(name))
                copied[str(name)] = self.of(item, depth + 1)
            return copied
        raise UnfitError(self._place)

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise UnfitError(self._place)
