"""Random damage: only sentences come of it, and nothing is written."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import DataError
from core.project import list_autosaves, read_project, unpack_source

JUNK: tuple[object, ...] = (
    None,
    True,
    -1,
    0,
    3,
    1.5,
    1e308,
    10**400,
    math.nan,
    math.inf,
    "",
    "\0",
    "../x",
    "\ud800{0}",
    "ab" * 32,
    [],
    [0.1, 0.2],
    [1, 1, 65, 150],
    {},
)


def refused(read: Callable[[], object]) -> bool:
    """Whether it is, with a sentence; anything else that is raised is a fault."""
    try:
        read()
    except DataError as error:
        sentence = str(error)
    else:
        return False
    assert sentence.endswith(".")
    assert len(sentence) < 500
    return True


def outcome(path: Path, out: Path) -> tuple[bool, bool]:
    """Whether a project, and the song in it, are refused; what is let through is harmless."""

    def read() -> None:
        mask = read_project(path).mask
        assert ((mask.values >= 0) & (mask.values <= 1)).all()
        assert ((mask.above >= 0) & (mask.above <= 1)).all()

    def unpack() -> None:
        unpacked = unpack_source(path, out)
        assert unpacked.parent == out
        unpacked.unlink()

    found = refused(read), refused(unpack)
    assert not out.exists() or not list(out.iterdir())
    return found


def test_bytes_that_changed(packed: Path, tmp_path: Path) -> None:
    data = packed.read_bytes()
    rng = np.random.default_rng(21)
    # Half of them change where the archive says what is in it.
    table = data.index(b"PK\x01\x02")
    n_refused = np.zeros(2, int)
    for n in range(300):
        changed = bytearray(data)
        for _ in range(rng.integers(1, 4)):
            place = rng.integers(table if n % 2 else 0, len(data))
            changed[place] = rng.integers(256)
        packed.write_bytes(changed)
        n_refused += outcome(packed, tmp_path / "out")
        assert list_autosaves(packed.parent)
    assert (n_refused > 100).all()
    assert sorted(path.name for path in packed.parent.iterdir()) == [packed.name]


def test_files_that_are_cut_off_or_patched_together(packed: Path, tmp_path: Path) -> None:
    data = packed.read_bytes()
    rng = np.random.default_rng(22)
    for _ in range(50):
        first, second, third = sorted(int(place) for place in rng.integers(0, len(data), 3))
        packed.write_bytes(data[:third])
        assert outcome(packed, tmp_path / "out") == (True, True)
        packed.write_bytes(data[:first] + data[second:])
        outcome(packed, tmp_path / "out")
        packed.write_bytes(data[:second] + data[first:third] + data[second:])
        outcome(packed, tmp_path / "out")


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """All tables and lists within plain data, with each of their keys."""
    keys = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for key in keys:
        yield data, key
        yield from places(data[key])


def test_texts_that_changed(packed: Path, tmp_path: Path, by_hand: Any) -> None:
    entries = by_hand.entries(packed)
    plain = json.loads(entries["project.json"])
    rng = np.random.default_rng(23)
    n_refused = 0
    for _ in range(120):
        changed: Any = copy.deepcopy(plain)
        for _ in range(rng.integers(1, 3)):
            found = list(places(changed))
            holder, key = found[rng.integers(len(found))]
            if rng.random() < 0.2 and isinstance(holder, dict):
                del holder[key]
            else:
                holder[key] = JUNK[rng.integers(len(JUNK))]
        by_hand.archive(packed, entries | {"project.json": json.dumps(changed).encode()})
        n_refused += outcome(packed, tmp_path / "out")[0]
    assert 60 < n_refused < 120


@pytest.mark.parametrize("entry", ["mask.bin", "above.bin"])
def test_arrays_that_changed(entry: str, packed: Path, tmp_path: Path, by_hand: Any) -> None:
    data = by_hand.entries(packed)[entry]
    rng = np.random.default_rng(24)
    for _ in range(15):
        changed = bytearray(data)
        changed[rng.integers(len(data))] = rng.integers(256)
        by_hand.with_array(packed, entry, bytes(changed))
        outcome(packed, tmp_path / "out")
