"""What is on the page before anything is measured: it says what to do, step by step."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app import theme
from app.i18n import bind, tip
from app.panels.controls import label
from app.panels.drop_frame import paint_drop_frame

_PLOT = (  # (place, low, first quartile, median, third quartile, high) of the drawing
    (0, 0.30, 0.42, 0.50, 0.60, 0.74),
    (1, 0.38, 0.55, 0.64, 0.70, 0.88),
    (2, 0.22, 0.35, 0.46, 0.52, 0.66),
)


class Invitation(QWidget):
    """Three steps; the one that comes next has a button."""

    folder_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._drag_over = False
        self.title = label("How well does a model separate?")
        self.title.setFont(theme.font(9, weight=QFont.Weight.DemiBold))
        self.text = label(
            "Measure models, or finished stems, against songs whose voice is known.", "muted"
        )
        self.steps = [
            label("1   Choose a folder of references, or drop it here."),
            label("2   Add the models, or the folders of finished stems, to compare."),
            label("3   Evaluate: figures appear clip by clip; a double click opens a clip."),
        ]
        self.choose = QPushButton()
        self.choose.setProperty("primary", True)
        self.choose.setIcon(theme.icon("folder", "on_accent"))
        self.choose.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.choose.setMinimumSize(200, 36)
        bind(self.choose.setText, "Choose references…")
        tip(self.choose, "Folder of songs whose voice and accompaniment are known")
        self.choose.clicked.connect(self.folder_clicked)
        for centred in (self.title, self.text):
            centred.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        steps = QVBoxLayout()
        steps.setSpacing(8)
        for step in self.steps:
            steps.addWidget(step)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addLayout(steps)
        middle.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(3)
        column.addSpacing(120)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addSpacing(16)
        column.addLayout(middle)
        column.addSpacing(16)
        column.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(4)

    def show_step(self, has_references: bool, anybody: bool) -> None:
        """Dim what is done."""
        done = (has_references, anybody, False)
        for step, over in zip(self.steps, done, strict=True):
            _set_role(step, "muted" if over else "")
        self.choose.setVisible(not has_references)

    def set_drag_over(self, over: bool) -> None:
        if over != self._drag_over:
            self._drag_over = over
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        from app.panels.evaluation.colours import model_colour

        colours = theme.current()
        painter = QPainter(self)
        paint_drop_frame(painter, self, self._drag_over)
        bottom, height = self.title.y() - 24, 96
        for place, low, first, middle, third, high in _PLOT:
            x = self.width() / 2 + (place - 1) * 40
            colour = model_colour(place)
            painter.setPen(QPen(colour, 2))
            painter.drawLine(
                round(x), round(bottom - low * height), round(x), round(bottom - high * height)
            )
            painter.setBrush(QColor(colours.background))
            painter.drawRoundedRect(
                QRectF(x - 10, bottom - third * height, 20, (third - first) * height), 2, 2
            )
            painter.drawLine(
                round(x) - 10,
                round(bottom - middle * height),
                round(x) + 10,
                round(bottom - middle * height),
            )


def _set_role(text: QLabel, role: str) -> None:
    text.setProperty("role", role)
    text.style().unpolish(text)
    text.style().polish(text)
