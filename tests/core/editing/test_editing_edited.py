from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import core.masks
from core.editing import (
    Action,
    Edit,
    EditedMask,
    MaskShape,
    MaskState,
    Outside,
    Rectangle,
    Region,
    touched,
)
from core.errors import UsageError
from core.masks import Mask
from core.ranges import Ranges

TOP_HZ = 11025.0
HOP_S = 64 / 8000


def bits(mask: Mask) -> tuple[bytes, bytes]:
    return mask.values.tobytes(), mask.above.tobytes()


def in_frames(first: int, last: int) -> Rectangle:
    return Rectangle(first * HOP_S, last * HOP_S, 0, np.inf)


def test_at_first_it_is_the_networks(make_mask: Callable[..., Mask]) -> None:
    network = make_mask(n_frames=1200)
    mask = EditedMask(network, TOP_HZ)
    assert bits(mask.result) == bits(network)
    assert not np.shares_memory(mask.result.values, network.values)
    assert mask.result.window == network.window


def test_what_is_touched_is_all_that_must_be_brought_up_to_date(
    make_mask: Callable[..., Mask], make_edits: Callable[..., list[Edit]]
) -> None:
    network = make_mask()
    rng = np.random.default_rng(12)
    spare = make_edits(60, 13)
    states, mask = [MaskState()], EditedMask(network, TOP_HZ)
    values = mask.result.values
    for step in range(40):
        shape, edits = states[-1].shape, list(states[-1].edits)
        if step % 13 == 12:
            shape = MaskShape(sharpness=float(rng.uniform(0.5, 3)), time_smoothing_s=0.05)
        elif step % 4 == 3:
            rng.shuffle(edits)
        elif edits and step % 5 == 2:
            place = int(rng.integers(len(edits)))
            edits[place] = dataclasses.replace(edits[place], hidden=not edits[place].hidden)
        elif edits and step % 7 == 5:
            edits.pop(int(rng.integers(len(edits))))
        else:
            edits.insert(int(rng.integers(len(edits) + 1)), spare[step])
        states.append(MaskState(shape, tuple(edits)))
        for first, last in touched(states[-2], states[-1], network):
            mask.update(states[-1], first, last)
        fresh = EditedMask(network, TOP_HZ)
        fresh.update(states[-1], 0, network.n_frames)
        assert bits(mask.result) == bits(fresh.result)
    # And all the way back.
    for before, after in zip(states[:0:-1], states[-2::-1], strict=True):
        for first, last in touched(before, after, network):
            mask.update(after, first, last)
    assert bits(mask.result) == bits(network)
    assert mask.result.values is values


@pytest.mark.parametrize(
    "shape", [MaskShape(), MaskShape(2.0, None, -30.0, 0.05, 100.0, 2.0)], ids=["neutral", "shaped"]
)
def test_parts_in_any_order_equal_the_whole(
    shape: MaskShape, make_mask: Callable[..., Mask], make_edits: Callable[..., list[Edit]]
) -> None:
    network = make_mask(n_frames=1100)  # more than two blocks
    state = MaskState(shape, tuple(make_edits(20, 14)))
    together, apart = EditedMask(network, TOP_HZ), EditedMask(network, TOP_HZ)
    together.update(state, -5, 2000)
    edges = np.array([0, 1, 3, 40, 41, 90, 130, 520, 1000, 1100])
    for place in np.random.default_rng(15).permutation(len(edges) - 1):
        apart.update(state, int(edges[place]), int(edges[place + 1]))
    assert bits(apart.result) == bits(together.result)
    assert bits(apart.result) != bits(network)


def test_only_the_frames_asked_for_change(make_mask: Callable[..., Mask]) -> None:
    network = make_mask()
    mask = EditedMask(network, TOP_HZ)
    mask.update(MaskState(edits=(Edit(in_frames(0, 150), Action.INVERT, edit_id=1),)), 30, 40)
    same = np.r_[0:30, 40:150]
    np.testing.assert_array_equal(mask.result.values[..., same], network.values[..., same])
    inverted = 1 - network.values[..., 30:40].astype(np.float32)
    np.testing.assert_allclose(mask.result.values[..., 30:40], inverted, atol=5e-4)


def test_frames_that_the_network_finishes_later(make_mask: Callable[..., Mask]) -> None:
    finished = make_mask()
    network = Mask.empty(2, 150, 8000, 64, 128, 2)
    shape = MaskShape(sharpness=1.5, time_smoothing_s=0.05)
    state = MaskState(shape, (Edit(in_frames(20, 70), Action.GAIN, 9.0, edit_id=1),))
    mask, reach = EditedMask(network, TOP_HZ), shape.reach_frames(network)
    for first in (60, 0, 120, 90, 30):
        network.values[..., first : first + 30] = finished.values[..., first : first + 30]
        network.above[..., first : first + 30] = finished.above[..., first : first + 30]
        mask.update(state, first - reach, first + 30 + reach)
    whole = EditedMask(finished, TOP_HZ)
    whole.update(state, 0, 150)
    assert bits(mask.result) == bits(whole.result)


def test_which_frames_are_touched(make_mask: Callable[..., Mask]) -> None:
    network = make_mask()
    first, second = (
        Edit(in_frames(a, b), Action.GAIN, 3.0, edit_id=a) for a, b in ((10, 20), (50, 60))
    )
    third = Edit(in_frames(100, 110), Action.INVERT, edit_id=3)

    def between(before: tuple[Edit, ...], after: tuple[Edit, ...]) -> Ranges:
        found = touched(MaskState(edits=before), MaskState(edits=after), network)
        assert found == touched(MaskState(edits=after), MaskState(edits=before), network)
        return found

    assert between((first,), (first,)) == Ranges()
    # Its last frame is 20; one more on both sides.
    assert between((), (first,)) == Ranges([(9, 22)])
    assert between((first, third), (first, second, third)) == Ranges([(49, 62)])
    assert between((first, second, third), (second, first, third)) == Ranges([(9, 22), (49, 62)])
    moved = dataclasses.replace(second, region=in_frames(140, 300))
    assert between((first, second), (first, moved)) == Ranges([(49, 62), (139, 150)])
    renamed = dataclasses.replace(second, name="chorus", edit_id=77)
    assert between((first, second), (first, renamed)) == Ranges()
    hidden = dataclasses.replace(second, hidden=True)
    assert between((first, second, third), (first, hidden, third)) == Ranges([(49, 62)])
    assert between((hidden, first), (first,)) == Ranges()
    outside = Edit(Outside(in_frames(10, 20)), Action.INVERT, edit_id=4)
    assert between((first,), (first, outside)) == Ranges([(0, 150)])
    later = Edit(in_frames(400, 500), Action.INVERT, edit_id=5)
    assert between((), (later,)) == Ranges()
    assert touched(MaskState(), MaskState(MaskShape(2.0)), network) == Ranges([(0, 150)])


def test_when_a_state_is_neutral(regions: dict[str, Region]) -> None:
    edit = Edit(regions["lasso"], Action.INVERT, edit_id=1)
    assert MaskState().is_neutral
    assert not MaskState(MaskShape(bias_db=1.0)).is_neutral
    assert not MaskState(edits=(edit,)).is_neutral
    assert MaskState(edits=(dataclasses.replace(edit, hidden=True),)).is_neutral
    assert MaskState(edits=[edit]) == MaskState(edits=(edit,))  # type: ignore[arg-type]


def test_a_large_mask_lies_on_disk(
    make_mask: Callable[..., Mask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = make_mask()
    monkeypatch.setattr(core.masks, "IN_MEMORY_BYTES", 1000)
    mask = EditedMask(network, TOP_HZ, str(tmp_path))
    assert isinstance(mask.result.values, np.memmap)
    np.testing.assert_array_equal(mask.result.values, network.values)
    state = MaskState(edits=(Edit(in_frames(0, 150), Action.TO_VOICE, edit_id=1),))
    mask.update(state, 0, 100)
    assert (mask.result.values[..., :100] == 1).all()


def test_only_two_sources_can_be_edited() -> None:
    with pytest.raises(UsageError, match="Masks of 3 sources"):
        EditedMask(Mask.empty(3, 10, 8000, 64, 128), TOP_HZ)
