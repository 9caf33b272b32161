"""Tools, selection, shape, edits and history, one under another."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from app.i18n import bind
from app.panels.controls import label, rule
from app.panels.editing.edit_list import EditList
from app.panels.editing.hear_box import HearBox
from app.panels.editing.history_box import HistoryBox
from app.panels.editing.selection_box import SelectionBox
from app.panels.editing.shape_box import ShapeBox
from app.panels.editing.tool_box import ToolBox

_UNSEEN = "QProgressBar, QProgressBar::chunk { background: transparent; border: none; }"


class EditPanel(QWidget):
    """Lays the parts out; knows nothing of songs."""

    def __init__(self) -> None:
        super().__init__()
        self.tools = ToolBox()
        self.selection = SelectionBox()
        self.hear = HearBox()
        self.shape = ShapeBox()
        self.edits = EditList()
        self.history = HistoryBox()
        self.wait = label("The mask can be edited once the song is separated.", "muted")
        self.wait.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        bind(self.progress.setAccessibleName, "Progress of the edits")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.progress)
        column.addWidget(self.wait)
        parts = (self.tools, self.selection, self.hear, self.shape, self.edits, self.history)
        for number, part in enumerate(parts):
            if number:
                column.addWidget(rule())
            column.addWidget(part)
        column.addStretch(1)
        self.set_fraction(1.0)

    def set_available(self, available: bool) -> None:
        """Whether there is a mask to edit."""
        self.wait.setVisible(not available)
        self.tools.set_available(available)
        self.hear.set_available(available)
        self.shape.set_available(available)
        self.edits.set_available(available)

    def set_fraction(self, fraction: float) -> None:
        """How much of the work is done; its place is kept, so that nothing jumps."""
        self.progress.setValue(round(1000 * fraction))
        busy = fraction < 1
        if self.progress.property("busy") != busy:
            self.progress.setProperty("busy", busy)
            self.progress.setStyleSheet("" if busy else _UNSEEN)
