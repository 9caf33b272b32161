"""The list of keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.i18n import bind, mark, tr
from app.panels.controls import label

OTHER_KEYS = (
    ("← →", mark("Seek 5 seconds")),
    ("Shift+← →", mark("Move the view")),
    ("↑ ↓", mark("Move the frequency range")),
    ("Shift+↑ ↓", mark("Zoom in frequency")),
    ("+ −", mark("Zoom in time")),
    ("F", mark("Show the whole song")),
    ("O", mark("Hold to hear the original; tap to switch")),
    ("Enter", mark("Press the focused button")),
)


class ShortcutsDialog(QDialog):
    """Everything the keyboard does, taken from the menus themselves."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        bind(self.setWindowTitle, "Keyboard shortcuts")
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        native = QKeySequence.SequenceFormat.NativeText
        entries = [
            (action.shortcut().toString(native), action.text().replace("&", "").rstrip("…"))
            for action in actions
            if not action.shortcut().isEmpty()
        ]
        entries += [(keys, tr(text)) for keys, text in OTHER_KEYS]
        half = (len(entries) + 1) // 2
        for index, (keys, text) in enumerate(entries):
            side = 0 if index < half else 3
            name = QLabel(keys)
            name.setProperty("role", "heading")
            grid.addWidget(name, index % half, side)
            grid.addWidget(QLabel(text), index % half, side + 1)
        grid.setColumnMinimumWidth(2, 24)
        close = QPushButton()
        bind(close.setText, "Close")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addWidget(label("Keyboard shortcuts", "heading"))
        column.addLayout(grid)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
