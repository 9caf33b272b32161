"""The inspector: what is under the cursor, and how the spectrograms are shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.i18n import bind, mark, tip
from app.panels.comparison import ComparedReading, ComparePanel
from app.panels.controls import label, rule, scrolling, share_tab_stop
from app.panels.cursor_table import CursorTable
from app.panels.editing import EditPanel
from app.panels.view_options import ViewOptions

PARTS = (
    (mark("View"), mark("How the spectrograms are shown")),
    (mark("Edit"), mark("Correct the mask")),
    (mark("Compare"), mark("Compare with another model")),
)
PART_NAMES = ("view", "edit", "compare")
WIDTH, WIDEST = 264, 440


class Inspector(QWidget):
    """A column at the right; the numbers keep their places while there is nothing to read."""

    def __init__(self, sources: Sequence[str] = ("vocals", "accompaniment")) -> None:
        super().__init__()
        self.setObjectName("inspector")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(WIDTH)
        self.setMaximumWidth(WIDEST)
        bind(self.setAccessibleName, "Inspector")
        self.cursor = CursorTable(sources)
        self.view = ViewOptions(("mixture", *sources))
        self.edit = EditPanel()
        self.compared, self.compare = ComparedReading(), ComparePanel()
        inner = QWidget()
        inner.setObjectName("inspector")
        column = QVBoxLayout(inner)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        column.addWidget(label("Under the cursor", "section"))
        column.addWidget(self.cursor)
        column.addWidget(self.compared)
        column.addSpacing(4)
        column.addWidget(rule())
        column.addSpacing(4)
        column.addLayout(self._make_choice())
        for part in (self.view, self.compare):  # the tools have their progress above them
            part.layout().setContentsMargins(0, 8, 0, 0)
        column.addWidget(self.view)
        column.addWidget(self.edit)
        column.addWidget(self.compare)
        column.addStretch(1)
        area = scrolling(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 0, 0, 0)
        outer.addWidget(area)

    def _make_choice(self) -> QHBoxLayout:
        """A button for each of what lies under them."""
        self.parts = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(4)
        for number, (text, help_text) in enumerate(PARTS):
            button = QToolButton()
            button.setCheckable(True)
            button.setProperty("segment", True)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            bind(button.setText, text)
            tip(button, help_text)
            self.parts.addButton(button, number)
            row.addWidget(button, 1)
        self.parts.idToggled.connect(self._on_part)
        self.parts.button(0).setChecked(True)
        return row

    def show_part(self, name: str) -> None:
        """One of ``PART_NAMES``."""
        self.parts.button(PART_NAMES.index(name)).setChecked(True)

    @property
    def part(self) -> str:
        return PART_NAMES[max(0, self.parts.checkedId())]

    def _on_part(self, _number: int, on: bool) -> None:
        if on:
            share_tab_stop(self.parts)
            self.view.setVisible(self.part == "view")
            self.edit.setVisible(self.part == "edit")
            self.compare.setVisible(self.part == "compare")

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, super().sizeHint().height())

    def set_compared(self, titles: tuple[str, str] | None) -> None:
        """The models whose masks are read instead of one; None while nothing is compared."""
        self.compared.set_titles(titles)
        self.cursor.show_mask(titles is None)

    def show_reading(self, reading: object) -> None:
        """Show a ``CursorReading``, or nothing for ``None``."""
        self.cursor.show_reading(reading)
