"""Fields for a recipe's values: numbers that may be fractions, choices, each with its meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.i18n import bind, language_changed, tip, tr
from app.panels.controls import label

Choice = tuple[str, str | Callable[[], str]]
NAME_WIDTH, FIELD_WIDTH = 116, 80


class NumberField(QLineEdit):
    """A number, whole or not; what is no number is marked and ``value`` is None then."""

    edited = Signal()

    def __init__(self, low: float, high: float, *, whole: bool = False) -> None:
        super().__init__()
        self._low, self._high, self._whole = low, high, whole
        self._shown: float | None = None
        self.setFixedWidth(FIELD_WIDTH)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFont(theme.figures_font())
        self.textEdited.connect(self._on_edited)
        self.editingFinished.connect(self._on_finished)

    @property
    def bounds(self) -> tuple[str, str]:
        """The least and the greatest value, as one writes them."""
        return _written(self._low), _written(self._high)

    @property
    def is_whole(self) -> bool:
        return self._whole

    def value(self) -> float | None:
        """What stands there, if it is a number within the bounds."""
        text = self.text().strip().replace(",", ".").replace("−", "-").replace("\u202f", "")
        try:
            value = float(text)
        except ValueError:
            return None
        if not self._low <= value <= self._high or (self._whole and value != int(value)):
            return None
        return value

    def set_value(self, value: float) -> None:
        self._shown = value
        self.setText(f"{value:.0f}" if self._whole else f"{value:.6g}".replace("-", "−"))
        self._mark()

    def step(self, direction: int) -> None:
        """The next round value: up or down arrow."""
        value = self.value()
        if value is None or not self.isEnabled() or self.isReadOnly():
            return
        if self._whole:
            size = 1 if value < 20 else 10 if value < 400 else 100
            wanted = (value // size + direction) * size if direction > 0 else value - size
        else:
            wanted = float(f"{value * (1.25 if direction > 0 else 0.8):.2g}") if value else 0.0
        self.set_value(min(max(wanted, self._low), self._high))
        self.edited.emit()

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.step(1 if event.key() == Qt.Key.Key_Up else -1)
            return
        super().keyPressEvent(event)

    def _on_edited(self) -> None:
        self._mark()
        self.edited.emit()

    def _on_finished(self) -> None:
        value = self.value()
        if value is not None:
            self.set_value(value)

    def _mark(self) -> None:
        wrong = self.value() is None
        if self.property("wrong") != wrong:
            self.setProperty("wrong", wrong)
            self.style().unpolish(self)
            self.style().polish(self)


class ChoiceField(QComboBox):
    """One of a few choices in the language of the window: a value, and an English text or what
    gives a text of the moment."""

    chosen = Signal(str)

    def __init__(self, choices: Sequence[Choice], width: int = 184, least: int = 0) -> None:
        """``width`` pixels, down to ``least`` where there is less room."""
        super().__init__()
        self.setFixedWidth(width)
        if least:
            self.setMinimumWidth(least)
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._choices: list[Choice] = []
        self.set_choices(choices)
        self.activated.connect(self._on_activated)
        language_changed().connect(self._on_language_changed)

    def set_choices(self, choices: Sequence[Choice]) -> None:
        value = self.value()
        if _names(choices) == _names(self._choices):
            return
        self._choices = list(choices)
        self.clear()
        for key, text in choices:
            self.addItem(_shown(text), key)
        self.set_value(value)

    def sizeHint(self) -> QSize:
        return QSize(self.maximumWidth(), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.minimumWidth(), super().minimumSizeHint().height())

    def value(self) -> str:
        return str(self.currentData() or "")

    def set_value(self, value: str) -> None:
        index = self.findData(value)
        if index >= 0:
            self.setCurrentIndex(index)

    def _on_activated(self) -> None:
        self.chosen.emit(self.value())

    def _on_language_changed(self) -> None:
        for key, text in self._choices:
            self.setItemText(self.findData(key), _shown(text))


def _written(value: float) -> str:
    return f"{value:,.0f}".replace(",", "\u202f") if value == int(value) else f"{value:g}"


def _names(choices: Sequence[Choice]) -> list[object]:
    return [(key, text if isinstance(text, str) else "") for key, text in choices]


def _shown(text: str | Callable[[], str]) -> str:
    return tr(text) if isinstance(text, str) else text()


class Explained(QObject):
    """Shows what a field means in a line, while the field has the focus or the pointer."""

    def __init__(self, line: QLabel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._line = line
        self._meanings: dict[QObject, str] = {}

    def add(self, field: QWidget, meaning: str) -> None:
        self._meanings[field] = meaning
        field.installEventFilter(self)

    def eventFilter(self, target: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.Enter):
            meaning = self._meanings.get(target)
            if meaning is not None:
                bind(self._line.setText, meaning)
        return False


class FieldRow(QWidget):
    """``name``, the field and its unit in a row; the meaning is the tooltip. What is wrong with
    the value stands below it."""

    def __init__(self, name: str, field: QWidget, meaning: str, unit: str = "") -> None:
        super().__init__()
        line = QHBoxLayout()
        line.setSpacing(8)
        head = label(name, "muted")
        head.setFixedWidth(NAME_WIDTH)
        head.setBuddy(field)
        bind(head.setToolTip, meaning)
        line.addWidget(head)
        line.addWidget(field)
        if unit:
            line.addWidget(label(unit, "muted"))
        line.addStretch(1)
        self.problem = QLabel()
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self.problem.setContentsMargins(NAME_WIDTH + 8, 0, 0, 4)
        self.problem.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(line)
        column.addWidget(self.problem)
        tip(field, meaning)
        bind(field.setAccessibleName, name)
        bind(field.setAccessibleDescription, meaning)

    def say(self, text: str, **fields: object) -> None:
        """What is wrong; "" if nothing is."""
        self.problem.setVisible(bool(text))
        if text:
            bind(self.problem.setText, text, **fields)
