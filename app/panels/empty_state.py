"""What is on the page while there is no song: it says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.i18n import bind, tip
from app.panels.controls import ElidedLabel, label, text_button
from app.panels.drop_frame import paint_drop_frame

_RECENT_SHOWN = 5


class EmptyState(QWidget):
    """Invites the drop; Open…, the demo song and recent songs are there as well."""

    open_clicked = Signal()
    demo_clicked = Signal()
    recent_chosen = Signal(object)  # Path

    def __init__(self) -> None:
        super().__init__()
        self._drag_over = False
        self.title = label("Drop a song here")
        self.title.setFont(theme.font(9, weight=QFont.Weight.DemiBold))
        self.title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.text = label("It is split into voice and accompaniment while you watch.", "muted")
        self.text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.formats = label("WAV, FLAC, MP3, M4A, Ogg, Opus, AIFF and sound of videos", "muted")
        self.formats.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.open = QPushButton()
        bind(self.open.setText, "Open…")
        tip(self.open, "Open songs", "Ctrl+O")
        self.open.setIcon(theme.icon("open", "on_accent"))
        self.open.setProperty("primary", True)
        self.demo = text_button("demo", "Try the demo song", "Open the song that comes along")
        self.demo.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        for button in (self.open, self.demo):
            button.setFixedHeight(36)
            button.setMinimumWidth(160)
            button.setStyleSheet("min-height: 34px;")
        self.open.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.open.clicked.connect(self.open_clicked)
        self.demo.clicked.connect(self.demo_clicked)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.open)
        buttons.addWidget(self.demo)
        buttons.addStretch(1)
        self._recent_title = label("Recent songs", "section")
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        recent_box = QWidget()
        recent_box.setFixedWidth(400)
        inner = QVBoxLayout(recent_box)
        inner.setContentsMargins(0, 24, 0, 0)
        inner.setSpacing(4)
        inner.addWidget(self._recent_title)
        inner.addLayout(self._recent)
        self._recent_box = recent_box
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(3)
        column.addSpacing(104)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addSpacing(16)
        column.addLayout(buttons)
        column.addSpacing(8)
        column.addWidget(self.formats)
        column.addWidget(recent_box, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(4)
        self.set_recent(())

    def set_recent(self, paths: Sequence[Path]) -> None:
        """The songs opened lately, the last one first."""
        while (item := self._recent.takeAt(0)) is not None:
            item.widget().deleteLater()
        for path in paths[:_RECENT_SHOWN]:
            row = _RecentRow(path)
            row.clicked.connect(self._on_recent_clicked)
            self._recent.addWidget(row)
        self._recent_box.setVisible(bool(paths))

    def set_drag_over(self, over: bool) -> None:
        """Show that letting go here opens what is dragged."""
        if over != self._drag_over:
            self._drag_over = over
            bind(self.title.setText, "Let go to open" if over else "Drop a song here")
            self.update()

    def _on_recent_clicked(self) -> None:
        self.recent_chosen.emit(self.sender().path)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The frame to drop into, and the drawing of one line that becomes two."""
        colours = theme.current()
        painter = QPainter(self)
        paint_drop_frame(painter, self, self._drag_over)
        _paint_split(painter, self.width() / 2, self.title.y() - 64, colours)


def _paint_split(painter: QPainter, x: float, y: float, colours: theme.Theme) -> None:
    """Bars of one wave that part into the two colours."""
    heights = (10, 22, 40, 28, 52, 34, 18, 30, 14)
    painter.setPen(Qt.PenStyle.NoPen)
    for index, height in enumerate(heights):
        left = x - 116 + index * 9
        painter.setBrush(QColor(colours.mixture))
        painter.drawRoundedRect(QRectF(left, y - height / 2, 4, height), 2, 2)
    pen = QPen(QColor(colours.faint), 1.75)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    for side in (-1, 1):
        painter.drawLine(int(x - 18), int(y), int(x - 4), int(y + side * 14))
        painter.drawLine(int(x - 4), int(y + side * 14), int(x + 14), int(y + side * 14))
    painter.setPen(Qt.PenStyle.NoPen)
    upper = (4, 16, 26, 10, 22, 28, 8, 18, 6)
    lower = (12, 8, 20, 24, 30, 12, 16, 22, 10)
    for index in range(9):
        left = x + 30 + index * 9
        for heights_of, centre, colour in (
            (upper, y - 18, colours.voice),
            (lower, y + 18, colours.accompaniment),
        ):
            height = heights_of[index]
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(left, centre - height / 2, 4, height), 2, 2)


class _RecentRow(QPushButton):
    """A song to open again: its name, and the folder it is in."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.setFlat(True)
        self.setProperty("row", True)
        self.setFixedHeight(32)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(path.name)
        self.setToolTip(str(path))
        name = ElidedLabel(path.name)
        folder = ElidedLabel(str(path.parent))
        folder.setProperty("role", "muted")
        folder.setAlignment(Qt.AlignmentFlag.AlignRight)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(16)
        row.addWidget(name, 3)
        row.addWidget(folder, 2)
        for part in (name, folder):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
