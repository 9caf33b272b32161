"""What was done to a mask as plain data, to be kept as JSON beside a song.

Numbers come back to the bit: JSON writes them with all their digits. Files come from anywhere, so
that whatever is read is held to what it may be.
"""

from __future__ import annotations

from core.editing import plain_values as read
from core.editing.edited import MaskState
from core.editing.edits import Action, Edit
from core.editing.plain_regions import (
    patch_as_dict,
    patch_from_dict,
    region_as_dict,
    region_from_dict,
)
from core.editing.plain_values import Table, Unpacker, plain_number
from core.editing.shape import MaskShape
from core.errors import DataError

VERSION = 1

_SHAPE_NUMBERS = (
    "sharpness",
    "floor_db",
    "time_smoothing_s",
    "frequency_smoothing_hz",
    "bias_db",
)
_EDIT = (
    "region",
    "action",
    "amount",
    "strength",
    "channel",
    "name",
    "hidden",
    "edit_id",
    "patch",
)


def state_as_dict(state: MaskState) -> Table:
    """Tables, lists, texts, numbers, true, false and None; arrays are compressed texts."""
    return {
        "version": VERSION,
        "shape": _shape_as_dict(state.shape),
        "edits": [_edit_as_dict(edit) for edit in state.edits],
    }


def state_from_dict(data: object) -> MaskState:
    """The state that ``state_as_dict`` wrote, equal to it.

    ``DataError``, a sentence, if anything is missing, unknown or absurd.
    """
    if not isinstance(data, dict):
        raise read.damaged("edits", data)
    version = read.whole(data.get("version"), "version")
    if version > VERSION:
        raise DataError("The saved edits come from a newer version of the program. Update it.")
    if version != VERSION:
        raise read.damaged("version", version)
    given = read.table(data, "edits", ("version", "shape", "edits"))
    unpacker = Unpacker()
    edits = read.items(given["edits"], "edits")
    return MaskState(
        _shape_from_dict(given["shape"]),
        tuple(_edit_from_dict(edit, f"edits[{n}]", unpacker) for n, edit in enumerate(edits)),
    )


def _shape_as_dict(shape: MaskShape) -> Table:
    return {
        **{name: plain_number(getattr(shape, name)) for name in _SHAPE_NUMBERS},
        "threshold": shape.threshold,
        "trims_db": list(shape.trims_db),
    }


def _shape_from_dict(value: object) -> MaskShape:
    given = read.table(value, "shape", (*_SHAPE_NUMBERS, "threshold", "trims_db"))
    numbers = {name: read.number(given[name], f"shape.{name}") for name in _SHAPE_NUMBERS}
    threshold = given["threshold"]
    if threshold is not None:
        threshold = read.number(threshold, "shape.threshold")
    trims = read.items(given["trims_db"], "shape.trims_db")
    with read.sound("shape"):
        return MaskShape(
            **numbers,
            threshold=threshold,
            trims_db=tuple(read.number(trim, "shape.trims_db") for trim in trims),
        )


def _edit_as_dict(edit: Edit) -> Table:
    return {
        "region": region_as_dict(edit.region),
        "action": str(edit.action),
        "amount": edit.amount,
        "strength": edit.strength,
        "channel": edit.channel,
        "name": edit.name,
        "hidden": edit.hidden,
        "edit_id": edit.edit_id,
        "patch": None if edit.patch is None else patch_as_dict(edit.patch),
    }


def _edit_from_dict(value: object, where: str, unpacker: Unpacker) -> Edit:
    given = read.table(value, where, _EDIT)
    action = read.text(given["action"], f"{where}.action")
    if action not in list(Action):
        raise read.unknown(action)
    channel, patch = given["channel"], given["patch"]
    with read.sound(where):
        return Edit(
            region_from_dict(given["region"], f"{where}.region", unpacker),
            Action(action),
            read.number(given["amount"], f"{where}.amount"),
            read.number(given["strength"], f"{where}.strength"),
            None if channel is None else read.whole(channel, f"{where}.channel"),
            read.text(given["name"], f"{where}.name"),
            read.flag(given["hidden"], f"{where}.hidden"),
            edit_id=read.whole(given["edit_id"], f"{where}.edit_id"),
            patch=None if patch is None else patch_from_dict(patch, f"{where}.patch", unpacker),
        )
