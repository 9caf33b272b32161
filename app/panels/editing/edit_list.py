"""The edits that lie over the network's mask, the latest on top."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.i18n import tip, tr
from app.panels.controls import icon_button, label
from app.panels.editing.edit_detail import EditDetail
from core.editing.edits import Edit

MOST_ROWS = 100
"""Older edits are counted, not listed: a row is a handful of widgets."""


class EditList(QWidget):
    """A row for each edit: choose it to change it, hide it, move it, remove it."""

    hidden_toggled = Signal(object)  # edit_id
    removed = Signal(object)  # edit_id
    moved = Signal(object, int)  # edit_id, places towards the top
    chosen = Signal(object)  # Edit, or None
    changed = Signal(object)  # Edit, as it is to be

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(label("Edits", "section"))
        self.none = label("Nothing is edited yet. Paint, or select something.", "muted")
        self.none.setWordWrap(True)
        column.addWidget(self.none)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        column.addLayout(self._rows)
        self.more = label("", "muted")
        column.addWidget(self.more)
        self.rows: dict[int, EditRow] = {}
        self._edits: tuple[Edit, ...] | None = None
        self._chosen_id: int | None = None
        self.detail = EditDetail()
        self.detail.changed.connect(self.changed)
        column.addWidget(self.detail)
        self.show_edits(())

    def show_edits(self, edits: Sequence[Edit]) -> None:
        """List ``edits``, given from the lowest to the uppermost."""
        edits = tuple(edits)
        if edits == self._edits:
            return
        self._edits = edits
        shown = edits[::-1][:MOST_ROWS]
        wanted = {edit.edit_id for edit in shown}
        for edit_id in [known for known in self.rows if known not in wanted]:
            row = self.rows.pop(edit_id)
            self._rows.removeWidget(row)
            row.deleteLater()
        for place, edit in enumerate(shown):
            row = self.rows.get(edit.edit_id)
            if row is None:
                row = self.rows[edit.edit_id] = EditRow(edit.edit_id)
                row.hide_button.clicked.connect(self._on_hide)
                row.remove_button.clicked.connect(self._on_remove)
                row.up.clicked.connect(self._on_up)
                row.down.clicked.connect(self._on_down)
                row.name.clicked.connect(self._on_chosen)
            if self._rows.indexOf(row) != place:
                self._rows.insertWidget(place, row)
            row.show_edit(edit, is_top=place == 0, is_lowest=place == len(edits) - 1)
        if self._chosen_id not in wanted:
            self._chosen_id = None
        self._show_chosen()
        self.none.setVisible(not edits)
        self.more.setVisible(len(edits) > len(shown))
        self.more.setText(tr("… and {n} more", n=len(edits) - len(shown)))

    def set_available(self, available: bool) -> None:
        for row in self.rows.values():
            row.setEnabled(available)

    def _show_chosen(self) -> None:
        """Mark the row that is chosen, and show its edit below the list."""
        found = next((e for e in self._edits or () if e.edit_id == self._chosen_id), None)
        for edit_id, row in self.rows.items():
            row.name.setChecked(found is not None and edit_id == self._chosen_id)
        self.detail.show_edit(found)

    def _on_chosen(self) -> None:
        edit_id = self._edit_id()
        self._chosen_id = None if edit_id == self._chosen_id else edit_id
        self._show_chosen()
        found = [edit for edit in self._edits or () if edit.edit_id == self._chosen_id]
        self.chosen.emit(found[0] if found else None)

    def _edit_id(self) -> int:
        return int(self.sender().property("edit_id"))

    def _on_hide(self) -> None:
        self.hidden_toggled.emit(self._edit_id())

    def _on_remove(self) -> None:
        self.removed.emit(self._edit_id())

    def _on_up(self) -> None:
        self.moved.emit(self._edit_id(), 1)

    def _on_down(self) -> None:
        self.moved.emit(self._edit_id(), -1)


class NameButton(QPushButton):
    """The name of an edit, shortened to its room; pressed, the edit can be changed."""

    def __init__(self) -> None:
        super().__init__()
        self._title = ""
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.setProperty("edit", True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFixedHeight(24)
        tip(self, "Select where this edit acts, and change it")

    def set_title(self, title: str, hidden: bool) -> None:
        self._title = title
        self.setAccessibleName(title)
        if self.property("faint") != hidden:
            self.setProperty("faint", hidden)
            self.style().unpolish(self)
            self.style().polish(self)
        self._shorten()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._shorten()

    def _shorten(self) -> None:
        room = max(0, self.width() - 12)
        middle = Qt.TextElideMode.ElideMiddle
        self.setText(self.fontMetrics().elidedText(self._title, middle, room).replace("&", "&&"))


class EditRow(QWidget):
    """One edit."""

    def __init__(self, edit_id: int) -> None:
        super().__init__()
        self.edit_id = edit_id
        self.setFixedHeight(24)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.hide_button = icon_button("eye", "Hide or show this edit", side=24, icon_side=16)
        self.name = NameButton()
        self.up = icon_button("chevron-up", "Lay it over the next", side=24, icon_side=14)
        self.down = icon_button("chevron-down", "Lay it under the next", side=24, icon_side=14)
        self.remove_button = icon_button("remove", "Remove this edit", side=24, icon_side=14)
        row.addWidget(self.hide_button)
        row.addSpacing(4)
        row.addWidget(self.name, 1)
        for button in (self.up, self.down, self.remove_button):
            row.addWidget(button)
        for button in (self.hide_button, self.name, self.up, self.down, self.remove_button):
            button.setProperty("edit_id", edit_id)

    def show_edit(self, edit: Edit, is_top: bool, is_lowest: bool) -> None:
        self.name.set_title(edit_title(edit), edit.hidden)
        self.hide_button.setIcon(_eye(edit.hidden))
        self.up.setEnabled(not is_top)
        self.down.setEnabled(not is_lowest)


def edit_title(edit: Edit) -> str:
    """What an edit is called in the list: what it does, and when in the song."""
    from app.formats import clock

    start, _stop = edit.region.span_s
    where = clock(max(start, 0.0), hundredths=False) if start > float("-inf") else tr("whole song")
    return f"{tr(edit.name)}  {where}"


def _eye(hidden: bool):  # type: ignore[no-untyped-def]
    from app import theme

    return theme.icon("eye-off" if hidden else "eye")
