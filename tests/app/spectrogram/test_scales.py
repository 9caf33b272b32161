"""The scales of the colours beside the panes: where they stand, and what dragging does."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.i18n import set_language
from app.spectrogram import SpectrogramView
from app.spectrogram.level_bar import LevelBar
from app.spectrogram.level_range import LevelRange
from app.spectrogram.scale_bar import STRIP, STRIP_LEFT, MaskBar
from app.spectrogram.scale_column import ScaleColumn

PATIENCE_MS = 30_000
X = STRIP_LEFT + STRIP // 2


@pytest.fixture
def scales(loaded: SpectrogramView, qtbot: QtBot) -> ScaleColumn:
    loaded.set_scales_shown(True)
    column = loaded.findChild(ScaleColumn)
    qtbot.waitUntil(lambda: column.width() > 0 and loaded.idle, timeout=PATIENCE_MS)
    return column


@pytest.fixture
def bar(scales: ScaleColumn) -> LevelBar:
    return scales.level_bar


def drag(bar: LevelBar, start_y: float, by: int) -> None:
    """With the real mouse, in steps."""
    y = round(start_y)
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(X, y))
    for step in (by // 2, by):
        QTest.mouseMove(bar, QPoint(X, y + step))
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(X, y + by))


def wheel(bar: LevelBar, notches: int, modifier: Qt.KeyboardModifier) -> None:
    place = QPointF(X, 50)
    event = QWheelEvent(
        place,
        QPointF(bar.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(bar, event)


def test_ranges_keep_their_ends_apart_and_on_the_scale() -> None:
    levels = LevelRange(-100, -15)
    assert levels.with_floor(-5) == LevelRange(-25, -15)
    assert levels.with_floor(-300) == LevelRange(-120, -15)
    assert levels.with_ceiling(-119) == LevelRange(-100, -90)
    assert levels.with_ceiling(30) == LevelRange(-100, 0)
    assert levels.moved(40) == LevelRange(-85, 0)
    assert levels.moved(-40) == LevelRange(-120, -35)
    assert LevelRange(-99.6, -15.2).rounded() == LevelRange(-100, -15)


def test_scales_stand_beside_their_panes(loaded: SpectrogramView, scales: ScaleColumn) -> None:
    def span(widget) -> tuple[int, int]:
        top = widget.mapTo(loaded, QPoint(0, 0)).y()
        return top, top + widget.height()

    panes = [span(loaded.pane(name)) for name in ("mixture", "vocals", "accompaniment", "mask")]
    assert span(scales.level_bar) == (panes[0][0], panes[2][1])
    assert span(scales.mask_bar) == panes[3]
    assert scales.width() <= 48
    # The time axis ends where the panes do.
    assert loaded._axis.width() == loaded.pane("mixture").width()
    loaded.set_pane_visible("mixture", False)
    loaded._splitter.setSizes([0, 300, 100, 200])
    assert span(scales.level_bar)[0] == span(loaded.pane("vocals"))[0]
    assert span(scales.mask_bar) == span(loaded.pane("mask"))
    loaded.set_pane_visible("mask", False)
    assert not scales.mask_bar.isVisible()
    for name in ("vocals", "accompaniment"):
        loaded.set_pane_visible(name, False)
    loaded.set_pane_visible("mask", True)
    assert not scales.level_bar.isVisible()
    assert scales.mask_bar.isVisible()


def test_hidden_scales_take_no_room(loaded: SpectrogramView, qtbot: QtBot) -> None:
    width = loaded.pane("mixture").width()
    loaded.set_scales_shown(True)
    qtbot.waitUntil(lambda: loaded.pane("mixture").width() < width)
    loaded.set_scales_shown(False)
    qtbot.waitUntil(lambda: loaded.pane("mixture").width() == width)


def test_ends_and_middle_are_dragged(loaded: SpectrogramView, bar: LevelBar, qtbot: QtBot) -> None:
    seen: list[LevelRange] = []
    loaded.level_range_changed.connect(seen.append)
    before = loaded.pane("vocals").grab().toImage()
    ten_db = round(bar.y_of(-10) - bar.y_of(0))
    drag(bar, bar.y_of(-100), -2 * ten_db)
    assert len(seen) == 2  # live, not only at the end
    floor = bar.levels.floor_db
    assert floor == pytest.approx(-80, abs=1)
    assert bar.levels.ceiling_db == -15
    qtbot.waitUntil(lambda: loaded.idle, timeout=PATIENCE_MS)
    assert loaded.pane("vocals").grab().toImage() != before
    drag(bar, bar.y_of(-15), ten_db)
    assert bar.levels.ceiling_db == pytest.approx(-25, abs=1)
    assert bar.levels.floor_db == floor
    span = bar.levels.span_db
    drag(bar, bar.y_of(-50), ten_db)
    assert bar.levels.floor_db == pytest.approx(floor - 10, abs=1)
    assert bar.levels.span_db == pytest.approx(span, abs=1)
    # Beyond the end of the scale both stop.
    drag(bar, bar.y_of(-60), 20 * ten_db)
    assert bar.levels.floor_db == -120
    assert bar.levels.span_db == pytest.approx(span, abs=1)
    QTest.mouseDClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(X, 20))
    assert bar.levels == LevelRange()
    assert seen[-1] == LevelRange()
    assert all(levels == levels.rounded() for levels in seen)


def test_slow_drags_add_up(bar: LevelBar) -> None:
    """Steps of less than a decibel are not lost by rounding."""
    y = round(bar.y_of(-60))
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(X, y))
    for step in range(1, 41):
        QTest.mouseMove(bar, QPoint(X, y - step))
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=QPoint(X, y - 40))
    per_pixel = 10 / (bar.y_of(-10) - bar.y_of(0))
    assert bar.levels.floor_db == pytest.approx(-100 + min(40 * per_pixel, 15), abs=1)


def test_wheel_and_keys_move_the_range(bar: LevelBar) -> None:
    wheel(bar, -1, Qt.KeyboardModifier.NoModifier)
    assert bar.levels == LevelRange(-102, -17)
    wheel(bar, 2, Qt.KeyboardModifier.ControlModifier)
    assert bar.levels == LevelRange(-98, -21)
    bar.setFocus()
    assert bar.hasFocus()
    for key, modifier, expected in (
        (Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier, LevelRange(-97, -20)),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier, LevelRange(-97, -19)),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier, LevelRange(-98, -19)),
        (Qt.Key.Key_PageDown, Qt.KeyboardModifier.NoModifier, LevelRange(-108, -29)),
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, LevelRange()),
    ):
        QTest.keyClick(bar, key, modifier)
        assert bar.levels == expected


def test_the_scale_says_what_it_shows(bar: LevelBar) -> None:
    assert bar.accessibleName() == "Levels shown"
    assert bar.accessibleDescription() == "−100 to −15 dB"
    assert "double click" in bar.toolTip()
    QTest.keyClick(bar, Qt.Key.Key_Up)
    assert bar.accessibleDescription() == "−99 to −14 dB"
    try:
        set_language("zh_CN")
        assert bar.accessibleDescription() == "−99 至 −14 dB"
    finally:
        set_language("en")


def test_the_strips_have_the_colours_of_the_panes(
    loaded: SpectrogramView, scales: ScaleColumn
) -> None:
    bar = scales.level_bar
    image = bar.grab().toImage()
    table = loaded._looks.levels()
    for level_db in (-110.0, -60.0, -30.0, -5.0):
        shown = image.pixelColor(X, round(bar.y_of(level_db)))
        meant = QColor.fromRgb(table[round((level_db + 120) * 2) + 1])
        apart = np.subtract(shown.getRgb()[:3], meant.getRgb()[:3])
        assert np.abs(apart).max() <= 8, level_db
    mask_bar: MaskBar = scales.mask_bar
    image = mask_bar.grab().toImage()
    table = loaded._looks.masks(loaded._stage.colours)
    for value in (0.1, 0.5, 0.9):
        shown = image.pixelColor(X, round(mask_bar.y_of_share(value)))
        meant = QColor.fromRgb(table[round(254 * value) + 1])
        assert np.abs(np.subtract(shown.getRgb()[:3], meant.getRgb()[:3])).max() <= 8, value
