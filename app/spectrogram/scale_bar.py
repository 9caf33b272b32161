"""A strip of the colours of panes with numbers beside it, from the top to the bottom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.i18n import bind, mark, tip
from app.spectrogram.colours import difference_table
from app.spectrogram.looks import Looks
from app.spectrogram.stage import Stage

WIDTH = 48
MARGIN = 8  # above and below the strip, where numbers reach over its ends
STRIP_LEFT, STRIP = 6, 10
DIFFERENCE_HELP = mark("Colours of the difference: 1 is voice to A alone, −1 to B alone, 0 alike")
MASK_HELP = mark("Colours of the mask: 1 is all voice, 0 all accompaniment")


def number(value: float) -> str:
    """A whole number with a true minus."""
    return f"{round(value)}".replace("-", "−")


class ScaleBar(QWidget):
    """The part that scales share: colours, and where a share of the way up stands."""

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self._image = QImage()
        self.setFixedWidth(WIDTH)

    @property
    def line_height(self) -> float:
        """The least distance of numbers, in pixels."""
        return 13.0

    def y_of_share(self, share: float) -> float:
        """Where 0 is the bottom and 1 the top of the strip."""
        return MARGIN + (1 - share) * max(1, self.height() - 2 * MARGIN)

    def set_pixels(self, pixels: Sequence[int]) -> None:
        """Colours as 0xAARRGGBB, from the top to the bottom."""
        data = np.array(pixels, np.uint32)
        image = QImage(data.data, 1, len(data), 4, QImage.Format.Format_RGB32)
        self._image = image.copy()  # its own pixels: the array ends here
        self.update()

    def paint_strip(self, painter: QPainter) -> None:
        colours, bottom = self.stage.colours, self.y_of_share(0)
        top = self.y_of_share(1)
        painter.fillRect(self.rect(), QColor(colours.panel))
        painter.fillRect(0, 0, 1, self.height(), QColor(colours.line))
        box = QRectF(STRIP_LEFT, top, STRIP, bottom - top)
        painter.fillRect(box.adjusted(-1, -1, 1, 1), QColor(colours.line))
        painter.drawImage(box, self._image)
        if self.hasFocus():
            painter.setPen(QColor(colours.accent))
            painter.drawRect(box.adjusted(-2.5, -2.5, 1.5, 1.5))

    def paint_mark(self, painter: QPainter, y: float, text: str, colour: str) -> None:
        """A line at the strip, and a number."""
        painter.fillRect(QRectF(STRIP_LEFT + STRIP + 1, round(y), 3, 1), QColor(colour))
        self.paint_number(painter, y, text, colour)

    def paint_number(self, painter: QPainter, y: float, text: str, colour: str) -> None:
        painter.setFont(theme.figures_font(-1.5))
        painter.setPen(QColor(colour))
        box = QRectF(0, round(y) - 8, self.width() - 3, 16)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, flags, text)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()


class MaskBar(ScaleBar):
    """The two-sided colours of the mask's pane, from 0 to 1."""

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(stage, parent)
        tip(self, MASK_HELP)
        bind(self.setAccessibleName, "Colours of the mask")
        self._is_difference = False
        self._looks = Looks()

    def set_looks(self, looks: Looks) -> None:
        """The colours of the pane."""
        self._looks = looks
        colours = self.stage.colours
        table = difference_table(colours) if self._is_difference else looks.masks(colours)
        self.set_pixels(table[:0:-1])

    def set_difference(self, on: bool) -> None:
        """Whether the pane shows the difference of two masks, from −1 to 1."""
        if on == self._is_difference:
            return
        self._is_difference = on
        tip(self, DIFFERENCE_HELP if on else MASK_HELP)
        self.set_looks(self._looks)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.paint_strip(painter)
        colour, span = self.stage.colours.muted, self.y_of_share(0) - self.y_of_share(1)
        shown = (0.0, 0.25, 0.5, 0.75, 1.0) if span >= 8 * self.line_height else (0.0, 0.5, 1.0)
        for value in shown if span >= 2 * self.line_height else (0.0, 1.0):
            number = 2 * value - 1 if self._is_difference else value
            text = f"{number:g}".replace("-", "−")
            self.paint_mark(painter, self.y_of_share(value), text, colour)
