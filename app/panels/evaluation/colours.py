"""A colour for each model that is compared, the same in plot and tables."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from app import theme

# None of them is the voice's or the accompaniment's.
_DARK = ("#6ea8f0", "#d88bd6", "#8fc26b", "#ef8f8f", "#c9b458", "#a0a0f0")
_LIGHT = ("#2464bd", "#97379a", "#3f7d22", "#b53b4c", "#7d6500", "#5a4fc4")


def model_colour(index: int) -> QColor:
    """The colour of the model at this place of the list, in the appearance of now."""
    colours = _DARK if theme.current().is_dark else _LIGHT
    return QColor(colours[index % len(colours)])


def swatch(index: int, side: int = 10) -> QIcon:
    """A small round icon in the colour of a model."""
    pixmap = QPixmap(2 * side, 2 * side)
    pixmap.setDevicePixelRatio(2.0)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_swatch(painter, QRectF(0, 0, side, side), index)
    painter.end()
    return QIcon(pixmap)


def paint_swatch(painter: QPainter, box: QRectF, index: int) -> None:
    """A dot that fills ``box``."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(model_colour(index))
    painter.drawEllipse(box)
    painter.restore()


class Swatch(QWidget):
    """A dot in the colour of a model."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self._index = index
        self.setFixedSize(10, 10)

    def paintEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        paint_swatch(QPainter(self), QRectF(self.rect()), self._index)
