"""What of a clip is heard: the voice, the accompaniment, or the mix."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from app.i18n import bind, mark, tip
from app.panels.controls import share_tab_stop

CHOICES = (
    ("vocals", mark("Voice"), mark("Hear the voice")),
    ("accompaniment", mark("Accompaniment"), mark("Hear the accompaniment")),
    ("mixture", mark("Mix"), mark("Hear the mix")),
)


class HeardButtons(QWidget):
    """Three buttons side by side, one of them down; arrows go through them."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for name, text, meaning in CHOICES:
            button = QToolButton()
            button.setCheckable(True)
            button.setChecked(name == "vocals")
            bind(button.setText, text)
            tip(button, meaning)
            button.clicked.connect(self._on_clicked)
            self._group.addButton(button)
            self.buttons[name] = button
            row.addWidget(button)
        self._group.buttonToggled.connect(self._on_toggled)
        share_tab_stop(self._group)

    def set_heard(self, name: str) -> None:
        self.buttons[name].setChecked(True)

    def _on_toggled(self) -> None:
        share_tab_stop(self._group)

    def _on_clicked(self) -> None:
        self.chosen.emit(next(n for n, b in self.buttons.items() if b.isChecked()))
