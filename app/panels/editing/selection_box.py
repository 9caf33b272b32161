"""What can be done with the region of time and frequency that is selected."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.formats import decibels
from app.i18n import bind, mark, tip
from app.panels.controls import label
from app.panels.editing.slider import ValueSlider


class Act(StrEnum):
    """Something to do with a selection."""

    VOICE = "voice"
    ACCOMPANIMENT = "accompaniment"
    NETWORK = "network"
    SWAP = "swap"
    MORE = "more"
    LESS = "less"
    ALL_FREQUENCIES = "all frequencies"
    ALL_TIMES = "all times"
    OUTSIDE = "outside"
    LOOP = "loop"
    COPY = "copy"
    PASTE = "paste"


BUTTONS: tuple[tuple[Act, str, str, str], ...] = (
    (Act.VOICE, mark("To voice"), mark("Give all of the selection to the voice"), "Shift+V"),
    (Act.ACCOMPANIMENT, mark("To music"), mark("Give all of the selection to the accompaniment"),
     "Shift+A"),
    (Act.MORE, mark("More voice"), mark("Raise the odds of the voice in the selection"), "+"),
    (Act.LESS, mark("Less voice"), mark("Lower the odds of the voice in the selection"), "−"),
    (Act.NETWORK, mark("To network"), mark("Back to the network's mask in the selection"),
     "Shift+N"),
    (Act.SWAP, mark("Swap"), mark("Exchange voice and accompaniment in the selection"), "Shift+X"),
    (Act.COPY, mark("Copy"), mark("Keep the mask of the selection, to lay it elsewhere"), "Ctrl+C"),
    (Act.PASTE, mark("Paste"), mark("Lay the mask that was copied at the playhead"), "Ctrl+V"),
    (Act.ALL_FREQUENCIES, mark("Full height"), mark("Select all frequencies at these times"), ""),
    (Act.ALL_TIMES, mark("Full length"), mark("Select all times at these frequencies"), ""),
    (Act.OUTSIDE, mark("Outside"), mark("Select all but the selection"), ""),
    (Act.LOOP, mark("Loop it"), mark("Play the time of the selection over and over"), ""),
)  # fmt: skip


class SelectionBox(QWidget):
    """Buttons that are alive while something is selected."""

    acted = Signal(object)  # Act

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label("Selection", "section"))
        grid = QGridLayout()
        grid.setSpacing(4)
        self.buttons: dict[Act, QPushButton] = {}
        for number, (act, text, help_text, key) in enumerate(BUTTONS):
            button = QPushButton()
            button.setAutoDefault(False)
            button.setProperty("small", True)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            bind(button.setText, text)
            tip(button, help_text, key)
            button.setProperty("act", act)
            button.clicked.connect(self._on_clicked)
            grid.addWidget(button, number // 2, number % 2)
            self.buttons[act] = button
        column.addLayout(grid)
        self.gain = ValueSlider(
            mark("Amount"), mark("By how much “More voice” and “Less voice” change the odds"),
            1, 24, 1, 6, lambda value: decibels(value, digits=0, signed=False),
        )  # fmt: skip
        column.addWidget(self.gain)
        self.set_available(False, False)

    def set_available(self, selected: bool, can_paste: bool) -> None:
        """Whether something is selected, and something was copied."""
        for act, button in self.buttons.items():
            button.setEnabled(can_paste if act is Act.PASTE else selected)

    def _on_clicked(self) -> None:
        self.acted.emit(Act(self.sender().property("act")))
