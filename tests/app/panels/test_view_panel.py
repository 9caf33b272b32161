"""The View panel and the table under the cursor: what is chosen, told and kept."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.i18n import set_language
from app.panels.cursor_table import CursorTable
from app.panels.picture_options import PictureOptions
from app.panels.view_options import DEFAULTS, ViewOptions
from app.spectrogram import CursorReading
from app.spectrogram.level_range import LevelRange
from core.spectrogram import Analysis, note_of

SOURCES = ("vocals", "accompaniment")


@pytest.fixture
def options(qtbot: QtBot) -> ViewOptions:
    widget = ViewOptions(("mixture", *SOURCES))
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def pictures(qtbot: QtBot) -> PictureOptions:
    widget = PictureOptions()
    qtbot.addWidget(widget)
    qtbot.addWidget(widget.stage)
    widget.show()
    widget.stage.show()
    return widget


def test_windows_are_named_by_what_they_last_at_the_song_s_rate(pictures: PictureOptions) -> None:
    box = pictures.window_length
    texts = [box.itemText(index) for index in range(box.count())]
    assert texts[0] == "Auto · 46 ms"
    assert "2048 · 46 ms" in texts
    assert "16384 · 372 ms" in texts
    pictures.set_sample_rate(16000)
    assert box.itemText(0) == "Auto · 47 ms"
    assert box.itemText(box.findData(512)) == "512 · 32 ms"
    set_language("zh_CN")
    try:
        assert box.itemText(0) == "自动 · 47 ms"
    finally:
        set_language("en")


def test_window_and_overlap_are_chosen_with_the_keyboard(
    pictures: PictureOptions, qtbot: QtBot
) -> None:
    assert pictures.analysis() == Analysis()
    with qtbot.waitSignal(pictures.changed):
        qtbot.keyClick(pictures.window_length, Qt.Key.Key_End)
    with qtbot.waitSignal(pictures.changed):
        qtbot.mouseClick(pictures.overlap.button(8), Qt.MouseButton.LeftButton)
    assert pictures.analysis() == Analysis(16384, 8)
    pictures.set_analysis(Analysis(1000, 3))
    assert pictures.analysis() == Analysis()


def test_work_is_told_of_only_if_it_takes_a_while(pictures: PictureOptions, qtbot: QtBot) -> None:
    height = pictures.height()
    pictures.show_progress(0.0)
    assert not pictures.bar.isVisible()
    pictures.show_progress(None)
    assert not pictures._patience.isActive()
    pictures.show_progress(0.1)
    pictures.show_progress(0.4)
    qtbot.waitUntil(pictures.bar.isVisible)
    assert pictures.bar.value() == 400
    assert pictures.stage.text() == "New pictures 40 %"
    pictures.show_progress(0.55)
    assert pictures.stage.text() == "New pictures 55 %"
    assert pictures.height() == height  # nothing moves
    pictures.show_progress(None)
    assert not pictures.bar.isVisible()
    assert pictures.stage.text() == ""


def test_what_is_dragged_and_what_is_typed_are_the_same_levels(options: ViewOptions) -> None:
    seen: list[None] = []
    options.changed.connect(lambda: seen.append(None))
    options.set_levels(LevelRange(-83, -21))
    assert (options.floor.value(), options.ceiling.value()) == (-83, -21)
    assert len(seen) == 1
    # The other end gives way to what is typed.
    options.floor.setValue(-25)
    assert (options.floor.value(), options.ceiling.value()) == (-25, -15)
    options.ceiling.setValue(-60)
    assert (options.floor.value(), options.ceiling.value()) == (-70, -60)
    assert len(seen) == 3


def test_what_old_files_lack_gets_its_default(options: ViewOptions) -> None:
    old = {"scale": "log", "floor_db": -90, "ceiling_db": -20, "hidden": ["mask"]}
    options.set_state({**DEFAULTS, "window": 4096, "steps": 8, "scales": False})
    assert options.pictures.analysis() == Analysis(4096, 8)
    options.set_state(old)
    assert options.pictures.analysis() == Analysis()
    assert options.scales.isChecked()
    assert options.state() == {**DEFAULTS, **old}
    options.set_state({**old, "window": "long", "steps": 5, "floor_db": 300, "ceiling_db": -300})
    assert options.pictures.analysis() == Analysis()
    assert options.ceiling.value() - options.floor.value() == 10


def test_panes_are_put_in_order_with_the_keyboard(options: ViewOptions, qtbot: QtBot) -> None:
    panes, changes = options.pane_list, []
    options.changed.connect(lambda: changes.append(options.state()["order"]))

    def rows() -> list[str]:
        return sorted(panes.boxes, key=lambda name: panes.boxes[name].y())

    assert options.state()["order"] == []
    assert rows() == ["mixture", "vocals", "accompaniment", "mask"]
    assert not panes.ups["mixture"].isEnabled()
    assert not panes.downs["mask"].isEnabled()
    assert not panes.reset.isEnabled()
    assert panes.ups["mask"].accessibleName() == "Move the pane “Mask” up"
    panes.ups["accompaniment"].setFocus()
    qtbot.keyClick(panes.ups["accompaniment"], Qt.Key.Key_Space)
    assert changes[-1] == ["mixture", "accompaniment", "vocals", "mask"]
    assert panes.ups["accompaniment"].hasFocus()
    qtbot.keyClick(panes.ups["accompaniment"], Qt.Key.Key_Space)
    assert changes[-1] == ["accompaniment", "mixture", "vocals", "mask"]
    qtbot.waitUntil(lambda: rows() == changes[-1])
    assert panes.downs["accompaniment"].hasFocus()  # there is no way further up
    # Tab goes through the rows as they are seen.
    assert panes.boxes["accompaniment"].nextInFocusChain() is panes.ups["accompaniment"]
    assert panes.downs["accompaniment"].nextInFocusChain() is panes.boxes["mixture"]
    qtbot.mouseClick(panes.reset, Qt.MouseButton.LeftButton)
    assert changes == [*changes[:2], []]
    qtbot.waitUntil(lambda: rows() == ["mixture", "vocals", "accompaniment", "mask"])


def test_odd_orders_of_files_are_tolerated(options: ViewOptions) -> None:
    options.set_state({"order": ["mask", "drums", 7, "mixture", "vocals", "mask"]})
    assert options.state()["order"] == ["mask", "mixture", "vocals", "accompaniment"]
    options.set_state({"order": "mask"})
    assert options.state()["order"] == []
    options.set_state({"order": ["accompaniment", "mixture", "vocals", "mask"]})
    options.set_state({"scale": "log"})  # of a file that knows of no order
    assert options.state()["order"] == []


def reading(**values: object) -> CursorReading:
    levels = {"mixture": -23.14, "vocals": -31.0, "accompaniment": -120.0}
    return CursorReading(42.31, 440.0, note_of(440.0), levels, 0.72, **values)  # type: ignore[arg-type]


def test_left_and_right_stand_in_columns(qtbot: QtBot) -> None:
    table = CursorTable(SOURCES)
    qtbot.addWidget(table)
    table.show()
    assert not table.heads[0].isVisible()
    table.set_channels(2)
    assert all(head.isVisible() for head in table.heads), "before anything is read"
    table.show_reading(
        reading(
            channels_db={
                "mixture": (-20.6, -41.04),
                "vocals": (-31.0, -31.0),
                "accompaniment": (-120.0, -120.0),
            }
        )
    )
    assert [head.text() for head in table.heads] == ["L", "R", "Mean"]
    assert all(head.isVisible() for head in table.heads)
    assert [part.text() for part in table.sides["mixture"]] == ["−20.6", "−41.0"]
    assert table.values["mixture"].text() == "−23.1"
    assert table.values["accompaniment"].text() == "≤ −120"
    assert table.values["mask"].text() == "0.72"
    assert [part.text() for part in table.sides["mask"]] == ["", ""]  # the channels share it
    assert table.names["accompaniment"].text() == "Music"
    assert table.sides["vocals"][1].accessibleName() == "Voice: Right"
    # The columns are aligned, and their figures equally wide.
    for side in (0, 1):
        rights = {part[side].geometry().right() for part in table.sides.values()}
        assert len(rights) == 1
    table.show_reading(reading(mask_channels=(0.7, 0.74), channels_db={"mixture": (-20.6, -41.0)}))
    assert [part.text() for part in table.sides["mask"]] == ["0.70", "0.74"]
    height = table.sizeHint().height()
    table.show_reading(None)
    assert [part.text() for part in table.sides["mixture"]] == ["–", "–"]
    assert all(head.isVisible() for head in table.heads)
    table.set_channels(1)
    table.show_reading(reading())
    assert not any(head.isVisible() for head in table.heads)
    assert table.names["accompaniment"].text() == "Accompaniment"
    assert abs(table.sizeHint().height() - height) <= 2


def test_more_channels_are_listed_in_the_tooltip(qtbot: QtBot) -> None:
    table = CursorTable(SOURCES)
    qtbot.addWidget(table)
    table.show_reading(reading(channels_db={"mixture": (-20.6, -41.0, -50.0)}))
    assert table.values["mixture"].toolTip() == "1: −20.6,  2: −41.0,  3: −50.0"
    assert table.heads[0].isHidden()
    table.show_reading(reading(channels_db={"mixture": (-20.6, -41.0)}))
    assert table.values["mixture"].toolTip() == ""
