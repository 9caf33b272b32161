from __future__ import annotations

import numpy as np
import pytest

from core.editing import Cells, Grid
from core.errors import UsageError

GRID = Grid(8000, 64, 128)
TIMES, FREQS = GRID.times_s(0, 50), GRID.freqs_hz()


def cells_of(array: np.ndarray, first_frame: int = 10, first_bin: int = 20) -> Cells:
    return Cells.of(array, first_frame, first_bin, 8000, 64, 128)


def test_on_its_own_grid_cells_are_read_as_they_are() -> None:
    found = np.random.default_rng(6).random((30, 25)) < 0.3
    expected = np.zeros((65, 50), np.float32)
    expected[20:50, 10:35] = found
    np.testing.assert_array_equal(cells_of(found).weights(TIMES, FREQS), expected)


def test_elsewhere_the_nearest_cell_counts() -> None:
    one = cells_of(np.ones((1, 1), np.bool_))
    hop_s, bin_hz = 64 / 8000, 8000 / 128
    times = (10 + np.array([-0.51, -0.49, 0.49, 0.51])) * hop_s
    np.testing.assert_array_equal(one.weights(times, FREQS[20:21])[0], [0, 1, 1, 0])
    freqs = (20 + np.array([-0.51, -0.49, 0.49, 0.51])) * bin_hz
    np.testing.assert_array_equal(one.weights(TIMES[10:11], freqs)[:, 0], [0, 1, 1, 0])
    assert one.span_s == pytest.approx((9.5 * hop_s, 10.5 * hop_s))


def test_an_empty_rim_does_not_count() -> None:
    found = np.zeros((9, 12), np.bool_)
    found[3:5, 4:7] = True
    cells = cells_of(found)
    assert (cells.first_bin, cells.first_frame, cells.shape) == (23, 14, (2, 3))
    assert cells == cells_of(found[3:, 4:], 14, 23)
    np.testing.assert_array_equal(cells.cells, True)


def test_no_cells_at_all() -> None:
    none = cells_of(np.zeros((9, 12), np.bool_))
    assert none.shape == (0, 0)
    assert not none.weights(TIMES, FREQS).any()


def test_bits_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match="packed cannot be “1 bytes”"):
        Cells(0, 0, (3, 3), b"x", 8000, 64, 128)
    with pytest.raises(UsageError, match=r"hop_samples cannot be 0.*nearest is 1"):
        Cells(0, 0, (1, 1), b"x", 8000, 0, 128)
    with pytest.raises(UsageError, match="shape"):
        Cells(0, 0, (1 << 20, 1 << 20), b"x", 8000, 64, 128)
