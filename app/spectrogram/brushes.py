"""The look of what is not computed yet."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QLineF
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPixmap

from app.spectrogram.colours import ViewColours

CELL = 8


@lru_cache(maxsize=8)
def hatch(colours: ViewColours) -> QBrush:
    """Quiet diagonal lines: deliberately empty, not broken."""
    pixmap = QPixmap(CELL, CELL)
    pixmap.fill(QColor(colours.pending))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colours.hatch), 1))
    for shift in (-CELL, 0, CELL):
        painter.drawLine(QLineF(shift - 1, CELL + 1, shift + CELL + 1, -1))
    painter.end()
    return QBrush(pixmap)
