"""Every command of the window once: its text, its key, its place in the menus."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from app.i18n import bind, mark

Handler = Callable[[], object]

EDITING = (
    "tool_brush", "tool_eraser", "tool_harmonics", "tool_rectangle", "tool_lasso", "tool_wand",
    "brush_smaller", "brush_larger", "select_all", "deselect", "to_voice", "to_music",
    "to_network", "swap", "copy_mask", "paste_mask", "save_mask", "load_mask", "save_table",
    "save_pair", "save_pitch", "save", "save_as", "save_packed", "mark_voice", "mark_music",
)  # fmt: skip
"""What needs a mask that can be edited."""

# menu, then (name, text, keys); "-" is a separator, a name with "*" at its end a switch
MENUS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        mark("&File"),
        (
            ("open", mark("&Open…"), "Ctrl+O"),
            ("demo", mark("&Demo song"), "Ctrl+D"),
            ("-", "", ""),
            ("save", mark("&Save the project"), "Ctrl+S"),
            ("save_as", mark("Save the project &as…"), "Ctrl+Shift+S"),
            ("save_packed", mark("Save the project &with the song…"), ""),
            ("-", "", ""),
            ("export", mark("&Export…"), "Ctrl+E"),
            ("cancel", mark("&Cancel separation"), "Ctrl+."),
            ("-", "", ""),
            ("settings", mark("Se&ttings…"), "Ctrl+,"),
            ("quit", mark("&Quit"), "Ctrl+Q"),
        ),
    ),
    (
        mark("&Edit"),
        (
            ("undo", mark("&Undo"), "Ctrl+Z"),
            ("redo", mark("&Redo"), "Ctrl+Shift+Z"),
            ("compare", mark("Compare with the &network's mask"), "N"),
            ("-", "", ""),
            ("tool_select", mark("Tool: select a &time"), "V"),
            ("tool_hand", mark("Tool: &hand"), "H"),
            ("tool_brush", mark("Tool: &brush"), "B"),
            ("tool_eraser", mark("Tool: &eraser"), "E"),
            ("tool_harmonics", mark("Tool: &overtones"), "T"),
            ("tool_rectangle", mark("Tool: &rectangle"), "R"),
            ("tool_lasso", mark("Tool: &lasso"), "G"),
            ("tool_wand", mark("Tool: &wand"), "W"),
            ("brush_smaller", mark("Smaller brush"), "["),
            ("brush_larger", mark("Larger brush"), "]"),
            ("-", "", ""),
            ("select_all", mark("Select &all"), "Ctrl+A"),
            ("deselect", mark("Select &nothing"), "Ctrl+Shift+A"),
            ("to_voice", mark("Selection to the &voice"), "Shift+V"),
            ("to_music", mark("Selection to the a&ccompaniment"), "Shift+A"),
            ("to_network", mark("Selection &back to the network"), "Shift+N"),
            ("swap", mark("E&xchange voice and accompaniment"), "Shift+X"),
            ("copy_mask", mark("Co&py the mask"), "Ctrl+C"),
            ("paste_mask", mark("Pa&ste the mask at the playhead"), "Ctrl+V"),
            ("-", "", ""),
            ("mark_voice", mark("Voice alone in the selection"), ""),
            ("mark_music", mark("Music alone in the selection"), ""),
            ("adapt", mark("A&dapt the model to this song"), ""),
            ("adapted", mark("Hear before or after the adaptation"), "Shift+B"),
            ("-", "", ""),
            ("save_mask", mark("Save the &mask…"), ""),
            ("load_mask", mark("Load a mas&k…"), ""),
            ("save_table", mark("Save the selection as a table…"), ""),
            ("save_pair", mark("Save the selection as a training pair…"), ""),
            ("save_pitch", mark("Save the pitch of the voice…"), ""),
        ),
    ),
    (
        mark("&Play"),
        (
            ("play", mark("&Play or pause"), "Space"),
            ("start", mark("To the &start"), ""),
            ("back", mark("&Back 5 seconds"), ""),
            ("forward", mark("&Forward 5 seconds"), ""),
            ("loop", mark("&Loop the selection"), "L"),
            ("follow", mark("F&ollow the playhead"), "P"),
            ("-", "", ""),
            ("slower", mark("Slo&wer"), "Ctrl+Left"),
            ("faster", mark("Fas&ter"), "Ctrl+Right"),
            ("lower", mark("A semitone &down"), "Ctrl+Down"),
            ("higher", mark("A semitone &up"), "Ctrl+Up"),
            ("as_recorded", mark("Speed and pitch as re&corded"), "Ctrl+Home"),
            ("-", "", ""),
            ("original", mark("O&riginal"), ""),
            ("voice", mark("&Voice only"), "1"),
            ("music", mark("&Music only"), "2"),
            ("balance", mark("B&alance"), "3"),
            ("-", "", ""),
            ("mute1", mark("Mute the voice"), "M"),
            ("mute2", mark("Mute the accompaniment"), "Shift+M"),
            ("solo1", mark("Solo the voice"), "S"),
            ("solo2", mark("Solo the accompaniment"), "Shift+S"),
        ),
    ),
    (
        mark("&View"),
        (
            ("zoom_in", mark("Zoom &in"), "Ctrl++"),
            ("zoom_out", mark("Zoom &out"), "Ctrl+-"),
            ("fit", mark("&Whole song"), "Ctrl+0"),
            ("zoom_loop", mark("Zoom to the &selection"), "Ctrl+Shift+0"),
            ("-", "", ""),
            ("next_phrase", mark("&Next sung phrase"), "."),
            ("previous_phrase", mark("&Previous sung phrase"), ","),
            ("next_doubt", mark("Next &doubtful place"), "D"),
            ("previous_doubt", mark("Previous do&ubtful place"), "Shift+D"),
            ("-", "", ""),
            ("compare_models", mark("Compare with &another model…"), "Ctrl+M"),
            ("turn_mask", mark("Mask of A, mask of B, di&fference"), "Shift+K"),
            ("next_difference", mark("Next place where the models differ"), "C"),
            ("previous_difference", mark("Previous place where the models differ"), "Shift+C"),
            ("blind_test", mark("Blind &test of two models…"), "Ctrl+B"),
            ("-", "", ""),
            ("overlay", mark("&Mask over the song"), "K"),
            ("pitch", mark("Pitc&h of the voice"), "Shift+P"),
            ("inspector", mark("&Inspector"), "Ctrl+I"),
            ("queue", mark("&List of songs"), "Ctrl+L"),
            ("-", "", ""),
            ("page1", mark("Page “Separate”"), "Alt+1"),
            ("page2", mark("Page “Live”"), "Alt+2"),
            ("page3", mark("Page “Train”"), "Alt+3"),
            ("page4", mark("Page “Evaluate”"), "Alt+4"),
            ("page5", mark("Page “Models”"), "Alt+5"),
        ),
    ),
    (
        mark("&Help"),
        (
            ("shortcuts", mark("&Keyboard shortcuts"), "F1"),
            ("log", mark("Open the &log file"), ""),
            ("about", mark("&About Stemscope"), ""),
        ),
    ),
)


class Actions:
    """The window's actions by name, in its menu bar."""

    def __init__(self, window: QMainWindow) -> None:
        self._actions: dict[str, QAction] = {}
        self.recent_menu = QMenu(window)
        bind(self.recent_menu.setTitle, "Open &recent")
        group = QActionGroup(window)
        group.setExclusive(False)
        for title, entries in MENUS:
            menu = QMenu(window)
            bind(menu.setTitle, title)
            window.menuBar().addMenu(menu)
            for name, text, keys in entries:
                if name == "-":
                    menu.addSeparator()
                    continue
                action = QAction(window)
                bind(action.setText, text)
                if keys:
                    action.setShortcut(QKeySequence(keys))
                menu.addAction(action)
                self._actions[name] = action
                if name == "open":
                    menu.addMenu(self.recent_menu)

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def connect(self, handlers: dict[str, Handler]) -> None:
        """Say what each action does."""
        for name, handler in handlers.items():
            self._actions[name].triggered.connect(handler)

    def enable(self, names: Sequence[str], enabled: bool) -> None:
        for name in names:
            self._actions[name].setEnabled(enabled)

    def all(self) -> list[QAction]:
        return list(self._actions.values())
