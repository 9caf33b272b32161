"""The scale of levels beside the panes, on which the range that is shown is dragged."""

from __future__ import annotations

from enum import Enum

import numpy as np
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.i18n import bind, mark, tip
from app.spectrogram.level_range import HIGHEST_DB, LOWEST_DB, LevelRange
from app.spectrogram.looks import Looks
from app.spectrogram.scale_bar import STRIP, STRIP_LEFT, ScaleBar, number
from app.spectrogram.stage import Stage
from core.spectrogram import code_of_db

REACH = 5  # how near an end can be taken, in pixels
FINE = 0.2  # of the way the mouse goes, with shift
STEP_DB, PAGE_DB = 1.0, 10.0
NOTCH_DB = 2.0
HELP = mark(
    "Levels shown: drag an end, or the middle for both; double click resets. "
    "Up and Down move both, with Shift the loudest, with Ctrl the quietest."
)


class Part(Enum):
    """What of the range is held."""

    NONE = 0
    FLOOR = 1
    CEILING = 2
    BOTH = 3


class LevelBar(ScaleBar):
    """Colours from the quietest to the loudest level there is; two marks hold the range."""

    range_changed = Signal(object)  # LevelRange, by the user

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(stage, parent)
        self.levels = LevelRange()
        self._part = Part.NONE
        self._held = LevelRange()  # as it would be without rounding to whole decibels
        self._last_y = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        tip(self, HELP)
        bind(self.setAccessibleName, "Levels shown")

    def set_looks(self, looks: Looks) -> None:
        """The range and the colours of the panes."""
        self.levels = looks.range
        codes = code_of_db(np.linspace(HIGHEST_DB, LOWEST_DB, 256))
        table = looks.levels()
        self.set_pixels([table[code] for code in codes])
        values = {"floor": number(self.levels.floor_db), "ceiling": number(self.levels.ceiling_db)}
        bind(self.setAccessibleDescription, "{floor} to {ceiling} dB", **values)

    # -- where levels stand

    def y_of(self, level_db: float) -> float:
        return self.y_of_share((level_db - LOWEST_DB) / (HIGHEST_DB - LOWEST_DB))

    def _db_per_pixel(self) -> float:
        return (HIGHEST_DB - LOWEST_DB) / max(1.0, self.y_of(LOWEST_DB) - self.y_of(HIGHEST_DB))

    def part_at(self, y: float) -> Part:
        """What a drag that begins at ``y`` moves."""
        top, bottom = self.y_of(self.levels.ceiling_db), self.y_of(self.levels.floor_db)
        reach = min(REACH, (bottom - top) / 3)
        if y <= top + reach:
            return Part.CEILING
        return Part.FLOOR if y >= bottom - reach else Part.BOTH

    # -- gestures

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._last_y = event.position().y()
            self._part, self._held = self.part_at(self._last_y), self.levels
            self._show_cursor_shape()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        y = event.position().y()
        if self._part is Part.NONE:
            self._show_cursor_shape(self.part_at(y))
            return
        fine = FINE if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        by_db = (self._last_y - y) * self._db_per_pixel() * fine
        self._last_y = y
        self._held = _moved(self._held, self._part, by_db)
        self._choose(self._held)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._part = Part.NONE
            self._show_cursor_shape(self.part_at(event.position().y()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._part = Part.NONE
            self._choose(LevelRange())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Moves the range; with Ctrl it gets wider or narrower."""
        event.accept()
        by_db = event.angleDelta().y() / 120 * NOTCH_DB
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._choose(self.levels.with_floor(self.levels.floor_db + by_db).with_ceiling(
                self.levels.ceiling_db - by_db
            ))  # fmt: skip
        else:
            self._choose(self.levels.moved(by_db))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        modifiers = event.modifiers()
        steps = {
            Qt.Key.Key_Up: STEP_DB,
            Qt.Key.Key_Down: -STEP_DB,
            Qt.Key.Key_PageUp: PAGE_DB,
            Qt.Key.Key_PageDown: -PAGE_DB,
        }
        if event.key() in steps:
            part = Part.BOTH
            if modifiers & Qt.KeyboardModifier.ShiftModifier:
                part = Part.CEILING
            elif modifiers & Qt.KeyboardModifier.ControlModifier:
                part = Part.FLOOR
            self._choose(_moved(self.levels, part, steps[Qt.Key(event.key())]))
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._choose(LevelRange())
        else:
            super().keyPressEvent(event)

    def _choose(self, levels: LevelRange) -> None:
        levels = levels.rounded()
        if levels != self.levels:
            self.range_changed.emit(levels)

    def _show_cursor_shape(self, part: Part = Part.NONE) -> None:
        if self._part is Part.BOTH:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif (self._part if self._part is not Part.NONE else part) is Part.BOTH:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            self.setCursor(Qt.CursorShape.SizeVerCursor)

    # -- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.paint_strip(painter)
        colours, ends = self.stage.colours, (self.levels.ceiling_db, self.levels.floor_db)
        marks = [(level, number(level)) for level in self._ticks()]
        taken = [self.y_of(level) for level in ends]
        for level, text in marks:
            y = self.y_of(level)
            if all(abs(y - other) >= self.line_height for other in taken):
                self.paint_mark(painter, y, text, colours.muted)
        for level in ends:
            y = self.y_of(level)
            box = QRectF(STRIP_LEFT - 3, round(y) - 1, STRIP + 5, 3)
            painter.fillRect(box, QColor(0, 0, 0, 150))
            painter.fillRect(box.adjusted(0, 1, 0, -1), QColor(colours.playhead))
            self.paint_number(painter, y, number(level), colours.text)

    def _ticks(self) -> list[float]:
        for step in (10, 20, 40, 60):
            if step / self._db_per_pixel() >= 1.5 * self.line_height:
                return [float(level) for level in range(round(HIGHEST_DB), -121, -step)]
        return []


def _moved(levels: LevelRange, part: Part, by_db: float) -> LevelRange:
    if part is Part.FLOOR:
        return levels.with_floor(levels.floor_db + by_db)
    if part is Part.CEILING:
        return levels.with_ceiling(levels.ceiling_db + by_db)
    return levels.moved(by_db)
