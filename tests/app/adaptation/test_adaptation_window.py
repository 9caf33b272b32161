"""A model adapted to the song on screen, with real clicks, a real job and a real model."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import Qt

from app.panels.editing.adapt_box import AdaptBox
from app.panels.editing.selection_box import Act
from app.song import SongState
from core.editing.regions import Rectangle
from core.models import find_model, list_models

RATE = 16000
LEFT = Qt.MouseButton.LeftButton


def write_song(path) -> None:
    """Four seconds of music, four of a voice, eight of both."""
    time_s = np.arange(RATE * 16) / RATE
    voice = 0.2 * np.sin(2 * np.pi * np.cumsum(900 + 60 * np.sin(31 * time_s)) / RATE)
    music = 0.2 * np.sin(2 * np.pi * 220 * time_s)
    voice[time_s < 4] = 0
    music[(time_s >= 4) & (time_s < 8)] = 0
    soundfile.write(path, np.stack([voice + music] * 2, 1), RATE, subtype="FLOAT")


class Student:
    """The window with that song, and a hand in the box “Adapt to this song”."""

    def __init__(self, stage) -> None:
        self.stage, self.qtbot = stage, stage.qtbot
        write_song(stage.folder / "song.wav")
        stage.drop([stage.folder / "song.wav"])
        self.song = stage.song("song.wav")
        self.wait(lambda: self.song.state is SongState.DONE)
        self.workbench = stage.window.workbench
        self.editing, self.control = self.workbench.desk, self.workbench.adapting
        self.desk = self.control.desk
        self.box: AdaptBox = self.workbench.panel.adapt
        self.box.time.setCurrentIndex(0)
        self.view = stage.window.page.view
        stage.window.page.inspector.show_part("edit")
        self.wait(lambda: self.editing.can_edit)
        self.network = self.mask()

    def wait(self, condition, timeout: int = 30_000) -> None:
        self.qtbot.waitUntil(condition, timeout=timeout)

    def settle(self) -> None:
        self.wait(lambda: self.editing.idle and self.view.idle)

    def click(self, button) -> None:
        assert button.isEnabled()
        self.qtbot.mouseClick(button, LEFT)

    def select(self, start: float, stop: float) -> None:
        self.view.set_selection(Rectangle(start, stop, 0.0, 8000.0))

    def mask(self) -> np.ndarray:
        return self.song.result.mask.values.copy()

    def mark_both(self) -> None:
        self.select(0.5, 3.5)
        self.click(self.box.music)
        self.select(4.5, 7.5)
        self.click(self.box.voice)
        self.settle()
        self.wait(lambda: bool(self.desk.marks.voice and self.desk.marks.music))

    def learn(self) -> None:
        """Begin, and wait until the loop was separated again."""
        self.view.set_loop((9.0, 12.0))
        self.click(self.box.start)
        self.wait(lambda: self.box.after.isEnabled())
        self.settle()

    def frames(self, start_s: float, stop_s: float) -> slice:
        mask = self.song.result.mask
        return slice(*(round(s * mask.sample_rate / mask.hop_samples) for s in (start_s, stop_s)))

    def check_sum(self) -> None:
        audio, stems = self.song.decoded.audio, self.song.result.stems
        parts = [stem.read(0, stem.n_samples) for stem in stems.values()]
        assert np.abs(sum(parts) - audio.read(0, audio.n_samples)).max() < 1e-6


@pytest.fixture
def student(stage) -> Student:
    return Student(stage)


def test_from_marks_to_a_model_of_its_own(student: Student) -> None:
    box, stage = student.box, student.stage
    assert not box.start.isEnabled()
    assert not box.voice.isEnabled()
    assert "Select a stretch" in box.learns.text()
    student.mark_both()
    assert [edit.name for edit in student.editing.state.edits] == ["Music alone", "Voice alone"]
    assert box.learns.text() == "Learns from: voice alone 3 s, music alone 3 s"
    marked = student.mask()
    assert (marked[..., student.frames(0.6, 3.4)] == 0).all()
    assert (marked[..., student.frames(4.6, 7.4)] == 1).all()

    student.learn()
    assert box.bar.isVisible()
    assert box.after.isChecked()
    after = student.mask()
    loop, rest = student.frames(9.2, 11.8), student.frames(12.3, 15.5)
    assert np.abs(after[..., loop] - marked[..., loop]).max() > 0.02
    np.testing.assert_array_equal(after[..., rest], marked[..., rest])
    student.check_sum()
    student.click(box.before)
    student.settle()
    np.testing.assert_array_equal(student.mask(), marked)
    student.click(box.after)
    student.settle()
    assert np.abs(student.mask()[..., loop] - marked[..., loop]).max() > 0.02

    # A song that comes meanwhile is separated at once.
    other = stage.open_song("other.wav", seed=3)
    assert other.state is SongState.DONE
    assert student.desk.attempt is not None
    assert "song" in box.what.text()
    assert not box.after.isEnabled()
    stage.session.set_current(student.song.song_id)
    student.wait(lambda: box.after.isEnabled())

    student.click(box.enough)
    student.wait(box.keep.isVisible)
    assert not box.bar.isVisible()
    shop = stage.session.shop
    tiny = shop.find_model("tiny")
    stage.session._shop = replace(
        shop, find_model=lambda name: tiny if name == "tiny" else find_model(name)
    )
    student.song_work = stage.session._works[student.song.song_id]
    student.song_work._shop = stage.session._shop
    with student.qtbot.waitSignal(student.control.kept, timeout=20_000) as kept:
        student.click(box.keep)
    entry = kept.args[0]
    assert entry.card.title == f"{tiny.card.title} · song"
    card = find_model(entry.model_id).card
    assert card.training["adapted_from"]["sha256"] == tiny.card.sha256
    assert card.training["marked_s"]["voice"] == pytest.approx(3.0, abs=0.1)
    assert card.training["steps"] > 0
    assert not card.figures
    assert entry.model_id in [each.model_id for each in list_models()]
    # The song is separated with it, and what was marked stays marked.
    assert stage.session.model_id == entry.model_id
    student.wait(lambda: student.song.result is not None and student.song.result.complete)
    student.wait(lambda: bool(student.editing.state.edits))
    student.settle()
    assert (student.mask()[..., student.frames(4.6, 7.4)] == 1).all()
    assert np.abs(student.mask()[..., rest] - marked[..., rest]).max() > 0.02
    student.check_sum()
    assert student.desk.attempt is None
    assert box.start.isVisible()


def test_dropped_it_leaves_nothing(student: Student) -> None:
    student.mark_both()
    marked, n_models = student.mask(), len(list_models())
    student.learn()
    student.click(student.box.enough)
    student.wait(student.box.keep.isVisible)
    folder = student.desk.attempt.adapted.model.parent
    assert folder.is_dir()
    student.click(student.box.drop)
    student.settle()
    np.testing.assert_array_equal(student.mask(), marked)
    student.wait(lambda: student.stage.session.jobs.n_unfinished == 0)
    assert not folder.exists()
    assert len(list_models()) == n_models
    assert student.editing.history.entries == ("", "Music alone", "Voice alone")
    assert student.box.start.isEnabled()
    # Undone to the beginning there is nothing to learn from.
    student.stage.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    student.stage.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    student.wait(lambda: not student.box.start.isEnabled())


def test_edits_go_on_over_what_it_shows(student: Student) -> None:
    student.mark_both()
    student.learn()
    student.select(9.5, 10.0)
    student.workbench.act(Act.VOICE)
    student.settle()
    inside = student.frames(9.6, 9.9)
    assert (student.mask()[..., inside] == 1).all()
    student.click(student.box.before)
    student.settle()
    assert (student.mask()[..., inside] == 1).all()
    student.stage.window.workbench.adapting.shutdown()


def test_the_song_is_removed_meanwhile(student: Student) -> None:
    student.mark_both()
    student.learn()
    left_before = set(Path(tempfile.gettempdir()).glob("stemscope-adapted-*"))
    student.stage.session.remove(student.song.song_id)
    assert student.desk.attempt is None
    student.wait(lambda: student.stage.session.jobs.n_unfinished == 0)
    assert set(Path(tempfile.gettempdir()).glob("stemscope-adapted-*")) <= left_before
