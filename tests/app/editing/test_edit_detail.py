"""An edit chosen in the list, and changed there."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.urgency import URGENCY
from core.editing.edits import Action
from core.editing.regions import Rectangle

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


class Bench:
    """The window with a song, in which two edits were made."""

    def __init__(self, stage) -> None:
        self.stage, self.qtbot = stage, stage.qtbot
        self.song = stage.open_song(seconds=4.0)
        self.view, self.workbench = stage.window.page.view, stage.window.workbench
        self.desk, self.list = self.workbench.desk, self.workbench.panel.edits
        stage.window.page.inspector.show_part("edit")
        self.qtbot.waitUntil(lambda: self.desk.can_edit, timeout=20_000)
        self.network = self.song.result.mask.values.copy()
        for start in (0.5, 2.5):
            self.view.set_selection(Rectangle(start, start + 1, 500.0, 2000.0))
            stage.key(Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
        self.view.set_selection(None)
        self.settle()

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: self.desk.idle and self.view.idle, timeout=20_000)

    def choose(self, number: int) -> None:
        """Click on the name of an edit; 0 is the lowest."""
        edit = self.desk.state.edits[number]
        self.qtbot.mouseClick(self.list.rows[edit.edit_id].name, LEFT)

    def value(self, second: float, hertz: float = 1000.0) -> float:
        mask = self.song.result.mask
        frame = round(second * mask.sample_rate / mask.hop_samples)
        return float(
            mask.values[0, 0, round(hertz * mask.window_samples / mask.sample_rate), frame]
        )

    def network_value(self, second: float, hertz: float = 1000.0) -> float:
        mask = self.song.result.mask
        frame = round(second * mask.sample_rate / mask.hop_samples)
        return float(
            self.network[0, 0, round(hertz * mask.window_samples / mask.sample_rate), frame]
        )


@pytest.fixture
def bench(stage) -> Bench:
    return Bench(stage)


def test_strength_and_kind_of_one_edit(bench: Bench) -> None:
    detail = bench.list.detail
    assert not detail.isVisible()
    bench.choose(0)
    assert detail.isVisible()
    assert bench.view.selection == Rectangle(0.5, 1.5, 500.0, 2000.0)
    assert not detail.amount.isVisible()
    n_steps = len(bench.desk.history.entries)

    detail.strength.slider.setFocus()
    for _ in range(10):
        bench.stage.key(Qt.Key.Key_Left)
    assert detail.strength.value == 50
    bench.settle()
    assert bench.value(1.0) == pytest.approx((1 + bench.network_value(1.0)) / 2, abs=2e-3)
    assert bench.value(3.0) == 1, "the other edit is as it was"
    entries = bench.desk.history.entries
    assert entries[n_steps] == "An edit changed"

    detail.kind.setFocus()
    while detail.kind.currentText() != "Less voice":
        bench.stage.key(Qt.Key.Key_Down)
    bench.settle()
    edit = bench.desk.state.edits[0]
    assert (edit.action, edit.amount, edit.strength) == (Action.GAIN, -6.0, 0.5)
    assert detail.amount.isVisible()
    assert URGENCY._n == 0, "pictures need not wait any longer"
    odds = bench.network_value(1.0) / (1 - bench.network_value(1.0)) * 10 ** (-3 / 20)
    assert bench.value(1.0) == pytest.approx(odds / (1 + odds), abs=3e-3)
    assert bench.list.rows[edit.edit_id].name.text().startswith("Less voice")

    # All of it can be undone, back to the network's mask.
    while bench.desk.history.can_undo:
        bench.stage.key(Qt.Key.Key_Z, CTRL)
    bench.settle()
    np.testing.assert_array_equal(bench.song.result.mask.values, bench.network)
    assert not detail.isVisible()


def test_chosen_again_nothing_is_chosen(bench: Bench) -> None:
    bench.choose(1)
    name = bench.list.rows[bench.desk.state.edits[1].edit_id].name
    assert name.isChecked()
    bench.choose(0)
    assert not name.isChecked()
    assert bench.view.selection == Rectangle(0.5, 1.5, 500.0, 2000.0)
    bench.choose(0)
    assert bench.view.selection is None
    assert not bench.list.detail.isVisible()
    bench.choose(0)
    bench.qtbot.mouseClick(bench.list.rows[bench.desk.state.edits[0].edit_id].remove_button, LEFT)
    assert not bench.list.detail.isVisible()
