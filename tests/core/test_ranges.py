from __future__ import annotations

from core.ranges import Ranges


def test_ranges_that_touch_become_one() -> None:
    assert Ranges([(5, 8), (0, 2), (2, 4), (9, 9)]).ranges == ((0, 4), (5, 8))
    assert Ranges([(0, 2)]).plus(2, 5) == Ranges([(0, 5)])
    assert Ranges([(0, 10), (2, 3)]).size == 10
    assert not Ranges()


def test_where_a_range_ends() -> None:
    ranges = Ranges([(0, 4), (6, 9)])
    assert [ranges.until(n) for n in (0, 3, 4, 5, 6, 8, 9)] == [4, 4, 4, 5, 9, 9, 9]
    assert ranges.around(7) == (6, 9)
    assert ranges.around(5) == (5, 5)
    assert ranges.covers(6, 9)
    assert not ranges.covers(3, 7)
    assert ranges.covers(5, 5)


def test_what_is_missing() -> None:
    ranges = Ranges([(2, 4), (6, 9)])
    assert ranges.missing(0, 10) == [(0, 2), (4, 6), (9, 10)]
    assert ranges.missing(3, 8) == [(4, 6)]
    assert ranges.missing(2, 4) == []
    assert ranges.missing(10, 12) == [(10, 12)]
    assert Ranges().missing(1, 3) == [(1, 3)]


def test_what_is_taken_away() -> None:
    ranges = Ranges([(2, 4), (6, 9)])
    assert ranges.minus(3, 7) == Ranges([(2, 3), (7, 9)])
    assert ranges.minus(7, 8) == Ranges([(2, 4), (6, 7), (8, 9)])
    assert ranges.minus(0, 20) == Ranges()
    assert ranges.minus(4, 6) == ranges


def test_what_lies_within() -> None:
    ranges = Ranges([(2, 4), (6, 9)])
    assert ranges.within(3, 8) == [(3, 4), (6, 8)]
    assert ranges.within(4, 6) == []
    assert ranges.touches(3, 5)
    assert not ranges.touches(4, 6)
