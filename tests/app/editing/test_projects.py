"""Projects in the window: saved, opened again, asked for, kept through a crash."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox

from app.audio.tempo import Tempo
from app.editing import projects as module
from app.editing.recovery import AutosaveFolder
from core.editing.edits import Action, Edit
from core.editing.regions import Rectangle
from core.editing.shape import MaskShape

WAIT_MS = 20_000


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AUTOSAVE_S", 0.1)


class Bench:
    """A window with an edited song."""

    def __init__(self, stage) -> None:
        self.stage = stage
        self.window = stage.window
        self.song = stage.open_song(seconds=3.0)
        self.desk = stage.window.workbench.desk
        self.projects = stage.window.projects.desk
        self.until(lambda: self.desk.can_edit)
        self.edit(1.0)

    def until(self, reached) -> None:
        self.stage.qtbot.waitUntil(reached, timeout=WAIT_MS)

    def edit(self, start_s: float) -> None:
        state = self.desk.state
        number = len(state.edits) + 1
        region = Rectangle(start_s, start_s + 0.5, 500.0, 1500.0)
        edit = Edit(region, Action.TO_VOICE, name="To voice", edit_id=number)
        state = replace(state, edits=(*state.edits, edit), shape=MaskShape(sharpness=1.5))
        self.desk.push("To voice", state)
        self.until(lambda: self.desk.idle)

    def voice(self) -> np.ndarray:
        audio = self.stage.session.current.result.stems["vocals"]
        return audio.read(0, audio.n_samples)

    def run(self, action: str, path: Path, monkeypatch) -> None:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
        with self.stage.qtbot.waitSignal(self.projects.saved, timeout=WAIT_MS):
            self.window.actions_[action].trigger()

    def open(self, path: Path) -> None:
        """Open a project, and wait until its edits are there."""
        with self.stage.qtbot.waitSignal(self.desk.project_taken, timeout=WAIT_MS):
            self.window.open_paths([path])
        self.until(lambda: self.desk.idle)


@pytest.fixture
def bench(stage) -> Bench:
    return Bench(stage)


def test_a_project_is_saved_and_opened_as_it_was(bench, make_stage, tmp_path, monkeypatch) -> None:
    window = bench.window
    window.page.mixer.strips["vocals"].fader.set_gain_db(-6.0)
    window.page.mixer.mute_music()
    window.page.tempo.set_tempo(Tempo(75, -200))
    window.playback.loop((0.5, 2.0))
    window.playback.seek_s(1.25)
    window.page.view.viewport.set_time(0.25, 2.25)
    window.page.inspector.view.set_pane_order(("mask", "mixture", "vocals", "accompaniment"))
    assert window.isWindowModified()
    bench.run("save", tmp_path / "Mine", monkeypatch)
    assert not window.isWindowModified()
    assert bench.projects.unsaved() == []
    path = tmp_path / "Mine.stemscope"
    assert path.exists()
    assert "Mine.stemscope" in window.status.note.text()
    voice, state = bench.voice(), bench.desk.state
    bench.edit(2.0)
    assert window.isWindowModified()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: pytest.fail("it is known where"))
    with bench.stage.qtbot.waitSignal(bench.projects.saved, timeout=WAIT_MS):
        window.actions_["save"].trigger()
    bench.desk.undo()
    bench.until(lambda: bench.desk.idle)
    bench.run("save_as", tmp_path / "Before.stemscope", monkeypatch)

    def refuse(*_: object) -> None:
        pytest.fail("the song is not separated again")

    other = make_stage(separator_factory=refuse)
    window = other.window
    window.page.inspector.view.set_pane_order(())
    desk = window.workbench.desk
    with other.qtbot.waitSignal(desk.project_taken, timeout=WAIT_MS):
        other.drop([tmp_path / "Before.stemscope"])
    other.qtbot.waitUntil(lambda: desk.idle, timeout=WAIT_MS)
    assert desk.state == state
    audio = other.session.current.result.stems["vocals"]
    np.testing.assert_allclose(audio.read(0, audio.n_samples), voice, atol=1e-6)
    assert window.page.mixer.strips["vocals"].fader.gain_db() == -6.0
    assert window.page.mixer.strips["accompaniment"].mute.isChecked()
    assert other.player.tempo == window.page.tempo.tempo == Tempo(75, -200)
    assert window.page.view.loop == pytest.approx((0.5, 2.0))
    assert window.playback.position_s == pytest.approx(1.25, abs=0.01)
    assert window.page.view.viewport.start_s == pytest.approx(0.25)
    assert window.page.view.pane_names() == ("mask", "mixture", "vocals", "accompaniment")
    assert not window.isWindowModified()
    desk.undo()
    assert desk.state.is_neutral


def test_the_song_travels_in_the_project(bench, tmp_path, monkeypatch) -> None:
    bench.run("save_packed", tmp_path / "Packed.stemscope", monkeypatch)
    voice = bench.voice()
    bench.stage.session.remove(bench.song.song_id)
    bench.song.path.unlink()
    bench.open(tmp_path / "Packed.stemscope")
    np.testing.assert_allclose(bench.voice(), voice, atol=1e-6)


@pytest.mark.parametrize("same", [True, False])
def test_a_song_that_was_moved_is_asked_for(bench, tmp_path, monkeypatch, same: bool) -> None:
    (tmp_path / "sub").mkdir()
    bench.run("save", tmp_path / "sub" / "P.stemscope", monkeypatch)
    bench.stage.session.remove(bench.song.song_id)
    moved = tmp_path / "elsewhere" / "renamed.wav"
    moved.parent.mkdir()
    bench.song.path.rename(moved)
    if not same:
        bench.stage.write_song(moved, 3.0, seed=9)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(moved), ""))

    def answer(box: QMessageBox) -> None:
        assert "song.wav" in box.text()
        next(b for b in box.buttons() if b.text() == "Choose it…").click()

    monkeypatch.setattr(QMessageBox, "open", answer)
    if same:
        bench.open(tmp_path / "sub" / "P.stemscope")
        assert bench.stage.session.current.path == moved
        return
    with bench.stage.qtbot.waitSignal(bench.projects.failed, timeout=WAIT_MS):
        bench.window.open_paths([tmp_path / "sub" / "P.stemscope"])
    assert "another file" in bench.window.errors.sentence.text()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and then nothing", b"RIFF"])
def test_what_is_no_project_is_refused_with_a_sentence(bench, tmp_path, content: bytes) -> None:
    path = tmp_path / "odd.stemscope"
    path.write_bytes(content)
    with bench.stage.qtbot.waitSignal(bench.projects.failed, timeout=WAIT_MS):
        bench.stage.drop([path])
    assert "odd.stemscope" in bench.window.errors.sentence.text()
    assert bench.stage.session.current is bench.song


def test_work_is_saved_by_itself_until_it_is_saved_or_given_up(bench, tmp_path, monkeypatch):
    folder = bench.projects.autosaves.root
    bench.until(lambda: bool(list(folder.rglob("*.stemscope"))))
    first = next(folder.rglob("*.stemscope")).read_bytes()
    bench.edit(2.0)
    bench.until(lambda: next(folder.rglob("*.stemscope")).read_bytes() != first)
    bench.until(lambda: bench.projects.idle)
    assert AutosaveFolder(folder).left_behind() == [], "its program still runs"
    # Of one that was killed while it saved: what is whole is offered, the rest goes.
    dead = folder / "1-dead"
    dead.mkdir()
    saved = shutil.copy(next(folder.rglob("*.stemscope")), dead)
    (dead / ".half.part").write_bytes(b"half")
    assert [str(each.path) for each in AutosaveFolder(folder).left_behind()] == [str(saved)]
    assert (
        [path.name for path in dead.glob("*.part")] == [path.name for path in dead.glob(".*")] == []
    )
    shutil.rmtree(dead)
    bench.run("save", tmp_path / "P.stemscope", monkeypatch)
    assert not list(folder.rglob("*.stemscope"))
    bench.edit(0.2)
    bench.until(lambda: bool(list(folder.rglob("*.stemscope"))) and bench.projects.idle)
    monkeypatch.setattr(type(bench.window.dialogs), "may_lose_edits", lambda *_: True)
    bench.window.close()
    assert not list(folder.rglob("*"))


CRASHING = """
    import sys
    from pathlib import Path
    from dataclasses import replace
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication
    from app import settings
    from app.audio.player import Player
    from app.editing import projects
    from app.main_window import MainWindow
    from app.session import Session
    from core.editing.edits import Action, Edit
    from core.editing.regions import Rectangle
    from core.models import ModelEntry
    from core.card import read_card

    projects.AUTOSAVE_S = 0.2
    song, model, folder = map(Path, sys.argv[1:])
    app = QApplication([])
    settings.use_file(folder / "settings.ini")
    entry = ModelEntry("tiny", model, read_card(model), False)
    session = Session({"model": "tiny"}, find_model=lambda _: entry, scratch_dir=str(folder))
    window = MainWindow(session, Player())
    window.show()
    window.open_paths([song])

    def look():
        desk = window.workbench.desk
        if desk.can_edit and not desk.state.edits:
            region = Rectangle(0.5, 1.0, 500.0, 1500.0)
            edit = Edit(region, Action.TO_VOICE, name="To voice", edit_id=1)
            desk.push("To voice", replace(desk.state, edits=(edit,)))
        if list(window.projects.desk.autosaves.root.rglob("*.stemscope")):
            print("saved", flush=True)

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(50)
    app.exec()
"""


def test_work_survives_a_crash(stage, tmp_path, tiny_model_folder, monkeypatch) -> None:
    song = stage.write_song(tmp_path / "crash" / "song.wav", 2.0)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    script = [sys.executable, "-c", textwrap.dedent(CRASHING)]
    process = subprocess.Popen(
        [*script, str(song), str(tiny_model_folder), str(scratch)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        cwd=Path(__file__).resolve().parents[3],
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "saved"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    def answer(box: QMessageBox) -> None:
        assert "song.wav" in box.text()
        next(b for b in box.buttons() if b.text() == "Restore").click()

    monkeypatch.setattr(QMessageBox, "open", answer)
    desk = stage.window.workbench.desk
    with stage.qtbot.waitSignal(desk.project_taken, timeout=WAIT_MS):
        stage.window.projects.offer_recovery()
    stage.qtbot.waitUntil(lambda: desk.idle, timeout=WAIT_MS)
    assert [edit.name for edit in desk.state.edits] == ["To voice"]
    assert stage.window.isWindowModified(), "it still has to be saved"
    assert stage.window.projects.desk.unsaved()


def test_what_a_crash_left_can_be_thrown_away(stage, tmp_path, monkeypatch) -> None:
    root = stage.window.projects.desk.autosaves.root
    (root / "123-dead").mkdir(parents=True)
    (root / "123-dead" / "broken.stemscope").write_bytes(b"x")
    monkeypatch.setattr(QMessageBox, "open", lambda _: pytest.fail("there is nothing to offer"))
    stage.window.projects.offer_recovery()
    assert not (root / "123-dead").exists()
