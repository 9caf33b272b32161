"""Panes are put in another order by their titles, with the real mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.spectrogram import SpectrogramView, Tool
from app.spectrogram.arranging import Arranging, LandingLine
from app.spectrogram.pane import SpectrogramPane
from app.spectrogram.pane_order import arranged, put, stepped
from app.spectrogram.rulers import title_box
from app.spectrogram.scale_column import UNIT_HEIGHT, ScaleColumn
from app.spectrogram.stage import GUTTER

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
USUAL = ("mixture", "vocals", "accompaniment", "mask")
TITLE = QPoint(GUTTER + 20, 16)


@pytest.fixture
def view(view: SpectrogramView, song: object) -> SpectrogramView:
    """Panes of different heights; nothing of the song needs to be drawn."""
    view.set_arrangeable(True)
    view.set_song(song.mixture, n_samples_there=0)  # type: ignore[attr-defined]
    view.set_pane_heights({"mixture": 260, "vocals": 140, "accompaniment": 120, "mask": 90})
    return view


@pytest.fixture
def arranging(view: SpectrogramView) -> Arranging:
    return view._splitter.arranging


def top(view: SpectrogramView, name: str) -> int:
    return view.pane(name).mapTo(view, QPoint(0, 0)).y()


def seen(view: SpectrogramView) -> tuple[str, ...]:
    """The panes by where they are on the screen."""
    shown = [name for name in USUAL if view.pane(name).isVisible()]
    return tuple(sorted(shown, key=lambda name: top(view, name)))


def carry(view: SpectrogramView, name: str, other: str, share: float) -> Callable[[], None]:
    """Take a pane by its title to a share of the height of another; the result lets it go."""
    pane, target = view.pane(name), view.pane(other)
    place = target.mapTo(view, QPoint(TITLE.x(), round(share * target.height())))
    goal = pane.mapFrom(view, place)
    QTest.mousePress(pane, LEFT, pos=TITLE)
    for part in (0.3, 0.7, 1.0):
        QTest.mouseMove(pane, TITLE + (goal - TITLE) * part)
    return lambda: QTest.mouseRelease(pane, LEFT, pos=goal)


def open_menu(pane: SpectrogramPane, place: QPoint = TITLE) -> None:
    QTest.mousePress(pane, RIGHT, pos=place)
    reason, at = QContextMenuEvent.Reason.Mouse, pane.mapToGlobal(place)
    QApplication.sendEvent(pane, QContextMenuEvent(reason, place, at))
    QTest.mouseRelease(pane, RIGHT, pos=place)


def test_orders_from_files_are_tolerated() -> None:
    assert arranged(USUAL, ()) == USUAL
    odd = ("vocals", 3, None, ["mask"], "drums", "mixture", "vocals")
    assert arranged(USUAL, odd) == ("vocals", "accompaniment", "mask", "mixture")
    assert arranged(USUAL, ("accompaniment", "mixture")) == (
        "accompaniment",
        "mask",
        "mixture",
        "vocals",
    )
    assert put(USUAL, "mask", "mixture", below=True) == ("mixture", "mask", *USUAL[1:3])
    assert put(USUAL, "mask", "drums", below=True) == USUAL
    assert stepped(USUAL, "mixture", -1) == stepped(USUAL, "mask", 1) == USUAL
    assert stepped(USUAL, "mask", -1, ("mixture", "mask")) == ("mask", *USUAL[:3])


def test_a_pane_is_dragged_by_its_title(
    view: SpectrogramView, arranging: Arranging, qtbot: QtBot
) -> None:
    heights = view.pane_heights()
    line: LandingLine = arranging.line
    seeks: list[object] = []
    view.seek_requested.connect(seeks.append)
    let_go = carry(view, "mask", "vocals", 0.3)
    assert view.pane("mask").cursor().shape() is Qt.CursorShape.ClosedHandCursor
    assert line.isVisible()
    assert abs(line.mapTo(view, line.rect().center()).y() - top(view, "vocals")) <= 3
    assert line.width() == view.pane("vocals").width()
    assert seen(view) == USUAL  # not before it is let go
    with qtbot.waitSignal(view.panes_arranged) as caught:
        let_go()
    assert caught.args[0] == ("mixture", "mask", "vocals", "accompaniment")
    assert view.pane_names() == seen(view) == caught.args[0]
    assert not line.isVisible()
    assert view.pane_heights() == heights
    # Down, behind the last one.
    let_go = carry(view, "mixture", "accompaniment", 0.9)
    bottom = top(view, "accompaniment") + view.pane("accompaniment").height()
    assert abs(line.mapTo(view, line.rect().center()).y() - bottom) <= 3
    let_go()
    assert seen(view) == ("mask", "vocals", "accompaniment", "mixture")
    assert view.pane_heights() == heights
    assert seeks == []
    assert view.loop is None
    assert not view._stage.dragging


def test_drags_that_change_nothing(view: SpectrogramView, arranging: Arranging) -> None:
    orders: list[object] = []
    view.panes_arranged.connect(orders.append)
    for other, share in (("mixture", 0.8), ("vocals", 0.7), ("accompaniment", 0.3)):
        let_go = carry(view, "vocals", other, share)
        assert not arranging.line.isVisible()  # it would stay where it is
        let_go()
    let_go = carry(view, "vocals", "mask", 0.8)
    assert arranging.line.isVisible()
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert not arranging.line.isVisible()
    let_go()
    assert orders == []
    assert seen(view) == USUAL
    assert not view._stage.dragging


def test_a_click_on_a_title_is_one_on_the_song(view: SpectrogramView, qtbot: QtBot) -> None:
    pane = view.pane("vocals")
    QTest.mouseMove(pane, QPoint(500, 60))
    assert pane.cursor().shape() is Qt.CursorShape.CrossCursor
    QTest.mouseMove(pane, TITLE)
    assert pane.cursor().shape() is Qt.CursorShape.OpenHandCursor
    with qtbot.waitSignal(view.seek_requested) as caught:
        QTest.mouseClick(pane, LEFT, pos=TITLE)
    assert caught.args[0] == pytest.approx(pane.time_of(TITLE.x()))
    beside = QPoint(round(title_box(pane.title).right()) + 30, 16)
    QTest.mousePress(pane, LEFT, pos=beside)
    QTest.mouseMove(pane, beside + QPoint(200, 60))
    QTest.mouseRelease(pane, LEFT, pos=beside + QPoint(200, 60))
    assert view.loop is not None  # a drag beside the title selects as ever
    strokes: list[object] = []
    view.painted.connect(strokes.append)
    view.set_can_draw(True)
    view.set_tool(Tool.BRUSH)
    QTest.mouseClick(pane, LEFT, pos=TITLE)
    assert strokes[-1].final  # type: ignore[attr-defined]
    n_strokes = len(strokes)
    carry(view, "vocals", "mixture", 0.2)()
    assert len(strokes) == n_strokes
    assert seen(view)[0] == "vocals"


def test_titles_of_views_that_are_not_arranged_are_no_handles(view: SpectrogramView) -> None:
    view.set_arrangeable(False)
    QTest.mouseMove(view.pane("mask"), TITLE)
    assert view.pane("mask").cursor().shape() is Qt.CursorShape.CrossCursor
    carry(view, "mask", "mixture", 0.2)()
    assert seen(view) == USUAL


def test_the_menu_of_a_title(view: SpectrogramView, arranging: Arranging, qtbot: QtBot) -> None:
    def choose(name: str, action: QAction) -> None:
        open_menu(view.pane(name))
        qtbot.waitUntil(arranging.menu.isVisible)
        QTest.mouseClick(arranging.menu, LEFT, pos=arranging.menu.actionGeometry(action).center())
        assert not arranging.menu.isVisible()

    open_menu(view.pane("mixture"), QPoint(500, 60))
    assert not arranging.menu.isVisible()
    open_menu(view.pane("mixture"))
    assert arranging.menu.isVisible()
    assert not arranging.up.isEnabled()
    assert not arranging.usual.isEnabled()
    assert [arranging.down.text(), arranging.hide.text()] == ["Move down", "Hide"]
    arranging.menu.hide()
    hidden: list[str] = []
    view.pane_hidden.connect(hidden.append)
    choose("vocals", arranging.hide)
    assert hidden == ["vocals"]
    assert seen(view) == ("mixture", "accompaniment", "mask")
    choose("mixture", arranging.down)
    assert seen(view) == ("accompaniment", "mixture", "mask")  # past what is seen
    view.set_pane_visible("vocals", True)
    assert set(seen(view)) == set(USUAL)
    choose("mixture", arranging.usual)
    assert view.pane_names() == seen(view) == USUAL
    for name in USUAL[1:]:
        view.set_pane_visible(name, False)
    open_menu(view.pane("mixture"))
    assert not arranging.hide.isEnabled()  # never a window without any pane
    arranging.menu.hide()


def test_heights_of_hidden_panes_and_other_stems(view: SpectrogramView, song: object) -> None:
    heights = view.pane_heights()
    view.set_pane_visible("vocals", False)
    view.set_pane_order(("mask", "vocals", "mixture", "accompaniment"))
    view.set_pane_visible("vocals", True)
    assert seen(view) == ("mask", "vocals", "mixture", "accompaniment")
    assert view.pane_heights()["vocals"] == pytest.approx(heights["vocals"], rel=0.35)
    view.set_song(song.mixture, stems=("vocals", "drums"))  # type: ignore[attr-defined]
    assert view.pane_names() == ("mask", "vocals", "drums", "mixture")
    carry(view, "drums", "mask", 0.2)()
    assert view.pane_names() == ("drums", "mask", "vocals", "mixture")
    view.set_pane_order(())
    assert view.pane_names() == ("mixture", "vocals", "drums", "mask")
    assert view._splitter.count() == 4


def test_scales_where_the_mask_stands_between(view: SpectrogramView, qtbot: QtBot) -> None:
    view.set_scales_shown(True)
    column = view.findChild(ScaleColumn)
    qtbot.waitUntil(lambda: column.width() > 0 and column.level_bar.isVisible())

    def span(widget) -> tuple[int, int]:
        start = widget.mapTo(view, QPoint(0, 0)).y()
        return start, start + widget.height()

    panes = view.pane
    view.set_pane_order(("mixture", "mask", "vocals", "accompaniment"))
    view.set_pane_heights({"mixture": 150, "mask": 120, "vocals": 180, "accompaniment": 160})
    assert span(column.mask_bar) == span(panes("mask"))
    start, stop = span(panes("vocals"))[0] + UNIT_HEIGHT, span(panes("accompaniment"))[1]
    assert span(column.level_bar) == (start, stop)
    view.set_pane_order(("mixture", "vocals", "mask", "accompaniment"))
    assert span(column.level_bar) == (span(panes("mixture"))[0], span(panes("vocals"))[1])
    view.set_pane_order(("mask", "mixture", "vocals", "accompaniment"))
    start, stop = span(panes("mixture"))[0] + UNIT_HEIGHT, span(panes("accompaniment"))[1]
    assert span(column.level_bar) == (start, stop)
    view.set_pane_visible("mask", False)
    assert span(column.level_bar)[0] == span(panes("mixture"))[0]
