from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from core.editing import BAND_CENTRES_HZ, MaskShape
from core.editing.shape import NO_TRIMS
from core.errors import UsageError
from core.masks import Mask

SLOPE = tuple(float(trim) for trim in range(-12, 15, 3))
SHAPES = (
    MaskShape(sharpness=2.5),
    MaskShape(sharpness=0.0),
    MaskShape(threshold=0.4),
    MaskShape(floor_db=-30.0),
    MaskShape(time_smoothing_s=0.05),
    MaskShape(time_smoothing_s=0.5),
    MaskShape(time_smoothing_s=2.0),
    MaskShape(frequency_smoothing_hz=300.0),
    MaskShape(frequency_smoothing_hz=2000.0, time_smoothing_s=0.03),
    MaskShape(bias_db=-8.0),
    MaskShape(trims_db=SLOPE),
    MaskShape(1.7, 0.6, -12.0, 0.06, 200.0, 4.0, SLOPE),
)


@pytest.mark.parametrize("shape", SHAPES)
def test_parts_equal_the_whole(shape: MaskShape, make_mask: Callable[..., Mask]) -> None:
    mask = make_mask()
    values, above = shape.apply(mask, 0, 150)
    assert values.shape == mask.values.shape
    assert values.dtype == above.dtype == np.float16
    assert ((values >= 0) & (values <= 1)).all()
    assert not np.array_equal(values, mask.values)
    rng = np.random.default_rng(8)
    edges = [0, *sorted(rng.integers(0, 151, 9)), 150]
    for first, last in itertools.pairwise(edges):
        part, part_above = shape.apply(mask, first, last)
        np.testing.assert_array_equal(part, values[..., first:last])
        np.testing.assert_array_equal(part_above, above[..., first:last])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_frame_changes_nothing_beyond_its_reach(
    shape: MaskShape, make_mask: Callable[..., Mask]
) -> None:
    mask, reach = make_mask(n_frames=400), shape.reach_frames(make_mask())
    before, before_above = shape.apply(mask, 0, 400)
    mask.values[..., 200] = 1 - mask.values[..., 200]
    mask.above[..., 200] = 1 - mask.above[..., 200]
    after, after_above = shape.apply(mask, 0, 400)
    same = np.abs(np.arange(400) - 200) > reach
    np.testing.assert_array_equal(after[..., same], before[..., same])
    np.testing.assert_array_equal(after_above[..., same], before_above[..., same])


def test_the_neutral_shape_gives_the_masks_own_values(make_mask: Callable[..., Mask]) -> None:
    mask = make_mask()
    assert MaskShape().is_neutral
    assert not any(shape.is_neutral for shape in SHAPES)
    assert MaskShape().reach_frames(mask) == 0
    values, above = MaskShape().apply(mask, 20, 90)
    assert values.tobytes() == mask.values[..., 20:90].tobytes()
    assert above.tobytes() == mask.above[..., 20:90].tobytes()


def test_a_median_takes_short_holes_away_and_keeps_edges() -> None:
    mask = Mask.empty(2, 100, 8000, 64, 128)
    mask.values[..., 50:] = 1
    mask.values[..., 20:22] = 1  # 16 ms
    mask.values[..., 70:72] = 0
    mask.above[..., 50:], mask.above[..., 20:22] = 1, 1
    values, above = MaskShape(time_smoothing_s=0.04).apply(mask, 0, 100)  # five frames
    assert MaskShape(time_smoothing_s=0.04).reach_frames(mask) == 2
    np.testing.assert_array_equal(values[0, 0], np.arange(100) >= 50 + np.zeros((65, 1)))
    np.testing.assert_array_equal(above[0, 0], np.arange(100) >= 50)

    mask.values[:] = 0
    mask.values[..., 30:32, :] = 1  # bins
    mask.values[..., 60:, :] = 1
    values, above = MaskShape(frequency_smoothing_hz=5 * 62.5).apply(mask, 0, 100)
    np.testing.assert_array_equal(values[0, 0, :, 3], np.arange(65) >= 60)
    np.testing.assert_array_equal(above, mask.above)


def test_smoothing_repeats_the_ends_of_the_song(make_mask: Callable[..., Mask]) -> None:
    mask = make_mask(n_channels=1)
    values, _ = MaskShape(time_smoothing_s=5 * 0.008).apply(mask, 0, 2)
    given = mask.values[0, 0]
    first = np.median([given[:, 0], given[:, 0], given[:, 0], given[:, 1], given[:, 2]], axis=0)
    np.testing.assert_array_equal(values[0, 0, :, 0], first)


def test_bias_and_trims_are_decibels_of_the_odds(make_mask: Callable[..., Mask]) -> None:
    shape = MaskShape(bias_db=2.0, trims_db=SLOPE)
    np.testing.assert_allclose(shape.gain_db(np.array(BAND_CENTRES_HZ)), np.array(SLOPE) + 2)
    between = [np.sqrt(500 * 1000), 0.0, 10.0, 22000.0]
    np.testing.assert_allclose(shape.gain_db(np.array(between)), [0.5, -10, -10, 14], atol=1e-5)
    mask = make_mask()
    mask.values[:], mask.above[:] = 0.5, 0.5
    values, above = shape.apply(mask, 0, 9)
    odds = 10 ** (shape.gain_db(np.arange(65) * 62.5) / 20)
    expected = np.broadcast_to((odds / (1 + odds))[:, None], (65, 9))
    np.testing.assert_allclose(values[0, 1], expected, atol=1e-3)
    np.testing.assert_allclose(above, 10**0.7 / (1 + 10**0.7), atol=1e-3)


def test_threshold_and_floor() -> None:
    mask = Mask.empty(2, 4, 8000, 64, 128)
    mask.values[:] = [0, 0.25, 0.5, 1]
    mask.above[:] = [0, 0.25, 0.5, 1]
    for values in MaskShape(threshold=0.25).apply(mask, 0, 4):
        np.testing.assert_array_equal(values.reshape(-1, 4)[0], [0, 1, 1, 1])
    for values in MaskShape(floor_db=-20.0).apply(mask, 0, 4):
        np.testing.assert_allclose(values.reshape(-1, 4)[0], [0.1, 0.25, 0.5, 0.9], atol=1e-3)
    for values in MaskShape(threshold=0.25, floor_db=-20.0).apply(mask, 0, 4):
        np.testing.assert_allclose(values.reshape(-1, 4)[0], [0.1, 0.9, 0.9, 0.9], atol=1e-3)
    for values in MaskShape(floor_db=-6.0).apply(mask, 0, 4):
        np.testing.assert_array_equal(values, 0.5)


@pytest.mark.parametrize(
    "shape",
    [MaskShape(2.0, None, -20.0, 0.05, 200.0), MaskShape(0.5), MaskShape(time_smoothing_s=0.1)],
)
def test_what_is_odd_treats_the_sources_alike(
    shape: MaskShape, make_mask: Callable[..., Mask]
) -> None:
    mask, swapped = make_mask(), make_mask()
    mask.values[:] = np.rint(1024 * mask.values.astype(np.float32)) / 1024  # 1 - m is exact
    swapped.values[:] = 1 - mask.values
    values, swapped_values = (shape.apply(each, 0, 150)[0] for each in (mask, swapped))
    np.testing.assert_allclose(values + swapped_values.astype(np.float32), 1, atol=2e-3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sharpness": -1.0}, "sharpness cannot be -1.*nearest is 0"),
        ({"sharpness": True}, "sharpness cannot be True"),
        ({"threshold": 1.5}, "threshold cannot be 1.5.*nearest is 1"),
        ({"floor_db": 0.0}, "floor_db cannot be 0.*nearest is -6"),
        ({"floor_db": float("nan")}, "floor_db cannot be nan"),
        ({"time_smoothing_s": 3.0}, "time_smoothing_s cannot be 3.*nearest is 2"),
        ({"frequency_smoothing_hz": -3.0}, "nearest is 0"),
        ({"bias_db": float("inf")}, "bias_db cannot be inf.*nearest is 60"),
        ({"trims_db": (0.0,) * 8}, "trims_db.*9 values"),
        ({"trims_db": (*NO_TRIMS[:-1], 99.0)}, "trims_db cannot be 99.*nearest is 60"),
    ],
)
def test_what_no_shape_can_be(settings: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        MaskShape(**settings)
