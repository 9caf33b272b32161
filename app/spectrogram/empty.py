"""What the view shows before there is a song."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.spectrogram.stage import Stage

# Half heights of the bars of a small drawn waveform.
BARS = (6, 14, 9, 24, 38, 20, 46, 30, 52, 34, 18, 40, 26, 12, 22, 8, 5)


class EmptyState(QWidget):
    """A quiet drawing, an invitation and a hint."""

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stage = stage
        self._text = ""
        self._hint = ""
        stage.looks_changed.connect(self.update)

    def set_text(self, text: str) -> None:
        self._text = text
        self.setAccessibleName(text)
        self.update()

    def set_hint(self, hint: str) -> None:
        self._hint = hint
        self.setAccessibleDescription(hint)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = self._stage.colours
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.background))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        x, y = self.width() / 2, self.height() / 2
        for i, half in enumerate(BARS):
            left = x + (i - len(BARS) / 2) * 10
            painter.setBrush(QColor(colours.accompaniment))
            painter.drawRoundedRect(QRectF(left, y - 64 - half, 6, 2 * half), 3, 3)
            voice = half * (0.55 if 4 <= i <= 12 else 0.2)
            painter.setBrush(QColor(colours.voice))
            painter.drawRoundedRect(QRectF(left, y - 64 - voice, 6, 2 * voice), 3, 3)
        painter.setFont(theme.font(6))
        painter.setPen(QColor(colours.text))
        middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(QRectF(0, y + 16, self.width(), 32), middle, self._text)
        painter.setFont(theme.font())
        painter.setPen(QColor(colours.muted))
        painter.drawText(QRectF(0, y + 52, self.width(), 24), middle, self._hint)
