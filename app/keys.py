"""Keys that mean the same wherever the focus is, as long as no text is edited."""

from __future__ import annotations

import time

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

_TAP_S = 0.3
_TEXTS = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox)
_USE_ARROWS = (*_TEXTS, QAbstractSlider, QComboBox, QAbstractItemView)


class KeyFilter(QObject):
    """Arrows seek, Home goes to the start, O held plays the original, Enter presses a button."""

    back_pressed = Signal()
    forward_pressed = Signal()
    start_pressed = Signal()
    original_pressed = Signal()  # go to the original, or back from it
    original_released = Signal()  # it was held, not tapped: as before

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._held_since: float | None = None
        self._target: QWidget | None = None
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        # Not the application itself: each event of every widget would have to wait for Python.
        application.focusChanged.connect(self._on_focus_changed)
        self._on_focus_changed(None, QApplication.focusWidget())

    def _on_focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        if self._target is not None and isValid(self._target):
            self._target.removeEventFilter(self)
        self._target = now if now is not None else self._window
        if isValid(self._target):  # focus also changes while the window is destroyed
            self._target.installEventFilter(self)

    def eventFilter(self, target: QObject, event: QEvent) -> bool:
        if event.type() not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            return False
        if not isinstance(target, QWidget) or not isinstance(event, QKeyEvent):
            return False
        if target.window() is not self._window or QApplication.activePopupWidget() is not None:
            return False
        if event.type() == QEvent.Type.KeyPress:
            return self._pressed(target, event)
        return self._released(event)

    def _pressed(self, target: QWidget, event: QKeyEvent) -> bool:
        key = event.key()
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if modifiers != Qt.KeyboardModifier.NoModifier or isinstance(target, _TEXTS):
            return False
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if isinstance(target, QAbstractButton) and target.isEnabled():
                target.click()
                return True
            return False
        if _has_own_keys(target):
            return False
        if key == Qt.Key.Key_O:
            if not event.isAutoRepeat() and self._held_since is None:
                self._held_since = time.monotonic()
                self.original_pressed.emit()
            return True
        if isinstance(target, _USE_ARROWS) or _is_choice(target):
            return False
        signals = {
            Qt.Key.Key_Left: self.back_pressed,
            Qt.Key.Key_Right: self.forward_pressed,
            Qt.Key.Key_Home: self.start_pressed,
        }
        signal = signals.get(Qt.Key(key)) if key in (*signals,) else None
        if signal is None:
            return False
        signal.emit()
        return True

    def _released(self, event: QKeyEvent) -> bool:
        if event.key() != Qt.Key.Key_O or event.isAutoRepeat() or self._held_since is None:
            return False
        held_s = time.monotonic() - self._held_since
        self._held_since = None
        if held_s > _TAP_S:
            self.original_released.emit()
        return True


def _has_own_keys(target: QWidget) -> bool:
    """Whether ``target`` lies in a part of the window that plays something else than the song."""
    part: QWidget | None = target
    while part is not None and not part.property("own_keys"):
        part = part.parentWidget()
    return part is not None


def _is_choice(target: QWidget) -> bool:
    """Whether ``target`` is one of several buttons that arrows go through."""
    return isinstance(target, QAbstractButton) and target.group() is not None
