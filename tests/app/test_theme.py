"""Both themes can be read, and the window follows them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QLabel

from app import theme

ICONS = sorted((Path(__file__).resolve().parents[2] / "resources" / "icons").glob("*.svg"))


@pytest.fixture(autouse=True)
def _dark(qapp) -> Iterator[None]:
    theme.set_theme("dark")
    yield
    theme.set_theme("dark")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""

    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    rgb = QColor(colour)
    red, green, blue = (linear(v) for v in (rgb.redF(), rgb.greenF(), rgb.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("looks", [theme.DARK, theme.LIGHT], ids=["dark", "light"])
def test_text_can_be_read(looks: theme.Theme) -> None:
    for ground in (looks.background, looks.panel, looks.raised):
        assert contrast(looks.text, ground) > 7
        assert contrast(looks.muted, ground) > 4.5
        assert contrast(looks.error, ground) > 4.5
        assert contrast(looks.warning, ground) > 4.5
        assert contrast(looks.voice, ground) > 3
        assert contrast(looks.accompaniment, ground) > 3
    assert contrast(looks.on_accent, looks.accent) > 7
    for lit in (looks.mute, looks.solo):
        assert contrast(looks.on_lit, lit) > 3


@pytest.mark.parametrize("looks", [theme.DARK, theme.LIGHT], ids=["dark", "light"])
def test_greys_are_neutral(looks: theme.Theme) -> None:
    for grey in (looks.background, looks.panel, looks.raised, looks.line, looks.text, looks.muted):
        assert QColor(grey).saturationF() < 0.12 or QColor(grey).valueF() < 0.2


def test_switching_changes_palette_and_tells(qapp, qtbot) -> None:
    label = QLabel()
    with qtbot.waitSignal(theme.theme_changed()):
        theme.set_theme("light")
    assert theme.current() is theme.LIGHT
    assert label.palette().color(QPalette.ColorRole.WindowText) == QColor(theme.LIGHT.text)
    theme.set_theme("dark")
    assert label.palette().color(QPalette.ColorRole.WindowText) == QColor(theme.DARK.text)


def test_the_system_decides_if_nobody_else_does(qapp) -> None:
    theme.set_theme("system")
    assert theme.current() is theme.system_theme()


def test_stems_have_their_colours() -> None:
    looks = theme.current()
    assert looks.stem("vocals") == looks.voice
    assert looks.stem("accompaniment") == looks.accompaniment
    assert looks.stem("anything") == looks.mixture


@pytest.mark.parametrize("path", ICONS, ids=lambda path: path.stem)
def test_every_icon_draws_something(path: Path) -> None:
    pixmap = theme.icon(path.stem).pixmap(QSize(48, 48))
    image = pixmap.toImage()
    assert any(image.pixelColor(x, y).alpha() for x in range(48) for y in range(48))


def test_icons_follow_theme_and_state() -> None:
    icon = theme.icon("play")

    def colour(mode: QIcon.Mode = QIcon.Mode.Normal) -> str:
        image = icon.pixmap(QSize(48, 48), mode).toImage()
        return image.pixelColor(22, 24).name()

    assert colour() == theme.DARK.text
    assert colour(QIcon.Mode.Disabled) == theme.DARK.faint
    theme.set_theme("light")
    assert colour() == theme.LIGHT.text


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        theme.icon("no such icon")


def test_the_set_of_icons_is_of_one_kind() -> None:
    for path in ICONS:
        if path.stem == "stemscope" or path.stem.startswith(("dark-", "light-")):
            continue
        text = path.read_text(encoding="utf-8")
        assert 'viewBox="0 0 24 24"' in text
        assert 'stroke="currentColor" stroke-width="1.75"' in text
