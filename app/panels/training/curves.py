"""A plot of curves over the epochs, painted by hand in the colours of the theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.i18n import bind, language_changed, tr
from app.panels.training.axes import (
    epochs_shown,
    n_decimals,
    number,
    round_step,
    round_ticks,
    value_range,
)

TOP, BOTTOM, RIGHT = 32, 24, 16
NAME_ROOM = 64  # pixels


@dataclass(frozen=True)
class Curve:
    """Values over epochs: ``epochs`` and ``values`` ``(n,)``, NaN where nothing was measured."""

    name: str
    colour: str
    epochs: NDArray[np.int64]
    values: NDArray[np.float64]
    dashed: bool = False
    best_epoch: int | None = None
    prominent: bool = True
    in_legend: bool = True

    def at(self, epoch: int) -> float | None:
        """The value after ``epoch``; None where there is none."""
        index = int(np.searchsorted(self.epochs, epoch))
        if index >= len(self.epochs) or self.epochs[index] != epoch:
            return None
        value = float(self.values[index])
        return value if np.isfinite(value) else None

    def last(self) -> float | None:
        known = self.values[np.isfinite(self.values)]
        return float(known[-1]) if known.size else None


class CurvePlot(QWidget):
    """Curves with axes, units and a legend that names the values under the pointer.

    ``title`` and ``empty_text`` are English source texts. A click chooses an epoch.
    """

    epoch_clicked = Signal(int)

    def __init__(self, title: str, unit: str = "", digits: int = 2, empty_text: str = "") -> None:
        super().__init__()
        self._title, self._unit, self._digits, self._empty = title, unit, digits, empty_text
        self._empty_fields: dict[str, object] = {}
        self._curves: list[Curve] = []
        self._n_shown = 10
        self._n_epochs = 10
        self._range = (0.0, 1.0)
        self._hover: int | None = None
        self._marked: int | None = None
        self.setMouseTracking(True)
        self.setMinimumSize(280, 148)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        bind(self.setAccessibleName, title)
        language_changed().connect(self._describe)
        theme.theme_changed().connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(480, 240)

    @property
    def curves(self) -> list[Curve]:
        return list(self._curves)

    def set_curves(self, curves: Sequence[Curve], n_epochs: int) -> None:
        """Show these; ``n_epochs`` is how many there will be in the end."""
        self._curves = list(curves)
        n_done = max((int(c.epochs[-1]) for c in curves if len(c.epochs)), default=0)
        self._n_epochs = max(n_epochs, 1)
        self._n_shown = epochs_shown(n_done, self._n_epochs)
        self._range = value_range([c.values for c in curves])
        self._describe()
        self.update()

    def set_empty(self, text: str, **fields: object) -> None:
        """What to say while there is nothing to draw: an English source text."""
        self._empty, self._empty_fields = text, fields
        self._describe()
        self.update()

    def set_marked(self, epoch: int | None) -> None:
        """Draw a line at ``epoch``: the one the replay shows."""
        if epoch != self._marked:
            self._marked = epoch
            self._describe()
            self.update()

    def readout(self) -> list[tuple[Curve, float | None]]:
        """What the legend says of each curve: under the pointer, at the mark, or last."""
        epoch = self._hover
        return [(c, c.last() if epoch is None else c.at(epoch)) for c in self._curves]

    def _describe(self) -> None:
        parts = [f"{c.name}: {self._text(v)}" for c, v in self.readout() if v is not None]
        self.setAccessibleDescription("; ".join(parts) or self._empty_text())

    def _empty_text(self) -> str:
        return tr(self._empty, **self._empty_fields)

    def _text(self, value: float) -> str:
        return number(value, self._digits) + (f" {self._unit}" if self._unit else "")

    # geometry

    def _left(self) -> float:
        step = round_step(self._range[1] - self._range[0], self._n_rows())
        texts = [number(v, n_decimals(step)) for v in self._range]
        metrics = QFontMetricsF(theme.figures_font(-1))
        return 24.0 + max(metrics.horizontalAdvance(text) for text in texts)

    def _n_rows(self) -> int:
        return max(2, int((self.height() - TOP - BOTTOM) / 36))

    def _area(self) -> QRectF:
        left = self._left()
        width, height = self.width() - left - RIGHT, self.height() - TOP - BOTTOM
        return QRectF(left, TOP, max(width, 10), max(height, 10))

    def _x(self, epoch: float, area: QRectF) -> float:
        return area.left() + area.width() * epoch / self._n_shown

    def _y(self, value: float, area: QRectF) -> float:
        low, high = self._range
        return area.bottom() - area.height() * (value - low) / (high - low)

    # pointer

    def _epoch_at(self, x: float) -> int | None:
        area = self._area()
        if not self._curves or not area.left() - 8 <= x <= area.right() + 8:
            return None
        wanted = (x - area.left()) / area.width() * self._n_shown
        measured = [c.epochs[np.isfinite(c.values)] for c in self._curves]
        known = np.unique(np.concatenate(measured))
        if known.size == 0:
            return None
        return int(known[np.argmin(np.abs(known - wanted))])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hover = self._epoch_at(event.position().x())
        if hover != self._hover:
            self._hover = hover
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        epoch = self._epoch_at(event.position().x())
        if epoch is not None and event.button() == Qt.MouseButton.LeftButton:
            self.epoch_clicked.emit(epoch)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.setBrush(QColor(colours.background))
        painter.drawRoundedRect(frame, 4, 4)
        area = self._area()
        self._paint_legend(painter, colours)
        known = any(np.isfinite(curve.values).any() for curve in self._curves)
        if not known:
            painter.setFont(theme.font())
            painter.setPen(QColor(colours.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(frame.adjusted(24, 24, -24, -8), flags, self._empty_text())
            return
        self._paint_grid(painter, area, colours)
        painter.setClipRect(area.adjusted(-4, -1, 8, 1))
        for epoch, colour in ((self._marked, colours.faint), (self._hover, colours.muted)):
            if epoch is not None and epoch <= self._n_shown:
                x = round(self._x(epoch, area)) + 0.5
                painter.setPen(QPen(QColor(colour), 1))
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        for curve in sorted(self._curves, key=lambda c: c.prominent):
            self._paint_curve(painter, curve, area, colours)

    def _paint_grid(self, painter: QPainter, area: QRectF, colours: theme.Theme) -> None:
        painter.setFont(theme.figures_font(-1))
        low, high = self._range
        n_rows = self._n_rows()
        digits = n_decimals(round_step(high - low, n_rows))
        grid, text = QPen(QColor(colours.line), 1), QColor(colours.muted)
        for value in round_ticks(low, high, n_rows):
            y = round(self._y(value, area)) + 0.5
            painter.setPen(grid)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(text)
            where = QRectF(8, y - 10, area.left() - 16, 20)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(where, right, number(value, digits))
        step = max(1, round(round_step(self._n_shown, max(2, int(area.width() / 64)))))
        row = QRectF(0, area.bottom() + 4, 64, 16)
        for epoch in range(step, self._n_shown + 1, step):
            x = self._x(epoch, area)
            painter.setPen(grid)
            painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 4))
            painter.setPen(text)
            row.moveLeft(min(x - 32, self.width() - 64))
            painter.drawText(row, Qt.AlignmentFlag.AlignCenter, str(epoch))
        row.setRect(area.left(), area.bottom() + 4, 120, 16)
        painter.drawText(
            row, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, tr("Epoch")
        )

    def _paint_curve(
        self, painter: QPainter, curve: Curve, area: QRectF, colours: theme.Theme
    ) -> None:
        pen = QPen(QColor(curve.colour), 2.0 if curve.prominent else 1.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        if curve.dashed:
            pen.setDashPattern([3, 3])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        known = np.isfinite(curve.values)
        points = [
            QPointF(self._x(epoch, area), self._y(value, area))
            for epoch, value in zip(
                curve.epochs[known].tolist(), curve.values[known].tolist(), strict=True
            )
        ]
        if len(points) > 1:
            painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(curve.colour))
        if points and (len(points) == 1 or self._hover is None):
            painter.drawEllipse(points[-1], 2.5, 2.5)
        for epoch in {self._hover, self._marked} - {None}:
            value = curve.at(epoch) if epoch is not None else None
            if epoch is not None and value is not None:
                where = QPointF(self._x(epoch, area), self._y(value, area))
                painter.drawEllipse(where, 3.5, 3.5)
        best = curve.best_epoch
        value = curve.at(best) if best is not None else None
        if best is not None and value is not None:
            self._paint_best(painter, curve, QPointF(self._x(best, area), self._y(value, area)))

    def _paint_best(self, painter: QPainter, curve: Curve, where: QPointF) -> None:
        """A ring around the best epoch, and what it reached."""
        painter.setBrush(QColor(theme.current().background))
        painter.setPen(QPen(QColor(curve.colour), 2))
        painter.drawEllipse(where, 5, 5)
        if curve.prominent:
            painter.setFont(theme.font(-1))
            text = tr("Best")
            width = QFontMetricsF(painter.font()).horizontalAdvance(text)
            left = min(where.x() - width / 2, self.width() - RIGHT - width)
            above = where.y() - 24 > TOP
            top = where.y() - 24 if above else where.y() + 8
            behind = QColor(theme.current().background)
            behind.setAlphaF(0.8)
            painter.fillRect(QRectF(left - 2, top, width + 4, 16), behind)
            painter.setPen(QColor(theme.current().text))
            painter.drawText(QRectF(left, top, width + 1, 16), Qt.AlignmentFlag.AlignCenter, text)

    def _paint_legend(self, painter: QPainter, colours: theme.Theme) -> None:
        """The title, and right of it each curve with its value; what does not fit is left out."""
        painter.setFont(theme.font(weight=QFont.Weight.DemiBold))
        painter.setPen(QColor(colours.text))
        title = tr(self._title) + (f" ({self._unit})" if self._unit else "")
        left = 12.0 + painter.fontMetrics().horizontalAdvance(title) + 16
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(12, 4, self.width(), 24), middle, title)
        painter.setFont(theme.figures_font(-1))
        metrics = QFontMetricsF(painter.font())
        right = self.width() - 12.0
        named = [(c, v) for c, v in reversed(self.readout()) if c.in_legend]
        epoch = "" if self._hover is None else tr("Epoch {n}", n=self._hover)
        left += metrics.horizontalAdvance(epoch) + 16 if epoch else 0
        room = (right - left) / max(1, len(named)) - 40
        for curve, value in named:
            figure = f"  {number(value, self._digits) if value is not None else '–'}"
            name_room = room - metrics.horizontalAdvance(figure)
            name = metrics.elidedText(curve.name, Qt.TextElideMode.ElideRight, max(name_room, 0))
            # Where names have no room, the colours stand for them: the list of runs has both.
            text = name + figure if name_room >= NAME_ROOM else figure.strip()
            width = metrics.horizontalAdvance(text)
            if right - width - 24 < left:
                break
            painter.setPen(QColor(colours.text if curve.prominent else colours.muted))
            painter.drawText(QRectF(right - width, 4, width + 1, 24), middle, text)
            pen = QPen(QColor(curve.colour), 2)
            if curve.dashed:
                pen.setDashPattern([2, 2])
            painter.setPen(pen)
            painter.drawLine(QPointF(right - width - 20, 16.5), QPointF(right - width - 6, 16.5))
            right -= width + 40
        if epoch:
            painter.setPen(QColor(colours.muted))
            width = metrics.horizontalAdvance(epoch)
            painter.drawText(QRectF(right - width, 4, width + 1, 24), middle, epoch)
