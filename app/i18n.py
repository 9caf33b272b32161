"""The window's language: English source texts, translated by a table, live.

Every visible text goes through ``tr`` (a text of the moment) or ``bind`` (a text that stays on
the screen and changes with the language). The English sentence itself is the key of the table, so
an untranslated text is readable and a test finds it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import resources
from typing import Any

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, Qt, QTranslator, Signal

from core.errors import StemscopeError

LANGUAGES = {"system": "System", "en": "English", "zh_CN": "简体中文"}


class _Language(QObject):
    """The language in use; ``changed`` is emitted after it was switched."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choice = "system"
        self.code = "en"
        self.table: dict[str, str] = {}
        self.qt_translator: QTranslator | None = None


_language = _Language()


def language() -> str:
    """The language in use: ``"en"`` or ``"zh_CN"``."""
    return _language.code


def language_changed() -> Any:
    """The signal emitted after the language was switched; connect bound methods of QObjects."""
    return _language.changed


def system_language() -> str:
    """What the system asks for, among the languages there are."""
    return "zh_CN" if QLocale.system().language() == QLocale.Language.Chinese else "en"


def load_table(code: str) -> dict[str, str]:
    """The table of translations from English to ``code``; empty for English itself."""
    if code == "en":
        return {}
    file = resources.files("resources") / "translations" / f"{code}.json"
    table: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return table


def set_language(choice: str) -> None:
    """Switch to ``"en"``, ``"zh_CN"`` or what the ``"system"`` speaks, everywhere at once."""
    if choice not in LANGUAGES:
        choice = "system"
    code = system_language() if choice == "system" else choice
    _language.choice = choice
    if code == _language.code and bool(_language.table) == (code != "en"):
        return
    _language.code = code
    _language.table = load_table(code)
    _translate_qt(code)
    _language.changed.emit()


def _translate_qt(code: str) -> None:
    """Load Qt's own texts (standard buttons, file dialogs) in the same language."""
    app = QCoreApplication.instance()
    if app is None:
        return
    if _language.qt_translator is not None:
        app.removeTranslator(_language.qt_translator)
        _language.qt_translator = None
    if code != "en":
        translator = QTranslator()
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if translator.load(f"qtbase_{code}", folder):
            app.installTranslator(translator)
            _language.qt_translator = translator


def mark(text: str) -> str:
    """``text`` itself: says that it will be translated where it is shown, not here."""
    return text


def tr(text: str, **fields: object) -> str:
    """``text`` in the current language, with its ``{fields}`` filled in; functions are called."""
    translated = _language.table.get(text, text)
    values = {name: value() if callable(value) else value for name, value in fields.items()}
    return translated.format(**values) if values else translated


def tr_error(error: BaseException) -> str:
    """The sentence of ``error`` in the current language."""
    if isinstance(error, StemscopeError):
        fields = {name: _tr_field(value) for name, value in error.fields.items()}
        return _language.table.get(error.template, error.template).format(**fields)
    return str(error) or type(error).__name__


def _tr_field(value: object) -> object:
    return tr_error(value) if isinstance(value, StemscopeError) else value


class _Binding(QObject):
    """A text on the screen: lives as a child of what shows it and dies with it.

    The target is found through ``parent()`` at each call, so a Python wrapper that was collected
    meanwhile (an action only its menu knows) is no obstacle.
    """

    def __init__(self, target: QObject, method: str, text: str, fields: dict[str, object]) -> None:
        super().__init__(target)
        self.setObjectName(f"text:{method}")
        self.method = method
        self.text = text
        self.fields = fields
        _language.changed.connect(self.apply)

    def apply(self) -> None:
        getattr(self.parent(), self.method)(tr(self.text, **self.fields))


def bind(method: Callable[[str], object], text: str, **fields: object) -> None:
    """Show ``text`` by a setter of a widget or action (``label.setText``), in every language.

    A later call for the same setter replaces the text. A field that is a function is called anew
    each time, for values that depend on the language themselves.
    """
    target = method.__self__  # type: ignore[attr-defined]
    name = method.__name__
    options = Qt.FindChildOption.FindDirectChildrenOnly
    binding = target.findChild(QObject, f"text:{name}", options)
    if isinstance(binding, _Binding):
        if binding.text == text and binding.fields == fields:
            return
        binding.text, binding.fields = text, dict(fields)
    else:
        binding = _Binding(target, name, text, dict(fields))
    binding.apply()


def unbind(method: Callable[[str], object]) -> None:
    """Let a setter go free again, for a text that is a name and not to be translated."""
    target = method.__self__  # type: ignore[attr-defined]
    options = Qt.FindChildOption.FindDirectChildrenOnly
    binding = target.findChild(QObject, f"text:{method.__name__}", options)
    if isinstance(binding, _Binding):
        _language.changed.disconnect(binding.apply)
        binding.setParent(None)
        binding.deleteLater()


def tip(widget: Any, text: str, shortcut: str = "", **fields: object) -> None:
    """Give a control its tooltip (with the shortcut) and its name for screen readers."""
    bind(widget.setAccessibleName, text, **fields)
    if shortcut:
        bind(widget.setToolTip, "{tip} ({keys})", tip=lambda: tr(text, **fields), keys=shortcut)
    else:
        bind(widget.setToolTip, text, **fields)
