"""The number beside a fader: a double click lets it be typed."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLabel, QLineEdit

from app import theme
from app.formats import SILENCE_DB, gain
from app.i18n import bind


class GainValue(QLabel):
    """Shows a gain in dB and reads what is typed in its place."""

    gain_entered = Signal(float)  # dB

    def __init__(self) -> None:
        super().__init__()
        self.setFont(theme.figures_font())
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("−60.0 dB") + 2)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        bind(self.setToolTip, "Double click to type a gain")
        self.field = _Field(self)
        self.field.editingFinished.connect(self._on_finished)

    def edit(self) -> None:
        """Take a number from the keyboard; Enter sets it, Escape leaves it as it was."""
        self.field.setGeometry(self.rect())
        self.field.setText(self.text().removesuffix(" dB"))
        self.field.show()
        self.field.setFocus()
        self.field.selectAll()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.edit()

    def _on_finished(self) -> None:
        if not self.field.isVisible():
            return
        typed = gain_from(self.field.text())
        unchanged = typed is not None and gain(typed) == self.text()
        self.field.leave()
        if typed is not None and not unchanged:
            self.gain_entered.emit(typed)


class _Field(QLineEdit):
    """Lies over the number while it is typed."""

    def __init__(self, over: QLabel) -> None:
        super().__init__(over)
        self.setFont(over.font())
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setStyleSheet("padding: 0 2px; min-height: 0;")
        bind(self.setAccessibleName, "Gain in dB")
        self.hide()

    def leave(self) -> None:
        had_focus = self.hasFocus()
        self.hide()
        if had_focus:
            self.window().setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
            return
        super().keyPressEvent(event)


def gain_from(text: str) -> float | None:
    """The gain in dB that ``text`` means (``-3``, ``+1,5 dB``, ``-∞``), or None."""
    plain = text.strip().lower().removesuffix("db").strip()
    plain = plain.replace("−", "-").replace("–", "-").replace(",", ".").replace("∞", "inf")
    try:
        value = float(plain)
    except ValueError:
        return None
    if math.isnan(value):
        return None
    return max(value, SILENCE_DB)
