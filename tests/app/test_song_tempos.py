"""Speed and pitch in the window: fields, keys and menu, one tempo per song, kept in projects."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from app.audio.tempo import Tempo
from app.editing.page_state import tempo_of, tempo_state
from app.i18n import set_language
from app.panels.shortcuts_dialog import ShortcutsDialog
from app.panels.tempo_controls import TempoBox, TempoControls

Key, Modifier = Qt.Key, Qt.KeyboardModifier


def turn(box: TempoBox, notches: float, modifier: Modifier = Modifier.NoModifier) -> None:
    middle = QPointF(box.rect().center())
    event = QWheelEvent(
        middle, box.mapToGlobal(middle), QPoint(), QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton, modifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(box, event)


@pytest.fixture
def controls(qtbot) -> TempoControls:
    set_language("en")
    controls = TempoControls()
    qtbot.addWidget(controls)
    controls.show()
    return controls


def test_the_wheel_goes_by_steps_and_a_double_click_goes_back(controls, qtbot) -> None:
    told: list[Tempo] = []
    controls.tempo_changed.connect(told.append)
    turn(controls.speed, -3)
    assert controls.speed.text() == "0.85×"
    turn(controls.speed, 0.5)
    assert controls.tempo == Tempo(85), "half a notch is none yet"
    turn(controls.speed, 0.5)
    assert controls.tempo == Tempo(90)
    turn(controls.pitch, 2)
    assert controls.pitch.text() == "+2 st"
    turn(controls.pitch, -5, Modifier.ShiftModifier)
    assert controls.pitch.text() == "+1.5 st"
    turn(controls.pitch, -1)
    assert controls.pitch.text() == "+1 st"
    assert told[-1] == controls.tempo == Tempo(90, 100)
    assert controls.speed.property("lit")
    assert controls.pitch.property("lit")
    for box in (controls.speed, controls.pitch):
        qtbot.mouseDClick(box.lineEdit(), Qt.MouseButton.LeftButton)
        assert not box.property("lit")
    assert told[-1].is_neutral
    turn(controls.speed, -100)
    turn(controls.pitch, -100)
    assert controls.tempo == Tempo(50, -1200)
    assert controls.pitch.text() == "−12 st"


@pytest.mark.parametrize(
    ("typed", "tempo"),
    [("0.8", Tempo(80)), ("0,83×", Tempo(83)), ("125 %", Tempo(125)), ("70", Tempo(70)),
     ("9", Tempo()), ("quick", Tempo())],
)  # fmt: skip
def test_a_speed_can_be_typed(controls, qtbot, typed: str, tempo: Tempo) -> None:
    controls.speed.setFocus()
    controls.speed.selectAll()
    controls.speed.lineEdit().insert(typed)
    qtbot.keyClick(controls.speed, Key.Key_Return)
    assert controls.tempo == tempo


def test_a_pitch_can_be_typed_and_given_up(controls, qtbot) -> None:
    controls.pitch.selectAll()
    controls.pitch.lineEdit().insert("-3.5")
    qtbot.keyClick(controls.pitch, Key.Key_Return)
    assert controls.tempo == Tempo(100, -350)
    controls.pitch.selectAll()
    controls.pitch.lineEdit().insert("7")
    qtbot.keyClick(controls.pitch, Key.Key_Escape)
    assert controls.pitch.text() == "−3.5 st"
    assert controls.tempo == Tempo(100, -350)


def test_both_change_at_once(controls) -> None:
    told: list[Tempo] = []
    controls.tempo_changed.connect(told.append)
    controls.set_tempo(Tempo(75, 300))
    controls.set_tempo(Tempo(75, 300))
    assert told == [Tempo(75, 300)]


def test_keys_and_menu_reach_the_player_and_each_song_has_its_own(stage) -> None:
    window, player = stage.window, stage.player
    controls = window.page.tempo
    assert not controls.isEnabled()
    assert not window.actions_["slower"].isEnabled()
    first = stage.open_song("one.wav", 0.5)
    assert controls.isEnabled()
    stage.key(Key.Key_Left, Modifier.ControlModifier)
    stage.key(Key.Key_Left, Modifier.ControlModifier)
    stage.key(Key.Key_Right, Modifier.ControlModifier)
    stage.key(Key.Key_Up, Modifier.ControlModifier)
    stage.key(Key.Key_Up, Modifier.ControlModifier)
    stage.key(Key.Key_Down, Modifier.ControlModifier)
    assert player.tempo == controls.tempo == Tempo(95, 100)
    second = stage.open_song("two.wav", 0.5, seed=2)
    stage.session.set_current(second.song_id)
    assert player.tempo == controls.tempo == Tempo()
    window.actions_["faster"].trigger()
    assert player.tempo == Tempo(105)
    stage.session.set_current(first.song_id)
    assert player.tempo == controls.tempo == Tempo(95, 100)
    stage.key(Key.Key_Home, Modifier.ControlModifier)
    assert player.tempo == controls.tempo == Tempo()
    keys = ShortcutsDialog(window.actions_.all(), window)
    texts = [label.text() for label in keys.findChildren(type(window.page.transport.position))]
    assert "Ctrl+Left" in texts
    assert "Speed and pitch as recorded" in texts
    keys.deleteLater()


def test_the_playhead_runs_at_the_speed(stage) -> None:
    stage.open_song(seconds=3.0)
    stage.window.page.tempo.set_tempo(Tempo(50))
    stage.window.playback.toggle()
    assert stage.backend.stream is not None
    stream = stage.backend.stream
    feed = stage.player._engine.feed
    stage.qtbot.waitUntil(lambda: feed.left(True, True) >= 16000, timeout=5000)
    for _ in range(16):
        stream.pump(1000)
    assert feed.timeline.sample(feed.read) == 8000
    assert stage.player.levels()["vocals"][0] > -60


def test_names_and_tips_follow_the_language(controls) -> None:
    assert controls.speed.accessibleName() == "Speed"
    assert "export is unchanged" in controls.pitch.toolTip()
    set_language("zh_CN")
    controls.set_tempo(Tempo(100, -1110))
    assert controls.pitch.text() == "−11.1 半音"
    width = controls.pitch.fontMetrics().horizontalAdvance(controls.pitch.text())
    assert width <= controls.pitch.lineEdit().width()
    assert "导出不变" in controls.speed.toolTip()
    set_language("en")


def test_what_a_project_keeps_of_it() -> None:
    assert tempo_state(Tempo()) == {}
    assert tempo_of({}) == Tempo()
    assert tempo_of(tempo_state(Tempo(75, -350))) == Tempo(75, -350)
    assert tempo_of({"speed_percent": None, "pitch_cents": 100}) == Tempo()
    assert tempo_of({"speed_percent": 1e9, "pitch_cents": -1e9}) == Tempo(150, -1200)
