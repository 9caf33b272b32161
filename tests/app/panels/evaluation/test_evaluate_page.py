"""The page that measures models, as a user has it: choose, compare, sort, save, look, hear."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFileDialog,
    QMainWindow,
    QWidget,
)

from app import i18n, settings, theme
from app.audio.player import Player, PlayerState
from app.evaluation.plan import Contestant
from app.evaluation_job import evaluation_desk
from app.panels.evaluation.clip_view import STEMS
from app.panels.evaluation.frozen_column import FrozenColumn
from app.panels.evaluation.page import EvaluatePage
from app.session import Session
from app.training.sound import SidePlayer
from core.errors import OutputError
from core.models import find_model

RATE = 8000
Key = Qt.Key


class Hands:
    """A window with the page in it, over a real session, and what a user does there."""

    def __init__(self, qtbot, folder: Path, backend, model_folder: Path) -> None:  # type: ignore[no-untyped-def]
        self.qtbot, self.folder, self.backend = qtbot, folder, backend
        self.session = Session(settings.SessionMemory(), scratch_dir=str(folder))
        self.main_player = Player(backend=backend)
        self.clip_player = SidePlayer(self.main_player)
        self.page = EvaluatePage(evaluation_desk(self.session), self.main_player, self.clip_player)
        self.desk, self.results = self.page.desk, self.page.results
        self.table, self.model = self.results.table, self.results.model
        self.entry = find_model(str(model_folder))
        self.failures: list[object] = []
        self.page.failed.connect(self.failures.append)
        self.window = QMainWindow()
        self.window.setCentralWidget(self.page)
        self.window.resize(1200, 800)

    def show(self) -> None:
        self.window.show()
        self.qtbot.waitExposed(self.window)
        self.window.activateWindow()
        self.qtbot.waitUntil(self.window.isActiveWindow)

    def choose(self, folder: Path) -> None:
        self.page.set_references(folder)
        self.qtbot.waitUntil(lambda: not self.desk.looking)

    def evaluate(self) -> None:
        self.page.setup.start.click()
        self.qtbot.waitUntil(lambda: not self.desk.running, timeout=20_000)
        self.qtbot.waitUntil(lambda: bool(self.desk.means.rows and self.desk.means.rows[0].unit))

    def column(self, kind: str, figure: str = "", who: int = 0) -> int:
        return next(
            i
            for i, c in enumerate(self.model.columns)
            if (c.kind, c.figure, c.who) == (kind, figure, who)
        )

    def texts(self, column: int) -> list[str]:
        return [self.model.text(row, column) for row in range(self.model.rowCount())]

    def close(self) -> None:
        self.page.shutdown()
        self.session.shutdown()
        self.main_player.close()
        self.window.close()
        self.window.deleteLater()


def write_clips(folder: Path, n: int = 3, silent: int | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(n):
        rng = np.random.default_rng(index)
        noise = 0.1 * rng.standard_normal((2, RATE // 2 + 800 * index))
        pair = np.stack([np.diff(noise[0], prepend=0), np.convolve(noise[1], np.ones(4), "same")])
        if index == silent:
            pair[1] = 0
        soundfile.write(folder / f"one_1_0{index}.wav", pair.T, RATE, subtype="FLOAT")
    return folder


def write_estimates(folder: Path, data: Path, leak: float) -> Path:
    folder.mkdir()
    for path in sorted(data.glob("*.wav")):
        music, voice = soundfile.read(path, dtype="float32")[0].T
        name = folder / path.stem
        soundfile.write(f"{name}_vocals.wav", 0.3 * (voice + leak * music), RATE, subtype="FLOAT")
        soundfile.write(f"{name}_accompaniment.wav", music + leak * voice, RATE, subtype="FLOAT")
    return folder


@pytest.fixture
def hands(qtbot, tmp_path, fresh_settings, hand_backend, tiny_model_folder) -> Iterator[Hands]:  # type: ignore[no-untyped-def]
    i18n.set_language("en")
    theme.set_theme("dark")
    hands = Hands(qtbot, tmp_path, hand_backend, tiny_model_folder)
    hands.show()
    yield hands
    hands.close()
    i18n.set_language("en")
    theme.set_theme("dark")


def test_the_empty_page_says_what_to_do(hands: Hands) -> None:
    page = hands.page
    assert page.right.currentWidget() is page.invitation
    assert page.invitation.choose.isVisible()
    assert not page.setup.start.isEnabled()
    assert "references" in page.setup.start.toolTip()
    hands.choose(write_clips(hands.folder / "data"))
    assert "3 clips" in page.setup.found.text()
    assert "MIR-1K" in page.setup.layouts.currentText()
    assert page.right.currentWidget() is page.invitation
    assert "model" in page.setup.start.toolTip()
    page.add_model(hands.entry)
    assert page.right.currentWidget() is page.results
    assert page.setup.start.isEnabled()


def test_a_model_and_estimates_are_compared(hands: Hands) -> None:
    data = write_clips(hands.folder / "data")
    hands.choose(data)
    hands.page.add_model(hands.entry)
    hands.desk.add(Contestant.of_estimates(write_estimates(hands.folder / "good", data, 0.05)))
    hands.evaluate()
    means = hands.desk.means
    assert [row.n_scored for row in means.rows] == [3, 3]
    tiny, good = (row.means["vocals"].gnsdr_db for row in means.rows)
    assert good > tiny
    found = means.differences[0].values["vocals"]["nsdr_db"]
    assert found is not None
    assert found.mean_db == pytest.approx(good - tiny)
    shown = hands.results.means
    assert shown.item(0, 3).text() == f"{tiny:.2f}".replace("-", "−")
    assert "…" in shown.item(0, 3).data(Qt.ItemDataRole.AccessibleTextRole)
    assert shown.item(2, 0).text() == "good − Tiny"
    for row in range(3):
        first, second, difference = (
            hands.model.value(row, hands.column(kind, "nsdr_db", who))
            for kind, who in (("figure", 0), ("figure", 1), ("difference", 1))
        )
        assert first is not None
        assert second is not None
        assert difference == pytest.approx(second - first)
    assert "bootstrap over 3 clips" in hands.results.note.text()
    assert not hands.page.setup.start.isEnabled()  # all is measured
    voice = hands.texts(hands.column("figure", "sir_db"))
    hands.results.source.choose("accompaniment")
    assert hands.texts(hands.column("figure", "sir_db")) != voice


def test_sorting_by_any_column_keeps_undefined_clips_last(hands: Hands) -> None:
    data = write_clips(hands.folder / "data", 4, silent=1)
    hands.choose(data)
    hands.page.add_model(hands.entry)
    hands.evaluate()
    assert "1 left out of the means" in hands.results.note.text()
    note = hands.column("note")
    assert "The reference of vocals is silent" in hands.texts(note)
    figure = hands.column("figure", "nsdr_db")
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        hands.table.sortByColumn(figure, order)
        values = [hands.model.value(row, figure) for row in range(4)]
        known = [value for value in values[:3] if value is not None]
        assert values[3] is None
        assert hands.model.text(3, 0) == "one_1_01"
        assert known == sorted(known, reverse=order == Qt.SortOrder.DescendingOrder)
    for column in range(hands.model.columnCount()):
        hands.table.sortByColumn(column, Qt.SortOrder.DescendingOrder)
    hands.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert hands.texts(0) == [f"one_1_0{i}" for i in range(4)]


def test_the_selection_follows_its_clip(hands: Hands) -> None:
    hands.choose(write_clips(hands.folder / "data"))
    hands.page.add_model(hands.entry)
    hands.evaluate()
    hands.table.selectRow(0)
    hands.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    rows = hands.table.selectionModel().selectedRows()
    assert [hands.model.text(index.row(), 0) for index in rows] == ["one_1_00"]


def test_names_stay_while_figures_are_scrolled(hands: Hands) -> None:
    hands.choose(write_clips(hands.folder / "data"))
    hands.page.add_model(hands.entry)
    hands.desk.add(Contestant("x", "Other", hands.folder, True))
    hands.desk.add(Contestant("y", "Another", hands.folder, True))
    names = hands.table.findChild(FrozenColumn)
    assert names is not None
    bar = hands.table.horizontalScrollBar()
    hands.qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    assert names.width() == hands.table.columnWidth(0)
    assert [i for i in range(hands.model.columnCount()) if not names.isColumnHidden(i)] == [0]
    hands.table.selectRow(1)
    assert names.selectionModel().isRowSelected(1)
    hands.qtbot.mouseClick(names.horizontalHeader().viewport(), Qt.MouseButton.LeftButton)
    hands.qtbot.mouseClick(names.horizontalHeader().viewport(), Qt.MouseButton.LeftButton)
    assert hands.texts(0)[0] == "one_1_02"


def test_copy_and_csv(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    hands.choose(write_clips(hands.folder / "data"))
    hands.page.add_model(hands.entry)
    hands.evaluate()
    hands.table.selectRow(1)
    hands.qtbot.keyClick(hands.table, Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 2
    assert lines[1].split("\t")[0] == "one_1_01"
    out = hands.folder / "out" / "figures"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    hands.results.export.click()
    with open(out.with_suffix(".csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert {row["model"] for row in rows} == {"Tiny"}
    assert settings.get(settings.EVALUATION_EXPORT) == str(out.parent)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out / "x.csv"), ""))
    out.write_text("in the way")
    hands.results.export.click()
    assert isinstance(hands.failures[0], OutputError)


def test_only_what_is_missing_is_measured_again(hands: Hands) -> None:
    data = write_clips(hands.folder / "data")
    hands.choose(data)
    hands.page.add_model(hands.entry)
    hands.evaluate()
    key = hands.desk.board.contestants[0].key
    before = hands.desk.board.score(key, "one_1_00")
    hands.desk.add(Contestant.of_estimates(write_estimates(hands.folder / "good", data, 0.1)))
    assert hands.desk.n_to_do == 3
    hands.evaluate()
    assert hands.desk.board.score(key, "one_1_00") is before
    hands.choose(write_clips(hands.folder / "other", 1))
    assert hands.desk.n_to_do == 2
    hands.choose(data)
    assert hands.desk.n_to_do == 0
    hands.results.clear.click()
    assert hands.desk.n_to_do == 6
    assert not hands.results.clear.isVisible()
    hands.results.undo.click()
    assert hands.desk.n_to_do == 0
    hands.desk.remove(key)
    assert [who.title for who in hands.desk.board.contestants] == ["good"]


def test_cancelling_keeps_what_is_measured(hands: Hands) -> None:
    hands.choose(write_clips(hands.folder / "data", 12))
    hands.page.add_model(hands.entry)
    hands.page.setup.start.click()
    assert hands.desk.running
    assert hands.page.setup.progress.isVisibleTo(hands.page)
    key = hands.desk.board.contestants[0].key
    hands.qtbot.waitUntil(lambda: len(hands.desk.board.scores(key)) > 0, timeout=20_000)
    hands.page.setup.progress.cancel.click()
    assert not hands.desk.running
    assert 0 < len(hands.desk.board.scores(key)) <= 12
    hands.qtbot.waitUntil(lambda: hands.session.jobs.n_unfinished == 0)


def test_a_layout_can_be_chosen_and_a_wrong_folder_says_why(hands: Hands) -> None:
    data = write_clips(hands.folder / "data")
    hands.choose(data)
    setup = hands.page.setup
    setup.layouts.setCurrentIndex(setup.layouts.findData("pairs"))
    setup.layouts.activated.emit(setup.layouts.currentIndex())
    hands.qtbot.waitUntil(lambda: not hands.desk.looking)
    assert "pairs" in setup.found.text()
    assert setup.found.property("role") == "error"
    setup.layouts.setCurrentIndex(0)
    setup.layouts.activated.emit(0)
    hands.qtbot.waitUntil(lambda: hands.desk.board.dataset is not None)
    (data / "bad.wav").write_text("words")
    hands.choose(data)
    assert "cannot be used: 1" in setup.left_out.text()
    assert "bad.wav" in setup.left_out.toolTip()


def test_a_folder_dropped_on_the_page_is_measured_against(hands: Hands) -> None:
    data = write_clips(hands.folder / "data")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(data))])
    where, button, no_keys = QPointF(300, 300), Qt.MouseButton.LeftButton, Qt.KeyboardModifier(0)
    enter = QDragEnterEvent(where.toPoint(), Qt.DropAction.CopyAction, mime, button, no_keys)
    QApplication.sendEvent(hands.page, enter)
    assert enter.isAccepted()
    drop = QDropEvent(
        QPointF(300, 300), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(hands.page, drop)
    hands.qtbot.waitUntil(lambda: hands.desk.board.dataset is not None)
    assert hands.desk.folder == data


def test_the_last_folders_are_remembered(hands: Hands) -> None:
    data = write_clips(hands.folder / "data")
    ready = write_estimates(hands.folder / "ready", data, 0.1)
    hands.choose(data)
    hands.page.add_model(hands.entry)
    hands.desk.add(Contestant.of_estimates(ready))
    again = Hands(hands.qtbot, hands.folder, type(hands.backend)(), hands.entry.folder)
    again.show()
    again.qtbot.waitUntil(lambda: again.desk.board.dataset is not None)
    assert again.desk.folder == data
    assert [who.title for who in again.desk.board.contestants] == ["Tiny", "ready"]
    again.close()


def test_models_of_one_name_are_told_apart(hands: Hands) -> None:
    hands.choose(write_clips(hands.folder / "data", 1))
    first = Contestant("a", "Paper", hands.folder, True)
    hands.desk.add(first)
    hands.desk.add(first)
    hands.desk.add(Contestant("b", "Paper", hands.folder, True))
    assert [who.title for who in hands.desk.board.contestants] == ["Paper", "Paper (2)"]


def open_clip(hands: Hands) -> None:
    data = write_clips(hands.folder / "data")
    hands.choose(data)
    hands.page.add_model(hands.entry)
    hands.desk.add(Contestant.of_estimates(write_estimates(hands.folder / "good", data, 0.1)))
    hands.evaluate()
    hands.table.selectRow(1)
    hands.table.setCurrentIndex(hands.model.index(1, 0))
    hands.table.setFocus()
    hands.qtbot.keyClick(hands.table, Key.Key_Return)
    hands.qtbot.waitUntil(lambda: hands.page.clip.transport.play.isEnabled(), timeout=20_000)


def test_a_clip_is_seen_and_heard(hands: Hands) -> None:
    open_clip(hands)
    page, clip = hands.page, hands.page.clip
    assert page.stack.currentWidget() is clip
    assert clip.title.text() == "one_1_01"
    hands.qtbot.waitUntil(lambda: clip.view.idle)
    assert clip.view.pane_names()[:-1] == ("mixture", *STEMS)
    assert clip.view.pane("vocals:estimate").title == "Voice, estimate"
    assert not clip.view.pane("mask").isVisible()
    assert "NSDR" in clip.figures.text()

    hands.qtbot.keyClick(clip.view, Key.Key_3)
    assert clip.lanes.value == "vocals:estimate"
    hands.qtbot.keyClick(clip.view, Key.Key_Space)
    assert hands.clip_player.state is PlayerState.PLAYING
    heard = pump(hands)
    assert np.abs(heard).max() > 0.001
    strips = [hands.clip_player.strip(name).soloed for name in STEMS]
    assert strips == [False, True, False, False]
    hands.qtbot.keyClick(clip.view, Key.Key_Space)
    assert hands.clip_player.state is PlayerState.STOPPED
    hands.qtbot.keyClick(clip.view, Key.Key_Escape)
    assert page.stack.currentWidget() is not clip
    assert not hands.failures


def pump(hands: Hands) -> np.ndarray:
    got: list[np.ndarray] = []

    def pumped() -> bool:
        got.append(hands.backend.stream.pump(512))
        return bool(np.abs(got[-1]).max() > 0)

    hands.qtbot.waitUntil(pumped)
    return got[-1]


def test_another_estimate_goes_on_at_the_same_place(hands: Hands) -> None:
    open_clip(hands)
    page, clip = hands.page, hands.page.clip
    page.playback.seek_s(0.25)
    clip.estimate.setCurrentIndex(1)
    clip.estimate.activated.emit(1)
    hands.qtbot.waitUntil(lambda: clip.fitted.text() != "", timeout=20_000)
    assert page.playback.position_s == pytest.approx(0.25, abs=0.01)
    assert "NSDR" in clip.figures.text()
    page.close_clip()
    page.open_clip(0)  # the estimate seen last
    assert clip.estimate.currentIndex() == 1
    page.close_clip()
    hands.qtbot.waitUntil(lambda: hands.session.jobs.n_unfinished == 0)


def test_a_clip_can_be_heard_before_anything_is_measured(hands: Hands) -> None:
    hands.choose(write_clips(hands.folder / "data"))
    hands.page.open_clip(0)
    clip = hands.page.clip
    hands.qtbot.waitUntil(lambda: clip.transport.play.isEnabled(), timeout=20_000)
    assert clip.view.pane_names() == ("mixture", *(s for s in STEMS if "ref" in s), "mask")
    assert not clip.lanes.button("vocals:estimate").isEnabled()


def test_a_clip_that_is_gone_says_so(hands: Hands) -> None:
    data = write_clips(hands.folder / "data")
    hands.choose(data)
    hands.page.add_model(hands.entry)
    (data / "one_1_00.wav").unlink()
    hands.page.open_clip(0)
    hands.qtbot.waitUntil(lambda: bool(hands.failures))
    assert "one_1_00" in str(hands.failures[0])
    assert hands.page.stack.currentIndex() == 0


def test_everything_has_a_name_and_follows_language_and_theme(hands: Hands) -> None:
    open_clip(hands)
    controls = [
        w
        for w in hands.page.findChildren(QWidget)
        if isinstance(w, (QAbstractButton, QComboBox)) and w.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    assert len(controls) > 15
    assert [w for w in controls if not w.accessibleName()] == []
    hands.page.close_clip()
    i18n.set_language("zh_CN")
    assert hands.page.setup.start.text() == "评估"
    assert hands.model.heading(0)[0] == "片段"
    theme.set_theme("light")
    assert not hands.window.grab().isNull()
    i18n.set_language("en")


def test_boxes_hold_the_middle_half(hands: Hands) -> None:
    from app.panels.evaluation.box_plot import Box, axis_ticks

    box = Box("nsdr_db", "A", 0, (1.0, 2.0, 3.0, 4.0, 5.0, 30.0))
    assert box.quartiles == pytest.approx((2.25, 3.5, 4.75))
    assert box.whiskers == (1.0, 5.0)
    assert box.outliers == [30.0]
    assert axis_ticks(-1.2, 17.4, 8) == [0.0, 5.0, 10.0, 15.0]
    assert axis_ticks(8.1, 9.9, 10) == pytest.approx([8.2, 8.4, 8.6, 8.8, 9.0, 9.2, 9.4, 9.6, 9.8])
    assert axis_ticks(5.0, 5.0, 3) == [5.0]


def test_layout_needs_no_room_that_is_not_there(hands: Hands) -> None:
    assert hands.page.minimumSizeHint().width() <= 960
