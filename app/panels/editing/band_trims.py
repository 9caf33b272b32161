"""Small faders, one for each octave, that give the voice more or less there."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QWidget

from app import theme
from app.formats import decibels, hertz
from app.i18n import tip
from core.editing.shape import BAND_CENTRES_HZ

MOST_DB = 18
HEIGHT = 72


class BandTrims(QWidget):
    """Decibels of odds at ``BAND_CENTRES_HZ``; a double click brings one back to 0."""

    changed = Signal()
    settled = Signal()

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(2)
        self.sliders: list[QSlider] = []
        for number, centre in enumerate(BAND_CENTRES_HZ):
            slider = QSlider(Qt.Orientation.Vertical)
            slider.setRange(-MOST_DB, MOST_DB)
            slider.setFixedHeight(HEIGHT)
            slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            tip(slider, "Voice around {frequency}", frequency=hertz(centre))
            slider.valueChanged.connect(self._on_changed)
            slider.sliderReleased.connect(self.settled)
            slider.installEventFilter(self)
            name = QLabel(_short(centre))
            name.setProperty("role", "muted")
            name.setFont(theme.figures_font(-2))
            name.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            grid.addWidget(slider, 0, number, Qt.AlignmentFlag.AlignHCenter)
            grid.addWidget(name, 1, number)
            grid.setColumnStretch(number, 1)
            self.sliders.append(slider)
        self._describe()

    def values(self) -> tuple[float, ...]:
        return tuple(float(slider.value()) for slider in self.sliders)

    def set_values(self, values: tuple[float, ...]) -> None:
        """Show ``values`` without a word."""
        for slider, value in zip(self.sliders, values, strict=True):
            slider.blockSignals(True)
            slider.setValue(round(value))
            slider.blockSignals(False)
        self._describe()

    def eventFilter(self, target: QObject, event: QEvent) -> bool:
        double = isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonDblClick
        deleted = (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
        )
        if (double or deleted) and isinstance(target, QSlider):
            target.setValue(0)
            self.settled.emit()
            return True
        if event.type() in (QEvent.Type.FocusOut, QEvent.Type.KeyRelease):
            self.settled.emit()
        return False

    def _on_changed(self) -> None:
        self._describe()
        self.changed.emit()

    def _describe(self) -> None:
        for slider in self.sliders:
            slider.setAccessibleDescription(decibels(slider.value(), digits=0))


def _short(hertz_: float) -> str:
    return f"{hertz_ / 1000:g}k" if hertz_ >= 1000 else f"{hertz_:.0f}"
