"""The edit that was chosen in the list: what it does, how much, how strongly."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from app.formats import decibels
from app.i18n import bind, language_changed, mark, tip, tr
from app.panels.editing.slider import ValueSlider
from core.editing.edits import Action, Edit

KINDS: tuple[tuple[str, Action, int], ...] = (
    (mark("To voice"), Action.TO_VOICE, 0),
    (mark("To music"), Action.TO_ACCOMPANIMENT, 0),
    (mark("More voice"), Action.GAIN, 1),
    (mark("Less voice"), Action.GAIN, -1),
    (mark("To network"), Action.TO_NETWORK, 0),
    (mark("Swap"), Action.INVERT, 0),
)
"""What an edit may become: its name, its action and the sign of its amount."""

USUAL_DB, MOST_DB = 6, 24


class EditDetail(QWidget):
    """Changes one edit; every change is told at once."""

    changed = Signal(object)  # Edit, as it is to be
    settled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._edit: Edit | None = None
        self.kind = QComboBox()
        bind(self.kind.setAccessibleName, "What the edit does")
        tip(self.kind, "What the edit does")
        for number, (text, _action, _sign) in enumerate(KINDS):
            self.kind.addItem(tr(text), number)
        self.amount = ValueSlider(
            mark("Amount"), mark("By how much the edit changes the odds of the voice"),
            1, MOST_DB, 1, USUAL_DB, lambda value: decibels(value, digits=0, signed=False),
        )  # fmt: skip
        self.strength = ValueSlider(
            mark("Strength"), mark("How far the edit goes where it acts"),
            5, 100, 5, 100, lambda value: f"{value:.0f} %",
        )  # fmt: skip
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(8)
        for part in (self.kind, self.amount, self.strength):
            column.addWidget(part)
        self.kind.activated.connect(self._on_kind)
        self.amount.changed.connect(self._on_amount)
        self.strength.changed.connect(self._on_strength)
        for slider in (self.amount, self.strength):
            slider.settled.connect(self.settled)
        language_changed().connect(self._on_language)
        self.show_edit(None)

    def show_edit(self, edit: Edit | None) -> None:
        """What can be changed of ``edit``; nothing for None."""
        self._edit = edit
        self.setVisible(edit is not None)
        if edit is None:
            return
        is_gain = edit.action is Action.GAIN
        self.kind.setVisible(edit.action is not Action.PASTE)
        sign = (1 if edit.amount >= 0 else -1) if is_gain else 0
        for number, (_text, action, of_kind) in enumerate(KINDS):
            if (action, of_kind) == (edit.action, sign):
                self.kind.setCurrentIndex(number)
        self.amount.setVisible(is_gain)
        if is_gain:
            self.amount.set_value(min(max(abs(edit.amount), 1), MOST_DB))
        self.strength.set_value(100 * edit.strength)

    def _on_kind(self, number: int) -> None:
        name, action, sign = KINDS[number]
        if self._edit is not None:
            amount = sign * (self.amount.value if action is Action.GAIN else 0)
            self._tell(replace(self._edit, action=action, amount=amount, name=name))
            self.settled.emit()

    def _on_amount(self, value: float) -> None:
        if self._edit is not None:
            sign = 1 if self._edit.amount >= 0 else -1
            self._tell(replace(self._edit, amount=sign * value))

    def _on_strength(self, value: float) -> None:
        if self._edit is not None:
            self._tell(replace(self._edit, strength=value / 100))

    def _tell(self, edit: Edit) -> None:
        if edit != self._edit:
            self._edit = edit
            self.changed.emit(edit)

    def _on_language(self) -> None:
        for number, (text, _action, _sign) in enumerate(KINDS):
            self.kind.setItemText(number, tr(text))
