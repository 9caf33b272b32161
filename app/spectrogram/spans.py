"""Which parts of a signal are still to be drawn, or known."""

from __future__ import annotations


class Spans:
    """Disjoint half-open ranges of integers, joined where they meet."""

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []

    @property
    def size(self) -> int:
        """How many integers there are in them."""
        return sum(b - a for a, b in self._ranges)

    def copy(self) -> Spans:
        other = Spans()
        other._ranges = list(self._ranges)
        return other

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def add(self, start: int, stop: int) -> None:
        if stop <= start:
            return
        kept = []
        for a, b in self._ranges:
            if b < start or a > stop:
                kept.append((a, b))
            else:
                start, stop = min(a, start), max(b, stop)
        self._ranges = sorted([*kept, (start, stop)])

    def clear(self) -> None:
        self._ranges = []

    def touches(self, start: int, stop: int) -> bool:
        """Whether any of the range is still to do."""
        return any(a < stop and b > start for a, b in self._ranges)

    def covers(self, start: int, stop: int) -> bool:
        """Whether all of the range is in here."""
        return any(a <= start and b >= stop for a, b in self._ranges)

    def take(self, most: int, prefer: tuple[int, int] | None = None) -> tuple[int, int] | None:
        """Remove and return up to ``most``: from the preferred range first, else leftmost."""
        if prefer is not None:
            for a, b in self._ranges:
                start, stop = max(a, prefer[0]), min(b, prefer[1])
                if start < stop:
                    return self._remove(start, min(stop, start + most))
        if self._ranges:
            start, stop = self._ranges[0]
            return self._remove(start, min(stop, start + most))
        return None

    def _remove(self, start: int, stop: int) -> tuple[int, int]:
        kept = []
        for a, b in self._ranges:
            kept += [(x, y) for x, y in ((a, min(b, start)), (max(a, stop), b)) if x < y]
        self._ranges = kept
        return start, stop
