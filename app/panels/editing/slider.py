"""A slider with its name, its value in words, and a value to go back to."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from app import theme
from app.i18n import bind, language_changed, tip
from app.panels.controls import label

NAME_WIDTH, VALUE_WIDTH = 80, 56


class ValueSlider(QWidget):
    """A number between two bounds; a double click or the Delete key goes back to ``usual``."""

    changed = Signal(float)
    settled = Signal()
    """The user has let go."""

    def __init__(
        self,
        name: str,
        help_text: str,
        low: float,
        high: float,
        step: float,
        usual: float,
        words: Callable[[float], str],
    ) -> None:
        """``name`` and ``help_text`` are English source texts; ``words`` shows a value."""
        super().__init__()
        self._step, self._usual, self._words = step, usual, words
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(low / step), round(high / step))
        self.slider.setValue(round(usual / step))
        self.slider.setPageStep(max(1, (self.slider.maximum() - self.slider.minimum()) // 10))
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bind(self.slider.setAccessibleName, name)
        tip(self.slider, help_text)
        self.value_label = QLabel()
        self.value_label.setFont(theme.figures_font())
        self.value_label.setFixedWidth(VALUE_WIDTH)
        self.value_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.name_label = label(name, "muted")
        self.name_label.setFixedWidth(NAME_WIDTH)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.name_label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.value_label)
        self.slider.valueChanged.connect(self._on_changed)
        self.slider.sliderReleased.connect(self.settled)
        self.slider.installEventFilter(self)
        language_changed().connect(self._show)
        self._show()

    @property
    def value(self) -> float:
        return self.slider.value() * self._step

    def set_value(self, value: float) -> None:
        """Show ``value`` without a word."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(value / self._step))
        self.slider.blockSignals(False)
        self._show()

    def reset(self) -> None:
        """Back to the usual value, as if the user had moved it there."""
        self.slider.setValue(round(self._usual / self._step))
        self.settled.emit()

    def eventFilter(self, target: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonDblClick:
            self.reset()
            return True
        pressed = isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.reset()
            return True
        if event.type() in (QEvent.Type.FocusOut, QEvent.Type.KeyRelease):
            self.settled.emit()
        return False

    def _on_changed(self) -> None:
        self._show()
        self.changed.emit(self.value)

    def _show(self) -> None:
        self.value_label.setText(self._words(self.value))
        self.slider.setAccessibleDescription(self.value_label.text())
