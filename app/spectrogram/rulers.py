"""What is written on a pane: its title, and in the gutter values, or the keys of a piano."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter

from app import theme
from app.spectrogram.colours import ViewColours
from app.spectrogram.stage import GUTTER
from app.spectrogram.viewport import Viewport
from core.spectrogram.frequency import note_hz

KEYS_WIDTH = 22
LOWEST_KEY, HIGHEST_KEY = 21, 108
"""A piano's: A0 to C8."""
BLACK = (1, 3, 6, 8, 10)
LEAST_KEY_HEIGHT = 1.5
"""Below so many pixels on average for a key there is nothing to see."""
WHITE_KEY, BLACK_KEY, KEY_EDGE = "#e4e4e6", "#222326", "#9a9aa0"


def title_box(title: str) -> QRectF:
    """Where the name of a pane stands, in pixels of the pane."""
    width = QFontMetrics(theme.font(-0.5)).horizontalAdvance(title)
    return QRectF(GUTTER + 8, 6, width + 24, 20)


def paint_title(painter: QPainter, title: str, colour: str) -> None:
    """The name of a pane in its corner, with a spot in its colour."""
    painter.setFont(theme.font(-0.5))
    box = title_box(title)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(12, 13, 15, 165))
    painter.drawRoundedRect(box, 3, 3)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(QPointF(box.left() + 10, box.center().y()), 3.5, 3.5)
    painter.setPen(QColor("#ececee"))
    painter.drawText(box.adjusted(18, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, title)


def paint_marks(
    painter: QPainter,
    marks: Sequence[tuple[float, str]],
    colours: ViewColours,
    left: int,
    beside_keys: bool = False,
) -> None:
    """Values at their heights, left of the canvas or of the keys."""
    painter.setFont(theme.figures_font(-1.5))
    right = GUTTER - (KEYS_WIDTH if beside_keys else 0)
    for y, label in marks:
        y = round(y)
        painter.fillRect(right - 5, y, 4, 1, QColor(colours.muted))
        painter.setPen(QColor(colours.muted))
        box = QRectF(left, y - 8, right - 8 - left, 16)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, flags, label)


def paint_keys(painter: QPainter, view: Viewport, height: int, colours: ViewColours) -> bool:
    """A keyboard on its side; False, and nothing, where keys would be too narrow to tell apart."""

    def y_of(midi: float) -> float:
        unit = float(view.scale.to_unit(note_hz(midi)))
        return (view.high - unit) / (view.high - view.low) * height

    bottom, top = y_of(LOWEST_KEY), y_of(HIGHEST_KEY)
    shown = min(bottom, height) - max(top, 0)
    # By what is in the middle of the picture: scales that are not logarithmic crowd low keys.
    middle = min(max((LOWEST_KEY + HIGHEST_KEY) / 2, LOWEST_KEY), HIGHEST_KEY)
    if shown <= 0 or y_of(middle - 0.5) - y_of(middle + 0.5) < LEAST_KEY_HEIGHT:
        return False
    left = GUTTER - KEYS_WIDTH
    painter.fillRect(QRectF(left, top, KEYS_WIDTH, bottom - top), QColor(WHITE_KEY))
    for midi in range(LOWEST_KEY, HIGHEST_KEY + 1):
        high, low = y_of(midi + 0.5), y_of(midi - 0.5)
        if low < 0 or high > height:
            continue
        if midi % 12 in BLACK:
            painter.fillRect(QRectF(left, high, KEYS_WIDTH * 0.6, low - high), QColor(BLACK_KEY))
            middle_y = (high + low) / 2
            painter.fillRect(QRectF(left + KEYS_WIDTH * 0.6, middle_y, KEYS_WIDTH * 0.4, 1),
                             QColor(KEY_EDGE))  # fmt: skip
        elif midi % 12 in (0, 5):  # between B and C, E and F no black key parts the white ones
            painter.fillRect(QRectF(left, low, KEYS_WIDTH, 1), QColor(KEY_EDGE))
    return True
