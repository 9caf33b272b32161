"""Which commands of the window make sense at the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.actions import EDITING

if TYPE_CHECKING:
    from app.main_window import MainWindow

COMPARING = ("turn_mask", "next_difference", "previous_difference")

PLAYING = (
    "start", "back", "forward", "loop", "zoom_in", "zoom_out", "fit", "zoom_loop", "next_phrase",
    "previous_phrase", "next_doubt", "previous_doubt",
)  # fmt: skip
TEMPO = ("slower", "faster", "lower", "higher", "as_recorded")


def enable(window: MainWindow) -> None:
    """Enable what can be done with the song on screen, and nothing else."""
    song = window.session.current
    result = song.result if song is not None else None
    pending = song is not None and song.edits_pending
    ready = result is not None and result.complete and not pending
    there = song is not None and song.decoded is not None
    desk, in_front = window.workbench.desk, window.pages.currentWidget() is window.page
    window.page.toolbar.export.setEnabled(ready)
    window.page.empty.demo.setVisible(window.demo is not None)
    actions = window.actions_
    actions.enable(("export",), ready)
    actions.enable(("cancel",), song is not None and song.state.is_busy)
    actions.enable(("demo",), window.demo is not None)
    actions.enable(PLAYING, there)
    actions.enable(("play",), there or window.all_pages.plays)
    actions.enable(EDITING, in_front and desk.can_edit)
    actions.enable(("tool_select", "tool_hand", *TEMPO), in_front and there)
    actions.enable(("compare",), in_front and window.workbench.panel.history.compare.isEnabled())
    adapting = window.workbench.adapting
    actions.enable(("adapt",), in_front and adapting.desk.can_start)
    actions.enable(("adapted",), in_front and adapting.can_compare)
    actions.enable(("compare_models",), in_front and there)
    actions.enable(COMPARING, in_front and window.comparison.desk.second is not None)
    actions.enable(("blind_test",), in_front and window.comparison.can_test)
    actions.enable(("undo",), in_front and desk.history.can_undo)
    actions.enable(("redo",), in_front and desk.history.can_redo)
