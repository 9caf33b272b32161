"""Trainings at the edges: one after the other, nothing or little to train on, folders that go."""

from __future__ import annotations

import shutil

from PySide6.QtCore import Qt

from app.training.runs import RunState


def test_a_second_training_says_what_it_waits_for(trainee) -> None:
    trainee.choose_data()
    page, header = trainee.page, trainee.page.run_view.header
    first = trainee.start(epochs=500, title="First")
    trainee.wait_for_epoch(first, 1)
    page.show_setup()
    second = trainee.start(epochs=2, title="Second")
    assert second.state is RunState.WAITING
    assert header.stage.text() == "Begins when “First” has ended or is paused"
    page.desk.pause(first.key)
    trainee.qtbot.waitUntil(lambda: bool(second.model_id), timeout=120_000)
    assert first.state is RunState.PAUSED
    assert [r.epoch for r in second.history] == [1, 2]


def test_no_recordings_and_a_single_one(trainee) -> None:
    folder = trainee.folder / "data"
    folder.mkdir()
    setup = trainee.page.setup
    trainee.choose_data(folder)
    assert setup.data_card.sentence.text()
    assert not setup.view.start.isEnabled()
    trainee.choose_data()
    for song in sorted(folder.iterdir())[1:]:
        shutil.rmtree(song)
    trainee.choose_data(folder)
    assert "none is held out" in setup.data_card.values["split"].text()
    run = trainee.start(epochs=2)
    trainee.qtbot.waitUntil(lambda: bool(run.model_id), timeout=120_000)
    assert run.best is not None
    plot = trainee.page.run_view.gnsdr
    assert plot.accessibleDescription() == "Nothing is kept out of training to measure on."


def test_recordings_that_go_while_training_do_not_end_it(trainee) -> None:
    trainee.choose_data()
    run = trainee.start(epochs=6)
    trainee.wait_for_epoch(run, 1)
    shutil.rmtree(trainee.folder / "data")
    trainee.qtbot.waitUntil(lambda: bool(run.model_id), timeout=120_000)
    assert run.n_epochs_done == 6


def test_a_run_whose_folder_goes_fails_in_words(trainee) -> None:
    trainee.choose_data()
    run = trainee.start(epochs=500)
    trainee.wait_for_epoch(run, 1)
    run.path.rename(trainee.folder / "gone")  # at once, while the trainer writes into it
    trainee.page.run_view.header.stop.click()
    trainee.qtbot.waitUntil(lambda: not run.state.is_busy, timeout=20_000)
    assert run.state is RunState.FAILED
    header = trainee.page.run_view.header
    assert header.sentence.isVisible()
    assert run.path.name in header.sentence.text()
    # What is left of it can be removed.
    trainee.page.desk.delete(run.key)
    trainee.qtbot.waitUntil(lambda: not run.path.exists())


def test_a_long_name_does_not_push_anything_away(trainee) -> None:
    trainee.choose_data()
    title = "A training with a name as long as a name may be, " + "x" * 31
    run = trainee.start(epochs=1, title=title)
    trainee.qtbot.waitUntil(lambda: bool(run.model_id), timeout=120_000)
    page = trainee.page
    assert run.title == title
    assert page.run_view.header.title.shown_text().endswith("…")
    page.resize(936, 560)
    row = page.list.rows[run.key]
    assert row.name.toolTip() == title
    header = page.run_view.header
    right = header.delete.mapTo(header, header.delete.rect().topRight()).x()
    assert right <= header.width()
    trainee.stage.key(Qt.Key.Key_Tab)
