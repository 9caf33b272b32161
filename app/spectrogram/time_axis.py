"""The ruler of seconds under the panes."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.spectrogram.gestures import TimeCanvas
from app.spectrogram.stage import GUTTER, Stage
from app.spectrogram.ticks import clock, time_ticks

HEIGHT = 24
LABEL_REACH = 84


class TimeAxis(TimeCanvas):
    """Minutes and seconds; wheel and drags work as on a pane."""

    has_frequency = False

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(stage, parent)
        self.setFixedHeight(HEIGHT)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        stage.viewport.changed.connect(self.update)
        stage.looks_changed.connect(self.update)
        stage.loop_shown.connect(self.update)
        stage.pointer_moved.connect(self._on_pointer_moved)
        stage.playhead_moved.connect(self._on_playhead_moved)

    def paintEvent(self, event: QPaintEvent) -> None:
        view, colours = self.stage.viewport, self.stage.colours
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.panel))
        painter.fillRect(0, 0, self.width(), 1, QColor(colours.line))
        if not self.stage.has_song:
            return
        painter.setClipRect(self.canvas)
        painter.setFont(theme.figures_font(-1.5))
        if self.stage.loop is not None:
            left, right = (self.x_of(edge) for edge in self.stage.loop)
            painter.fillRect(QRectF(left, 1, right - left, 4), QColor(colours.accent))
        written_to = float(-LABEL_REACH)
        for tick in time_ticks(view.start_s, view.stop_s, self.canvas.width()):
            x = round(self.x_of(tick.value))
            if not event.rect().left() - 2 * LABEL_REACH <= x <= event.rect().right() + LABEL_REACH:
                continue
            painter.fillRect(x, 1, 1, 6 if tick.label else 3, QColor(colours.muted))
            if tick.label:
                width = painter.fontMetrics().horizontalAdvance(tick.label)
                left = label_place(x, width, written_to, self.width())
                if left is not None:
                    written_to = left + width
                    painter.setPen(QColor(colours.muted))
                    painter.drawText(left, HEIGHT - 7, tick.label)
        if self.stage.playhead_s is not None:
            x = round(self.x_of(self.stage.playhead_s))
            painter.fillRect(x, 0, 1, HEIGHT, QColor(colours.accent))
        if self.stage.pointer is not None:
            self._paint_pointer(painter, self.stage.pointer[0])

    def _paint_pointer(self, painter: QPainter, seconds: float) -> None:
        """The exact time under the pointer, over the marks."""
        colours = self.stage.colours
        text = clock(seconds, 3 if self.stage.viewport.span_s < 60 else 2)
        width = painter.fontMetrics().horizontalAdvance(text) + 12
        x = min(max(self.x_of(seconds) - width / 2, GUTTER), self.width() - width)
        box = QRectF(x, 3, width, HEIGHT - 5)
        painter.fillRect(box, QColor(colours.accent))
        painter.setPen(QColor(colours.panel))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _on_pointer_moved(self, old: object) -> None:
        self.update()

    def _on_playhead_moved(self, old: object) -> None:
        for seconds in (old, self.stage.playhead_s):
            if isinstance(seconds, float):
                self.update(round(self.x_of(seconds)) - 2, 0, 5, HEIGHT)


def label_place(x: int, width: int, written_to: float, end: int) -> int | None:
    """Where a label of ``width`` begins: right of its mark at ``x``, at the ``end`` left of it.

    None where it would touch the label before it, which ends at ``written_to``.
    """
    if x + 4 + width <= end - 2:
        return x + 4
    return x - 4 - width if x - 4 - width >= written_to + 8 else None
