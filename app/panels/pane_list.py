"""The list of the panes: which are shown, and in which order they stand."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.formats import stem_text
from app.i18n import bind, tip, tr
from app.panels.controls import icon_button, label
from app.spectrogram.pane_order import Order, arranged, stepped


class PaneList(QWidget):
    """A row for each pane, in the order in which the panes stand over each other."""

    changed = Signal()  # another order, or another pane is shown or hidden

    def __init__(self, panes: Sequence[str]) -> None:
        super().__init__()
        self._usual: Order = tuple(panes)
        self._order = self._usual
        self.boxes: dict[str, QCheckBox] = {}
        self.ups: dict[str, QToolButton] = {}
        self.downs: dict[str, QToolButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.reset = icon_button(
            "retry", "Put the panes in their usual order", side=24, icon_side=14
        )
        self.reset.clicked.connect(self._on_reset)
        head = QHBoxLayout()
        head.addWidget(label("Panes", "section"), 1)
        head.addWidget(self.reset)
        column.addLayout(head)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(0)
        self._grid.setColumnStretch(0, 1)
        column.addLayout(self._grid)
        for name in panes:
            self._make_row(name)
        self._show_order()

    def _make_row(self, name: str) -> None:
        box, text = QCheckBox(), stem_text(name)
        bind(box.setText, text)
        tip(box, "Show the pane “{pane}”", pane=lambda: tr(text))
        up = icon_button("chevron-up", "", side=24, icon_side=14)
        down = icon_button("chevron-down", "", side=24, icon_side=14)
        tip(up, "Move the pane “{pane}” up", pane=lambda: tr(text))
        tip(down, "Move the pane “{pane}” down", pane=lambda: tr(text))
        for button, step in ((up, -1), (down, 1)):
            button.setProperty("pane", name)
            button.setProperty("step", step)
            button.clicked.connect(self._on_step)
        box.toggled.connect(self._on_toggled)
        self.boxes[name], self.ups[name], self.downs[name] = box, up, down

    def order(self) -> Order:
        """All panes, from top to bottom."""
        return self._order

    def kept_order(self) -> list[str]:
        """The order to be remembered: nothing while it is the usual one."""
        return [] if self._order == self._usual else list(self._order)

    def set_order(self, order: Sequence[object]) -> None:
        """Names that are unknown or missing are no harm; none: as usual."""
        order = arranged(self._usual, order)
        if order != self._order:
            self._order = order
            self._show_order()
            self.changed.emit()

    def _show_order(self) -> None:
        before: QWidget = self.reset
        for row, name in enumerate(self._order):
            parts = (self.boxes[name], self.ups[name], self.downs[name])
            for place, part in enumerate(parts):
                self._grid.addWidget(part, row, place)
                QWidget.setTabOrder(before, part)
                before = part
            self.ups[name].setEnabled(row > 0)
            self.downs[name].setEnabled(row < len(self._order) - 1)
        self.reset.setEnabled(self._order != self._usual)

    def _on_step(self) -> None:
        button = self.sender()
        name, step = button.property("pane"), button.property("step")
        had_focus = isinstance(button, QToolButton) and button.hasFocus()
        self.set_order(stepped(self._order, name, step))
        if had_focus:  # an end of the list: the way back, not the next control
            other = self.downs[name] if step < 0 else self.ups[name]
            (button if button.isEnabled() else other).setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_reset(self) -> None:
        self.set_order(())

    def _on_toggled(self) -> None:
        self.changed.emit()
