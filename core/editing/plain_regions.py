"""Regions and patches as plain data for JSON, and back."""

from __future__ import annotations

import math
from collections.abc import Callable

from core.editing import plain_values as read
from core.editing.brushes import Harmonics, Stroke
from core.editing.cells import Cells, packed_bytes
from core.editing.patch import Patch
from core.editing.plain_values import Table, Unpacker, plain_number
from core.editing.regions import Lasso, Moved, Outside, Rectangle, Region
from core.spectrogram.frequency import SCALE_KINDS, FrequencyScale

MAX_DEPTH = 16
"""Regions within regions; deeper ones would be an attack on the reader."""

_RECTANGLE = ("start_s", "stop_s", "low_hz", "high_hz")
_CELLS = ("first_frame", "first_bin", "sample_rate", "hop_samples", "window_samples")


def region_as_dict(region: Region) -> Table:
    """A region as plain data, with its ``kind``; ``TypeError`` for one that has none."""
    if isinstance(region, Rectangle):
        edges = {name: plain_number(getattr(region, name)) for name in _RECTANGLE}
        return {"kind": "rectangle", **edges}
    if isinstance(region, Lasso):
        return {"kind": "lasso", "points": _plain_points(region.points)}
    if isinstance(region, Stroke):
        return {
            "kind": "stroke",
            "points": _plain_points(region.points),
            "radius_s": region.radius_s,
            "radius_units": region.radius_units,
            "hardness": region.hardness,
            "scale": [region.scale.kind, region.scale.low_hz, region.scale.high_hz],
        }
    if isinstance(region, Harmonics):
        return {
            "kind": "harmonics",
            "points": _plain_points(region.points),
            "n_harmonics": region.n_harmonics,
            "width_hz": region.width_hz,
            "hardness": region.hardness,
        }
    if isinstance(region, Cells):
        places = {name: getattr(region, name) for name in _CELLS}
        shape, packed = list(region.shape), read.packed(region.packed)
        return {"kind": "cells", **places, "shape": shape, "packed": packed}
    if isinstance(region, Outside):
        return {"kind": "outside", "region": region_as_dict(region.region)}
    if isinstance(region, Moved):
        moved = {"by_s": region.by_s, "by_hz": region.by_hz}
        return {"kind": "moved", "region": region_as_dict(region.region), **moved}
    raise TypeError(f"{type(region).__name__} is no region that can be saved")


def region_from_dict(value: object, where: str, unpacker: Unpacker, depth: int = 0) -> Region:
    """The region that ``region_as_dict`` wrote; ``DataError`` for anything else."""
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        raise read.damaged(where, value)
    kind = read.text(value.get("kind"), f"{where}.kind")
    reader = _READERS.get(kind)
    if reader is None:
        raise read.unknown(kind)
    with read.sound(where):
        return reader(value, where, unpacker, depth)


def patch_as_dict(patch: Patch) -> Table:
    return {
        "first_frame": patch.first_frame,
        "first_bin": patch.first_bin,
        "shape": list(patch.shape),
        "packed": read.packed(patch.packed),
        "packed_above": read.packed(patch.packed_above) if patch.packed_above else None,
    }


def patch_from_dict(value: object, where: str, unpacker: Unpacker) -> Patch:
    """The patch that ``patch_as_dict`` wrote; ``DataError`` for anything else."""
    names = ("first_frame", "first_bin", "shape", "packed", "packed_above")
    given = read.table(value, where, names)
    n_channels, n_bins, n_frames = shape = _shape(given["shape"], f"{where}.shape", 3)
    n_bytes = 2 * math.prod(shape)
    packed = unpacker.unpacked(given["packed"], n_bytes, f"{where}.packed")
    above = b""
    if given["packed_above"] is not None:
        n_bytes = 2 * n_channels * n_frames
        above = unpacker.unpacked(given["packed_above"], n_bytes, f"{where}.packed_above")
    with read.sound(where):
        return Patch(
            read.whole(given["first_frame"], f"{where}.first_frame"),
            read.whole(given["first_bin"], f"{where}.first_bin"),
            (n_channels, n_bins, n_frames),
            packed,
            above,
        )


def _rectangle(value: Table, where: str, unpacker: Unpacker, depth: int) -> Region:
    given = read.table(value, where, ("kind", *_RECTANGLE))
    return Rectangle(*(read.number(given[name], f"{where}.{name}") for name in _RECTANGLE))


def _lasso(value: Table, where: str, unpacker: Unpacker, depth: int) -> Region:
    given = read.table(value, where, ("kind", "points"))
    return Lasso(tuple(read.points(given["points"], f"{where}.points")))


def _stroke(value: Table, where: str, unpacker: Unpacker, depth: int) -> Region:
    names = ("kind", "points", "radius_s", "radius_units", "hardness", "scale")
    given = read.table(value, where, names)
    scale = read.items(given["scale"], f"{where}.scale")
    kind = next((kind for kind in SCALE_KINDS if scale and kind == scale[0]), None)
    if kind is None or len(scale) != 3:
        raise read.damaged(f"{where}.scale", scale)
    low_hz, high_hz = (read.number(edge, f"{where}.scale") for edge in scale[1:])
    return Stroke(
        tuple(read.points(given["points"], f"{where}.points")),
        read.number(given["radius_s"], f"{where}.radius_s"),
        read.number(given["radius_units"], f"{where}.radius_units"),
        read.number(given["hardness"], f"{where}.hardness"),
        FrequencyScale(kind, low_hz, high_hz),
    )


def _harmonics(value: Table, where: str, unpacker: Unpacker, depth: int) -> Region:
    given = read.table(value, where, ("kind", "points", "n_harmonics", "width_hz", "hardness"))
    return Harmonics(
        tuple(read.points(given["points"], f"{where}.points")),
        read.whole(given["n_harmonics"], f"{where}.n_harmonics"),
        read.number(given["width_hz"], f"{where}.width_hz"),
        read.number(given["hardness"], f"{where}.hardness"),
    )


def _cells(value: Table, where: str, unpacker: Unpacker, depth: int) -> Region:
    given = read.table(value, where, ("kind", *_CELLS, "shape", "packed"))
    n_bins, n_frames = _shape(given["shape"], f"{where}.shape", 2)
    n_bytes = packed_bytes((n_bins, n_frames))
    places = {name: read.whole(given[name], f"{where}.{name}") for name in _CELLS}
    packed = unpacker.unpacked(given["packed"], n_bytes, f"{where}.packed")
    return Cells(**places, shape=(n_bins, n_frames), packed=packed)


def _outside(value: Table, where: str, unpacker: Unpacker, depth: int) -> Region:
    given = read.table(value, where, ("kind", "region"))
    return Outside(region_from_dict(given["region"], f"{where}.region", unpacker, depth + 1))


def _moved(value: Table, where: str, unpacker: Unpacker, depth: int) -> Region:
    given = read.table(value, where, ("kind", "region", "by_s", "by_hz"))
    return Moved(
        region_from_dict(given["region"], f"{where}.region", unpacker, depth + 1),
        read.number(given["by_s"], f"{where}.by_s"),
        read.number(given["by_hz"], f"{where}.by_hz"),
    )


_READERS: dict[str, Callable[[Table, str, Unpacker, int], Region]] = {
    "rectangle": _rectangle,
    "lasso": _lasso,
    "stroke": _stroke,
    "harmonics": _harmonics,
    "cells": _cells,
    "outside": _outside,
    "moved": _moved,
}


def _plain_points(points: tuple[tuple[float, float], ...]) -> list[list[float]]:
    return [[time, frequency] for time, frequency in points]


def _shape(value: object, where: str, n_sizes: int) -> list[int]:
    """Sizes that are no less than 0, and so many of them."""
    sizes = [read.whole(size, where) for size in read.items(value, where)]
    if len(sizes) != n_sizes or min(sizes) < 0:
        raise read.damaged(where, value)
    return sizes
