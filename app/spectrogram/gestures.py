"""Mouse, wheel and trackpad over a pane: seek, select a loop, pan and zoom."""

from __future__ import annotations

import math
from enum import Enum

from PySide6.QtCore import QEvent, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.spectrogram.stage import GUTTER, HANDLE, Stage, Tool

ZOOM_PER_NOTCH = 0.8  # one notch of a wheel shows this much of what was visible


class Drag(Enum):
    """What the button that is held down is doing."""

    NONE = 0
    PRESS = 1  # not moved far enough to be more than a click
    SELECT = 2
    EDGE = 3
    PAN = 4
    RULER = 5


class TimeCanvas(QWidget):
    """A row of the view: a ruler at the left, then a canvas on the shared time axis."""

    has_frequency = True

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self._drag = Drag.NONE
        self._button = Qt.MouseButton.NoButton
        self._press = QPointF()
        self._last = QPointF()
        self._fixed_s = 0.0  # the edge of the loop that stays where it is
        self.setMouseTracking(True)

    @property
    def canvas(self) -> QRect:
        """The part right of the ruler."""
        return self.rect().adjusted(GUTTER, 0, 0, 0)

    def x_of(self, seconds: float) -> float:
        view = self.stage.viewport
        return GUTTER + (seconds - view.start_s) / view.span_s * max(1, self.canvas.width())

    def time_of(self, x: float) -> float:
        view = self.stage.viewport
        return view.start_s + (x - GUTTER) / max(1, self.canvas.width()) * view.span_s

    def y_of(self, unit: float) -> float:
        view = self.stage.viewport
        return (view.high - unit) / (view.high - view.low) * self.height()

    def unit_of(self, y: float) -> float:
        view = self.stage.viewport
        return view.high - y / max(1, self.height()) * (view.high - view.low)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self.stage.has_song or self._drag is not Drag.NONE:
            return
        self._press = self._last = event.position()
        self._button = event.button()
        middle = event.button() == Qt.MouseButton.MiddleButton
        if event.button() == Qt.MouseButton.LeftButton and self._press.x() < GUTTER:
            self._drag = Drag.RULER
        elif middle or (
            event.button() == Qt.MouseButton.LeftButton and self.stage.tool is Tool.HAND
        ):
            self._drag = Drag.PAN
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif event.button() == Qt.MouseButton.LeftButton:
            edge = self._edge_near(self._press.x())
            self._drag = Drag.PRESS if edge is None else Drag.EDGE
            self._fixed_s = self.time_of(self._press.x()) if edge is None else edge
        self.stage.dragging = self._drag is not Drag.NONE

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        step = position - self._last
        self._last = position
        view = self.stage.viewport
        far = abs(position.x() - self._press.x()) >= QApplication.startDragDistance() / 2
        if self._drag is Drag.PRESS and far:
            self._drag = Drag.SELECT
        if self._drag in (Drag.SELECT, Drag.EDGE):
            self.stage.set_loop((self._fixed_s, self.time_of(position.x())), final=False)
        elif self._drag is Drag.PAN:
            view.pan_time(-step.x() / max(1, self.canvas.width()) * view.span_s)
            if self.has_frequency:
                view.pan_units(step.y() / max(1, self.height()) * (view.high - view.low))
        elif self._drag is Drag.RULER and self.has_frequency:
            view.pan_units(step.y() / max(1, self.height()) * (view.high - view.low))
        elif self._drag is Drag.NONE:
            self._show_cursor_shape(position)
        self._point(position)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag is Drag.NONE or event.button() != self._button:
            return
        drag, self._drag = self._drag, Drag.NONE
        self.stage.dragging = False
        if drag is Drag.PRESS:
            self.stage.seek(self.time_of(event.position().x()))
        elif drag in (Drag.SELECT, Drag.EDGE):
            self.stage.set_loop(self.stage.loop)
        self._show_cursor_shape(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self.stage.set_pointer(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        if not self.stage.has_song:
            return
        pixels = event.pixelDelta()
        notches = QPointF(event.angleDelta()) / 120
        if not pixels.isNull():
            notches = QPointF(pixels) / 60
        modifiers = event.modifiers()
        # Alt, and shift on macOS, turn the wheel sideways: the stronger direction counts.
        amount = notches.y() if abs(notches.y()) >= abs(notches.x()) else notches.x()
        sideways = abs(notches.x()) > abs(notches.y())
        view, position = self.stage.viewport, event.position()
        over_ruler = position.x() < GUTTER and self.has_frequency
        zoom = math.pow(ZOOM_PER_NOTCH, amount)
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            if modifiers & Qt.KeyboardModifier.ShiftModifier:
                view.pan_units(amount * 0.1 * (view.high - view.low))
            else:
                view.zoom_units(zoom, self.unit_of(position.y()) if self.has_frequency else 0.5)
        elif over_ruler and not sideways:
            view.zoom_units(zoom, self.unit_of(position.y()))
        elif modifiers & Qt.KeyboardModifier.ShiftModifier or sideways:
            view.pan_time(-amount * 0.1 * view.span_s)
        else:
            view.zoom_time(zoom, self.time_of(max(position.x(), float(GUTTER))))
        self._point(position)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and self.stage.has_song:
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                factor = 1 / max(0.2, 1 + event.value())
                self.stage.viewport.zoom_time(factor, self.time_of(event.position().x()))
            return True
        return super().event(event)

    def _point(self, position: QPointF) -> None:
        if self.canvas.contains(position.toPoint()) and self.stage.has_song:
            unit = self.unit_of(position.y()) if self.has_frequency else -1.0
            self.stage.set_pointer((self.time_of(position.x()), unit))
        else:
            self.stage.set_pointer(None)

    def _edge_near(self, x: float) -> float | None:
        """The opposite edge of the loop whose edge lies at ``x``."""
        loop = self.stage.loop
        if loop is None:
            return None
        to_start, to_stop = (abs(self.x_of(edge) - x) for edge in loop)
        if min(to_start, to_stop) > HANDLE:
            return None
        return loop[1] if to_start < to_stop else loop[0]

    def _show_cursor_shape(self, position: QPointF) -> None:
        if position.x() < GUTTER:
            self.setCursor(Qt.CursorShape.SizeVerCursor)
        elif self.stage.tool is Tool.HAND:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self._edge_near(position.x()) is not None:
            self.setCursor(Qt.CursorShape.SizeHorCursor)
        else:
            self.setCursor(Qt.CursorShape.CrossCursor)
