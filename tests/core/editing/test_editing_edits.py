from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

from core.editing import (
    Action,
    Edit,
    Grid,
    Lasso,
    Patch,
    Rectangle,
    Region,
    apply_edits,
    with_gain_db,
)
from core.editing.edits import above_freqs_hz
from core.errors import UsageError
from core.masks import Mask

GRID = Grid(8000, 64, 128)
TOP_HZ = 11025.0
EVERYWHERE = Rectangle(-np.inf, np.inf, -np.inf, np.inf)


def edited(mask: Mask, *edits: Edit, top_hz: float = TOP_HZ) -> tuple[np.ndarray, np.ndarray]:
    return apply_edits(mask.values, mask.above, edits, 0, GRID, top_hz)


@pytest.mark.parametrize("n_channels", [1, 2])
def test_a_hundred_edits_keep_a_mask_a_mask_and_parts_equal_the_whole(
    n_channels: int, make_mask: Callable[..., Mask], make_edits: Callable[..., list[Edit]]
) -> None:
    mask, edits = make_mask(n_channels), make_edits(100, 11)
    values, above = edited(mask, *edits)
    assert values.shape == mask.values.shape
    assert above.shape == mask.above.shape
    assert values.dtype == above.dtype == np.float16
    for array, given in ((values, mask.values), (above, mask.above)):
        assert ((array >= 0) & (array <= 1)).all()
        assert not np.array_equal(array, given)
    edges = [0, *sorted(np.random.default_rng(9).integers(0, 151, 12)), 150]
    for first, last in itertools.pairwise(edges):
        part = apply_edits(
            mask.values[..., first:last], mask.above[..., first:last], edits, first, GRID, TOP_HZ
        )
        np.testing.assert_array_equal(part[0], values[..., first:last])
        np.testing.assert_array_equal(part[1], above[..., first:last])


def test_what_each_action_does(make_mask: Callable[..., Mask], regions: dict[str, Region]) -> None:
    mask, region = make_mask(), regions["stroke"]
    weights = 0.75 * region.weights(GRID.times_s(0, 150), GRID.freqs_hz())
    m = mask.values.astype(np.float32)
    targets = {
        Action.TO_VOICE: 1.0,
        Action.TO_ACCOMPANIMENT: 0.0,
        Action.INVERT: 1 - m,
        Action.TO_NETWORK: m,
    }
    for action, target in targets.items():
        values, _ = edited(mask, Edit(region, action, 0, 0.75, edit_id=1))
        np.testing.assert_allclose(values, m + weights * (target - m), atol=6e-4)
    values, _ = edited(mask, Edit(region, Action.GAIN, -12.0, 0.75, edit_id=1))
    np.testing.assert_allclose(values, with_gain_db(m, -12 * weights), atol=6e-4)


def test_full_weight_is_exact_and_none_is_nothing(make_mask: Callable[..., Mask]) -> None:
    mask = make_mask()
    band = Rectangle(-np.inf, np.inf, 1000, 2000)
    rows = slice(16, 33)
    values, above = edited(mask, Edit(band, Action.TO_VOICE, edit_id=1))
    expected = mask.values.copy()
    expected[:, :, rows] = 1
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(above, mask.above)
    values, _ = edited(mask, Edit(band, Action.INVERT, edit_id=1))
    np.testing.assert_array_equal(
        values[:, :, rows], (1 - mask.values[:, :, rows].astype(np.float32)).astype(np.float16)
    )
    for action in (Action.TO_VOICE, Action.GAIN, Action.INVERT):
        for edit in (
            Edit(EVERYWHERE, action, 20.0, strength=0.0, edit_id=1),
            Edit(EVERYWHERE, action, 20.0, hidden=True, edit_id=1),
            Edit(Rectangle(5, 9, 0, 9999), action, 20.0, edit_id=1),
        ):
            values, above = edited(mask, edit)
            assert values.tobytes() == mask.values.tobytes()
            assert above.tobytes() == mask.above.tobytes()


def test_edits_act_in_their_order(make_mask: Callable[..., Mask]) -> None:
    mask = make_mask()
    voice = Edit(EVERYWHERE, Action.TO_VOICE, edit_id=1)
    invert = Edit(EVERYWHERE, Action.INVERT, edit_id=2)
    back = Edit(EVERYWHERE, Action.TO_NETWORK, edit_id=3)
    assert (edited(mask, voice, invert)[0] == 0).all()
    assert (edited(mask, invert, voice)[0] == 1).all()
    values, above = edited(mask, voice, invert, back)
    assert values.tobytes() == mask.values.tobytes()
    assert above.tobytes() == mask.above.tobytes()


def test_one_channel_of_two(make_mask: Callable[..., Mask]) -> None:
    mask = make_mask()
    values, above = edited(mask, Edit(EVERYWHERE, Action.TO_VOICE, channel=1, edit_id=1))
    assert (values[:, 1] == 1).all()
    assert (above[:, 1] == 1).all()
    np.testing.assert_array_equal(values[:, 0], mask.values[:, 0])
    np.testing.assert_array_equal(above[:, 0], mask.above[:, 0])
    values, above = edited(mask, Edit(EVERYWHERE, Action.TO_VOICE, channel=2, edit_id=1))
    assert values.tobytes() == mask.values.tobytes()


def test_above_the_band_the_mean_of_the_region_counts(make_mask: Callable[..., Mask]) -> None:
    mask = make_mask()
    mask.above[:] = 0
    # Of 4000 to 11025 Hz the lower half is in the region.
    half = Rectangle(0, 0.4, 0, (4000 + TOP_HZ) / 2)
    _, above = edited(mask, Edit(half, Action.TO_VOICE, edit_id=1))
    np.testing.assert_array_equal(above[0, 0], np.where(np.arange(150) <= 50, 0.5, 0))
    # A region up to the end of the band does not reach above it.
    _, above = edited(mask, Edit(Rectangle(0, 9, 0, 4000), Action.TO_VOICE, edit_id=1))
    assert not above.any()
    # Of a song without a band above the highest bin counts: masks fade into it.
    _, above = edited(mask, Edit(EVERYWHERE, Action.TO_VOICE, edit_id=1), top_hz=4000.0)
    assert above.all()
    low = Edit(Rectangle(0, 9, 0, 3900), Action.TO_VOICE, edit_id=1)
    _, above = edited(mask, low, top_hz=4000.0)
    assert not above.any()
    assert above_freqs_hz(GRID, 4000.0).tolist() == [4000.0]
    freqs = above_freqs_hz(GRID, 5600.0)
    np.testing.assert_allclose(freqs, 4050 + 100 * np.arange(16))


@pytest.mark.parametrize("shift", [(0, 0), (40, 5), (-60, -30), (130, 50), (999, 0), (0, -99)])
def test_a_patch_is_put_where_it_belongs(
    shift: tuple[int, int], make_mask: Callable[..., Mask]
) -> None:
    mask = make_mask()
    rng = np.random.default_rng(10)
    pasted = rng.random((2, 20, 30)).astype(np.float16)
    pasted_above = rng.random((2, 30)).astype(np.float16)
    frames, bins = shift
    patch = Patch.of(pasted, 50, 30, pasted_above).moved(frames, bins)
    values, above = edited(mask, Edit(EVERYWHERE, Action.PASTE, edit_id=1, patch=patch))
    expected, expected_above = mask.values.copy(), mask.above.copy()
    for b, k in itertools.product(range(20), range(30)):
        if 0 <= 30 + bins + b < 65 and 0 <= 50 + frames + k < 150:
            expected[0, :, 30 + bins + b, 50 + frames + k] = pasted[:, b, k]
        if 0 <= 50 + frames + k < 150:
            expected_above[0, :, 50 + frames + k] = pasted_above[:, k]
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_array_equal(above, expected_above)


def test_patches_of_other_channels_and_soft_edges(make_mask: Callable[..., Mask]) -> None:
    stereo = np.zeros((2, 65, 150), np.float16)
    stereo[1] = 1
    paste = Edit(EVERYWHERE, Action.PASTE, strength=0.5, edit_id=1, patch=Patch.of(stereo, 0, 0))
    mask = make_mask(n_channels=1)
    values, above = edited(mask, paste)
    np.testing.assert_allclose(values, 0.5 * mask.values + 0.25, atol=5e-4)
    np.testing.assert_array_equal(above, mask.above)  # was not copied
    mono = Patch.of(stereo[1:], 0, 0)
    only = Edit(EVERYWHERE, Action.PASTE, channel=0, edit_id=1, patch=mono)
    values, _ = edited(make_mask(), only)
    assert (values[0, 0] == 1).all()
    np.testing.assert_array_equal(values[0, 1], make_mask().values[0, 1])


def test_edits_are_values(make_patch: Callable[..., Patch]) -> None:
    lasso = Lasso([(0, 0), (1, 1), (0, 1)])
    edit = Edit(lasso, "gain", 3, edit_id=1)  # type: ignore[arg-type]
    assert edit == Edit(Lasso([(0.0, 0), (1, 1), (0, 1)]), Action.GAIN, 3.0, edit_id=1)
    assert edit.action is Action.GAIN
    assert len({edit, Edit(lasso, Action.GAIN, 3, edit_id=2)}) == 2
    renamed = Edit(lasso, Action.GAIN, 3, name="verse", edit_id=2)
    assert renamed.effect == edit.effect
    pastes = {Edit(lasso, Action.PASTE, edit_id=1, patch=make_patch(n)) for n in (1, 1, 2)}
    assert len(pastes) == 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"action": "delete"}, "action cannot be “delete”"),
        ({"strength": 2}, r"strength cannot be 2.*nearest is 1"),
        ({"amount": float("nan")}, "amount cannot be nan"),
        ({"amount": 1e9}, "nearest is 120"),
        ({"channel": -1}, r"channel cannot be -1.*nearest is 0"),
        ({"edit_id": 0.5}, "edit_id cannot be 0.5"),
        ({"action": Action.PASTE}, "pastes needs a patch"),
    ],
)
def test_what_no_edit_can_be(settings: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Edit(**{"region": EVERYWHERE, "action": Action.GAIN, "edit_id": 1, **settings})
