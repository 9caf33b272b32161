"""Queue, errors, models: what they show for what they are told."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from app import theme
from app.i18n import set_language
from app.panels.error_bar import ErrorBar
from app.panels.model_card import figure_rows, network_text
from app.panels.models_page import ModelsPage
from app.panels.queue_drawer import QueueDrawer
from app.panels.queue_row import QueueEntry
from core.card import read_card
from core.errors import UsageError
from core.models import ModelEntry, find_model


@pytest.fixture(autouse=True)
def _looks(qapp) -> None:
    set_language("en")
    theme.set_theme("dark")


def entry(song_id: int, state: str = "waiting", **more: object) -> QueueEntry:
    return QueueEntry(song_id, f"Song {song_id}", f"/music/{song_id}.wav", "Waiting", state, **more)


def test_a_thousand_songs_do_not_stop_the_window(qtbot) -> None:
    drawer = QueueDrawer()
    qtbot.addWidget(drawer)
    drawer.show()
    started = time.perf_counter()
    for song_id in range(1000):
        drawer.set_entry(entry(song_id))
    assert time.perf_counter() - started < 0.5
    assert drawer.count.text() == "1000"
    drawer.remove_entry(999)
    drawer.set_entry(entry(40, "failed", error=UsageError("No.")))
    qtbot.waitUntil(lambda: len(drawer.rows) > 40, timeout=10_000)
    assert drawer.rows[40].stage.text() == "No."
    assert drawer.count.text() == "999"


def test_a_row_offers_what_fits_its_state(qtbot) -> None:
    drawer = QueueDrawer()
    qtbot.addWidget(drawer)
    drawer.show()
    drawer.set_entry(entry(1, "working", fraction=0.5, seconds_left=65.0))
    qtbot.waitUntil(lambda: 1 in drawer.rows)
    row = drawer.rows[1]
    assert row.rest.text() == "50 %  1:05 left"
    assert row.cancel.isVisible()
    assert not row.retry.isVisible()
    told: list[tuple[str, int]] = []
    drawer.cancel_clicked.connect(lambda song_id: told.append(("cancel", song_id)))
    drawer.chosen.connect(lambda song_id: told.append(("chosen", song_id)))
    drawer.remove_clicked.connect(lambda song_id: told.append(("remove", song_id)))
    qtbot.mouseClick(row.cancel, Qt.MouseButton.LeftButton)
    row.setFocus()
    qtbot.keyClick(row, Qt.Key.Key_Return)
    qtbot.keyClick(row, Qt.Key.Key_Delete)
    assert told == [("cancel", 1), ("chosen", 1), ("remove", 1)]
    drawer.set_entry(entry(1, "cancelled"))
    assert row.retry.isVisible()
    assert not row.cancel.isVisible()
    assert "Song 1" in row.accessibleName()


def test_errors_wait_for_each_other(qtbot, tmp_path: Path) -> None:
    bar = ErrorBar(str(tmp_path / "stemscope.log"))
    qtbot.addWidget(bar)
    bar.show_error(UsageError("First {n}.", n=1), "Traceback")
    bar.show_error(UsageError("First {n}.", n=1), "Traceback")  # the same again: once is enough
    bar.show_error(UsageError("Second."))
    assert bar.isVisible()
    assert bar.sentence.text() == "First 1."
    assert not bar.details.isVisible()
    qtbot.mouseClick(bar.details_button, Qt.MouseButton.LeftButton)
    assert bar.details.isVisible()
    assert bar.details.toPlainText() == "Traceback"
    qtbot.mouseClick(bar.copy_button, Qt.MouseButton.LeftButton)
    copied = QApplication.clipboard().text()
    assert "First 1." in copied
    assert "stemscope.log" in copied
    qtbot.mouseClick(bar.close_button, Qt.MouseButton.LeftButton)
    assert bar.sentence.text() == "Second."
    assert not bar.details_button.isVisible()
    bar.dismiss()
    assert not bar.isVisible()


def test_a_model_shows_its_card(qtbot, tiny_model_folder: Path) -> None:
    page = ModelsPage()
    qtbot.addWidget(page)
    page.set_models([ModelEntry("tiny", tiny_model_folder, read_card(tiny_model_folder), True)], "")
    page.show()
    shown = {label.text() for label in page.findChildren(QLabel)}
    assert {"Tiny", "A small untrained network for tests.", "Voice, Accompaniment"} <= shown
    assert "up to 4 kHz" in shown
    with qtbot.waitSignal(page.use_clicked) as used:
        qtbot.mouseClick(page.use, Qt.MouseButton.LeftButton)
    assert used.args == ["tiny"]
    page.set_in_use("tiny")
    assert not page.use.isEnabled()
    page.set_models([], "")
    assert any("No model" in label.text() for label in page.findChildren(QLabel))


def test_a_card_tells_its_figures_and_training_in_words(qtbot) -> None:
    page = ModelsPage()
    qtbot.addWidget(page)
    page.set_models([find_model("paper")], "paper")
    page.show()
    shown = [label.text() for label in page.findChildren(QLabel) if label.isVisible()]
    assert {"GNSDR (dB)", "8.19", "Trained on", "64 / 32 ms"} <= set(shown)
    assert "MIR-1K, test singers (63 clips)" in shown
    assert "3 hidden layers of 1000 units, recurrent: 2" in shown
    assert not any("_" in text or "513" in text for text in shown)
    card = page.card
    assert not card.raw.isVisible()
    card.fold.click()
    assert card.raw.isVisible()
    assert "voice_to_music_db" in card.raw.text()
    set_language("zh_CN")
    assert "训练数据" in {label.text() for label in page.findChildren(QLabel)}
    set_language("en")


def test_figures_of_any_card_are_read_or_left_out() -> None:
    figures = {"own": {"vocals": {"gnsdr_db": -1.5}, "clips": 3}, "other": 4, "odd": {"x": {}}}
    assert figure_rows(figures) == [("own (3 clips)", "vocals", {"gnsdr_db": -1.5})]
    assert network_text("other", {"hidden": 3}) == "other"
