"""Values read from plain data that may be damaged: each is what it should be, or ``DataError``."""

from __future__ import annotations

import base64
import binascii
import contextlib
import math
import zlib
from collections.abc import Collection, Iterator

from core.editing.checks import written
from core.errors import DataError, UsageError

MAX_UNPACKED_BYTES = 1 << 30
"""The most that the arrays of one file may take in memory, all together."""

Table = dict[str, object]


def damaged(where: str, value: object) -> DataError:
    return DataError(
        "The saved edits are damaged: “{where}” cannot be {value}.",
        where=where,
        value=written(value),
    )


def unknown(kind: object) -> DataError:
    return DataError(
        "The saved edits hold {kind}, which this version does not know. Open them with the version "
        "that saved them.",
        kind=written(kind),
    )


@contextlib.contextmanager
def sound(where: str) -> Iterator[None]:
    """What a shape, a region or an edit refuses is damage, too."""
    try:
        yield
    except UsageError as error:
        raise DataError(
            "The saved edits are damaged at “{where}”: {reason}", where=where, reason=str(error)
        ) from error


def table(value: object, where: str, names: Collection[str]) -> Table:
    """A table that has exactly these ``names``."""
    if not isinstance(value, dict) or set(value) != set(names):
        raise damaged(where, value)
    return value


def plain_number(value: float) -> float | str:
    """A number for JSON, which knows no infinity."""
    return value if math.isfinite(value) else str(value)


def number(value: object, where: str) -> float:
    """A number; ``plain_number`` wrote it."""
    if isinstance(value, str) and value in ("inf", "-inf"):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise damaged(where, value)
    try:
        found = float(value)
    except OverflowError as error:
        raise damaged(where, value) from error
    if not math.isfinite(found):
        raise damaged(where, value)
    return found


def whole(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise damaged(where, value)
    return value


def flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise damaged(where, value)
    return value


def text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise damaged(where, value)
    return value


def items(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise damaged(where, value)
    return value


def points(value: object, where: str) -> list[tuple[float, float]]:
    found = []
    for each in items(value, where):
        pair = items(each, where)
        if len(pair) != 2:
            raise damaged(where, each)
        found.append((number(pair[0], where), number(pair[1], where)))
    return found


def packed(data: bytes) -> str:
    """Bytes as text, compressed."""
    return base64.b64encode(zlib.compress(data)).decode("ascii")


class Unpacker:
    """Unpacks what ``packed`` wrote, never more than was announced nor than fits in memory."""

    def __init__(self) -> None:
        self._left = MAX_UNPACKED_BYTES

    def unpacked(self, value: object, n_bytes: int, where: str) -> bytes:
        """Exactly ``n_bytes``."""
        self._left -= n_bytes
        if n_bytes < 0 or self._left < 0:
            raise damaged(where, f"{written(n_bytes)} bytes")
        opened = zlib.decompressobj()
        try:
            compressed = base64.b64decode(text(value, where), validate=True)
            # One byte more shows whether there is more, without unpacking it.
            data = opened.decompress(compressed, n_bytes + 1)
        except (binascii.Error, ValueError, zlib.error) as error:
            raise damaged(where, value) from error
        if len(data) != n_bytes or not opened.eof or opened.unused_data:
            raise damaged(where, value)
        return data
