"""What is on the page before anything is separated live: it says what to do."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app import theme
from app.i18n import bind, tip
from app.panels.controls import label

_BARS = (0.2, 0.45, 0.3, 0.7, 0.95, 0.6, 0.8, 0.4, 0.55, 0.25, 0.15)


class Invitation(QWidget):
    """A title, a sentence, a button, and how to hear what other programs play."""

    start_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title = label("Separate while it sounds")
        self.title.setFont(theme.font(9, weight=QFont.Weight.DemiBold))
        self.text = label(
            "Choose an input and an output, and hear voice or accompaniment of what comes in.",
            "muted",
        )
        self.advice = QLabel()
        self.advice.setProperty("role", "muted")
        self.advice.setWordWrap(True)
        self.advice.setFixedWidth(560)
        self.advice.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for line in (self.title, self.text, self.advice):
            line.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.start = QPushButton()
        self.start.setProperty("primary", True)
        self.start.setIcon(theme.icon("live", "on_accent"))
        self.start.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.start.setMinimumSize(160, 36)
        bind(self.start.setText, "Start")
        tip(self.start, "Separate what comes in, live", "Space")
        self.start.clicked.connect(self.start_clicked)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(3)
        column.addSpacing(120)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addSpacing(16)
        column.addWidget(self.start, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(16)
        row = QHBoxLayout()  # not by alignment, under which wrapped lines get the height of one
        row.addStretch(1)
        row.addWidget(self.advice)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bars of a sound in the colours of voice and accompaniment."""
        colours = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.background))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle, left = self.title.y() - 72, self.width() / 2 - 8 * len(_BARS)
        for place, size in enumerate(_BARS):
            painter.setBrush(QColor(colours.voice if place % 2 else colours.accompaniment))
            height = 96 * size
            bar = QRectF(left + 16 * place + 5, middle - height / 2, 6, height)
            painter.drawRoundedRect(bar, 3, 3)
