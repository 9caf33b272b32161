from __future__ import annotations

import numpy as np

from core.editing import from_log_odds, log_odds, with_gain_db
from core.editing.odds import sharpened

ALL = np.arange(0x3C01, dtype=np.uint16).view(np.float16)
"""Every float16 from 0 to 1."""


def test_every_value_of_a_mask_survives_its_log_odds() -> None:
    odds = log_odds(ALL)
    assert np.isfinite(odds).all()
    assert (np.diff(odds) > 0).all()
    np.testing.assert_array_equal(from_log_odds(odds).astype(np.float16), ALL)
    assert from_log_odds(log_odds(np.array([0.0, 1.0]))).tolist() == [0.0, 1.0]
    np.testing.assert_allclose(log_odds(np.array([0.5, 0.75])), [0, np.log(3)], rtol=1e-6)


def test_a_gain_multiplies_the_odds() -> None:
    # 20 dB are ten times.
    np.testing.assert_allclose(with_gain_db(np.array([0.5, 0.1]), 20), [10 / 11, 10 / 19], 1e-6)
    np.testing.assert_allclose(with_gain_db(np.array([0.5, 0.1]), -20), [1 / 11, 1 / 91], 1e-6)
    m = ALL.astype(np.float32)[1:-1]
    np.testing.assert_allclose(log_odds(with_gain_db(m, 3.0)), log_odds(m) + 0.345388, atol=2e-4)
    np.testing.assert_allclose(with_gain_db(with_gain_db(m, 9.0), -9.0), m, rtol=1e-5)


def test_no_gain_moves_what_is_certain_or_overflows() -> None:
    for gain in (-1e9, -400.0, -6.0, 0.0, 6.0, 400.0, 1e9, np.inf, -np.inf):
        moved = with_gain_db(ALL, gain)
        assert moved[0] == 0
        assert moved[-1] == 1
        assert ((moved >= 0) & (moved <= 1)).all()
    assert (with_gain_db(ALL, 1e9)[1:] > 0.999).all()
    assert (with_gain_db(ALL, -1e9)[:-1] < 0.001).all()


def test_no_gain_is_nothing_to_the_bit() -> None:
    m = np.random.default_rng(7).random(999).astype(np.float32)
    gains = np.where(np.arange(999) % 2, 5.0, 0.0)
    moved = with_gain_db(m, gains)
    np.testing.assert_array_equal(moved[::2], m[::2])
    np.testing.assert_array_equal(moved[1::2], with_gain_db(m[1::2], 5.0))


def test_the_sources_may_be_swapped() -> None:
    m = ALL.astype(np.float32)
    np.testing.assert_allclose(1 - with_gain_db(m, 7.0), with_gain_db(1 - m, -7.0), atol=1e-6)
    np.testing.assert_allclose(1 - sharpened(m, 2.5), sharpened(1 - m, 2.5), atol=1e-6)


def test_sharpness_multiplies_the_log_odds() -> None:
    m = np.array([0, 0.1, 0.25, 0.5, 0.9, 1])
    expected = m**2 / (m**2 + (1 - m) ** 2)
    np.testing.assert_allclose(sharpened(m, 2.0), expected, rtol=1e-6)
    np.testing.assert_allclose(sharpened(m, 0.0), 0.5)
    assert ((sharpened(ALL, 20.0) >= 0) & (sharpened(ALL, 20.0) <= 1)).all()
