"""How the window looks: one neutral grey scale, one colour for the voice, one for the music.

Fusion style with an own palette, so that dark and light look the same on every system, and a
small style sheet. Icons are drawn from the set in ``resources/icons`` in the colour of the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontInfo,
    QGuiApplication,
    QIcon,
    QIconEngine,
    QPainter,
    QPalette,
    QPixmap,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from app import stylesheet

CHINESE_FAMILIES = ("PingFang SC", "Microsoft YaHei UI", "Noto Sans CJK SC", "Source Han Sans SC")
GRID = 8  # every margin and gap of the window is a multiple or a half of this


@dataclass(frozen=True)
class Theme:
    """The colours of one appearance, as ``#rrggbb``."""

    name: str
    background: str  # behind everything, and around the spectrograms
    panel: str  # toolbar, rail, strips
    raised: str  # buttons, fields
    hover: str
    line: str
    text: str
    muted: str  # labels, units; still 4.5 : 1 on the panel
    faint: str  # disabled
    accent: str  # focus, progress, what is switched on: neutral, so that the stems own colour
    on_accent: str
    voice: str
    accompaniment: str
    mixture: str
    mute: str
    solo: str
    on_lit: str  # text on the lit mute and solo buttons
    error: str
    warning: str

    @property
    def is_dark(self) -> bool:
        return self.name == "dark"

    def stem(self, source: str) -> str:
        """The colour of a stem by the name of its source."""
        return {"vocals": self.voice, "accompaniment": self.accompaniment}.get(source, self.mixture)


DARK = Theme(
    name="dark",
    background="#161617",
    panel="#1f1f21",
    raised="#2b2b2e",
    hover="#37373b",
    line="#343437",
    text="#e8e8ea",
    muted="#a0a0a6",
    faint="#66666c",
    accent="#d0d0d6",
    on_accent="#161617",
    voice="#f2a154",
    accompaniment="#4fb3bf",
    mixture="#b9b9c0",
    mute="#e0695f",
    solo="#e6c84f",
    on_lit="#161617",
    error="#ef7b73",
    warning="#e6c84f",
)

LIGHT = Theme(
    name="light",
    background="#e4e4e6",
    panel="#f3f3f4",
    raised="#ffffff",
    hover="#e6e6e9",
    line="#cdcdd2",
    text="#1c1c1f",
    muted="#5d5d64",
    faint="#a2a2a8",
    accent="#3c3c42",
    on_accent="#ffffff",
    voice="#c8640a",
    accompaniment="#0b7a88",
    mixture="#6b6b73",
    mute="#cf4a3f",
    solo="#e0b400",
    on_lit="#161617",
    error="#b3261e",
    warning="#7d5800",
)


class _Appearance(QObject):
    """The theme in use; ``changed`` is emitted after it was switched."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.choice = "system"
        self.theme = DARK
        self.following = False

    def on_color_scheme_changed(self) -> None:
        if self.choice == "system":
            set_theme("system")


_appearance = _Appearance()


def current() -> Theme:
    """The colours in use."""
    return _appearance.theme


def theme_changed() -> Any:
    """The signal emitted after the theme was switched; connect bound methods of QObjects."""
    return _appearance.changed


def system_theme() -> Theme:
    """What the system asks for; dark where it does not say."""
    light = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
    return LIGHT if light else DARK


def set_theme(choice: str) -> None:
    """Switch to ``"dark"``, ``"light"`` or what the ``"system"`` has, everywhere at once."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("a theme needs a QApplication")
    if not _appearance.following:
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(_appearance.on_color_scheme_changed)
        _appearance.following = True
        app.setFont(_with_chinese(app.font()))
    _appearance.choice = choice
    theme = {"dark": DARK, "light": LIGHT}.get(choice) or system_theme()
    _appearance.theme = theme
    if app.style().name() != "fusion":
        app.setStyle("Fusion")
    app.setPalette(palette(theme))
    app.setStyleSheet(stylesheet.build(theme))
    _appearance.changed.emit()


def _with_chinese(font: QFont) -> QFont:
    """The system font, and after it fonts that write Chinese as in China."""
    result = QFont(font)
    result.setFamilies([QFontInfo(font).family(), *CHINESE_FAMILIES])
    return result


def palette(theme: Theme) -> QPalette:
    """The Qt palette of ``theme``."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    result = QPalette()
    colours = {
        role.Window: theme.panel,
        role.WindowText: theme.text,
        role.Base: theme.raised,
        role.AlternateBase: theme.panel,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.text,
        role.Light: theme.hover,
        role.Midlight: theme.hover,
        role.Mid: theme.line,
        role.Dark: theme.line,
        role.Shadow: theme.background,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Accent: theme.accent,
        role.Link: theme.text,
        role.LinkVisited: theme.muted,
    }
    for key, colour in colours.items():
        result.setColor(key, QColor(colour))
    for key in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(group.Disabled, key, QColor(theme.faint))
    return result


@cache
def _drawing(name: str) -> str:
    file = resources.files("resources") / "icons" / f"{name}.svg"
    return file.read_text(encoding="utf-8")


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", colour).encode()))


class _TintedIcon(QIconEngine):
    """An icon drawn from its outline at any size, in the colour the text has at that moment."""

    def __init__(self, name: str, role: str, checked_role: str) -> None:
        super().__init__()
        self._name = name
        self._role = role
        self._checked_role = checked_role

    def paint(self, painter: QPainter, rect: Any, mode: QIcon.Mode, state: QIcon.State) -> None:
        theme = current()
        role = self._checked_role if state == QIcon.State.On else self._role
        if mode == QIcon.Mode.Disabled:
            role = "faint"
        side = min(rect.width(), rect.height())
        left = rect.x() + (rect.width() - side) / 2
        top = rect.y() + (rect.height() - side) / 2
        colour = getattr(theme, role)
        _renderer(self._name, colour).render(painter, QRectF(left, top, side, side))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, pixmap.rect(), mode, state)
        painter.end()
        return pixmap


@cache
def icon(name: str, role: str = "text", checked_role: str = "") -> QIcon:
    """The icon ``name`` in the colour ``role`` of the theme; it follows the theme by itself.

    ``checked_role`` is the colour on a button that is switched on, where that differs.
    """
    _drawing(name)  # an unknown name is an error here, not an invisible button
    return QIcon(_TintedIcon(name, role, checked_role or role))


@cache
def app_icon() -> QIcon:
    """The program's own icon, in its own colours."""
    data = (resources.files("resources") / "icons" / "stemscope.svg").read_bytes()
    result = QIcon()
    renderer = QSvgRenderer(QByteArray(data))
    for side in (16, 24, 32, 48, 64, 128, 256):
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter)
        painter.end()
        result.addPixmap(pixmap)
    return result


def font(points_more: float = 0.0, *, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The system font, ``points_more`` larger, of that weight."""
    result = QFont(QGuiApplication.font())
    result.setPointSizeF(max(result.pointSizeF() + points_more, 6.0))
    result.setWeight(weight)
    return result


def figures_font(points_more: float = 0.0) -> QFont:
    """The system font with figures of equal width, so that running numbers do not dance."""
    result = font(points_more)
    result.setFeature(QFont.Tag("tnum"), 1)
    return result
