"""What was done, step by step, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app import theme
from app.i18n import bind, language_changed, tr
from app.panels.controls import fixed_row, icon_button, label

HEIGHT, ROW_HEIGHT = 144, 24


class HistoryBox(QWidget):
    """A list of all steps; a click goes to one."""

    chosen = Signal(int)
    undo_clicked = Signal()
    redo_clicked = Signal()
    compared = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[str, ...] = ()
        self._index = 0
        holder, head = fixed_row(24)
        head.addWidget(label("History", "section"))
        head.addStretch(1)
        self.undo = icon_button("undo", "Undo", "Ctrl+Z", on_click=self.undo_clicked.emit, side=24,
                                icon_side=16)  # fmt: skip
        self.redo = icon_button("redo", "Redo", "Ctrl+Shift+Z", on_click=self.redo_clicked.emit,
                                side=24, icon_side=16)  # fmt: skip
        self.compare = icon_button("eye-off", "Hear and see the network's mask, without the edits",
                                   "N", checkable=True, side=24, icon_side=16)  # fmt: skip
        self.compare.clicked.connect(self.compared)
        head.addWidget(self.compare)
        head.addSpacing(4)
        head.addWidget(self.undo)
        head.addWidget(self.redo)
        self.list = QListWidget()
        self.list.setFixedHeight(HEIGHT)
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bind(self.list.setAccessibleName, "History")
        self.list.itemClicked.connect(self._on_item)
        self.list.itemActivated.connect(self._on_item)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(holder)
        column.addWidget(self.list)
        theme.theme_changed().connect(self._show)
        language_changed().connect(self._on_language)
        self.show_history(("",), 0)

    def show_history(self, entries: Sequence[str], index: int, bypassed: bool = False) -> None:
        """``entries`` are English source texts, the first for the beginning, ``index`` is now."""
        entries = tuple(entries)
        if entries != self._entries:
            self._entries = entries
            self._fill()
        self._index = index
        self.compare.setEnabled(index > 0 or bypassed)
        self.compare.setChecked(bypassed)
        self.undo.setEnabled(index > 0)
        self.redo.setEnabled(index < len(entries) - 1)
        self._show()

    def _fill(self) -> None:
        names = [tr(entry) if entry else tr("The network's mask") for entry in self._entries]
        while self.list.count() > len(names):
            self.list.takeItem(self.list.count() - 1)
        for number, name in enumerate(names):
            if number < self.list.count():
                self.list.item(number).setText(name)
            else:
                item = QListWidgetItem(name)
                item.setSizeHint(QSize(0, ROW_HEIGHT))
                self.list.addItem(item)

    def _show(self) -> None:
        now, undone = QColor(theme.current().text), QColor(theme.current().faint)
        for number in range(self.list.count()):
            item = self.list.item(number)
            item.setForeground(QBrush(now if number <= self._index else undone))
        self.list.setCurrentRow(self._index)

    def _on_language(self) -> None:
        self._fill()
        self._show()

    def _on_item(self, item: QListWidgetItem) -> None:
        self.chosen.emit(self.list.row(item))
