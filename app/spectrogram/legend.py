"""What the colours of a difference mean, in the corner of its pane."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.i18n import bind, language_changed, tr
from app.spectrogram.colours import DARK, ViewColours, difference_table

WIDTH, HEIGHT, MARGIN = 236, 42, 6
BAR_HEIGHT = 6


class DifferenceLegend(QWidget):
    """A bar from the second model's colour to the first one's, with names and numbers."""

    def __init__(self, pane: QWidget) -> None:
        super().__init__(pane)
        self._titles = ("", "")
        self._colours = DARK
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(WIDTH, HEIGHT)
        self.hide()
        pane.installEventFilter(self)
        language_changed().connect(self.update)
        self._place()

    def set_titles(self, titles: tuple[str, str] | None) -> None:
        """The names of the first and of the second model; None where there is no difference."""
        self.setVisible(titles is not None)
        if titles is not None:
            self._titles = titles
            bind(
                self.setAccessibleName,
                "+1: only “{first}” gives it to the voice; −1: only “{second}”; 0: both alike",
                first=titles[0],
                second=titles[1],
            )
        self.update()

    def set_colours(self, colours: ViewColours) -> None:
        self._colours = colours
        self.update()

    def eventFilter(self, pane: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        self.move(self.parentWidget().width() - WIDTH - MARGIN, MARGIN)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(12, 13, 15, 190))
        painter.drawRoundedRect(QRectF(self.rect()), 3, 3)
        painter.setPen(QColor("#ececee"))
        painter.setFont(theme.font(-1.5))
        inner = QRectF(self.rect()).adjusted(8, 3, -8, -3)
        row = QRectF(inner.left(), inner.top(), inner.width(), 15)
        middle = tr("more to the voice")
        metrics = QFontMetricsF(painter.font())
        room = (row.width() - metrics.horizontalAdvance(middle)) / 2 - 6
        first, second = (
            metrics.elidedText(title, Qt.TextElideMode.ElideRight, room) for title in self._titles
        )
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        centre = Qt.AlignmentFlag.AlignHCenter
        painter.drawText(row, left | Qt.AlignmentFlag.AlignVCenter, second)
        painter.drawText(row, right | Qt.AlignmentFlag.AlignVCenter, first)
        painter.setPen(QColor("#a8a8ae"))
        painter.drawText(row, centre | Qt.AlignmentFlag.AlignVCenter, middle)
        bar = QRectF(inner.left(), row.bottom() + 1, inner.width(), BAR_HEIGHT)
        painter.drawImage(bar, _bar(self._colours))
        painter.setFont(theme.figures_font(-2))
        below = QRectF(inner.left(), bar.bottom(), inner.width(), inner.bottom() - bar.bottom() + 2)
        for text, side in (("−1", left), ("0", centre), ("+1", right)):
            painter.drawText(below, side | Qt.AlignmentFlag.AlignVCenter, text)


def _bar(colours: ViewColours) -> QImage:
    """The table of a difference, from −1 to +1, one pixel high."""
    table = difference_table(colours)[1:]
    image = QImage(len(table), 1, QImage.Format.Format_ARGB32)
    for x, pixel in enumerate(table):
        image.setPixel(x, 0, pixel)
    return image
