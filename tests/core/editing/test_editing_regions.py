from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from core.editing import Grid, Lasso, Moved, Outside, Rectangle, Region
from core.errors import UsageError

GRID = Grid(8000, 64, 128)
TIMES, FREQS = GRID.times_s(0, 150), np.linspace(0, 9000, 120)
KINDS = ("rectangle", "band", "lasso", "stroke", "harmonics", "cells", "outside", "moved")


@pytest.mark.parametrize("kind", KINDS)
def test_parts_equal_the_whole(kind: str, regions: dict[str, Region]) -> None:
    region = regions[kind]
    together = region.weights(TIMES, FREQS)
    assert together.shape == (120, 150)
    assert together.dtype == np.float32
    assert 0 < together.mean() < 1
    assert together.min() >= 0
    assert together.max() <= 1
    rng = np.random.default_rng(4)
    for _ in range(12):
        columns = slice(*sorted(rng.integers(0, 151, 2)))
        rows = slice(*sorted(rng.integers(0, 121, 2)))
        part = region.weights(TIMES[columns], FREQS[rows])
        np.testing.assert_array_equal(part, together[rows, columns])
    assert region.weights(TIMES[:0], FREQS[:0]).shape == (0, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_lies_outside_the_span(kind: str, regions: dict[str, Region]) -> None:
    start, stop = regions[kind].span_s
    outside = (start > TIMES) | (stop < TIMES)
    assert not regions[kind].weights(TIMES[outside], FREQS).any()


@pytest.mark.parametrize("kind", KINDS)
def test_regions_are_values(kind: str, regions: dict[str, Region]) -> None:
    region = regions[kind]
    region.weights(TIMES, FREQS)  # what is kept for later does not count
    given = {f.name: getattr(region, f.name) for f in dataclasses.fields(region)}
    copy = type(region)(**given)
    assert copy == region
    assert len({copy, region, Rectangle(0, 1, 2, 3)}) == 2


def test_a_rectangle_holds_its_edges_whichever_corner_comes_first() -> None:
    times, freqs = np.arange(6.0), np.arange(5.0) * 100
    expected = np.zeros((5, 6))
    expected[1:3, 2:5] = 1
    for rectangle in (Rectangle(2, 4, 100, 200), Rectangle(4, 2, 200, 100)):
        np.testing.assert_array_equal(rectangle.weights(times, freqs), expected)
        assert rectangle.span_s == (2, 4)
    everything = Rectangle(-math.inf, math.inf, -math.inf, math.inf)
    assert everything.weights(times, freqs).all()


def test_a_lasso_is_a_polygon() -> None:
    times, freqs = np.linspace(-1, 5, 61), np.linspace(-10, 60, 71)
    triangle = Lasso([(0, 0), (4, 0), (4, 40)])
    assert triangle.span_s == (0, 4)
    weights = triangle.weights(times, freqs)
    across, up = np.meshgrid(times, freqs)
    inside = (across < 3.95) & (up > 0.01) & (up < 10 * across - 0.01)
    outside = (across > 4.01) | (up < -0.01) | (up > 10 * across + 0.01)
    assert weights[inside].all()
    assert not weights[outside].any()


def test_a_lasso_that_crosses_itself_is_even_odd() -> None:
    # A pentagram: its points are inside, its middle is not.
    turns = np.arange(5) * 2 * 2 * np.pi / 5 + np.pi / 2
    star = Lasso(np.stack([np.cos(turns), 1000 * np.sin(turns)], axis=1))
    read = star.weights(np.array([0.0]), np.array([0.0, 600.0]))
    np.testing.assert_array_equal(read[:, 0], [0, 1])


def test_lassos_that_share_an_edge_share_no_cell() -> None:
    times, freqs = np.arange(20.0), np.arange(20.0)
    left = Lasso([(2, 2), (10, 2), (10, 12), (2, 12)]).weights(times, freqs)
    right = Lasso([(10, 2), (17, 2), (17, 12), (10, 12)]).weights(times, freqs)
    assert (left + right).max() == 1
    assert (left + right).sum() == 15 * 10


def test_outside_and_moved(regions: dict[str, Region]) -> None:
    lasso = regions["lasso"]
    np.testing.assert_array_equal(
        Outside(lasso).weights(TIMES, FREQS) + lasso.weights(TIMES, FREQS), 1
    )
    assert Outside(lasso).span_s == (-math.inf, math.inf)
    moved = Moved(Rectangle(0.1, 0.2, 100, 300), 1.5, 50)
    assert moved.span_s == (1.6, 1.7)
    read = moved.weights(np.array([1.59, 1.65, 1.71]), np.array([140.0, 200.0, 360.0]))
    np.testing.assert_array_equal(read, [[0, 0, 0], [0, 1, 0], [0, 0, 0]])


def test_what_no_region_can_be() -> None:
    with pytest.raises(UsageError, match=r"nearest is 1e\+06"):
        Moved(Rectangle(0, 1, 2, 3), math.inf)
    with pytest.raises(UsageError, match="low_hz cannot be nan"):
        Rectangle(0, 1, math.nan, 3)
    with pytest.raises(UsageError, match="2 points; the nearest is 3"):
        Lasso([(0, 0), (1, 1)])
    with pytest.raises(UsageError, match="start_s cannot be “now”"):
        Rectangle("now", 1, 2, 3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="seconds, hertz"):
        Lasso([(0, 0, 0)] * 3)  # type: ignore[list-item]
