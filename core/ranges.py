"""Parts of a song that are there already: read, computed, drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Ranges:
    """Half-open ranges of integers, sorted, that do not touch.

    Never changed, only replaced, so that one thread may show another how far it is without a lock.
    """

    __slots__ = ("ranges",)

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        merged: list[tuple[int, int]] = []
        for start, stop in sorted(r for r in ranges if r[0] < r[1]):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
            else:
                merged.append((start, stop))
        self.ranges: tuple[tuple[int, int], ...] = tuple(merged)

    @classmethod
    def of(cls, what: Ranges | int) -> Ranges:
        """Ranges as they are, or the first ``what`` integers."""
        return what if isinstance(what, Ranges) else cls([(0, what)])

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranges) and self.ranges == other.ranges

    def __hash__(self) -> int:
        return hash(self.ranges)

    def __repr__(self) -> str:
        return f"Ranges({list(self.ranges)})"

    @property
    def size(self) -> int:
        """How many integers are in here."""
        return sum(stop - start for start, stop in self.ranges)

    def plus(self, start: int, stop: int) -> Ranges:
        """These and ``start`` to ``stop``."""
        return Ranges([*self.ranges, (start, stop)])

    def minus(self, start: int, stop: int) -> Ranges:
        """These without ``start`` to ``stop``."""
        kept = ((a, min(b, start)) for a, b in self.ranges)
        return Ranges([*kept, *((max(a, stop), b) for a, b in self.ranges)])

    def touches(self, start: int, stop: int) -> bool:
        """Whether anything of ``start`` to ``stop`` is in here."""
        return any(a < stop and start < b for a, b in self.ranges)

    def within(self, start: int, stop: int) -> list[tuple[int, int]]:
        """What of ``start`` to ``stop`` is in here, from left to right."""
        cut = ((max(a, start), min(b, stop)) for a, b in self.ranges)
        return [(a, b) for a, b in cut if a < b]

    def around(self, position: int) -> tuple[int, int]:
        """The range that holds ``position``; an empty one there if none does."""
        for start, stop in self.ranges:
            if start <= position < stop:
                return start, stop
        return position, position

    def until(self, position: int) -> int:
        """Where the range that holds ``position`` stops; ``position`` itself if none does."""
        return self.around(position)[1]

    def covers(self, start: int, stop: int) -> bool:
        """Whether all of ``start`` to ``stop`` is in here."""
        return start >= stop or self.until(start) >= stop

    def missing(self, start: int, stop: int) -> list[tuple[int, int]]:
        """What of ``start`` to ``stop`` is not in here, from left to right."""
        gaps = []
        for a, b in self.ranges:
            if start < min(a, stop):
                gaps.append((start, min(a, stop)))
            start = max(start, b)
        if start < stop:
            gaps.append((start, stop))
        return gaps
