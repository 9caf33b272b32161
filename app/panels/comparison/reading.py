"""What the second model's mask has under the cursor, and how it differs."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app import theme
from app.i18n import bind
from app.panels.controls import ElidedLabel, label
from app.spectrogram import CursorReading

_NOTHING = "–"


class ComparedReading(QWidget):
    """Three rows under those of the inspector: A, B and A − B; hidden while nothing is compared."""

    def __init__(self) -> None:
        super().__init__()
        self.names = [ElidedLabel(), ElidedLabel()]
        self.values: dict[str, QLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 1)
        difference = label("Difference A − B", "muted")
        for row, (key, name) in enumerate(
            zip(("first", "second", "difference"), (*self.names, difference), strict=True)
        ):
            name.setProperty("role", "muted")
            value = QLabel(_NOTHING)
            value.setFont(theme.figures_font())
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(name, row, 0)
            grid.addWidget(value, row, 1)
            self.values[key] = value
        bind(self.values["difference"].setAccessibleName, "Difference A − B")
        self.hide()

    def set_titles(self, titles: tuple[str, str] | None) -> None:
        """The models' names; None while nothing is compared."""
        self.setVisible(titles is not None)
        for key, letter, name, title in zip(
            ("first", "second"), "AB", self.names, titles or ("", ""), strict=True
        ):
            bind(name.setText, "Mask {letter}: {model}", letter=letter, model=title)
            value = self.values[key]
            bind(value.setAccessibleName, "Mask {letter}: {model}", letter=letter, model=title)

    def show_reading(self, reading: object) -> None:
        """Show a ``CursorReading``, or nothing for ``None``."""
        texts = dict.fromkeys(self.values, _NOTHING)
        if isinstance(reading, CursorReading):
            first, second = reading.mask, reading.other_mask
            if first is not None:
                texts["first"] = f"{first:.2f}"
            if second is not None:
                texts["second"] = f"{second:.2f}"
            if first is not None and second is not None:
                texts["difference"] = signed(first - second)
        for key, text in texts.items():
            if self.values[key].text() != text:
                self.values[key].setText(text)


def signed(value: float) -> str:
    """``+0.12``, ``−0.05`` with a true minus, ``0.00``."""
    text = f"{abs(value):.2f}"
    if float(text) == 0:
        return text
    return ("−" if value < 0 else "+") + text
