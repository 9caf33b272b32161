"""A row of buttons of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from app import theme
from app.i18n import bind, tip
from app.panels.controls import label, share_tab_stop


class Segments(QWidget):
    """Choices side by side; Tab goes to the chosen one, arrows to the others."""

    chosen = Signal(str)

    def __init__(self, choices: Sequence[tuple[str, str, str, str]]) -> None:
        """``choices`` as (value, text, help, icon or "")."""
        super().__init__()
        self._group = QButtonGroup(self)
        self._values = [value for value, *_ in choices]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for number, (_value, text, help_text, icon) in enumerate(choices):
            button = QToolButton()
            button.setCheckable(True)
            if icon:
                button.setIcon(theme.icon(icon, checked_role="on_accent"))
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            bind(button.setText, text)
            tip(button, help_text)
            self._group.addButton(button, number)
            row.addWidget(button)
        self._group.buttons()[0].setChecked(True)
        share_tab_stop(self._group)
        self._group.idToggled.connect(self._on_toggled)

    def put_label(self, before: str, text: str) -> None:
        """A word in front of a choice, for it and those after it."""
        row = self.layout()
        assert isinstance(row, QHBoxLayout)
        word = label(text, "muted")
        word.setContentsMargins(12, 0, 4, 0)
        row.insertWidget(row.indexOf(self.button(before)), word)

    @property
    def value(self) -> str:
        return self._values[self._group.checkedId()]

    def button(self, value: str) -> QToolButton:
        button = self._group.button(self._values.index(value))
        assert isinstance(button, QToolButton)
        return button

    def choose(self, value: str) -> None:
        """As if the user had."""
        self.button(value).setChecked(True)

    def _on_toggled(self, number: int, on: bool) -> None:
        share_tab_stop(self._group)
        if on:
            self.chosen.emit(self._values[number])
