"""What edits mark: one source alone, or a correction."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from core.editing.edits import Action, Edit
from core.editing.marks import Marks, length_s, marks_of
from core.editing.patch import Patch
from core.editing.regions import Lasso, Outside, Rectangle

DURATION_S, TOP_HZ = 60.0, 22050.0


def edit(action: Action, start: float, stop: float, low: float = 0.0, high: float = math.inf):
    return Edit(Rectangle(start, stop, low, high), action, edit_id=1)


def marks(*edits: Edit) -> Marks:
    return marks_of(edits, DURATION_S, TOP_HZ)


def close(spans, *wanted: tuple[float, float]) -> bool:
    return len(spans) == len(wanted) and np.allclose(spans, wanted, atol=0.03)


def test_one_source_alone() -> None:
    found = marks(
        edit(Action.TO_VOICE, 2, 5),
        edit(Action.TO_VOICE, 5, 6),
        edit(Action.TO_ACCOMPANIMENT, 9, 12),
    )
    assert close(found.voice, (2, 6))
    assert close(found.music, (9, 12))
    assert not found.corrected
    assert length_s(found.voice) == pytest.approx(4, abs=0.06)


def test_a_part_of_the_band_is_a_correction() -> None:
    found = marks(edit(Action.TO_VOICE, 2, 5, 200, 4000), edit(Action.TO_VOICE, 3, 4, 0, 9000))
    assert close(found.corrected, (2, 5))
    assert not found.voice
    # What lies above a model's band belongs to it as well.
    assert marks(edit(Action.TO_VOICE, 2, 5, 0, 8000)).corrected


def test_two_halves_make_a_whole() -> None:
    low, high = edit(Action.TO_VOICE, 2, 5, 0, 3000), edit(Action.TO_VOICE, 3, 6, 2900)
    found = marks(low, high)
    assert close(found.voice, (3, 5))
    assert close(found.corrected, (2, 3), (5, 6))


@pytest.mark.parametrize(
    "action", [Action.GAIN, Action.INVERT, Action.TO_VOICE, Action.TO_ACCOMPANIMENT]
)
def test_corrections(action: Action) -> None:
    changed = replace(edit(action, 2, 5, 300, 900), amount=6.0)
    assert close(marks(changed).corrected, (2, 5))
    assert not marks(replace(changed, hidden=True))
    lasso = replace(changed, region=Lasso(((2, 300), (5, 300), (5, 2000), (2, 2000))))
    assert close(marks(lasso).corrected, (2, 5))


def test_what_is_taken_back_is_untouched() -> None:
    found = marks(edit(Action.TO_VOICE, 2, 9), edit(Action.TO_NETWORK, 4, 6))
    assert close(found.voice, (2, 4), (6, 9))
    assert not found.corrected
    assert not marks(edit(Action.TO_VOICE, 2, 9), edit(Action.TO_NETWORK, 0, 60))


def test_what_was_pasted_is_a_correction() -> None:
    patch = Patch.of(np.zeros((1, 5, 5), np.float16), 0, 0)
    pasted = replace(edit(Action.PASTE.GAIN, 2, 5, 300, 900), action=Action.PASTE, patch=patch)
    assert close(marks(pasted).corrected, (2, 5))


def test_the_whole_song_and_the_end_of_it() -> None:
    assert close(marks(edit(Action.TO_VOICE, -math.inf, math.inf)).voice, (0, 60))
    assert close(marks(edit(Action.TO_VOICE, 55, 99)).voice, (55, 60))
    outside = Edit(Outside(Rectangle(10, 50, 0, math.inf)), Action.TO_ACCOMPANIMENT, edit_id=1)
    assert close(marks(outside).music, (0, 10), (50, 60))
    assert not marks()
    assert not marks(edit(Action.TO_VOICE, 3.0, 3.1)), "too short to learn from"
