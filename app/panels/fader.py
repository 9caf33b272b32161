"""A gain fader: a slider in tenths of a decibel, drawn by itself."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider

from app import theme
from app.formats import SILENCE_DB, gain

_TOP_DB = 12.0
_HANDLE_WIDTH = 10
_SNAP_DB = 0.4


class Fader(QSlider):
    """Gain from silence (−60 dB) to +12 dB; double click or Home key goes back to 0 dB."""

    gain_changed = Signal(float)  # dB; at or below SILENCE_DB means silence
    number_wanted = Signal()  # Enter: the gain is to be typed

    def __init__(self, source: str = "") -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._source = source
        self._dragging_from: tuple[float, int] | None = None
        self.setRange(round(SILENCE_DB * 10), round(_TOP_DB * 10))
        self.setSingleStep(5)
        self.setPageStep(30)
        self.setValue(0)
        self.setMinimumWidth(72)
        self.setFixedHeight(24)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.valueChanged.connect(self._on_value_changed)

    def gain_db(self) -> float:
        return self.value() / 10

    def set_gain_db(self, gain_db: float) -> None:
        self.setValue(round(gain_db * 10))

    def sizeHint(self) -> QSize:
        return QSize(140, 24)

    def _on_value_changed(self) -> None:
        self.setAccessibleDescription(gain(self.gain_db()))
        self.gain_changed.emit(self.gain_db())
        self.update()

    # where a value stands on the track

    def _span(self) -> tuple[float, float]:
        half = _HANDLE_WIDTH / 2 + 1
        return half, self.width() - half

    def _x_of(self, value: int) -> float:
        left, right = self._span()
        share = (value - self.minimum()) / (self.maximum() - self.minimum())
        return left + share * (right - left)

    def _value_at(self, x: float) -> int:
        left, right = self._span()
        share = min(max((x - left) / max(right - left, 1), 0.0), 1.0)
        value = self.minimum() + share * (self.maximum() - self.minimum())
        return 0 if abs(value) <= _SNAP_DB * 10 else round(value)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x = event.position().x()
        if abs(x - self._x_of(self.value())) > _HANDLE_WIDTH:
            self.setValue(self._value_at(x))
        self._dragging_from = (x, self.value())
        self.setSliderDown(True)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging_from is None:
            return
        x0, value0 = self._dragging_from
        fine = 0.2 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
        self.setValue(self._value_at(self._x_of(value0) + (event.position().x() - x0) * fine))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragging_from = None
        self.setSliderDown(False)
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._dragging_from = None
        self.setValue(0)

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps = event.angleDelta().y() / 120
        self.setValue(self.value() + round(steps * 5))
        event.accept()

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.key() == Qt.Key.Key_Home:
            self.setValue(0)
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.number_wanted.emit()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2
        left, right = self._span()
        x, zero = self._x_of(self.value()), self._x_of(0)
        enabled = self.isEnabled()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.line))
        painter.drawRoundedRect(QRectF(left, middle - 1.5, right - left, 3), 1.5, 1.5)
        if enabled:
            painter.setBrush(QColor(colours.stem(self._source) if self._source else colours.muted))
            painter.drawRoundedRect(QRectF(left, middle - 1.5, x - left, 3), 1.5, 1.5)
        painter.setPen(QPen(QColor(colours.faint), 1))
        painter.drawLine(QPointF(zero, middle + 5), QPointF(zero, middle + 9))
        painter.drawLine(QPointF(zero, middle - 9), QPointF(zero, middle - 5))
        border = colours.accent if self.hasFocus() else colours.background
        painter.setPen(QPen(QColor(border), 1))
        painter.setBrush(QColor(colours.text if enabled else colours.faint))
        handle = QRectF(x - _HANDLE_WIDTH / 2, middle - 8, _HANDLE_WIDTH, 16)
        painter.drawRoundedRect(handle, 2.5, 2.5)
        painter.setPen(QPen(QColor(colours.panel), 1.5))
        painter.drawLine(QPointF(x, middle - 4.5), QPointF(x, middle + 4.5))
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(handle.adjusted(-2.5, -2.5, 2.5, 2.5), 4, 4)
