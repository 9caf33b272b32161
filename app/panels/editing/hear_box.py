"""Which part of the stems is heard by itself."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from app.i18n import bind, language_changed, mark, tip, tr
from app.panels.controls import label
from app.panels.editing.slider import ValueSlider


class Heard(StrEnum):
    """What comes out of the loudspeakers."""

    ALL = "all"
    INSIDE = "inside"
    OUTSIDE = "outside"
    BETWEEN = "between"
    TAKEN = "taken"


CHOICES = (
    (Heard.ALL, mark("Everything")),
    (Heard.INSIDE, mark("Inside the selection")),
    (Heard.OUTSIDE, mark("Outside the selection")),
    (Heard.BETWEEN, mark("Where the mask lies between")),
    (Heard.TAKEN, mark("What the edits took away")),
)


class HearBox(QWidget):
    """A choice, and the bounds of the mask where it goes by these."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label("Hear", "section"))
        self.choice = QComboBox()
        for heard, text in CHOICES:
            self.choice.addItem(tr(text), heard)
        bind(self.choice.setAccessibleName, "Hear")
        tip(self.choice, "Play a part of voice and accompaniment by itself")
        column.addWidget(self.choice)
        self.low = ValueSlider(
            mark("From"), mark("The smallest mask that is heard"), 0, 1, 0.05, 0.25,
            lambda value: f"{value:.2f}",
        )  # fmt: skip
        self.high = ValueSlider(
            mark("To"), mark("The largest mask that is heard"), 0, 1, 0.05, 0.75,
            lambda value: f"{value:.2f}",
        )  # fmt: skip
        for slider in (self.low, self.high):
            column.addWidget(slider)
            slider.changed.connect(self._on_bound)
        self.choice.currentIndexChanged.connect(self._on_choice)
        language_changed().connect(self._on_language)
        self._show_rows()

    @property
    def heard(self) -> Heard:
        return Heard(self.choice.currentData())

    @property
    def bounds(self) -> tuple[float, float]:
        """From the smallest to the largest mask."""
        return self.low.value, self.high.value

    def set_available(self, available: bool) -> None:
        """Whether there is a mask to go by; without one everything is heard."""
        self.choice.setEnabled(available)
        if not available:
            self.choice.setCurrentIndex(0)

    def _on_choice(self) -> None:
        self._show_rows()
        self.changed.emit()

    def _on_bound(self) -> None:
        if self.low.value > self.high.value:  # the other one goes along
            low_moved = self.sender() is self.low
            (self.high if low_moved else self.low).set_value(
                self.low.value if low_moved else self.high.value
            )
        self.changed.emit()

    def _show_rows(self) -> None:
        for slider in (self.low, self.high):
            slider.setVisible(self.heard is Heard.BETWEEN)

    def _on_language(self) -> None:
        for number, (_, text) in enumerate(CHOICES):
            self.choice.setItemText(number, tr(text))
