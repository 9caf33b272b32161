"""The blind test as somebody takes it: keys and buttons, and the sound of a device in hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from app.audio.player import PlayerState
from app.comparison.blind import stretch
from app.comparison.trials import Heard

Key, Modifier = Qt.Key, Qt.KeyboardModifier
RATE = 16000


@pytest.fixture
def blind(pair):
    """The dialog over a loop of 2 s, of masks that differ in level; measured."""
    for result, level in ((pair.desk.first, 0.9), (pair.desk.second, 0.3)):
        voice = result.stems["vocals"]
        mixture = pair.session.current.decoded.audio.read(0, 6 * RATE)
        voice.write(0, level * mixture)
    pair.window.playback.loop((2.0, 4.0))
    pair.window.setFocus()
    pair.key(Key.Key_B, Modifier.ControlModifier)
    dialog = pair.window.dialogs.open_dialog
    pair.qtbot.waitUntil(lambda: dialog is not None and dialog.parts.play.isEnabled())
    yield dialog
    if pair.window.dialogs.open_dialog is not None:
        dialog.done(0)


def pumped(pair, n_frames: int) -> np.ndarray:
    """So many frames of what the device is given, in blocks as it asks for them."""
    stream, blocks, left = pair.backend.stream, [], n_frames
    while left:
        blocks.append(stream.pump(min(256, left)))
        left -= len(blocks[-1])
        QApplication.processEvents()
    return np.concatenate(blocks)


def sounding(pair) -> np.ndarray:
    """Half a second of sound, once there is any and switches are over."""
    pair.qtbot.waitUntil(lambda: bool(np.abs(pumped(pair, 256)).max() > 0))
    pumped(pair, 1024)
    return pumped(pair, RATE // 2)


def press(dialog, key: Key) -> None:
    QTest.keyClick(dialog, key)


def test_a_b_and_x_are_heard_in_place_equally_loud(pair, blind) -> None:
    dialog, parts = blind, blind.parts
    song = pair.session.current.decoded.audio.read(0, 6 * RATE)
    assert "Tiny is played at −9.5 dB" in parts.level.text()
    assert parts.loop.text() == "0:02.00 to 0:04.00 (2.0 s), the loop"
    press(dialog, Key.Key_A)
    pair.qtbot.waitUntil(lambda: dialog._sound.playing)
    heard = {Heard.A: sounding(pair)}
    press(dialog, Key.Key_B)
    switch = pumped(pair, 512)
    heard[Heard.B] = sounding(pair)
    press(dialog, Key.Key_X)
    heard[Heard.X] = sounding(pair)
    for one in heard.values():
        place = _place(song[0], one[:, 0])
        assert 2 * RATE <= place < 4 * RATE
        got, wanted = one[:2000], 0.3 * song[:, place : place + 2000].T
        np.testing.assert_allclose(got, wanted, atol=0.3 * 0.02)
    # In the switch nothing is missing: both are the same sound, equally loud.
    place = _place(song[0], switch[:, 0])
    np.testing.assert_allclose(switch[:400], 0.3 * song[:, place : place + 400].T, atol=0.3 * 0.02)


def _place(signal: np.ndarray, part: np.ndarray) -> int:
    """Where ``part`` lies in ``signal``: by the noise of both, since the tone is everywhere."""
    size = 1 << len(signal).bit_length()
    a, b = (np.fft.rfft(np.diff(each[: 6 * RATE], 3), size) for each in (signal, part))
    return int(np.argmax(np.fft.irfft(a * np.conj(b), size)[: len(signal)]))


def answer_all(pair, dialog, answers: str) -> None:
    for answer in answers:
        press(dialog, Key.Key_X)
        press(dialog, {"A": Key.Key_1, "B": Key.Key_2}[answer])


def test_nothing_tells_what_x_is_and_silence_is_no_subject(pair, blind) -> None:
    dialog, parts = blind, blind.parts
    parts.trials.setValue(4)
    assert not parts.tell.isChecked()
    pictures, texts = {}, {}
    for coin in (True, False):
        dialog.test._coin = lambda coin=coin: coin
        dialog.start_again()
        dialog.test._coin = lambda coin=coin: coin
        dialog.test._x = dialog.test._draw()
        answer_all(pair, dialog, "A")
        press(dialog, Key.Key_X)
        widgets = dialog.findChildren(QWidget)
        texts[coin] = [
            (w.accessibleName(), w.toolTip(), getattr(w, "text", str)(), w.isEnabled())
            for w in widgets
        ]
        pictures[coin] = dialog.grab().toImage()
    assert texts[True] == texts[False]
    assert pictures[True] == pictures[False]
    assert parts.count.text() == "Trial 2 of 4"

    # Silence is no subject.
    dialog.done(0)
    pair.desk.second.stems["vocals"].write(0, np.zeros((2, 6 * RATE), np.float32))
    pair.window.comparison.blind_test()
    dialog = pair.window.dialogs.open_dialog
    pair.qtbot.waitUntil(lambda: dialog.parts.level.text().startswith("Silent"))
    assert "Other" in dialog.parts.level.text()
    assert not dialog.parts.heard[Heard.A].isEnabled()
    index = dialog.parts.stem.findData("accompaniment")
    dialog.parts.stem.setCurrentIndex(index)
    dialog.parts.stem.activated.emit(index)
    pair.qtbot.waitUntil(dialog.parts.play.isEnabled)
    dialog.done(0)


@pytest.mark.parametrize(
    ("loop", "selection", "position", "expected"),
    [
        ((2.0, 4.0), (1.0, 9.0), 0.0, ((2.0, 4.0), "the loop")),
        (None, (1.0, 9.0), 0.0, ((1.0, 9.0), "the selection")),
        (None, (1.0, 1.1), 20.0, ((20.0, 28.0), "from the playhead on")),
        (None, None, 95.0, ((92.0, 100.0), "the end of the song")),
        ((0.0, 100.0), None, 0.0, ((0.0, 60.0), "the loop")),
    ],
)
def test_the_stretch_that_is_compared(loop, selection, position, expected) -> None:
    assert stretch(loop, selection, position, 100.0) == expected


def test_answers_are_counted_and_the_result_leaves(pair, blind, monkeypatch) -> None:
    dialog, parts = blind, blind.parts
    parts.trials.setValue(3)
    dialog.test._x = Heard.A
    dialog.test._coin = lambda: True
    press(dialog, Key.Key_1)
    assert dialog.test.trials == (), "X was not heard"
    pair.qtbot.mouseClick(parts.heard[Heard.X], Qt.MouseButton.LeftButton)
    pair.qtbot.mouseClick(parts.answers[Heard.A], Qt.MouseButton.LeftButton)
    assert parts.heard[Heard.A].isChecked(), "each trial begins with A"
    assert not parts.trials.isEnabled()
    answer_all(pair, dialog, "BA")
    assert dialog.test.is_over
    assert "2 of 3 right" in parts.count.text()
    assert "in 50" not in parts.count.text()
    assert parts.verdict.text().endswith("✓✗✓")
    assert not parts.heard[Heard.X].isEnabled()
    pair.qtbot.mouseClick(parts.copy, Qt.MouseButton.LeftButton)
    assert "2 of 3 right" in QGuiApplication.clipboard().text()
    path = pair.folder / "result"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(path), "JSON (*.json)"))
    pair.qtbot.mouseClick(parts.save, Qt.MouseButton.LeftButton)
    table = json.loads((pair.folder / "result.json").read_text(encoding="utf-8"))
    assert table["a"]["model"] == "Tiny"
    assert table["a"]["gain_db"] == pytest.approx(-9.54, abs=0.02)
    assert table["right"] == 2
    pair.qtbot.mouseClick(parts.again, Qt.MouseButton.LeftButton)
    assert parts.count.text() == "Trial 1 of 3"
    parts.tell.setChecked(True)
    dialog.test._x = Heard.B
    answer_all(pair, dialog, "A")
    assert parts.verdict.text() == "Wrong: X was B."
    press(dialog, Key.Key_Escape)  # ends the test, whose result is shown
    assert dialog.test.is_over
    assert "0 of 1 right" in parts.count.text()
    press(dialog, Key.Key_Escape)
    assert pair.window.dialogs.open_dialog is None


def test_the_songs_player_is_as_before(pair) -> None:
    player = pair.player
    pair.window.page.mixer.strips["vocals"].fader.set_gain_db(-6.0)
    pair.window.playback.loop((1.0, 5.0))
    pair.window.playback.seek_s(2.5)
    player.play()
    pair.qtbot.waitUntil(lambda: bool(np.abs(pumped(pair, 256)).max() > 0))
    pumped(pair, 4000)

    def state() -> tuple:
        engine = player._engine
        strips = {name: player.strip(name) for name in player._strips}
        return engine.mixture, engine.stems, engine.ready, player.loop, strips, player._original

    before, own_stream = state(), pair.backend.stream
    pair.window.comparison.blind_test()
    dialog = pair.window.dialogs.open_dialog
    assert player.state is PlayerState.STOPPED
    own_stream.pump(2000)  # fades out
    feed = player._engine.feed
    place = feed.timeline.sample(feed.read)
    pair.qtbot.waitUntil(lambda: player.position() == place)
    pair.qtbot.waitUntil(dialog.parts.play.isEnabled)
    press(dialog, Key.Key_B)
    press(dialog, Key.Key_X)
    press(dialog, Key.Key_2)
    pumped(pair, 4000)
    assert state() == before
    assert player.position() == place
    press(dialog, Key.Key_Escape)
    press(dialog, Key.Key_Escape)
    assert pair.window.dialogs.open_dialog is None
    assert state() == before
    assert player.state is PlayerState.PLAYING, "it played before"
    player.pause()
