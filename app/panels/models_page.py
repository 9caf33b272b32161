"""The page of installed models: what each is, where it comes from, how well it does."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.i18n import bind, language_changed, tip, tr
from app.panels.controls import label
from app.panels.model_card import ModelCard
from core.models import ModelEntry


class ModelsPage(QWidget):
    """A list at the left, the card of the chosen model at the right."""

    use_clicked = Signal(str)  # model id

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._entries: list[ModelEntry] = []
        self._in_use = ""
        self.list = QListWidget()
        self.list.setFixedWidth(240)
        self.list.setSpacing(2)
        bind(self.list.setAccessibleName, "Installed models")
        self.list.currentRowChanged.connect(self._on_row_changed)
        self.use = QPushButton()
        self.use.setProperty("primary", True)
        tip(self.use, "Separate with this model")
        self.use.clicked.connect(self._on_use)
        self.folder = QPushButton()
        bind(self.folder.setText, "Show in folder")
        tip(self.folder, "Open the model's folder")
        self.folder.clicked.connect(self._on_folder)
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 8, 0, 8)
        row.setSpacing(8)
        row.addWidget(self.use)
        row.addWidget(self.folder)
        row.addStretch(1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        side = QVBoxLayout()
        side.setContentsMargins(16, 24, 8, 16)
        side.setSpacing(8)
        side.addWidget(label("Installed models", "section"))
        side.addWidget(self.list, 1)
        line = QFrame()
        line.setProperty("rule", True)
        line.setFixedWidth(1)
        line.setStyleSheet("max-height: 16777215px;")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(side)
        row.addWidget(line)
        row.addWidget(self._area, 1)
        language_changed().connect(self._show_card)

    def set_models(self, entries: Sequence[ModelEntry], in_use: str) -> None:
        """Show these models."""
        self._entries = list(entries)
        self._in_use = in_use
        self.list.clear()
        for entry in self._entries:
            item = QListWidgetItem(entry.card.title)
            item.setSizeHint(QSize(0, 36))
            item.setToolTip(tr(entry.card.description))
            self.list.addItem(item)
        rows = [i for i, e in enumerate(self._entries) if e.model_id == in_use]
        self.list.setCurrentRow(rows[0] if rows else 0)
        self._show_card()

    def set_in_use(self, model_id: str) -> None:
        self._in_use = model_id
        self._show_card()

    def _entry(self) -> ModelEntry | None:
        row = self.list.currentRow()
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def _on_row_changed(self) -> None:
        self._show_card()

    def _on_use(self) -> None:
        entry = self._entry()
        if entry is not None:
            self.use_clicked.emit(entry.model_id)

    def _on_folder(self) -> None:
        entry = self._entry()
        if entry is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(entry.folder)))

    def _show_card(self) -> None:
        entry = self._entry()
        self._buttons.setParent(self)
        self._buttons.setVisible(entry is not None)
        if entry is None:
            none = label("No model is installed. Install Stemscope again.", "muted")
            none.setContentsMargins(32, 24, 32, 24)
            none.setAlignment(Qt.AlignmentFlag.AlignTop)
            self._area.setWidget(none)
            return
        used = entry.model_id == self._in_use
        bind(self.use.setText, "In use" if used else "Use this model")
        self.use.setEnabled(not used)
        before = self._area.verticalScrollBar().value()
        self.card = ModelCard(entry, self._buttons)
        self._area.setWidget(self.card)
        self._area.verticalScrollBar().setValue(before)
