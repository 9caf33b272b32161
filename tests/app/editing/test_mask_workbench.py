"""Masks edited with real mouse and key events in a real window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QInputDialog, QMessageBox, QWidget

from app import settings
from app.panels.editing.hear_box import Heard
from app.panels.editing.selection_box import Act
from app.panels.editing.tool_box import Paint
from app.spectrogram import Tool
from core.editing.edits import Action, Edit
from core.editing.regions import Rectangle
from core.export import ExportOptions

RATE = 16000
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Hand:
    """The window with a separated song, and a hand on the mouse."""

    def __init__(self, stage) -> None:
        self.stage = stage
        self.song = stage.open_song(seconds=4.0)
        self.view = stage.window.page.view
        self.workbench = stage.window.workbench
        self.desk = self.workbench.desk
        self.panel = self.workbench.panel
        stage.window.page.inspector.show_part("edit")
        stage.qtbot.waitUntil(lambda: self.desk.can_edit and self.view.idle, timeout=20_000)
        self.network = self.mask()
        self.voice = self.stem("vocals")
        self.mixture = self.song.decoded.audio.read(0, self.song.decoded.audio.n_samples)

    @property
    def result(self):
        return self.song.result

    def mask(self) -> np.ndarray:
        return self.song.result.mask.values.copy()

    def stem(self, name: str) -> np.ndarray:
        audio = self.song.result.stems[name]
        return audio.read(0, audio.n_samples)

    def wait(self) -> None:
        self.stage.qtbot.waitUntil(lambda: self.desk.idle and self.view.idle, timeout=20_000)

    def place(self, pane: str, share: float, hertz: float) -> QPointF:
        """Where a share of the song and a frequency lie on a pane."""
        canvas = self.view.pane(pane)
        unit = float(self.view.viewport.scale.to_unit(hertz))
        return QPointF(canvas.x_of(share * self.view.viewport.duration_s), canvas.y_of(unit))

    def drag(self, pane: str, places: list[tuple[float, float]], release: bool = True) -> None:
        """Press, move and let go at (share of the song, hertz)."""
        canvas = self.view.pane(pane)
        points = [self.place(pane, *place) for place in places]
        send(canvas, QEvent.Type.MouseButtonPress, points[0], LEFT, LEFT)
        for point in points[1:]:
            send(canvas, QEvent.Type.MouseMove, point, NONE, LEFT)
        if release:
            send(canvas, QEvent.Type.MouseButtonRelease, points[-1], LEFT, NONE)

    def take(self, tool: Tool) -> None:
        self.stage.qtbot.mouseClick(self.panel.tools.buttons[tool], LEFT)
        assert self.view.pane("mixture").stage.tool is tool

    def press(self, act: Act) -> None:
        button = self.panel.selection.buttons[act]
        assert button.isEnabled()
        self.stage.qtbot.mouseClick(button, LEFT)
        self.wait()

    def changed_frames(self) -> np.ndarray:
        """Which frames of the mask are not the network's."""
        return (self.mask() != self.network).any(axis=(0, 1, 2))

    def check_sum(self) -> None:
        both = self.stem("vocals") + self.stem("accompaniment")
        assert np.abs(both - self.mixture).max() < 1e-6


def send(widget: QWidget, kind, point: QPointF, button, buttons) -> None:
    where = widget.mapToGlobal(point)
    event = QMouseEvent(kind, point, where, button, buttons, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)


@pytest.fixture
def hand(stage) -> Hand:
    return Hand(stage)


def test_a_stroke_of_the_brush_goes_to_mask_and_sound_and_back(hand: Hand) -> None:
    hand.take(Tool.BRUSH)
    hand.drag("mask", [(0.4, 1000), (0.45, 1200), (0.5, 1000)])
    hand.wait()
    frames = np.flatnonzero(hand.changed_frames()) * hand.result.mask.hop_samples
    seconds = frames / hand.result.mask.sample_rate
    assert 1.3 < seconds.min() < 1.6
    assert 2.0 < seconds.max() < 2.3
    bin_ = round(1200 * hand.result.mask.window_samples / hand.result.mask.sample_rate)
    frame = round(0.45 * 4 * hand.result.mask.sample_rate / hand.result.mask.hop_samples)
    assert hand.mask()[0, 0, bin_, frame] == 1
    voice = hand.stem("vocals")
    differs = np.flatnonzero(np.abs(voice - hand.voice).max(axis=0) > 1e-6) / RATE
    assert 1.2 < differs.min() < 1.6
    assert 2.0 < differs.max() < 2.4
    hand.check_sum()
    assert hand.desk.history.entries == ("", "Painted voice")
    assert list(hand.panel.edits.rows) == [1]

    hand.stage.key(Qt.Key.Key_Z, CTRL)
    hand.wait()
    np.testing.assert_array_equal(hand.mask(), hand.network)
    np.testing.assert_array_equal(hand.stem("vocals"), hand.voice)
    assert not hand.panel.edits.rows
    hand.stage.key(Qt.Key.Key_Z, CTRL | SHIFT)
    hand.wait()
    np.testing.assert_array_equal(hand.stem("vocals"), voice)


def test_the_mask_changes_while_the_hand_still_paints(hand: Hand) -> None:
    hand.take(Tool.BRUSH)
    hand.drag("mixture", [(0.2, 2000), (0.3, 2000)], release=False)
    hand.wait()
    assert hand.changed_frames().any()
    hand.stage.key(Qt.Key.Key_Escape)
    hand.wait()
    assert not hand.changed_frames().any()
    np.testing.assert_array_equal(hand.stem("vocals"), hand.voice)


@pytest.mark.parametrize(
    ("paint", "way"),
    [(Paint.VOICE, 1), (Paint.MORE, 1), (Paint.ACCOMPANIMENT, -1), (Paint.LESS, -1)],
)
def test_what_the_brush_paints(hand: Hand, paint: Paint, way: int) -> None:
    hand.panel.tools.paint.setCurrentIndex(hand.panel.tools.paint.findData(paint))
    hand.take(Tool.BRUSH)
    hand.drag("vocals", [(0.5, 800), (0.6, 800)])
    hand.wait()
    change = (hand.mask().astype(float) - hand.network) * way
    assert change.max() > 0.1
    assert change.min() == 0


def test_the_eraser_brings_back_the_network(hand: Hand) -> None:
    hand.take(Tool.RECTANGLE)
    hand.drag("mixture", [(0.3, 500), (0.7, 3000)])
    hand.press(Act.ACCOMPANIMENT)
    painted = hand.mask() != hand.network
    hand.take(Tool.ERASER)
    hand.drag("accompaniment", [(0.4, 1000), (0.6, 1000)])
    hand.wait()
    left = hand.mask() != hand.network
    assert 0 < left.sum() < painted.sum()
    assert not (left & ~painted).any()


def test_overtones_are_painted_along_a_tone(hand: Hand) -> None:
    hand.take(Tool.HARMONICS)
    hand.panel.tools.overtones.slider.setValue(5)
    hand.drag("mixture", [(0.3, 300), (0.6, 300)])
    hand.wait()
    mask = hand.result.mask
    hertz_per_bin = mask.sample_rate / mask.window_samples
    frame = round(0.45 * 4 * mask.sample_rate / mask.hop_samples)
    changed = np.flatnonzero((hand.mask() != hand.network)[0, 0, :, frame]) * hertz_per_bin
    nearest = {round(hertz / 300) for hertz in changed}
    assert nearest == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("tool", [Tool.RECTANGLE, Tool.LASSO])
def test_selections_are_drawn_and_done_something_with(hand: Hand, tool: Tool) -> None:
    hand.take(tool)
    assert not hand.panel.selection.buttons[Act.VOICE].isEnabled()
    hand.drag("mixture", [(0.25, 500), (0.5, 700), (0.5, 2000), (0.26, 2000)][:: 1 if tool is
              Tool.LASSO else 2])  # fmt: skip
    assert hand.view.selection is not None
    before = hand.view.pane("mixture").grab().toImage()
    hand.press(Act.VOICE)
    assert hand.changed_frames().any()
    assert (hand.mask() >= hand.network).all()
    hand.press(Act.SWAP)
    assert (hand.mask() <= hand.network).all()
    hand.press(Act.NETWORK)
    assert not hand.changed_frames().any()
    np.testing.assert_array_equal(hand.stem("vocals"), hand.voice)
    hand.stage.key(Qt.Key.Key_Escape)
    assert hand.view.selection is None
    assert hand.view.pane("mixture").grab().toImage() != before


def test_the_wand_finds_the_tone(hand: Hand) -> None:
    hand.take(Tool.WAND)
    canvas = hand.view.pane("mixture")
    where = hand.place("mixture", 0.5, 440)
    hand.stage.qtbot.mouseClick(canvas, LEFT, pos=where.toPoint())
    region = hand.view.selection
    assert region is not None
    weights = region.weights(np.array([2.0]), np.array([200.0, 440.0, 1500.0, 3000.0]))
    assert weights[:, 0].tolist() == [0, 1, 0, 0]
    hand.press(Act.ACCOMPANIMENT)
    assert hand.changed_frames().any()


def test_a_selection_grows_and_turns_round(hand: Hand) -> None:
    hand.take(Tool.RECTANGLE)
    hand.drag("mixture", [(0.25, 500), (0.5, 2000)])
    hand.press(Act.ALL_FREQUENCIES)
    assert hand.view.selection.weights(np.array([1.5]), np.array([0.0, 7900.0])).all()
    hand.drag("mixture", [(0.25, 500), (0.5, 2000)])
    hand.press(Act.ALL_TIMES)
    weights = hand.view.selection.weights(np.array([0.0, 3.9]), np.array([100.0, 1000.0, 3000.0]))
    assert weights.tolist() == [[0, 0], [1, 1], [0, 0]]
    hand.press(Act.OUTSIDE)
    assert not hand.view.selection.weights(np.array([1.0]), np.array([1000.0])).any()
    hand.drag("mixture", [(0.25, 500), (0.5, 2000)])
    hand.press(Act.LOOP)
    assert hand.view.loop == pytest.approx((1.0, 2.0), abs=0.02)
    assert hand.stage.player.loop is not None


def test_a_mask_is_copied_to_the_playhead(hand: Hand) -> None:
    hand.take(Tool.RECTANGLE)
    hand.drag("mixture", [(0.1, 0.1), (0.2, 7900)])
    hand.press(Act.ALL_FREQUENCIES)
    hand.press(Act.VOICE)
    hand.stage.key(Qt.Key.Key_C, CTRL)
    hand.stage.window.playback.seek_s(2.0)
    hand.stage.key(Qt.Key.Key_V, CTRL)
    hand.wait()
    rate = hand.result.mask.sample_rate / hand.result.mask.hop_samples
    assert (hand.mask()[..., round(2.1 * rate) : round(2.3 * rate)] == 1).all()
    start, stop = hand.view.selection.span_s
    assert (start, stop) == pytest.approx((2.0, 2.4), abs=0.05)


def test_shape_controls_act_on_the_whole_mask(hand: Hand) -> None:
    shape = hand.panel.shape
    shape.binary.click()
    hand.wait()
    assert set(np.unique(hand.mask())) <= {0, 1}
    hand.check_sum()
    shape.sliders["floor_db"].slider.setValue(-20)
    hand.wait()
    assert hand.mask().min() == pytest.approx(0.1, abs=1e-3)
    for value in (1.2, 1.5, 2.0):
        shape.sliders["sharpness"].slider.setValue(round(value / 0.05))
    assert hand.desk.history.entries == ("", "Threshold", "Floor", "Sharpness")
    shape.trims.sliders[4].setValue(-12)
    hand.stage.qtbot.mouseClick(shape.reset_all, LEFT)
    hand.wait()
    np.testing.assert_array_equal(hand.mask(), hand.network)
    np.testing.assert_array_equal(hand.stem("vocals"), hand.voice)
    assert shape.sliders["sharpness"].value == 1
    assert not shape.binary.isChecked()
    hand.panel.history.list.setFocus()
    hand.stage.qtbot.keyClick(hand.panel.history.list, Qt.Key.Key_Home)
    hand.stage.qtbot.keyClick(hand.panel.history.list, Qt.Key.Key_Down)
    hand.stage.qtbot.keyClick(hand.panel.history.list, Qt.Key.Key_Return)
    hand.wait()
    assert hand.desk.history.index == 1
    assert shape.binary.isChecked()


def test_shapes_are_kept_and_taken_again(hand: Hand, monkeypatch) -> None:
    presets = hand.panel.shape.presets

    def choose(name: str) -> None:
        presets._menu.aboutToShow.emit()
        actions = [*presets._menu.actions()]
        actions += [a for sub in actions if sub.menu() for a in sub.menu().actions()]
        next(action for action in actions if action.text() == name).trigger()
        hand.wait()

    choose("Less bleed")
    bled = hand.mask()
    assert bled.mean(dtype=float) < hand.network.mean(dtype=float)
    assert hand.desk.history.entries[-1] == "Less bleed"
    hand.panel.shape.sliders["bias_db"].slider.setValue(10)
    hand.wait()
    mine = hand.mask()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("Mine & yours", True))
    choose("Keep this shape…")
    choose("All or nothing")
    assert set(np.unique(hand.mask())) <= {0, 1}
    choose("Mine && yours")
    np.testing.assert_array_equal(hand.mask(), mine)
    presets.remove("Mine & yours")
    presets._menu.aboutToShow.emit()
    assert "Mine && yours" not in [action.text() for action in presets._menu.actions()]
    settings.set(settings.SHAPE_PRESETS, {"Broken": {"version": 1}})
    presets._menu.aboutToShow.emit()
    assert "Broken" not in [action.text() for action in presets._menu.actions()]


def test_edits_are_hidden_moved_and_removed(hand: Hand) -> None:
    hand.take(Tool.RECTANGLE)
    hand.drag("mixture", [(0.2, 500), (0.4, 2000)])
    hand.press(Act.VOICE)
    hand.press(Act.ACCOMPANIMENT)
    both = hand.mask()
    rows = hand.panel.edits.rows
    hand.stage.qtbot.mouseClick(rows[2].hide_button, LEFT)
    hand.wait()
    assert (hand.mask() >= hand.network).all()
    hand.stage.qtbot.mouseClick(rows[2].hide_button, LEFT)
    hand.stage.qtbot.mouseClick(rows[2].down, LEFT)
    hand.wait()
    assert [edit.edit_id for edit in hand.desk.state.edits] == [2, 1]
    assert (hand.mask() >= hand.network).all()
    hand.stage.qtbot.mouseClick(rows[1].remove_button, LEFT)
    hand.wait()
    np.testing.assert_array_equal(hand.mask(), both)
    hand.desk.go_to(0)
    hand.wait()
    np.testing.assert_array_equal(hand.mask(), hand.network)


def test_a_hundred_random_edits_keep_the_sum(hand: Hand) -> None:
    rng = np.random.default_rng(1)
    for number in range(1, 101):
        times, freqs = rng.uniform(0, 4, 2), rng.uniform(0, 8000, 2)
        action = rng.choice([a for a in Action if a is not Action.PASTE])
        edit = Edit(
            Rectangle(*times, *freqs),
            Action(action),
            amount=float(rng.uniform(-20, 20)),
            strength=float(rng.uniform(0, 1)),
            edit_id=number,
            name="To voice",
        )
        state = hand.desk.state
        hand.desk.push("To voice", replace(state, edits=(*state.edits, edit)))
    hand.wait()
    hand.check_sum()
    mask = hand.mask()
    assert np.isfinite(mask).all()
    assert mask.min() >= 0
    assert mask.max() <= 1
    while hand.desk.history.can_undo:
        hand.desk.undo()
    hand.wait()
    np.testing.assert_array_equal(hand.mask(), hand.network)
    np.testing.assert_array_equal(hand.stem("vocals"), hand.voice)


def test_keys_choose_tools_where_there_is_a_mask(stage) -> None:
    keys = {
        Qt.Key.Key_B: Tool.BRUSH, Qt.Key.Key_E: Tool.ERASER, Qt.Key.Key_T: Tool.HARMONICS,
        Qt.Key.Key_R: Tool.RECTANGLE, Qt.Key.Key_G: Tool.LASSO, Qt.Key.Key_W: Tool.WAND,
        Qt.Key.Key_H: Tool.HAND, Qt.Key.Key_V: Tool.SELECT,
    }  # fmt: skip
    tools = stage.window.workbench.panel.tools
    stage.key(Qt.Key.Key_B)
    assert tools.tool is Tool.SELECT, "there is no song"
    hand = Hand(stage)
    for key, tool in keys.items():
        stage.key(key)
        assert tools.tool is tool
    stage.key(Qt.Key.Key_B)
    size = tools.brush.radius
    stage.key(Qt.Key.Key_BracketRight)
    assert tools.brush.radius > size
    stage.key(Qt.Key.Key_BracketLeft)
    assert tools.brush.radius == size
    hand.stage.key(Qt.Key.Key_A, CTRL)
    assert hand.view.selection is not None
    hand.stage.key(Qt.Key.Key_A, CTRL | SHIFT)
    assert hand.view.selection is None


def test_edits_belong_to_their_song_and_are_not_kept_in_the_cache(hand: Hand) -> None:
    hand.take(Tool.BRUSH)
    hand.drag("mask", [(0.4, 1000), (0.5, 1000)])
    hand.wait()
    edited = hand.stem("vocals")
    other = hand.stage.open_song("other.wav", seconds=3.0, seed=2)
    hand.stage.qtbot.waitUntil(lambda: hand.desk.can_edit, timeout=20_000)
    assert hand.desk.history.entries == ("",)
    assert not hand.panel.edits.rows
    hand.stage.session.set_current(hand.song.song_id)
    assert len(hand.panel.edits.rows) == 1
    np.testing.assert_array_equal(hand.stem("vocals"), edited)
    assert other.result.network_mask is None
    hand.workbench.desk.forget()
    hand.stage.session.remove(hand.song.song_id)
    again = hand.stage.open_song(seconds=4.0)
    voice = again.result.stems["vocals"]
    np.testing.assert_array_equal(voice.read(0, voice.n_samples), hand.voice)


def test_the_network_s_mask_is_compared_with_the_edited_one(hand: Hand) -> None:
    hand.take(Tool.BRUSH)
    hand.drag("mask", [(0.4, 1000), (0.5, 1000)])
    hand.wait()
    edited, voice = hand.mask(), hand.stem("vocals")
    hand.stage.key(Qt.Key.Key_N)
    hand.wait()
    assert hand.panel.history.compare.isChecked()
    np.testing.assert_array_equal(hand.mask(), hand.network)
    np.testing.assert_array_equal(hand.stem("vocals"), hand.voice)
    assert not hand.stage.window.page.toolbar.export.isEnabled(), "not what was edited"
    hand.stage.key(Qt.Key.Key_N)
    hand.wait()
    np.testing.assert_array_equal(hand.mask(), edited)
    np.testing.assert_array_equal(hand.stem("vocals"), voice)
    hand.stage.key(Qt.Key.Key_N)
    hand.drag("mask", [(0.6, 1000), (0.7, 1000)])
    hand.wait()
    assert not hand.panel.history.compare.isChecked()
    assert (hand.mask() == edited)[..., : edited.shape[-1] // 2].all()


def test_what_is_exported_is_what_was_edited(hand: Hand, tmp_path: Path) -> None:
    hand.take(Tool.BRUSH)
    hand.drag("mask", [(0.4, 1000), (0.5, 1000)])
    assert not hand.stage.window.page.toolbar.export.isEnabled(), "not yet"
    hand.wait()
    assert hand.stage.window.page.toolbar.export.isEnabled()
    options = ExportOptions(
        stems=("vocals", "accompaniment"), audio_format="wav", bit_depth="float",
        folder=tmp_path / "out", song="song",
    )  # fmt: skip
    with hand.stage.qtbot.waitSignal(
        hand.stage.session.export(hand.song.song_id, options).finished
    ):
        pass
    written, _ = soundfile.read(next((tmp_path / "out").rglob("vocals.wav")), always_2d=True)
    np.testing.assert_allclose(written.T, hand.stem("vocals"), atol=1e-6)


def test_a_stroke_is_heard_while_the_song_plays(hand: Hand) -> None:
    """What was read ahead is read again; a second later the new voice comes out."""
    hand.stage.window.page.mixer.solo_voice()
    hand.stage.window.playback.loop((0.0, 4.0))
    hand.stage.player.play()
    stream = hand.stage.backend.stream

    def heard(n_frames: int) -> np.ndarray:
        blocks = []
        while sum(len(block) for block in blocks) < n_frames:
            hand.stage.qtbot.waitUntil(lambda: hand.stage.player._engine.feed is not None)
            blocks.append(stream.pump(160))
            QApplication.processEvents()
        return np.concatenate(blocks)

    hand.stage.qtbot.waitUntil(lambda: np.abs(heard(160)).max() > 1e-3, timeout=5_000)
    position = hand.stage.player.position()
    region = Rectangle(0.0, 4.0, 0.0, float("inf"))
    edit = Edit(region, Action.TO_ACCOMPANIMENT, name="To music", edit_id=1)
    hand.desk.push("To music", replace(hand.desk.state, edits=(edit,)))
    hand.wait()
    hand.stage.qtbot.waitUntil(lambda: np.abs(heard(160)).max() < 1e-3, timeout=5_000)
    assert hand.stage.player.position() - position < RATE, "before what was read ahead was over"
    hand.stage.player.pause()


def test_parts_of_the_stems_are_heard_by_themselves(hand: Hand) -> None:
    """Inside and outside a selection, between two masks, and what edits took away."""
    player, hear = hand.stage.player, hand.panel.hear

    def choose(heard: Heard) -> None:
        hear.choice.setCurrentIndex(hear.choice.findData(heard))

    def voice() -> np.ndarray:
        audio = player._engine.stems["vocals"]
        return audio.read(0, audio.n_samples)

    choose(Heard.INSIDE)
    np.testing.assert_array_equal(voice(), hand.voice)  # nothing is selected
    hand.take(Tool.RECTANGLE)
    hand.drag("mixture", [(0.25, 500), (0.5, 3000)])
    inside = voice()
    assert np.abs(inside[:, 3 * RATE :]).max() == 0
    assert np.abs(inside[:, RATE : 2 * RATE]).max() > 1e-3
    choose(Heard.OUTSIDE)
    np.testing.assert_allclose(inside + voice(), hand.voice, atol=1e-5)
    choose(Heard.BETWEEN)
    assert hear.low.isVisible()
    hear.low.slider.setValue(20)
    assert hear.bounds == (1.0, 1.0)
    assert np.abs(voice()).max() < 0.01
    choose(Heard.TAKEN)
    assert not voice().any()
    hand.take(Tool.BRUSH)
    hand.panel.tools.paint.setCurrentIndex(hand.panel.tools.paint.findData(Paint.ACCOMPANIMENT))
    hand.drag("mask", [(0.6, 440), (0.7, 440)])
    hand.wait()
    np.testing.assert_allclose(voice() + hand.stem("vocals"), hand.voice, atol=1e-5)
    assert np.abs(voice()).max() > 1e-4
    hand.stage.open_song("other.wav", seconds=3.0, seed=2)
    hand.stage.qtbot.waitUntil(lambda: hand.desk.can_edit, timeout=20_000)
    assert hear.heard is Heard.ALL
    assert player._engine.stems == hand.stage.session.current.result.stems


def test_a_full_disk_is_said_and_the_edit_stays(hand: Hand, monkeypatch) -> None:
    voice = hand.result.stems["vocals"]

    def full(start: int, block: np.ndarray) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(voice, "write", full)
    hand.take(Tool.BRUSH)
    with hand.stage.qtbot.waitSignal(hand.workbench.failed):
        hand.drag("mask", [(0.4, 1000), (0.5, 1000)])
    assert hand.stage.window.errors.isVisible()
    monkeypatch.undo()
    hand.drag("mask", [(0.6, 1000), (0.7, 1000)])
    hand.wait()
    assert len(hand.desk.state.edits) == 2
    assert hand.changed_frames().sum() > 4
    hand.check_sum()


@pytest.mark.parametrize("lose", [True, False])
def test_edits_are_not_lost_without_a_question(hand: Hand, monkeypatch, lose: bool) -> None:
    hand.take(Tool.BRUSH)
    hand.drag("mask", [(0.4, 1000), (0.5, 1000)])
    hand.wait()
    asked = []

    def answer(box: QMessageBox) -> int:
        asked.append(box.text())
        role = QMessageBox.ButtonRole.DestructiveRole
        button = next(b for b in box.buttons() if (box.buttonRole(b) is role) == lose)
        button.click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", answer)
    hand.stage.window.remove(hand.song.song_id)
    assert "song" in asked[0]
    assert (hand.stage.session.song(hand.song.song_id) is None) == lose
    hand.stage.window.close()
    assert hand.stage.window.isVisible() != lose
    assert len(asked) == (1 if lose else 2)
