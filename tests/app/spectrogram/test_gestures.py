"""Mouse, wheel and keys on real windows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.spectrogram import SpectrogramView, Tool
from app.spectrogram.overview import Overview
from app.spectrogram.stage import GUTTER

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NONE = Qt.KeyboardModifier.NoModifier
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def roll(
    widget: QWidget,
    x: float,
    y: float,
    notches: float,
    modifiers: Qt.KeyboardModifier = NONE,
    pixels: QPoint | None = None,
) -> None:
    event = QWheelEvent(
        QPointF(x, y),
        widget.mapToGlobal(QPointF(x, y)),
        pixels or QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def drag(widget: QWidget, start: QPoint, stop: QPoint, button: Qt.MouseButton = LEFT) -> None:
    QTest.mousePress(widget, button, NONE, start)
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(widget, start + (stop - start) * share)
    QTest.mouseRelease(widget, button, NONE, stop)


def test_wheel_zooms_around_the_pointer(loaded: SpectrogramView, qtbot: QtBot) -> None:
    pane = loaded.pane("vocals")
    before = pane.time_of(700)
    with qtbot.waitSignal(loaded.view_changed) as caught:
        roll(pane, 700, 80, 3)
    assert pane.time_of(700) == pytest.approx(before)
    assert loaded.viewport.span_s == pytest.approx(20 * 0.8**3)
    assert caught.args[0] == loaded.view_range
    assert loaded.pane("mixture").time_of(700) == pytest.approx(before)
    roll(pane, 700, 80, -30)
    assert (loaded.view_range.start_s, loaded.view_range.stop_s) == (0, 20)


def test_shift_wheel_pans_and_stops_at_the_ends(loaded: SpectrogramView) -> None:
    pane = loaded.pane("mixture")
    loaded.viewport.set_time(5, 10)
    roll(pane, 300, 50, -1, SHIFT)
    assert loaded.view_range.start_s == pytest.approx(5.5)
    roll(pane, 300, 50, 100, SHIFT)
    assert loaded.view_range.start_s == 0
    assert loaded.viewport.span_s == pytest.approx(5)


def test_trackpad_pans_sideways(loaded: SpectrogramView) -> None:
    loaded.viewport.set_time(5, 10)
    roll(loaded.pane("mixture"), 300, 50, 0, pixels=QPoint(-60, 10))
    assert loaded.view_range.start_s == pytest.approx(5.5)


def test_control_wheel_and_ruler_zoom_frequency(loaded: SpectrogramView) -> None:
    pane = loaded.pane("mixture")
    before = pane.unit_of(100)
    roll(pane, 500, 100, 2, CONTROL)
    assert pane.unit_of(100) == pytest.approx(before)
    assert loaded.viewport.high - loaded.viewport.low == pytest.approx(0.64)
    roll(pane, GUTTER / 2, 100, 1)
    assert loaded.viewport.high - loaded.viewport.low == pytest.approx(0.512)
    assert loaded.viewport.span_s == 20


def test_click_seeks(loaded: SpectrogramView, qtbot: QtBot) -> None:
    pane = loaded.pane("accompaniment")
    with (
        qtbot.waitSignal(loaded.seek_requested) as caught,
        qtbot.assertNotEmitted(loaded.loop_changed),
    ):
        QTest.mouseClick(pane, LEFT, NONE, QPoint(564, 60))
    assert caught.args[0] == pytest.approx(pane.time_of(564), abs=0.01)
    assert caught.args[0] == pytest.approx(10, abs=0.05)


def test_drag_selects_a_loop_and_edges_move(loaded: SpectrogramView, qtbot: QtBot) -> None:
    pane = loaded.pane("mixture")
    with qtbot.assertNotEmitted(loaded.seek_requested):
        with qtbot.waitSignal(loaded.loop_changed) as caught:
            drag(pane, QPoint(264, 60), QPoint(564, 60))
        assert caught.args[0] == pytest.approx((4, 10), abs=0.05)
        with qtbot.waitSignal(loaded.loop_changed) as caught:
            drag(pane, QPoint(565, 60), QPoint(764, 60))
        assert caught.args[0] == pytest.approx((4, 14), abs=0.05)
        # Across the other edge: the ends change places.
        with qtbot.waitSignal(loaded.loop_changed) as caught:
            drag(pane, QPoint(764, 60), QPoint(164, 60))
        assert caught.args[0] == pytest.approx((2, 4), abs=0.05)
    with qtbot.waitSignal(loaded.loop_changed) as caught:
        QTest.keyClick(loaded, Qt.Key.Key_Escape)
    assert caught.args[0] is None
    assert loaded.loop is None


def test_middle_button_and_hand_pan(loaded: SpectrogramView, qtbot: QtBot) -> None:
    pane = loaded.pane("mixture")
    loaded.viewport.set_time(5, 10)
    with qtbot.assertNotEmitted(loaded.loop_changed):
        drag(pane, QPoint(564, 60), QPoint(364, 60), MIDDLE)
        assert loaded.view_range.start_s == pytest.approx(6, abs=0.03)
        loaded.set_tool(Tool.HAND)
        drag(pane, QPoint(364, 60), QPoint(564, 60))
        assert loaded.view_range.start_s == pytest.approx(5, abs=0.06)


def test_keys(loaded: SpectrogramView) -> None:
    keys = Qt.Key
    QTest.keyClick(loaded, keys.Key_Plus)
    QTest.keyClick(loaded, keys.Key_Plus)
    span = loaded.viewport.span_s
    assert span == pytest.approx(20 * 0.49)
    QTest.keyClick(loaded, keys.Key_Home)
    assert loaded.view_range.start_s == 0
    QTest.keyClick(loaded, keys.Key_Right)
    assert loaded.view_range.start_s == pytest.approx(0.15 * span)
    QTest.keyClick(loaded, keys.Key_Left)
    assert loaded.view_range.start_s == pytest.approx(0, abs=1e-9)
    QTest.keyClick(loaded, keys.Key_End)
    assert loaded.view_range.stop_s == pytest.approx(20)
    QTest.keyClick(loaded, keys.Key_Minus)
    assert loaded.viewport.span_s == pytest.approx(14)
    QTest.keyClick(loaded, keys.Key_Up, SHIFT)
    assert loaded.viewport.high - loaded.viewport.low == pytest.approx(0.7)
    QTest.keyClick(loaded, keys.Key_Up)
    assert loaded.viewport.low == pytest.approx(0.15 + 0.7 * 0.15)
    QTest.keyClick(loaded, keys.Key_Plus, SHIFT)  # where plus is typed with shift
    assert loaded.viewport.span_s == pytest.approx(9.8)
    QTest.keyClick(loaded, keys.Key_F)
    assert loaded.viewport.span_s == 20
    assert (loaded.viewport.low, loaded.viewport.high) == (0, 1)


def test_overview_click_box_and_handles(loaded: SpectrogramView, qtbot: QtBot) -> None:
    overview = loaded.findChild(Overview)
    assert overview is not None
    with qtbot.waitSignal(loaded.seek_requested) as caught:
        QTest.mouseClick(overview, LEFT, NONE, QPoint(GUTTER + 250, 40))
    assert caught.args[0] == pytest.approx(5, abs=0.05)
    loaded.viewport.set_time(4, 8)
    with qtbot.assertNotEmitted(loaded.seek_requested):
        drag(overview, QPoint(GUTTER + 300, 50), QPoint(GUTTER + 500, 50))
    assert loaded.view_range.start_s == pytest.approx(8, abs=0.05)
    drag(overview, QPoint(GUTTER + 600, 50), QPoint(GUTTER + 700, 50))
    assert loaded.view_range.start_s == pytest.approx(8, abs=0.05)
    assert loaded.view_range.stop_s == pytest.approx(14, abs=0.05)
    loaded.set_loop((2, 6))
    with qtbot.waitSignal(loaded.loop_changed) as caught:
        drag(overview, QPoint(GUTTER + 300, 6), QPoint(GUTTER + 350, 6))
    assert caught.args[0] == pytest.approx((2, 7), abs=0.06)
    with qtbot.waitSignal(loaded.loop_changed) as caught:
        drag(overview, QPoint(GUTTER + 100, 6), QPoint(GUTTER + 50, 6))
    assert caught.args[0] == pytest.approx((1, 7), abs=0.06)


def test_playhead_is_painted_and_followed(loaded: SpectrogramView) -> None:
    loaded.viewport.set_time(0, 10)
    pane = loaded.pane("vocals")
    loaded.set_playhead(5.0)
    image = pane.grab().toImage()
    x = round(pane.x_of(5.0))
    assert image.pixelColor(x, pane.height() - 5).lightness() == 255
    assert image.pixelColor(x + 6, pane.height() - 5).lightness() < 200
    loaded.set_playhead(9.99)
    assert loaded.view_range.start_s == 0
    loaded.set_playhead(10.01)
    assert loaded.view_range.start_s == pytest.approx(9.51, abs=0.01)
    # Who scrolls away stays there while it plays on, until it runs out of the view again.
    loaded.viewport.set_time(0, 5)
    loaded.set_playhead(10.03)
    assert loaded.view_range.start_s == 0
    loaded.set_playhead(15.0)
    assert loaded.view_range.start_s > 10
    loaded.set_follow(False)
    loaded.set_playhead(1.0)
    assert loaded.view_range.start_s > 10


def test_without_a_song_nothing_answers(view: SpectrogramView, qtbot: QtBot) -> None:
    overview = view.findChild(Overview)
    assert overview is not None
    with qtbot.assertNotEmitted(view.seek_requested), qtbot.assertNotEmitted(view.loop_changed):
        QTest.mouseClick(overview, LEFT, NONE, QPoint(300, 30))
        for key in (Qt.Key.Key_Plus, Qt.Key.Key_F, Qt.Key.Key_Escape, Qt.Key.Key_Left):
            QTest.keyClick(view, key)
    assert not view.grab().isNull()
