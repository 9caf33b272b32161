"""Fader, meter and handle, each alone."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from app import theme
from app.i18n import set_language
from app.panels.controls import NumberBox
from app.panels.fader import Fader
from app.panels.gain_value import gain_from
from app.panels.meter import Meter
from app.panels.strip import Strip


@pytest.fixture(autouse=True)
def _looks(qapp) -> None:
    set_language("en")
    theme.set_theme("dark")


@pytest.fixture
def fader(qtbot) -> Fader:
    result = Fader("vocals")
    result.resize(200, 24)
    qtbot.addWidget(result)
    result.show()
    return result


def test_a_fader_goes_where_it_is_dragged(qtbot, fader: Fader) -> None:
    told: list[float] = []
    fader.gain_changed.connect(told.append)
    start = QPoint(round(fader._x_of(0)), 12)
    qtbot.mousePress(fader, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(fader, QPoint(round(fader._x_of(-120)), 12))
    qtbot.mouseRelease(fader, Qt.MouseButton.LeftButton)
    assert fader.gain_db() == pytest.approx(-12, abs=0.5)
    assert told
    assert told[-1] == fader.gain_db()
    qtbot.mousePress(fader, Qt.MouseButton.LeftButton, pos=QPoint(0, 12))
    qtbot.mouseRelease(fader, Qt.MouseButton.LeftButton)
    assert fader.gain_db() == -60
    assert fader.accessibleDescription() == "−∞ dB"


def test_a_fader_snaps_to_zero_and_goes_back_to_it(qtbot, fader: Fader) -> None:
    fader.set_gain_db(-20)
    near = QPoint(round(fader._x_of(1)), 12)
    qtbot.mousePress(fader, Qt.MouseButton.LeftButton, pos=near)
    qtbot.mouseRelease(fader, Qt.MouseButton.LeftButton)
    assert fader.gain_db() == 0
    fader.set_gain_db(6)
    qtbot.keyClick(fader, Qt.Key.Key_Home)
    assert fader.gain_db() == 0


def test_a_fader_takes_the_wheel(fader: Fader) -> None:
    none = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, -240), Qt.MouseButton.NoButton, none,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(fader, event)
    assert fader.gain_db() == -1


def test_a_meter_holds_its_peak_and_lets_it_fall(qtbot) -> None:
    meter = Meter("vocals")
    qtbot.addWidget(meter)
    meter.set_level(-6, -12, now=10.0)
    meter.set_level(-40, -50, now=10.5)
    assert meter.held_db() == -6
    meter.set_level(-60, -60, now=12.0)
    assert meter.held_db() < -30
    meter.set_level(-math.inf, -math.inf, now=15.0)
    meter.set_level(-math.inf, -math.inf, now=20.0)
    assert meter.held_db() == -math.inf


def test_a_meter_remembers_an_overload_until_it_is_clicked(qtbot) -> None:
    meter = Meter()
    qtbot.addWidget(meter)
    meter.resize(100, 8)
    meter.set_level(0.5, -3, now=1.0)
    meter.set_level(-20, -30, now=9.0)
    assert meter.clipped
    qtbot.mouseClick(meter, Qt.MouseButton.LeftButton)
    assert not meter.clipped


def test_a_strip_draws_in_its_colour_and_is_silent_when_disabled(qtbot) -> None:
    strip = Strip("vocals", 1)
    qtbot.addWidget(strip)
    strip.resize(240, 80)
    image = strip.grab().toImage()
    assert image.pixelColor(9, 40).name() == theme.current().voice
    strip.setEnabled(False)
    assert strip.grab().toImage().pixelColor(9, 40).name() != theme.current().voice
    assert strip.mute is not None
    assert strip.mute.toolTip() == "Mute Voice (M)"


def test_a_number_can_be_typed(qtbot) -> None:
    box = NumberBox(-120, -40, " dB")
    qtbot.addWidget(box)
    box.show()
    box.setValue(-100)
    assert box.text() == "−100 dB"
    assert box.lineEdit().width() > 30  # the style sheet would leave it no room
    box.selectAll()
    qtbot.keyClicks(box.lineEdit(), "-80")
    qtbot.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    assert box.value() == -80
    assert box.text() == "−80 dB"
    box.selectAll()
    box.lineEdit().insert("−75")
    qtbot.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    assert box.value() == -75
    qtbot.keyClick(box.lineEdit(), Qt.Key.Key_Up)
    assert box.value() == -74
    width = box.lineEdit().width()
    for name in ("light", "dark"):
        theme.set_theme(name)
        QApplication.processEvents()
        assert box.lineEdit().width() == width


def test_a_gain_can_be_typed(qtbot) -> None:
    strip = Strip("vocals", 1)
    qtbot.addWidget(strip)
    strip.show()
    told: list[float] = []
    strip.gain_changed.connect(lambda _stem, gain_db: told.append(gain_db))
    qtbot.mouseDClick(strip.value, Qt.MouseButton.LeftButton)
    field = strip.value.field
    assert field.isVisible()
    field.setText("-7,5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not field.isVisible()
    assert strip.value.text() == "−7.5 dB"
    assert told == [-7.5]
    qtbot.keyClick(strip.fader, Qt.Key.Key_Return)
    assert field.text() == "−7.5"
    field.setText("+3")
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert strip.fader.gain_db() == -7.5
    strip.value.edit()
    field.setText("loud")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert strip.fader.gain_db() == -7.5
    assert told == [-7.5]


@pytest.mark.parametrize(
    ("text", "gain_db"),
    [("−3 dB", -3), ("+1,5dB", 1.5), ("-∞", -60), ("", None), ("nan", None), ("six", None)],
)
def test_what_is_typed_is_a_gain_or_nothing(text: str, gain_db: float | None) -> None:
    assert gain_from(text) == gain_db
