"""Box plots of the clips' figures: a panel per figure, a box per model."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from app import theme
from app.i18n import bind, language_changed, tr
from app.panels.evaluation.colours import model_colour
from app.panels.evaluation.figures import figure_title, number

GUTTER, TOP, BOTTOM = 64, 16, 28
WHISKER = 1.5  # of the distance between the quartiles: Tukey's rule
BOX_WIDTH = 34.0
N_DOTS = 40  # so many clips or fewer: each is a dot


@dataclass(frozen=True)
class Box:
    """The figures of one model, in dB, and what is drawn of them."""

    figure: str
    title: str
    place: int
    values: tuple[float, ...]

    @functools.cached_property
    def quartiles(self) -> tuple[float, float, float]:
        low, middle, high = np.quantile(self.values, [0.25, 0.5, 0.75])
        return float(low), float(middle), float(high)

    @functools.cached_property
    def whiskers(self) -> tuple[float, float]:
        """The outermost values within 1.5 times the height of the box from it."""
        low, _, high = self.quartiles
        reach = WHISKER * (high - low)
        inside = [v for v in self.values if low - reach <= v <= high + reach]
        return min(inside), max(inside)

    @functools.cached_property
    def outliers(self) -> list[float]:
        low, high = self.whiskers
        return [value for value in self.values if not low <= value <= high]


def axis_ticks(low: float, high: float, n_most: int) -> list[float]:
    """Round values from ``low`` to ``high``, about ``n_most`` at most and one at least."""
    span = max(high - low, 1e-3)
    power = 10.0 ** math.floor(math.log10(span / max(n_most, 1)))
    steps = [power * factor for factor in (1, 2, 5, 10)]
    step = next((step for step in steps if span / step <= n_most), steps[-1])
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)] or [low]


class BoxPlot(QWidget):
    """Median, quartiles, whiskers, outliers and the mean; hovering tells the numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._figures: tuple[str, ...] = ()
        self._boxes: list[Box] = []
        self._places: dict[tuple[str, int], QRectF] = {}
        self.setMinimumHeight(140)
        self.setMouseTracking(True)
        bind(self.setAccessibleName, "Box plot of the clips’ figures")
        theme.theme_changed().connect(self.update)
        language_changed().connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(600, 260)

    def set_boxes(self, figures: Sequence[str], boxes: Sequence[Box]) -> None:
        """Show these, in panels by figure; boxes without values keep their place."""
        self._figures, self._boxes = tuple(figures), list(boxes)
        self.setAccessibleDescription("; ".join(self._words(b) for b in boxes if b.values))
        self.update()

    @staticmethod
    def _words(box: Box) -> str:
        low, middle, high = box.quartiles
        return tr(
            "{model}, {figure}: median {median} dB, quartiles {low} and {high} dB, {n} clips",
            model=box.title, figure=figure_title(box.figure), median=number(middle),
            low=number(low), high=number(high), n=len(box.values),
        )  # fmt: skip

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = tr(
                "Box: the middle half of the clips, with the median. Whiskers: within 1.5 times "
                "the height of the box. Diamond: mean."
            )
            for box in self._boxes:
                place = self._places.get((box.figure, box.place))
                if box.values and place is not None and place.contains(QPointF(event.pos())):
                    text = self._words(box)
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.background))
        self._places = {}
        values = [value for box in self._boxes for value in box.values]
        area = QRectF(GUTTER, TOP, self.width() - GUTTER - 16, self.height() - TOP - BOTTOM)
        if not values or not self._figures or area.height() < 20:
            painter.setPen(QColor(colours.muted))
            words = tr("The figures of every clip appear here.")
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)
            return
        margin = 0.06 * (max(values) - min(values) + 1)
        low, high = min(values) - margin, max(values) + margin
        ticks = axis_ticks(low, high, max(2, int(area.height() // 30)))

        def y_of(value: float) -> float:
            return area.bottom() - (value - low) / (high - low) * area.height()

        self._paint_axis(painter, area, [(tick, y_of(tick)) for tick in ticks])
        panel = area.width() / len(self._figures)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number_, figure in enumerate(self._figures):
            left = area.left() + number_ * panel
            boxes = [box for box in self._boxes if box.figure == figure]
            slot = min(panel * 0.8 / max(len(boxes), 1), 4 * BOX_WIDTH)
            start = left + panel / 2 - slot * len(boxes) / 2
            for place, box in enumerate(boxes):
                x = start + (place + 0.5) * slot
                around = QRectF(x - slot / 2, area.top(), slot, area.height())
                self._places[figure, box.place] = around
                if box.values:
                    self._paint_box(painter, box, x, min(slot * 0.6, BOX_WIDTH), y_of)
            self._paint_title(painter, figure, boxes, QRectF(left, area.bottom(), panel, BOTTOM))
            if number_:
                painter.setPen(QPen(QColor(colours.line), 1))
                painter.drawLine(QLineF(left, area.top(), left, area.bottom()))

    def _paint_axis(
        self, painter: QPainter, area: QRectF, ticks: list[tuple[float, float]]
    ) -> None:
        colours = theme.current()
        painter.setFont(theme.figures_font(-1.0))
        for value, y in ticks:
            strong = abs(value) < 1e-9
            painter.setPen(QPen(QColor(colours.muted if strong else colours.line), 1))
            painter.drawLine(QLineF(area.left(), round(y) + 0.5, area.right(), round(y) + 0.5))
            painter.setPen(QColor(colours.muted))
            text = f"{abs(value):g}"
            text = f"−{text}" if value < 0 and not strong else text
            text = f"{text} dB" if (value, y) == ticks[-1] else text
            box = QRectF(0, y - 9, area.left() - 8, 18)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_title(self, painter: QPainter, figure: str, boxes: list[Box], place: QRectF) -> None:
        colours = theme.current()
        painter.setFont(theme.font())
        painter.setPen(QColor(colours.text))
        if len(self._figures) > 1 or len(boxes) == 1:
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, figure_title(figure))
            return
        # one figure alone: there is room for the models' names
        painter.setPen(QColor(colours.muted))
        for box in boxes:
            around = self._places[figure, box.place]
            name = painter.fontMetrics().elidedText(
                box.title, Qt.TextElideMode.ElideMiddle, int(around.width()) - 8
            )
            spot = QRectF(around.left(), place.top(), around.width(), place.height())
            painter.drawText(spot, Qt.AlignmentFlag.AlignCenter, name)

    def _paint_box(self, painter: QPainter, box: Box, x: float, width: float, y_of) -> None:  # type: ignore[no-untyped-def]
        colour = model_colour(box.place)
        q1, median, q3 = (y_of(value) for value in box.quartiles)
        low, high = (y_of(value) for value in box.whiskers)
        half = width / 2
        painter.setPen(QPen(colour, 1.5))
        painter.drawLine(QLineF(x, q3, x, high))
        painter.drawLine(QLineF(x, q1, x, low))
        for y in (low, high):
            painter.drawLine(QLineF(x - half / 2, y, x + half / 2, y))
        fill = QColor(colour)
        fill.setAlpha(56)
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(x - half, q3, width, max(q1 - q3, 1.0)), 2, 2)
        painter.setPen(QPen(colour, 2.5))
        painter.drawLine(QLineF(x - half, median, x + half, median))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        dots = box.values if len(box.values) <= N_DOTS else box.outliers
        for number_, value in enumerate(dots):
            shift = half * (0.3 * ((number_ * 0.618) % 1.0) - 0.15) if len(dots) > 4 else 0.0
            painter.drawEllipse(QPointF(x + shift, y_of(value)), 2.2, 2.2)
        y = y_of(float(np.mean(box.values)))
        painter.setPen(QPen(QColor(theme.current().text), 1.5))
        painter.setBrush(QColor(theme.current().background))
        diamond = [(x, y - 4.5), (x + 4.5, y), (x, y + 4.5), (x - 4.5, y)]
        painter.drawPolygon([QPointF(*corner) for corner in diamond])
