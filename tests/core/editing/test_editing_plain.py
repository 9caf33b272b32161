from __future__ import annotations

import base64
import copy
import json
import math
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from core.editing import (
    Action,
    Edit,
    EditedMask,
    MaskShape,
    MaskState,
    Moved,
    Outside,
    Patch,
    Rectangle,
    Region,
    plain_values,
    state_as_dict,
    state_from_dict,
)
from core.errors import DataError
from core.masks import Mask

JUNK: tuple[object, ...] = (
    None,
    True,
    -1,
    0,
    3,
    1.5,
    -1e-300,
    1e308,
    10**400,
    10**5000,
    math.nan,
    math.inf,
    "",
    "inf",
    "gain",
    "outside",
    "eJwDAAAAAAE=",
    "\ud800{0}",
    [],
    [0.1, 0.2],
    [[0, 1]] * 3,
    {},
    {"kind": "rectangle"},
    b"bytes",
    object(),
)


@pytest.fixture
def state(regions: dict[str, Region], make_patch: Callable[..., Patch]) -> MaskState:
    """Every kind of region and every action, and an edit that is as odd as it may be."""
    actions = list(Action)
    edits = [
        Edit(
            region,
            action,
            amount=6.1,
            edit_id=n,
            patch=make_patch(n) if action is Action.PASTE else None,
        )
        for n, region in enumerate(regions.values())
        for action in [actions[n % len(actions)]]
    ]
    odd = Moved(Outside(Rectangle(-math.inf, 0.1 + 0.2, 1 / 3, math.inf)), -1e-17, 5e5)
    edits.append(Edit(odd, Action.GAIN, -1 / 7, 0.3, 1, "Strophe „Ä“ 歌", True, edit_id=-(2**31)))
    trims = tuple(n / 7 for n in range(-4, 5))
    return MaskState(MaskShape(1 / 3, 0.7, -17.3, 0.1, 33.3, -0.1, trims), tuple(edits))


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """All tables and lists within plain data, with each of their keys."""
    keys = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for key in keys:
        yield data, key
        yield from places(data[key])


def test_a_state_comes_back_through_json(state: MaskState) -> None:
    text = json.dumps(state_as_dict(state), allow_nan=False)
    back = state_from_dict(json.loads(text))
    assert back == state
    assert hash(back) == hash(state)
    assert json.dumps(state_as_dict(back)) == text
    assert state_from_dict(json.loads(json.dumps(state_as_dict(MaskState())))).is_neutral


def test_a_region_of_unknown_kind_cannot_be_saved() -> None:
    with pytest.raises(TypeError, match="no region"):
        state_as_dict(MaskState(edits=(Edit("here", Action.GAIN, edit_id=1),)))  # type: ignore[arg-type]


def test_whatever_is_damaged_is_a_sentence(
    state: MaskState, make_mask: Callable[..., Mask]
) -> None:
    plain = state_as_dict(state)
    rng = np.random.default_rng(16)
    mask = EditedMask(make_mask(n_frames=20), 11025.0)
    n_refused = 0
    for _ in range(600):
        data: Any = copy.deepcopy(plain)
        for _ in range(rng.integers(1, 3)):
            found = list(places(data))
            holder, key = found[rng.integers(len(found))]
            damage(holder, key, rng)
        sentence = refusal(data)
        if sentence:
            n_refused += 1
            assert sentence.startswith("The saved edits")
            assert sentence.endswith(".")
            assert len(sentence) < 400
        else:
            # What is let through is harmless.
            mask.update(state_from_dict(data), 0, 20)
            assert ((mask.result.values >= 0) & (mask.result.values <= 1)).all()
            assert ((mask.result.above >= 0) & (mask.result.above <= 1)).all()
    assert 300 < n_refused < 600


def refusal(data: object) -> str:
    """Why it is refused; nothing if it is not."""
    try:
        state_from_dict(data)
    except DataError as error:
        return str(error)
    return ""


def damage(holder: Any, key: Any, rng: np.random.Generator) -> None:
    value = holder[key]
    way = rng.integers(5)
    if way == 0 and isinstance(holder, dict):
        del holder[key]
    elif way == 1 and isinstance(holder, dict):
        holder["more"] = value
    elif way == 2 and isinstance(value, str) and value:
        place = int(rng.integers(len(value)))
        holder[key] = value[:place] + chr(rng.integers(32, 300)) + value[place + 1 :]
    elif way == 3 and isinstance(value, (str, list)):
        holder[key] = value[: len(value) // 2]
    elif way == 4 and isinstance(value, (int, float)) and not isinstance(value, bool):
        scale = 10 if isinstance(value, int) else 10.0
        holder[key] = value * scale ** int(rng.integers(0, 9)) * (-1) ** int(rng.integers(2))
    else:
        holder[key] = JUNK[rng.integers(len(JUNK))]


def test_what_is_no_state_at_all() -> None:
    for junk in (*JUNK, [{}], {"version": 1}, {"version": True}):
        assert refusal(junk).startswith("The saved edits are damaged")


def changed(state: MaskState, place: str, value: object) -> Any:
    """The plain state with one value changed, found by ``name.3.name``."""
    data: Any = state_as_dict(state)
    *way, last = place.split(".")
    holder = data
    for key in way:
        holder = holder[int(key)] if isinstance(holder, list) else holder[key]
    holder[last] = value
    return data


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("version", 2, "come from a newer version"),
        ("version", 0, "“version” cannot be 0"),
        ("shape.sharpness", -2, r"“shape”: sharpness cannot be -2.*nearest is 0"),
        ("shape.bias_db", math.nan, "“shape.bias_db” cannot be nan"),
        ("shape.trims_db", [1, 2], "9 values"),
        ("edits.0.action", "burn", "hold “burn”, which this version does not know"),
        ("edits.0.region.kind", "circle", "hold “circle”, which this version does not know"),
        ("edits.0.region.low_hz", 1e99, r"“edits\[0\].region”: low_hz cannot be 1e\+99"),
        ("edits.0.strength", "inf", "strength cannot be inf"),
        ("edits.0.channel", 0.5, r"“edits\[0\].channel” cannot be 0.5"),
        ("edits.5.region.shape", [1, 2, 3], "region.shape” cannot be"),
        ("edits.5.region.shape", [10, 10], "region.packed” cannot be"),
        ("edits.5.region.shape", [-1, -1], "region.shape” cannot be"),
        ("edits.5.region.shape", [10**9, 10**9], "region.packed” cannot be"),
        ("edits.5.patch.shape", [2, 20, 10**300], "patch.packed” cannot be"),
        ("edits.5.patch.shape", [2, 20, 10**5000], "patch.packed” cannot be"),
        pytest.param(
            "edits.5.region.first_bin", 10**5000, "first_bin cannot be …", id="too many digits"
        ),
        ("edits.3.region.scale", ["mel", 50, 50], "high_hz cannot be 50"),
        ("edits.3.region.scale", ["bark", 0, 50], "region.scale” cannot be"),
    ],
)
def test_each_kind_of_damage_has_its_sentence(
    place: str, value: object, message: str, state: MaskState
) -> None:
    with pytest.raises(DataError, match=message):
        state_from_dict(changed(state, place, value))


def test_a_bomb_is_not_unpacked(state: MaskState) -> None:
    bomb = base64.b64encode(zlib.compress(bytes(100 << 20), 9)).decode()
    data = changed(state, "edits.5.region.packed", bomb)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="packed” cannot be"):
            state_from_dict(data)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_arrays_are_not_more_than_memory_should_hold(
    state: MaskState, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = state_as_dict(state)
    patches = [edit.patch for edit in state.edits if edit.patch is not None]
    monkeypatch.setattr(plain_values, "MAX_UNPACKED_BYTES", len(patches[0].packed))
    with pytest.raises(DataError, match=r"packed.* cannot be “[0-9]+ bytes”"):
        state_from_dict(data)


def test_regions_within_regions_have_an_end(state: MaskState) -> None:
    region: dict[str, Any] = state_as_dict(state)["edits"][0]["region"]  # type: ignore[index]
    for depth in range(5000):
        region = {"kind": "outside", "region": region}
        if depth == 9:
            assert state_from_dict(changed(state, "edits.0.region", region)).edits
    with pytest.raises(DataError, match="damaged"):
        state_from_dict(changed(state, "edits.0.region", region))
