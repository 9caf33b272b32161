"""Training in the window: begun, paused, gone on with, stopped, heard, compared, found again."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QSlider,
)
from safetensors.numpy import load_file

from app.audio.player import PlayerState
from app.i18n import set_language
from app.panels.training.page import TrainPage
from app.session import SongState
from app.training.runs import RunState
from core.models import list_models

Key = Qt.Key


def test_an_empty_page_says_what_to_do(trainee) -> None:
    page = trainee.page
    assert page.stack.currentWidget() is page.empty
    assert "Train a network" in page.empty.title.text()
    assert page.list.none.isVisible()


def test_a_folder_is_summed_up_and_can_be_heard(trainee) -> None:
    trainee.choose_data()
    page, setup = trainee.page, trainee.page.setup
    assert page.stack.currentWidget() is setup.view
    assert setup.data_card.values["clips"].text() == "6"
    assert setup.data_card.values["rates"].text() == "8 kHz"
    assert "2 of 6 songs" in setup.data_card.values["split"].text()
    setup.examples_card.draw.click()
    trainee.qtbot.waitUntil(lambda: bool(setup.examples_card.rows))
    row = setup.examples_card.rows[0]
    row.play.click()
    assert page.sound.playing
    assert np.abs(trainee.stage.backend.stream.pump(4096)).max() >= 0
    row.play.click()
    assert not page.sound.playing


def test_several_folders_are_one_set(trainee, monkeypatch) -> None:
    trainee.choose_data()
    setup, folders = trainee.page.setup, trainee.page.setup.data_card.folders
    assert not folders.lines
    more = trainee.write_recordings("more", 2)
    tunes = trainee.folder / "tunes"
    tunes.mkdir()
    for number in range(3):
        song = trainee.folder / "data" / f"song {number}" / "accompaniment.wav"
        shutil.copy(song, tunes / f"tune {number}.wav")
    for button, folder in ((folders.add, more), (folders.add_backing, tunes)):
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, f=folder: str(f))
        button.click()
        trainee.qtbot.waitUntil(lambda: not setup.data.looking, timeout=20_000)
    assert [line.name.text() for line in folders.lines] == ["data", "more", "tunes (music alone)"]
    assert folders.lines[2].name.hint == str(tunes)
    assert folders.lines[2].counts.text() == "3 clips, 0.1 minutes"
    assert setup.data_card.values["clips"].text() == "8"
    setup.examples_card.draw.click()
    trainee.qtbot.waitUntil(lambda: bool(setup.examples_card.rows))
    run = trainee.start(epochs=1)
    trainee.qtbot.waitUntil(lambda: bool(run.model_id), timeout=40_000)
    assert [Path(folder).name for folder in run.info.data] == ["data", "more"]
    assert [Path(folder).name for folder in run.info.accompaniment] == ["tunes"]
    assert trainee.page.run_view.header.about.text().startswith("data, more, tunes")
    trainee.page.show_setup()
    folders.lines[2].remove.click()
    folders.lines[0].remove.click()
    trainee.qtbot.waitUntil(lambda: not setup.data.looking, timeout=20_000)
    assert not folders.lines
    assert setup.folder == more
    assert setup.data_card.values["clips"].text() == "2"


def test_bad_recordings_are_named(trainee) -> None:
    folder = trainee.folder / "data"
    trainee.choose_data()
    (folder / "song 1" / "vocals.wav").write_bytes(b"no sound")
    trainee.choose_data(folder)
    setup = trainee.page.setup
    assert setup.data_card.values["clips"].text() == "5"
    assert setup.data_card.problems.isVisible()
    trainee.choose_data(trainee.folder / "nowhere")
    assert "no folder" in setup.data_card.sentence.text()
    assert not setup.view.start.isEnabled()


def test_a_value_that_cannot_be_is_marked(trainee) -> None:
    trainee.choose_data()
    card, view = trainee.page.setup.recipe_card, trainee.page.setup.view
    card.gamma.setText("0.7")
    card.gamma.textEdited.emit("0.7")
    assert card.gamma.property("wrong")
    assert card._rows["gamma"].problem.text() == "A number from 0 to 0.5"
    assert not view.start.isEnabled()
    assert "value" in view.why_not.text()
    card.gamma.setText("0.1")
    card.gamma.textEdited.emit("0.1")
    assert view.start.isEnabled()
    card.layers.set_value(3)
    card.units.set_value(8)
    card._on_edited()
    card.recurrent.set_value("all")
    arguments = card.recipe("x").network.arguments
    assert arguments["hidden"] == [8, 8, 8]
    assert arguments["recurrent_layers"] == [1, 2, 3]
    assert card.recipe("x").objective.gamma == 0.1
    assert card._rows["gamma"].problem.isHidden()


def test_a_finished_training_is_a_model_in_the_toolbar(trainee) -> None:
    trainee.choose_data()
    run = trainee.start(epochs=3)
    trainee.qtbot.waitUntil(lambda: bool(run.model_id), timeout=40_000)
    page, window = trainee.page, trainee.stage.window
    assert run.state is RunState.FINISHED
    assert [r.epoch for r in run.history] == [1, 2, 3]
    names = [
        window.page.toolbar.model.itemText(i) for i in range(window.page.toolbar.model.count())
    ]
    assert "Tiny" in names
    entry = next(e for e in list_models() if e.model_id == run.model_id)
    assert entry.card.training["epochs"] == 3
    assert [len(c.epochs) for c in page.run_view.gnsdr.curves] == [3]
    assert page.run_view.header.use.isVisible()
    # The next one of this name does not take its place.
    page.show_setup()
    other = trainee.start(epochs=1)
    trainee.qtbot.waitUntil(lambda: bool(other.model_id), timeout=40_000)
    assert other.key != run.key
    assert other.model_id != run.model_id
    titles = [e.card.title for e in list_models()]
    assert {"Tiny", "Tiny 2"} <= set(titles)
    # Both in one plot.
    page.list.rows[run.key].tick.click()
    assert len(page.run_view.gnsdr.curves) == 2
    colours = {curve.colour for curve in page.run_view.gnsdr.curves}
    assert len(colours) == 2


def test_pause_close_reopen_go_on_gives_the_undisturbed_weights(trainee, qtbot, user_data) -> None:
    trainee.choose_data()
    page, stage = trainee.page, trainee.stage
    undisturbed = trainee.start(epochs=8, title="Undisturbed")
    qtbot.waitUntil(lambda: bool(undisturbed.model_id), timeout=60_000)
    page.show_setup()
    run = trainee.start(epochs=8, title="Disturbed")
    trainee.wait_for_epoch(run, 1)
    page.run_view.header.pause.click()
    trainee.wait_for(run, RunState.PAUSED)
    again = TrainPage(stage.session, stage.player)  # as when the program is opened again
    qtbot.addWidget(again)
    qtbot.waitUntil(lambda: again.desk.is_loaded)
    found = again.desk.runs[run.key]
    assert found.title == "Disturbed"
    assert found.state is RunState.PAUSED
    again.show_run(found.key)
    assert again.run_view.header.go_on.isVisibleTo(again)
    again.run_view.header.go_on.click()
    qtbot.waitUntil(lambda: found.state is RunState.RUNNING, timeout=20_000)
    # A song goes first; it is done while the training is still there.
    stage.session.open([stage.write_song(stage.folder / "song.wav", 1.0)])
    qtbot.waitUntil(lambda: stage.session.songs[0].state is SongState.DONE, timeout=20_000)
    qtbot.waitUntil(lambda: bool(found.model_id), timeout=60_000)
    assert [r.epoch for r in found.history] == list(range(1, 9))
    one, other = (
        load_file(r.folder.model_folder / "model.safetensors") for r in (undisturbed, found)
    )
    assert all(np.array_equal(one[name], other[name]) for name in one)
    again.shutdown()


def test_stop_makes_a_model_of_what_there_is(trainee) -> None:
    trainee.choose_data()
    run = trainee.start(epochs=500)
    trainee.wait_for_epoch(run, 1)
    trainee.page.run_view.header.stop.click()
    trainee.wait_for(run, RunState.STOPPED)
    trainee.qtbot.waitUntil(lambda: bool(run.model_id), timeout=20_000)
    assert run.n_epochs_done < 500
    assert run.info.status == "stopped"


def test_replay_is_seen_and_heard_beside_a_song(trainee) -> None:
    stage, page = trainee.stage, trainee.page
    trainee.choose_data()
    run = trainee.start(epochs=2)
    trainee.qtbot.waitUntil(lambda: bool(run.model_id), timeout=40_000)
    replay, desk = page.replay, page.replay_desk
    trainee.qtbot.waitUntil(lambda: desk.picture is not None and desk.picture.epoch == 2)
    assert run.replay_epochs == [0, 1, 2]
    stage.open_song()
    stage.player.seek(1000)
    stage.player.play()
    stage.window.all_pages.choose("train")
    replay.slider.setFocus()
    stage.key(Key.Key_Left)
    trainee.qtbot.waitUntil(lambda: desk.picture.epoch == 1)
    assert page.run_view.gnsdr._marked == 1
    stage.key(Key.Key_Space)  # on this page it is the clip that plays
    assert page.sound.playing
    assert stage.player.state is PlayerState.STOPPED
    assert stage.session.current is not None  # the song stays as it was
    heard: list[np.ndarray] = []

    def sounds() -> bool:
        heard.append(stage.backend.stream.pump(512))
        return bool(np.abs(heard[-1]).max() > 0)

    trainee.qtbot.waitUntil(sounds)
    replay.heard.buttons["accompaniment"].click()
    assert page.sound.heard == "accompaniment"
    stage.player.play()
    assert not page.sound.playing


def test_delete_asks(trainee, monkeypatch) -> None:
    trainee.choose_data()
    run = trainee.start(epochs=1)
    trainee.qtbot.waitUntil(lambda: bool(run.model_id), timeout=40_000)
    asked: list[str] = []

    def choose(text: str):
        def execute(box: QMessageBox) -> int:
            asked.append(box.text())
            next(b for b in box.buttons() if b.text() == text).click()
            return 0

        return execute

    monkeypatch.setattr(QMessageBox, "exec", choose("Keep"))
    trainee.page.run_view.header.delete.click()
    assert run.key in trainee.page.desk.runs
    monkeypatch.setattr(QMessageBox, "exec", choose("Delete"))
    trainee.page.run_view.header.delete.click()
    assert asked == ["Delete the training “Tiny”?"] * 2
    assert run.key not in trainee.page.desk.runs
    trainee.qtbot.waitUntil(lambda: not Path(run.path).exists())
    assert any(e.model_id == run.model_id for e in list_models())


def test_lost_recordings_are_said_when_it_should_go_on(trainee) -> None:
    trainee.choose_data()
    run = trainee.start(epochs=500)
    trainee.wait_for_epoch(run, 1)
    trainee.page.run_view.header.pause.click()
    trainee.wait_for(run, RunState.PAUSED)
    shutil.rmtree(trainee.folder / "data")
    trainee.page.run_view.header.go_on.click()
    trainee.qtbot.waitUntil(lambda: run.state is RunState.FAILED, timeout=20_000)
    header = trainee.page.run_view.header
    assert "data" in header.sentence.text()
    assert header.go_on.isVisible()


def test_everything_has_a_name_and_takes_the_focus(trainee) -> None:
    trainee.choose_data()
    page = trainee.page
    for kind in (QAbstractButton, QComboBox, QSlider, QLineEdit):
        for part in page.findChildren(kind):
            inner = part.parent() is not None and part.parent().inherits("QComboBox")
            if inner or part.objectName().startswith("qt_"):
                continue
            named = part.accessibleName() or getattr(part, "text", lambda: "")()
            assert named, part
    set_language("zh_CN")
    assert page.list.new.text() == "新训练"
    assert "轮" in page.setup.recipe_card.unit.currentText()
    set_language("en")
