from __future__ import annotations

import pytest

from core.editing import EditHistory, MaskShape, MaskState


def state(bias_db: float) -> MaskState:
    return MaskState(MaskShape(bias_db=bias_db))


@pytest.fixture
def history() -> EditHistory:
    """Three steps after the beginning."""
    history = EditHistory(label="Open")
    for step in (1, 2, 3):
        history.push(f"Step {step}", state(step))
    return history


def test_back_to_the_beginning_and_forward_again(history: EditHistory) -> None:
    assert history.entries == ("Open", "Step 1", "Step 2", "Step 3")
    assert not history.can_redo
    assert [history.undo() for _ in range(3)] == [state(2), state(1), MaskState()]
    assert not history.can_undo
    assert history.undo() == MaskState()
    assert [history.redo() for _ in range(4)] == [state(1), state(2), state(3), state(3)]
    assert (history.index, history.state) == (3, state(3))


def test_a_step_after_an_undo_drops_what_was_undone(history: EditHistory) -> None:
    history.go_to(1)
    assert (history.can_undo, history.can_redo) == (True, True)
    history.push("Other", state(9))
    assert history.entries == ("Open", "Step 1", "Other")
    assert not history.can_redo
    assert history.undo() == state(1)


def test_any_entry_can_be_gone_to(history: EditHistory) -> None:
    assert history.go_to(1) == state(1)
    assert history.go_to(99) == state(3)
    assert history.go_to(-1) == MaskState()
    assert history.index == 0


def test_a_dragged_slider_is_one_step(history: EditHistory) -> None:
    for bias_db in (4, 5, 6):
        history.push(f"Bias {bias_db} dB", state(bias_db), "bias")
    assert history.entries[3:] == ("Step 3", "Bias 6 dB")
    assert history.state == state(6)
    assert history.undo() == state(3)


@pytest.mark.parametrize("end", ["seal", "other key", "no key", "undo and redo", "undo"])
def test_what_ends_a_drag(end: str, history: EditHistory) -> None:
    history.push("Drag", state(4), "bias")
    if end == "seal":
        history.seal()
    elif end == "other key":
        history.push("Other", state(5), "sharpness")
    elif end == "no key":
        history.push("Other", state(5))
    else:
        history.undo()
        if end == "undo and redo":
            history.redo()
    n_entries = history.index + 1
    history.push("Drag", state(6), "bias")
    assert len(history.entries) == n_entries + 1
    history.push("Drag", state(7), "bias")
    assert len(history.entries) == n_entries + 1


def test_steps_without_a_key_never_merge() -> None:
    history = EditHistory(state(1))
    history.push("A", state(2))
    history.push("A", state(2))
    assert history.entries == ("", "A", "A")


def test_there_is_no_end_of_steps() -> None:
    history = EditHistory()
    for step in range(5000):
        history.push("Step", state(step % 50))
    while history.can_undo:
        history.undo()
    assert history.state == MaskState()
    assert len(history.entries) == 5001
