"""The dashed frame of an empty page: what is let go of in it is taken."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app import theme


def paint_drop_frame(painter: QPainter, widget: QWidget, drag_over: bool) -> None:
    """Fill ``widget`` and draw the frame in it, stronger while something is dragged over it."""
    colours = theme.current()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(widget.rect(), QColor(colours.background))
    pen = QPen(QColor(colours.accent if drag_over else colours.line), 1.5)
    pen.setDashPattern([4, 4])
    painter.save()
    painter.setPen(pen)
    if drag_over:
        painter.setBrush(QColor(colours.panel))
    painter.drawRoundedRect(QRectF(widget.rect()).adjusted(24.5, 24.5, -24.5, -24.5), 12, 12)
    painter.restore()
