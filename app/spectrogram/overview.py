"""The whole song in one strip: voice over music, what is visible, the loop, the playhead."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from app.spectrogram.brushes import hatch
from app.spectrogram.runner import Runner
from app.spectrogram.stage import GUTTER, HANDLE, Stage
from app.spectrogram.waves import WaveRequest, Waves
from core.spectrogram import EnvelopePyramid

HEIGHT = 64


class Grip(Enum):
    """What of the strip is held."""

    NONE = 0
    CLICK = 1  # outside the box: a click seeks
    BOX = 2  # a drag moves what is visible, a click seeks
    START = 3
    STOP = 4
    LOOP_START = 5
    LOOP_STOP = 6


class Overview(QWidget):
    """Paints the stems' envelopes, and the mixture's where the stems are not known yet."""

    def __init__(self, stage: Stage, runner: Runner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self._mixture: list[tuple[EnvelopePyramid, str]] = []
        self._stems: list[tuple[EnvelopePyramid, str]] = []
        self._runner = runner
        self._waves = Waves(QImage(), ())
        self._drawing = False
        self._is_dirty = False
        self._grip = Grip.NONE
        self._moved = False
        self._press_x = self._last_x = 0.0
        self.setFixedHeight(HEIGHT)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        stage.viewport.changed.connect(self.update)
        stage.loop_shown.connect(self.update)
        stage.looks_changed.connect(self.redraw)
        stage.playhead_moved.connect(self._on_playhead_moved)

    def sizeHint(self) -> QSize:
        return QSize(600, HEIGHT)

    def set_envelopes(
        self,
        mixture: list[tuple[EnvelopePyramid, str]],
        stems: list[tuple[EnvelopePyramid, str]],
    ) -> None:
        """Envelopes with the names of their colours; the first of the stems lies at the back."""
        if self._mixture != mixture:
            self._waves = Waves(QImage(), ())
        self._mixture, self._stems = mixture, stems
        self.redraw()

    def redraw(self) -> None:
        """The waveforms changed."""
        self._is_dirty = True
        self.update()
        self._start_drawing()

    @property
    def idle(self) -> bool:
        return not self._drawing

    def x_of(self, seconds: float) -> float:
        return GUTTER + seconds / self.stage.viewport.duration_s * self._width

    def time_of(self, x: float) -> float:
        share = min(max((x - GUTTER) / self._width, 0.0), 1.0)
        return share * self.stage.viewport.duration_s

    @property
    def _width(self) -> int:
        return max(1, self.width() - GUTTER)

    # -- painting

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours, view = self.stage.colours, self.stage.viewport
        painter = QPainter(self)
        painter.fillRect(0, 0, GUTTER, HEIGHT, QColor(colours.panel))
        painter.fillRect(GUTTER - 1, 0, 1, HEIGHT, QColor(colours.line))
        if not self.stage.has_song:
            painter.fillRect(GUTTER, 0, self._width, HEIGHT, QColor(colours.background))
            return
        painter.setClipRect(GUTTER, 0, self._width, HEIGHT)
        painter.fillRect(GUTTER, 0, self._width, HEIGHT, QColor(colours.background))
        for start_s, stop_s in self._waves.pending_s:
            left, right = self.x_of(start_s), self.x_of(stop_s)
            painter.fillRect(QRectF(left, 0, right - left, HEIGHT), hatch(colours))
        painter.drawImage(QRectF(GUTTER, 0, self._width, HEIGHT), self._waves.image)
        left, right = self.x_of(view.start_s), self.x_of(view.stop_s)
        dim = QColor(colours.background)
        dim.setAlpha(150)
        painter.fillRect(QRectF(GUTTER, 0, left - GUTTER, HEIGHT), dim)
        painter.fillRect(QRectF(right, 0, self.width() - right, HEIGHT), dim)
        painter.setPen(QColor(colours.muted))
        painter.drawRect(
            QRectF(round(left) + 0.5, 0.5, max(2, round(right - left) - 1), HEIGHT - 2)
        )
        if self.stage.loop is not None:
            self._paint_loop(painter, *self.stage.loop)
        if self.stage.playhead_s is not None:
            x = round(self.x_of(self.stage.playhead_s))
            painter.fillRect(x, 0, 1, HEIGHT, QColor(colours.accent))

    def _paint_loop(self, painter: QPainter, start_s: float, stop_s: float) -> None:
        colour = QColor(self.stage.colours.accent)
        left, right = round(self.x_of(start_s)), round(self.x_of(stop_s))
        tint = QColor(colour)
        tint.setAlpha(30)
        painter.fillRect(QRectF(left, 0, right - left, HEIGHT), tint)
        painter.fillRect(QRectF(left, 0, right - left, 3), colour)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        for x, side in ((left, 1), (right, -1)):
            painter.fillRect(QRectF(x - 0.5, 0, 1, HEIGHT), colour)
            painter.drawPolygon(
                QPolygonF([QPointF(x, 0), QPointF(x + side * 9, 0), QPointF(x, 12)])
            )

    def _start_drawing(self) -> None:
        """Have the waveforms drawn off the GUI thread; one picture at a time, the latest last."""
        if self._drawing or not self._is_dirty or not self.stage.has_song:
            return
        self._drawing, self._is_dirty = True, False
        ratio, colours = self.devicePixelRatioF(), self.stage.colours
        request = WaveRequest(
            mixture=tuple((envelope, colours.of(name)) for envelope, name in self._mixture),
            stems=tuple((envelope, colours.of(name)) for envelope, name in self._stems),
            duration_s=self.stage.viewport.duration_s,
            width=max(1, round(self._width * ratio)),
            height=round(HEIGHT * ratio),
        )
        self._runner(request.draw, self._on_drawn)

    def _on_drawn(self, waves: object) -> None:
        self._drawing = False
        if isinstance(waves, Waves):
            self._waves = waves
        self.update()
        self._start_drawing()

    def _on_playhead_moved(self, old: object) -> None:
        for seconds in (old, self.stage.playhead_s):
            if isinstance(seconds, float):
                self.update(round(self.x_of(seconds)) - 2, 0, 5, HEIGHT)

    # -- gestures

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self.stage.has_song:
            return
        self._press_x = self._last_x = event.position().x()
        self._grip = self._grip_at(event.position())
        self._moved = False
        self.stage.dragging = True

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x, view = event.position().x(), self.stage.viewport
        if self._grip is Grip.NONE:
            self._show_cursor_shape(event.position())
            return
        self._moved |= abs(x - self._press_x) >= QApplication.startDragDistance() / 2
        if not self._moved:
            return
        seconds, loop = self.time_of(x), self.stage.loop
        if self._grip is Grip.CLICK:
            # A drag from outside brings the box along.
            view.set_time(seconds - view.span_s / 2, seconds + view.span_s / 2)
        elif self._grip is Grip.BOX:
            view.pan_time((x - self._last_x) / self._width * view.duration_s)
        elif self._grip is Grip.START:
            view.set_time(min(seconds, view.stop_s - 0.1), view.stop_s)
        elif self._grip is Grip.STOP:
            view.set_time(view.start_s, max(seconds, view.start_s + 0.1))
        elif loop is not None:
            start = self._grip is Grip.LOOP_START
            moved = (
                (min(seconds, loop[1] - 0.01), loop[1])
                if start
                else (loop[0], max(seconds, loop[0] + 0.01))
            )
            self.stage.set_loop(moved, final=False)
        self._last_x = x

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._grip is Grip.NONE:
            return
        grip, self._grip = self._grip, Grip.NONE
        self.stage.dragging = False
        if not self._moved:
            self.stage.seek(self.time_of(event.position().x()))
        elif grip in (Grip.LOOP_START, Grip.LOOP_STOP):
            self.stage.set_loop(self.stage.loop)
        self._show_cursor_shape(event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        notches = event.angleDelta().y() / 120
        if self.stage.has_song and notches:
            self.stage.viewport.zoom_time(0.8**notches, self.time_of(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:
        self.unsetCursor()

    def _grip_at(self, position: QPointF) -> Grip:
        x, view, loop = position.x(), self.stage.viewport, self.stage.loop
        if loop is not None:
            # A handle points into the loop, so it is taken a little further inside.
            if -HANDLE <= x - self.x_of(loop[0]) <= 2 * HANDLE and position.y() < HEIGHT / 2:
                return Grip.LOOP_START
            if -2 * HANDLE <= x - self.x_of(loop[1]) <= HANDLE and position.y() < HEIGHT / 2:
                return Grip.LOOP_STOP
        left, right = self.x_of(view.start_s), self.x_of(view.stop_s)
        whole = view.span_s >= view.duration_s
        if not whole and abs(x - left) <= HANDLE and right - left > 4 * HANDLE:
            return Grip.START
        if not whole and abs(x - right) <= HANDLE and right - left > 4 * HANDLE:
            return Grip.STOP
        return Grip.BOX if left <= x <= right and not whole else Grip.CLICK

    def _show_cursor_shape(self, position: QPointF) -> None:
        grip = self._grip_at(position) if self.stage.has_song else Grip.NONE
        shape = {
            Grip.NONE: Qt.CursorShape.ArrowCursor,
            Grip.CLICK: Qt.CursorShape.PointingHandCursor,
            Grip.BOX: Qt.CursorShape.OpenHandCursor,
        }.get(grip, Qt.CursorShape.SizeHorCursor)
        self.setCursor(shape)
