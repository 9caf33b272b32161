"""Window, overlap and range of levels in the whole window: chosen, shown, refused, kept."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from app import settings
from app.spectrogram.level_bar import LevelBar
from core.project import read_project
from core.spectrogram import Analysis
from core.spectrogram import analysis as analysis_module

WAIT_MS = 20_000
Usage = namedtuple("Usage", "total used free")


class Page:
    """The page with a song on it."""

    def __init__(self, stage) -> None:
        self.stage = stage
        stage.open_song()
        self.view = stage.window.page.view
        self.options = stage.window.page.inspector.view
        self.settle()

    def settle(self) -> None:
        view = self.view
        self.stage.qtbot.waitUntil(lambda: view.idle and not view._pictures.under, timeout=WAIT_MS)

    def choose(self, window: int) -> None:
        box = self.options.pictures.window_length
        box.setCurrentIndex(box.findData(window))

    def press(self, steps: int) -> None:
        self.options.pictures.overlap.button(steps).click()

    def grid(self, name: str = "vocals") -> tuple[int, int]:
        pyramid = self.view._pictures.layers[name].pyramid
        return pyramid.window_samples, pyramid.hop_samples


@pytest.fixture
def page(stage) -> Page:
    return Page(stage)


def test_another_window_without_separating_again(page: Page) -> None:
    mask, result = page.view._pictures.layers["mask"], page.stage.session.current.result
    page.choose(4096)
    page.press(2)
    page.settle()
    for name in ("mixture", "vocals", "accompaniment"):
        assert page.grid(name) == (4096, 2048)
    assert page.view._pictures.layers["mask"] is mask
    assert page.stage.session.current.result is result
    kept = settings.get(settings.VIEW)
    assert (kept["window"], kept["steps"]) == (4096, 2)
    # The next song is shown like this too.
    page.stage.open_song("next.wav", seed=2)
    page.settle()
    assert page.grid() == (4096, 2048)


def test_dragging_the_scale_moves_the_numbers_and_is_kept(page: Page) -> None:
    bar = page.view.findChild(LevelBar)
    start = QPoint(10, round(bar.y_of(-100)))
    QTest.mousePress(bar, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(bar, start - QPoint(0, 40))
    floor = page.options.floor.value()
    assert floor > -100  # while it is held
    QTest.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=start - QPoint(0, 40))
    assert settings.get(settings.VIEW)["floor_db"] == floor == bar.levels.floor_db
    page.options.ceiling.setValue(-30)
    assert bar.levels.ceiling_db == -30
    QTest.mouseDClick(bar, Qt.MouseButton.LeftButton, pos=QPoint(10, 40))
    assert (page.options.floor.value(), page.options.ceiling.value()) == (-100, -15)
    page.options.scales.click()
    assert not bar.isVisible()
    assert settings.get(settings.VIEW)["scales"] is False


def test_a_song_that_is_too_long_for_fine_pictures_says_so(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis_module, "MOST_BYTES", 100_000)
    note = page.options.pictures.note
    page.press(8)
    page.settle()
    window, hop = page.grid()
    assert window == 4 * hop
    assert note.isVisibleTo(page.options)
    assert "87.5\u00a0%" in note.text()
    assert "with 75\u00a0%" in note.text()
    page.press(2)
    page.settle()
    assert not note.isVisibleTo(page.options)
    assert page.grid()[0] == 2 * page.grid()[1]


def test_without_room_on_the_disk_the_pictures_stay(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = page.grid()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _path: Usage(10**9, 10**9, 10**6))
        page.choose(8192)
        assert page.grid() == before
        assert "1\u00a0MB" in page.options.pictures.note.text()
    page.choose(1024)
    page.settle()
    assert page.grid()[0] == 1024
    assert not page.options.pictures.note.isVisibleTo(page.options)


def test_a_project_keeps_window_and_overlap(
    page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page.choose(512)
    page.press(8)
    path = tmp_path / "song.stemscope"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window = page.stage.window
    window.actions_["save_as"].trigger()
    page.stage.qtbot.waitUntil(path.is_file, timeout=WAIT_MS)
    options = read_project(path).view["options"]
    assert (options["window"], options["steps"]) == (512, 8)
    page.choose(0)
    page.press(4)
    page.settle()
    window.open_paths([path])
    page.stage.qtbot.waitUntil(
        lambda: page.view.analysis == Analysis(512, 8) and page.view.idle, timeout=WAIT_MS
    )


def test_left_and_right_of_a_stereo_song_are_shown(page: Page) -> None:
    pane = page.view.pane("mixture")
    table = page.stage.window.page.inspector.cursor
    assert table.sides["vocals"][0].isVisible(), "nothing comes or goes under the cursor"
    QTest.mouseMove(pane, QPoint(300, 60))
    QTest.mouseMove(pane, QPoint(301, 60))
    page.stage.qtbot.waitUntil(lambda: table.sides["vocals"][0].text() != "–")
    for name in ("mixture", "vocals", "accompaniment"):
        assert all(part.text().startswith(("−", "≤")) for part in table.sides[name])
    inspector = page.stage.window.page.inspector
    assert table.sizeHint().width() <= inspector.minimumWidth() - 32
