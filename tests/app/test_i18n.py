"""Every visible text is translated, its fields match, and it can be shown."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAction, QFont, QFontDatabase, QRawFont
from PySide6.QtWidgets import QLabel, QWidget

from app import i18n
from app.i18n import bind, tip, tr, tr_error, unbind
from core.errors import AudioFileError, DeviceError, StemscopeError

ROOT = Path(__file__).resolve().parent.parent.parent
CALLS: dict[str, tuple[int, ...]] = {
    "tr": (0,), "bind": (1,), "mark": (0,), "tip": (1,), "label": (0,), "text_button": (1, 2),
    "icon_button": (1,), "set_running": (0,), "_say": (0,), "_fact": (0,), "_row": (0,),
    "_name": (0,), "_section": (0,), "_add": (1,), "_spin": (2,), "_letter": (2,),
    "JobStep": (1,), "_set": (1,), "_end": (1,), "named_row": (0,),
}  # fmt: skip
FREE = {"{gain}", "{error}", "{n}"}
COMMAND_LINE = {"cli.py", "figure.py", "smoke.py"}


def texts_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.Compare, ast.Subscript)):  # these ask, they do not show
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip():
        yield node.value
    for part in ast.iter_child_nodes(node):
        yield from texts_of(part)


def source_texts() -> dict[str, str]:
    """Every text that app passes to a translating function, and where."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "app").rglob("*.py")):
        is_printed = path.name in COMMAND_LINE or path.parent.name == "bench"
        if is_printed or path.name.startswith("cli_"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            for place in CALLS.get(name, ()):
                if len(node.args) > place:
                    for text in texts_of(node.args[place]):
                        found.setdefault(text, f"{path.name}:{node.lineno}")
            for keyword in node.keywords:  # stages of tasks
                if keyword.arg == "stage" and isinstance(keyword.value, ast.Constant):
                    found.setdefault(keyword.value.value, f"{path.name}:{node.lineno}")
    for text in texts_of(ast.parse((ROOT / "core" / "devices.py").read_text(encoding="utf-8"))):
        if text.startswith("This computer has"):
            found[text] = "devices.py"
    return {text: where for text, where in found.items() if text not in FREE and text}


def error_templates() -> dict[str, str]:
    """The first argument of every error for users, in core and app."""
    kinds = {"StemscopeError", "AudioFileError", "OutputError", "ModelError", "DataError",
             "UsageError", "DeviceError"}  # fmt: skip
    found: dict[str, str] = {}
    for folder in ("core", "app"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            is_printed = path.name in COMMAND_LINE or path.parent.name == "bench"
            if is_printed or path.name.startswith("cli_"):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                name = getattr(getattr(node, "func", None), "id", "")
                if isinstance(node, ast.Call) and name in kinds and node.args:
                    first = node.args[0]
                    if isinstance(first, ast.Constant):
                        found.setdefault(str(first.value), f"{path.name}:{node.lineno}")
    return found


def fields_of(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return set()


@pytest.fixture(autouse=True)
def _english(qapp: object) -> Iterator[None]:
    i18n.set_language("en")
    yield
    i18n.set_language("en")


def test_every_text_is_translated() -> None:
    table = i18n.load_table("zh_CN")
    texts = source_texts()
    assert len(texts) > 150
    missing = {text: where for text, where in texts.items() if text not in table}
    assert not missing


def test_every_error_is_translated() -> None:
    table = i18n.load_table("zh_CN")
    missing = {text: where for text, where in error_templates().items() if text not in table}
    assert not missing


def test_translations_have_the_fields_of_their_source() -> None:
    wrong = {
        text: translated
        for text, translated in i18n.load_table("zh_CN").items()
        if fields_of(text) != fields_of(translated)
    }
    assert not wrong


def test_nothing_is_translated_that_no_longer_exists() -> None:
    known = set(source_texts()) | set(error_templates()) | extra_texts()
    stale = [text for text in i18n.load_table("zh_CN") if text not in known]
    assert not stale


def extra_texts() -> set[str]:
    """Texts that reach the table by a variable: stages of songs, hints about devices."""
    found = set()
    for path in ("app/song.py", "app/song_work.py", "app/session.py", "core/devices.py",
                 "core/separator.py", "app/i18n.py", "app/panels/separate_page.py",
                 "app/panels/settings_dialog.py"):  # fmt: skip
        found |= set(texts_of(ast.parse((ROOT / path).read_text(encoding="utf-8"))))
    return found


def test_chinese_can_be_shown(qapp: object) -> None:
    families = QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese)
    assert families, "no font with Chinese characters is installed"
    needed = {c for text in i18n.load_table("zh_CN").values() for c in text if "一" <= c <= "鿿"}
    fonts = [QRawFont.fromFont(QFont(family)) for family in families]
    assert any(all(font.supportsCharacter(ord(c)) for c in needed) for font in fonts)


def test_bound_text_follows_the_language(qapp: object) -> None:
    label = QLabel()
    bind(label.setText, "Open…")
    assert label.text() == "Open…"
    i18n.set_language("zh_CN")
    assert label.text() == "打开…"
    bind(label.setText, "Cancel")
    assert label.text() == "取消"
    i18n.set_language("en")
    assert label.text() == "Cancel"


def test_unbound_text_stays(qapp: object) -> None:
    label = QLabel()
    bind(label.setText, "Open…")
    unbind(label.setText)
    label.setText("a name")
    i18n.set_language("zh_CN")
    assert label.text() == "a name"


def test_bound_text_of_an_action_nobody_else_holds(qapp: object) -> None:
    parent = QWidget()
    bind(QAction(parent).setText, "Cancel")
    i18n.set_language("zh_CN")
    assert parent.findChild(QAction).text() == "取消"


def test_a_dead_widget_is_not_called(qapp: object) -> None:
    parent = QWidget()
    bind(QLabel(parent).setText, "Cancel")
    parent.deleteLater()
    del parent
    qapp.processEvents()
    i18n.set_language("zh_CN")


def test_fields_that_depend_on_the_language(qapp: object) -> None:
    label = QLabel()
    tip(label, "Mute {stem}", "M", stem=lambda: tr("Voice"))
    assert label.toolTip() == "Mute Voice (M)"
    assert label.accessibleName() == "Mute Voice"
    i18n.set_language("zh_CN")
    assert "人声" in label.toolTip()
    assert label.toolTip() != "Mute Voice (M)"


def test_errors_in_the_language(qapp: object) -> None:
    i18n.set_language("zh_CN")
    error = AudioFileError("“{name}” is empty. Choose a file that holds sound.", name="a.wav")
    assert "a.wav" in tr_error(error)
    assert tr_error(error) != str(error)
    nested = DeviceError(
        "The device “{name}” is not available: {hint}", name="x", hint=StemscopeError("?")
    )
    assert "?" in tr_error(nested)
    assert tr_error(ValueError("plain")) == "plain"
    assert tr_error(ValueError()) == "ValueError"


def test_an_unknown_language_is_the_systems(qapp: object) -> None:
    i18n.set_language("xx")
    assert i18n.language() in ("en", "zh_CN")
