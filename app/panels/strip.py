"""One strip of the mixer: name, mute, solo, gain, level, and a handle to drag the stem out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from app import theme
from app.formats import gain, stem_text
from app.i18n import bind, tip, tr
from app.panels.controls import ElidedLabel
from app.panels.drag_handle import DragHandle
from app.panels.fader import Fader
from app.panels.gain_value import GainValue
from app.panels.meter import Meter


class Strip(QWidget):
    """The controls of one stem, or of the sum (``"master"``), in that stem's colour."""

    muted_changed = Signal(str, bool)
    soloed_changed = Signal(str, bool)
    gain_changed = Signal(str, float)  # dB

    def __init__(self, source: str, number: int = 0) -> None:
        super().__init__()
        self.source = source
        text = stem_text(source)
        self.setObjectName(f"strip-{source}")
        bind(self.setAccessibleName, text)
        self.setMinimumWidth(164)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.name = ElidedLabel()
        self.name.setFont(theme.font(weight=QFont.Weight.DemiBold))
        bind(self.name.setText, text)
        self.fader = Fader("" if source == "master" else source)
        tip(self.fader, "{stem} gain; double click for 0 dB", stem=lambda: tr(text))
        self.value = GainValue()
        self.value.gain_entered.connect(self.fader.set_gain_db)
        self.fader.number_wanted.connect(self.value.edit)
        self.meter = Meter("" if source == "master" else source)
        bind(self.meter.setAccessibleName, "{stem} level", stem=lambda: tr(text))
        self.mute: QToolButton | None = None
        self.solo: QToolButton | None = None
        self.handle: DragHandle | None = None

        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.name, 1)
        if source != "master":
            shift = ("", "", "Shift+")[number] if number < 3 else None
            self.mute = self._letter("M", "mute", "Mute {stem}", shift, text)
            self.solo = self._letter("S", "solo", "Solo {stem}", shift, text)
            self.handle = DragHandle(source)
            self.mute.toggled.connect(self._on_mute_toggled)
            self.solo.toggled.connect(self._on_solo_toggled)
            for button in (self.mute, self.solo, self.handle):
                top.addWidget(button)
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 8, 8, 8)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(3)
        grid.addLayout(top, 0, 0, 1, 2)
        grid.addWidget(self.fader, 1, 0)
        grid.addWidget(self.value, 1, 1)
        grid.addWidget(self.meter, 2, 0, 1, 2)
        grid.setRowMinimumHeight(0, 24)
        self.fader.gain_changed.connect(self._on_gain_changed)
        self._on_gain_changed(0.0)

    def _letter(
        self, letter: str, lit: str, text: str, shift: str | None, stem: str
    ) -> QToolButton:
        button = QToolButton()
        button.setText(letter)
        button.setProperty("small", True)
        button.setProperty("lit", lit)
        button.setCheckable(True)
        button.setFixedWidth(24)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        keys = "" if shift is None else shift + letter  # only the first two strips have keys
        tip(button, text, keys, stem=lambda: tr(stem))
        return button

    def _on_mute_toggled(self, checked: bool) -> None:
        self.muted_changed.emit(self.source, checked)

    def _on_solo_toggled(self, checked: bool) -> None:
        self.soloed_changed.emit(self.source, checked)

    def _on_gain_changed(self, gain_db: float) -> None:
        self.value.setText(gain(gain_db))
        self.gain_changed.emit(self.source, gain_db)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The edge in the stem's colour, and a hairline to the next strip."""
        colours = theme.current()
        painter = QPainter(self)
        painter.fillRect(0, 0, 1, self.height(), QColor(colours.line))
        edge = colours.mixture if self.source == "master" else colours.stem(self.source)
        colour = QColor(edge)
        if not self.isEnabled():
            colour.setAlphaF(0.4)
        painter.fillRect(8, 12, 3, self.height() - 21, colour)
