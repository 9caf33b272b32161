from __future__ import annotations

import numpy as np
import pytest

from core.editing import Patch
from core.errors import UsageError


def test_a_patch_holds_its_values_and_moves() -> None:
    values = np.random.default_rng(1).random((2, 3, 4)).astype(np.float16)
    above = np.random.default_rng(2).random((2, 4)).astype(np.float16)
    patch = Patch.of(values[..., ::-1], 7, 5, above)
    np.testing.assert_array_equal(patch.values, values[..., ::-1])
    np.testing.assert_array_equal(patch.above, above)
    assert Patch.of(values, 7, 5).above is None
    moved = patch.moved(10, -2)
    assert (moved.first_frame, moved.first_bin) == (17, 3)
    np.testing.assert_array_equal(moved.values, patch.values)
    assert moved.moved(-10, 2) == patch
    assert len({patch, moved, moved.moved(-10, 2)}) == 2


def test_what_no_patch_can_be() -> None:
    with pytest.raises(UsageError, match="packed cannot be “5 bytes”"):
        Patch(0, 0, (1, 1, 2), b"\0" * 5)
    with pytest.raises(UsageError, match="packed_above"):
        Patch(0, 0, (1, 1, 2), b"\0" * 4, b"\0" * 2)
    for wrong in (1.5, -0.5, np.nan, np.inf):
        with pytest.raises(UsageError, match="packed cannot be"):
            Patch.of(np.full((1, 2, 2), wrong, np.float16), 0, 0)
    with pytest.raises(UsageError, match="shape cannot be 0"):
        Patch(0, 0, (0, 1, 2), b"")
