"""Tools, selection, shape, edits and history, one under another."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from app.i18n import bind
from app.panels.controls import ElidedLabel, label, rule
from app.panels.editing.adapt_box import AdaptBox
from app.panels.editing.edit_list import EditList
from app.panels.editing.hear_box import HearBox
from app.panels.editing.history_box import HistoryBox
from app.panels.editing.selection_box import SelectionBox
from app.panels.editing.shape_box import ShapeBox
from app.panels.editing.tool_box import ToolBox

NOTE_MS = 8000
_UNSEEN = "QProgressBar, QProgressBar::chunk { background: transparent; border: none; }"


class EditPanel(QWidget):
    """Lays the parts out; knows nothing of songs."""

    shown = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tools = ToolBox()
        self.selection = SelectionBox()
        self.hear = HearBox()
        self.shape = ShapeBox()
        self.adapt = AdaptBox()
        self.edits = EditList()
        self.history = HistoryBox()
        self.wait = label("The mask can be edited once the song is separated.", "muted")
        self.wait.setWordWrap(True)
        self.note = ElidedLabel()
        self.note.setProperty("role", "muted")
        self.note.hide()
        self._note_timer = QTimer(self)
        self._note_timer.setSingleShot(True)
        self._note_timer.setInterval(NOTE_MS)
        self._note_timer.timeout.connect(self.note.hide)
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
        column.addWidget(self.note)
        parts = (
            self.tools, self.selection, self.hear, self.shape, self.edits, self.history, self.adapt,
        )  # fmt: skip
        for number, part in enumerate(parts):
            if number:
                column.addWidget(rule())
            column.addWidget(part)
        column.addStretch(1)
        self.set_fraction(1.0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def set_available(self, available: bool) -> None:
        """Whether there is a mask to edit."""
        self.wait.setVisible(not available)
        self.tools.set_available(available)
        self.hear.set_available(available)
        self.shape.set_available(available)
        self.edits.set_available(available)

    def say(self, text: str, **fields: object) -> None:
        """Tell of something that was done, for a while; an English source text."""
        bind(self.note.setText, text, **fields)
        self.note.show()
        self._note_timer.start()

    def set_fraction(self, fraction: float) -> None:
        """How much of the work is done; its place is kept, so that nothing jumps."""
        self.progress.setValue(round(1000 * fraction))
        busy = fraction < 1
        if self.progress.property("busy") != busy:
            self.progress.setProperty("busy", busy)
            self.progress.setStyleSheet("" if busy else _UNSEEN)
