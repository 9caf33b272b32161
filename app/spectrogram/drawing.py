"""Drawing on a pane: from a drag of the mouse to a region of seconds and hertz."""

from __future__ import annotations

import time

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QWidget

from app.spectrogram.gestures import TimeCanvas
from app.spectrogram.stage import GUTTER, Painted, Stage, Tool
from core.editing.brushes import Harmonics, Stroke
from core.editing.regions import Lasso, Rectangle, Region

PAINT_INTERVAL_S = 0.03
"""A stroke tells how far it is at most this often."""
SMALLEST_SHAPE = 3.0
"""Smaller drags, in pixels, are clicks: they take the selection away."""
TONE_WIDTH_HZ = 45.0
"""Half the width of what is painted around each overtone."""


class DrawingCanvas(TimeCanvas):
    """A row of the view that can be drawn on where the stage has a drawing tool."""

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(stage, parent)
        self._path: list[QPointF] = []  # of the drag, in pixels
        self._tool: Tool | None = None  # of the drag
        self._told_s = 0.0
        stage.drawing_cancelled.connect(self._on_drawing_cancelled)

    @property
    def is_drawing(self) -> bool:
        return self._tool is not None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        stage, position = self.stage, event.position()
        left = event.button() == Qt.MouseButton.LeftButton
        if not (left and stage.tool.draws and stage.has_song and position.x() >= GUTTER):
            super().mousePressEvent(event)
            return
        if not stage.can_draw or self.is_drawing:
            return
        if stage.tool is Tool.WAND:
            seconds, unit = self.time_of(position.x()), self.unit_of(position.y())
            stage.wand_used.emit((seconds, float(stage.viewport.scale.to_hz(unit))))
            return
        self._tool, self._path = stage.tool, [position]
        stage.dragging = True
        if self._tool.paints:
            stage.n_strokes += 1
            self._tell(final=False)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._tool is None:
            super().mouseMoveEvent(event)
            return
        self._path.append(self._inside(event.position()))
        self._point(event.position())
        if self._tool.paints and time.perf_counter() - self._told_s >= PAINT_INTERVAL_S:
            self._tell(final=False)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._tool is None or event.button() != Qt.MouseButton.LeftButton:
            super().mouseReleaseEvent(event)
            return
        self._path.append(self._inside(event.position()))
        if self._tool.paints:
            self._tell(final=True)
        else:
            self.stage.set_selection(self._shape())
        self._end()

    def _on_drawing_cancelled(self) -> None:
        if self._tool is not None:
            if self._tool.paints:
                self.stage.painted.emit(Painted(self.stage.n_strokes, self._tool, None, True))
            self._end()

    def _end(self) -> None:
        self._tool, self._path = None, []
        self.stage.dragging = False
        self.update()

    def _tell(self, final: bool) -> None:
        assert self._tool is not None
        self._told_s = time.perf_counter()
        region = self._stroke()
        self.stage.painted.emit(Painted(self.stage.n_strokes, self._tool, region, final))

    # -- regions

    def _stroke(self) -> Region:
        """What the brush has gone over."""
        view, brush = self.stage.viewport, self.stage.brush
        points = self._points()
        if self._tool is Tool.HARMONICS:
            return Harmonics(_forwards(points), brush.n_harmonics, TONE_WIDTH_HZ, brush.hardness)
        radius_s = brush.radius / max(1, self.canvas.width()) * view.span_s
        radius_units = brush.radius / max(1, self.height()) * (view.high - view.low)
        return Stroke(points, radius_s, radius_units, brush.hardness, view.scale)

    def _shape(self) -> Region | None:
        """What was drawn around; None where it was no more than a click."""
        box = _box(self._path)
        if max(box.width(), box.height()) < SMALLEST_SHAPE:
            return None
        if self._tool is Tool.RECTANGLE:
            (start, low), (stop, high) = (
                self._place(corner) for corner in (box.bottomLeft(), box.topRight())
            )
            top_unit = self.unit_of(box.top())
            # From the edge of the picture on it is all that lies beyond.
            low = 0.0 if self.unit_of(box.bottom()) <= 0 else low
            high = float("inf") if top_unit >= 1 else high
            return Rectangle(start, stop, low, high)
        points = self._points()
        return Lasso(points) if len(points) > 2 else None

    def _points(self) -> tuple[tuple[float, float], ...]:
        return tuple(dict.fromkeys(self._place(position) for position in self._path))

    def _place(self, position: QPointF) -> tuple[float, float]:
        """Seconds and hertz under a point of the screen."""
        scale = self.stage.viewport.scale
        return self.time_of(position.x()), float(scale.to_hz(self.unit_of(position.y())))

    def _inside(self, position: QPointF) -> QPointF:
        canvas = self.canvas
        return QPointF(
            min(max(position.x(), canvas.left()), canvas.right() + 1),
            min(max(position.y(), 0), self.height()),
        )

    # -- painting

    def paint_drawing(self, painter: QPainter) -> None:
        """What is being drawn, and the size of the brush under the pointer."""
        colour = QColor(self.stage.colours.playhead)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._tool is not None and not self._tool.paints:
            painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
            if self._tool is Tool.RECTANGLE:
                painter.drawRect(_box(self._path))
            else:
                painter.drawPath(_line(self._path))
        elif self._tool is not None:
            colour.setAlpha(70)
            width = 2.0 * self.stage.brush.radius if self._tool is not Tool.HARMONICS else 3.0
            pen = QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            painter.drawPath(_line(self._path))
        box = self.brush_box(self.stage.pointer)
        if box is not None:
            for shade, inset in (("#000000", 0.0), (self.stage.colours.playhead, 1.0)):
                painter.setPen(QPen(QColor(shade), 1))
                painter.drawEllipse(box.adjusted(inset, inset, -inset, -inset))

    def brush_box(self, pointer: tuple[float, float] | None) -> QRectF | None:
        """Where the circle of the brush lies around a place; None for other tools."""
        if pointer is None or pointer[1] < 0 or not self.stage.can_draw:
            return None
        if self.stage.tool not in (Tool.BRUSH, Tool.ERASER):
            return None
        radius = self.stage.brush.radius
        x, y = self.x_of(pointer[0]), self.y_of(pointer[1])
        return QRectF(x - radius, y - radius, 2 * radius, 2 * radius)

    def _show_cursor_shape(self, position: QPointF) -> None:
        if position.x() >= GUTTER and self.stage.tool.draws and self.stage.can_draw:
            self.setCursor(Qt.CursorShape.CrossCursor)
        else:
            super()._show_cursor_shape(position)


def _box(path: list[QPointF]) -> QRectF:
    return QRectF(path[0], path[-1]).normalized()


def _line(path: list[QPointF]) -> QPainterPath:
    line = QPainterPath(path[0])
    for position in path[1:]:
        line.lineTo(position)
    if len(path) == 1:
        line.lineTo(path[0] + QPointF(0.01, 0))
    return line


def _forwards(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """A tone has one pitch at a time: where the hand went back, the latest counts."""
    if len(points) > 1 and points[-1][0] < points[0][0]:
        points = points[::-1]
    kept: list[tuple[float, float]] = []
    for point in points:
        while kept and kept[-1][0] >= point[0]:
            kept.pop()
        kept.append(point)
    return tuple(kept)
