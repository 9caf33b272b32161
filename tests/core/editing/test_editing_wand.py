from __future__ import annotations

import numpy as np
import pytest

from core.editing import connected
from core.errors import UsageError


def test_what_hangs_together_and_is_about_as_loud() -> None:
    level = np.full((8, 9), -80, np.float32)
    level[2, 1:5] = [-20, -22, -25, -31]  # the last is too quiet
    level[3, 5] = -21  # and keeps this one apart
    level[1, 4] = -16  # over a corner
    level[7, 0] = -20  # far away
    expected = np.zeros((8, 9), np.bool_)
    expected[2, 1:4] = True
    expected[1, 4] = True
    np.testing.assert_array_equal(connected(level, (2, 1), 6.0), expected)
    # From another cell the tolerance counts from there.
    assert not connected(level, (1, 4), 6.0)[2, 3]


def test_tolerances_at_both_ends() -> None:
    level = np.array([[-20, -20, -20.5]], np.float32)
    np.testing.assert_array_equal(connected(level, (0, 0), 0.0), [[True, True, False]])
    assert connected(level, (0, 0), 0.5).all()
    assert connected(np.array([[-20, -90]], np.float32), (0, 1), np.inf).all()


def test_silence_is_as_loud_as_silence_and_what_is_unknown_belongs_nowhere() -> None:
    level = np.array([[-np.inf, -np.inf, -50, np.nan, -50]], np.float32)
    np.testing.assert_array_equal(connected(level, (0, 0), 9)[0], [1, 1, 0, 0, 0])
    np.testing.assert_array_equal(connected(level, (0, 2), 9)[0], [0, 0, 1, 0, 0])
    assert not connected(level, (0, 3), 9).any()


def test_what_cannot_be_asked() -> None:
    level = np.zeros((3, 4), np.float32)
    with pytest.raises(UsageError, match=r"tolerance_db cannot be -1.*nearest is 0"):
        connected(level, (0, 0), -1)
    with pytest.raises(ValueError, match="not in"):
        connected(level, (0, 4), 1)
    with pytest.raises(ValueError, match="not in"):
        connected(level, (-1, 0), 1)
