"""The order of the panes in the window: dragged, listed, remembered."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app import settings, window_memory
from app.spectrogram.stage import GUTTER

LEFT = Qt.MouseButton.LeftButton
TITLE = QPoint(GUTTER + 20, 16)


def test_the_order_of_panes_is_listed_and_remembered(make_stage) -> None:
    stage = make_stage()
    stage.open_song()
    page = stage.window.page
    view, options = page.view, page.inspector.view
    view._splitter.setSizes([200, 100, 120, 80])
    heights = view.pane_heights()
    pane, target = view.pane("accompaniment"), view.pane("mixture")
    goal = pane.mapFromGlobal(target.mapToGlobal(TITLE))
    QTest.mousePress(pane, LEFT, pos=TITLE)
    QTest.mouseMove(pane, (TITLE + goal) / 2)
    QTest.mouseMove(pane, goal)
    QTest.mouseRelease(pane, LEFT, pos=goal)
    order = ("accompaniment", "mixture", "vocals", "mask")
    assert view.pane_names() == options.pane_list.order() == order
    assert settings.get(settings.VIEW)["order"] == list(order)
    assert view.pane_heights() == heights
    options.pane_list.ups["mask"].click()
    order = ("accompaniment", "mixture", "mask", "vocals")
    assert view.pane_names() == order
    arranging = view._splitter.arranging
    arranging.menu.hide()
    view.pane("vocals").menu_wanted.emit("vocals", QPoint(300, 300))
    arranging.hide.trigger()
    arranging.menu.hide()
    assert not options.panes["vocals"].isChecked()
    assert settings.get(settings.VIEW)["hidden"] == ["vocals"]
    window_memory.remember(stage.window)
    again = make_stage().window.page.view
    assert again.pane_names() == order
    assert again.pane("vocals").isHidden()
    ahead = again.pane_heights()
    assert ahead["mixture"] > ahead["mask"]
    view.panes_arranged.emit(())
    assert options.pane_list.order() == view.pane_names()
    assert settings.get(settings.VIEW)["order"] == []
