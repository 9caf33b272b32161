"""What is on the training page while there is no training: it says what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app import theme
from app.i18n import bind, mark, tip
from app.panels.controls import label
from app.panels.drop_frame import paint_drop_frame

KNOWN = (
    ("MIR-1K", mark("stereo files, the music on the left and the voice on the right")),
    ("MUSDB18", mark("*.stem.mp4 files, or a folder per song with vocals and the other stems")),
    (mark("Pairs"), mark("a folder per song with vocals and accompaniment")),
)


class TrainEmpty(QWidget):
    """Invites to choose (or drop) a folder of recordings."""

    folder_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._drag_over = False
        self.title = label("Train a network of your own")
        self.title.setFont(theme.font(9, weight=QFont.Weight.DemiBold))
        self.text = label(
            "Choose a folder of recordings whose voice and accompaniment are known. The network "
            "learns from them, and becomes a model that separates songs.",
            "muted",
        )
        self.text.setWordWrap(True)
        self.text.setFixedWidth(520)
        self.text.setMinimumHeight(40)
        for part in (self.title, self.text):
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.choose = QPushButton()
        bind(self.choose.setText, "Choose folder…")
        tip(self.choose, "Choose a folder of recordings")
        self.choose.setIcon(theme.icon("folder", "on_accent"))
        self.choose.setProperty("primary", True)
        self.choose.setFixedHeight(36)
        self.choose.setMinimumWidth(176)
        self.choose.setStyleSheet("min-height: 34px;")
        self.choose.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.choose.clicked.connect(self.folder_clicked)
        known = QGridLayout()
        known.setHorizontalSpacing(16)
        known.setVerticalSpacing(4)
        for row, (name, text) in enumerate(KNOWN):
            head, line = label(name, "heading"), label(text, "muted")
            known.addWidget(head, row, 0, Qt.AlignmentFlag.AlignRight)
            known.addWidget(line, row, 1)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(3)
        column.addSpacing(120)
        column.addWidget(self.title)
        column.addWidget(self.text, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(16)
        column.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(24)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addLayout(known)
        middle.addStretch(1)
        column.addLayout(middle)
        column.addStretch(4)

    def set_drag_over(self, over: bool) -> None:
        """Show that letting go here takes the folder."""
        if over != self._drag_over:
            self._drag_over = over
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The frame to drop into, and curves that fall and rise as a network learns."""
        colours = theme.current()
        painter = QPainter(self)
        paint_drop_frame(painter, self, self._drag_over)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        x, y = self.width() / 2 - 88, self.title.y() - 120.0
        painter.setPen(QPen(QColor(colours.line), 1.5))
        painter.drawLine(int(x), int(y + 96), int(x + 176), int(y + 96))
        painter.drawLine(int(x), int(y), int(x), int(y + 96))
        for colour, start, first, second, end in (
            (colours.accompaniment, 8, 76, 78, 82),
            (colours.voice, 88, 30, 22, 16),
        ):
            path = QPainterPath()
            path.moveTo(x + 4, y + start)
            path.cubicTo(x + 28, y + first, x + 72, y + second, x + 172, y + end)
            pen = QPen(QColor(colour), 3)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPath(path)


class NoRun(QLabel):
    """In place of a run that was deleted, while others are there."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "muted")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        bind(self.setText, "Choose a training at the left, or begin a new one.")
