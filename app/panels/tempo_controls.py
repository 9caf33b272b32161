"""How fast and how high the song is heard: two small fields of the transport."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import theme
from app.audio.tempo import FARTHEST_CENTS, FASTEST, SLOWEST, Tempo
from app.i18n import bind, mark, tr
from app.panels.controls import NumberBox

SPEED_STEP, PITCH_STEP, FINE_PITCH_STEP = 5, 100, 10
WIDTH = 64
SPEED_TIP = mark(
    "Speed, 0.50× to 1.50×, at the same pitch: turn the wheel or type, double click for 1.00×. "
    "Playback only; the export is unchanged."
)
PITCH_TIP = mark(
    "Pitch, up to 12 semitones (st) lower or higher: turn the wheel (with Shift a tenth) or type, "
    "double click for 0. Playback only; the export is unchanged."
)
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+")
_NOTCH = 120


class TempoBox(NumberBox):
    """A small number with its unit: wheel, arrows or typing change it, a double click resets it."""

    def __init__(self, low: int, high: int, step: int, fine_step: int, neutral: int) -> None:
        super().__init__(low, high, "")
        self._step, self._fine_step, self._neutral = step, fine_step, neutral
        self._turned = 0
        self.setProperty("small", True)
        self.setFont(theme.figures_font(-1))
        self.setFixedSize(WIDTH, 20)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the wheel alone does not take it
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setValue(neutral)
        self.valueChanged.connect(self._on_value_changed)
        self.lineEdit().installEventFilter(self)

    def number_of(self, text: str) -> int | None:
        """The value that a typed text means."""
        raise NotImplementedError

    def reset(self) -> None:
        """As the song was recorded."""
        self.setValue(self._neutral)

    def nudge(self, steps: int, fine: bool = False) -> None:
        """Go to the next whole step, or the one after it."""
        step = self._fine_step if fine else self._step
        value = self.value()
        place = value // step if steps > 0 else -(-value // step)
        self.setValue(step * (place + steps))

    # QSpinBox

    def stepBy(self, steps: int) -> None:
        self.nudge(steps)
        self.selectAll()

    def valueFromText(self, text: str) -> int:
        value = self.number_of(text)
        return self.value() if value is None else value

    def validate(self, text: str, place: int) -> object:
        value = self.number_of(text)
        fits = value is not None and self.minimum() <= value <= self.maximum()
        return QValidator.State.Acceptable if fits else QValidator.State.Intermediate, text, place

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta().y() or event.angleDelta().x()  # Shift turns it on some systems
        self._turned += delta
        notches = int(self._turned / _NOTCH)
        self._turned -= notches * _NOTCH
        if notches:
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.nudge(notches, fine)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.lineEdit().setText(self.textFromValue(self.value()))
        else:
            super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.window().setFocus()  # the keys of the window work again

    def eventFilter(self, target: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonDblClick and self.isEnabled():
            self.reset()
            self.window().setFocus()
            return True
        return super().eventFilter(target, event)

    def _on_value_changed(self, value: int) -> None:
        self.setProperty("lit", value != self._neutral)
        self.style().unpolish(self)
        self.style().polish(self)
        self._place_field()

    def _place_field(self) -> None:
        self.lineEdit().setGeometry(2, 1, self.width() - 4, self.height() - 2)


class SpeedBox(TempoBox):
    """Speed in percent, shown as a factor."""

    def __init__(self) -> None:
        super().__init__(SLOWEST, FASTEST, SPEED_STEP, 1, 100)

    def textFromValue(self, value: int) -> str:
        return f"{value / 100:.2f}×"

    def number_of(self, text: str) -> int | None:
        found = _NUMBER.search(_plain(text))
        if found is None:
            return None
        number = float(found[0])
        return round(number if "%" in text or number > 5 else number * 100)


class PitchBox(TempoBox):
    """Pitch in cents, shown in semitones."""

    def __init__(self) -> None:
        self._unit = ""
        super().__init__(-FARTHEST_CENTS, FARTHEST_CENTS, PITCH_STEP, FINE_PITCH_STEP, 0)
        bind(self.set_unit, "st")

    def set_unit(self, unit: str) -> None:
        """What semitones are called for short."""
        self._unit = unit
        self.lineEdit().setText(self.textFromValue(self.value()))

    def textFromValue(self, value: int) -> str:
        sign = "−" if value < 0 else ("+" if value > 0 else "")
        return f"{sign}{abs(value) / 100:g} {self._unit}".strip()

    def number_of(self, text: str) -> int | None:
        found = _NUMBER.search(_plain(text))
        return None if found is None else round(float(found[0]) * 100)


def _plain(text: str) -> str:
    return text.replace("−", "-").replace("–", "-").replace(",", ".").replace(" ", "")


class TempoControls(QWidget):
    """Speed over pitch; lit where they are not those of the recording."""

    tempo_changed = Signal(object)
    """Tempo"""

    def __init__(self) -> None:
        super().__init__()
        self.speed, self.pitch = SpeedBox(), PitchBox()
        self._both = False
        for box, name, text, keys in (
            (self.speed, mark("Speed"), SPEED_TIP, "Ctrl+←, Ctrl+→"),
            (self.pitch, mark("Pitch"), PITCH_TIP, "Ctrl+↓, Ctrl+↑"),
        ):
            bind(box.setAccessibleName, name)
            bind(box.setToolTip, "{tip} ({keys})", tip=lambda text=text: tr(text), keys=keys)
            box.valueChanged.connect(self._on_value_changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.speed)
        column.addWidget(self.pitch)

    @property
    def tempo(self) -> Tempo:
        return Tempo(self.speed.value(), self.pitch.value())

    def set_tempo(self, tempo: Tempo) -> None:
        """Show another one."""
        if tempo == self.tempo:
            return
        self._both = True
        self.speed.setValue(tempo.percent)
        self.pitch.setValue(tempo.cents)
        self._both = False
        self.tempo_changed.emit(self.tempo)

    def slower(self) -> None:
        self._nudge(self.speed, -1)

    def faster(self) -> None:
        self._nudge(self.speed, 1)

    def lower(self) -> None:
        self._nudge(self.pitch, -1)

    def higher(self) -> None:
        self._nudge(self.pitch, 1)

    def reset(self) -> None:
        """As the song was recorded."""
        if self.isEnabled():
            self.set_tempo(Tempo())

    def _nudge(self, box: TempoBox, steps: int) -> None:
        if self.isEnabled():
            box.nudge(steps)

    def _on_value_changed(self, _value: int) -> None:
        if not self._both:
            self.tempo_changed.emit(self.tempo)
