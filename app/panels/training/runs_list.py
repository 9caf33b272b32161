"""The trainings at the left of the page, newest first, and the button for another."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import theme
from app.i18n import language_changed
from app.panels.controls import label, scrolling, text_button
from app.panels.training.run_row import RunRow
from app.training.runs import Run

# Told apart also by those who see few colours; none is that of the voice or the accompaniment.
DARK_COLOURS = ("#b58bd6", "#8fbf6b", "#e0849c", "#6f9be8", "#d0c56a", "#9aa6b2")
LIGHT_COLOURS = ("#7d4fb0", "#4c7d26", "#b83a5e", "#2f62c4", "#8a7a12", "#5b6672")


def run_colour(number: int) -> str:
    """The colour of the run with this number, in the theme of now."""
    colours = DARK_COLOURS if theme.current().is_dark else LIGHT_COLOURS
    return colours[number % len(colours)]


class RunsList(QWidget):
    """One row per run; the current one is on the page, the ticked ones are in the plots."""

    new_clicked = Signal()
    chosen = Signal(str)
    compared = Signal(str, bool)
    delete_pressed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("runs")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(264)
        self.rows: dict[str, RunRow] = {}
        self._runs: dict[str, Run] = {}
        self.new = text_button("add", "New training", "Choose recordings and a recipe")
        self.new.clicked.connect(self.new_clicked)
        self.none = label(
            "Trainings are listed here. They stay when the program is closed.", "muted"
        )
        self.none.setWordWrap(True)
        self.none.setContentsMargins(16, 8, 16, 0)
        inner = QWidget()
        inner.setObjectName("runs")
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        top = QVBoxLayout()
        top.setContentsMargins(16, 24, 16, 8)
        top.setSpacing(16)
        top.addWidget(self.new)
        top.addWidget(label("Trainings", "section"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 1, 0)  # the line at the right
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.none)
        column.addWidget(scrolling(inner), 1)
        theme.theme_changed().connect(self._on_theme_changed)
        language_changed().connect(self._on_language_changed)

    def set_runs(self, runs: Iterable[Run]) -> None:
        """Show these, in this order."""
        known = {run.key: run for run in runs}
        for key in [key for key in self.rows if key not in known]:
            row = self.rows.pop(key)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._runs = known
        for place, run in enumerate(known.values()):
            if run.key not in self.rows:
                self._add_row(run)
            row = self.rows[run.key]
            row.show_run(run)
            if self._column.indexOf(row) != place:
                self._column.removeWidget(row)
                self._column.insertWidget(place, row)
        self.none.setVisible(not known)

    def _add_row(self, run: Run) -> None:
        row = RunRow(run, "")
        row.chosen.connect(self.chosen)
        row.compared.connect(self.compared)
        row.delete_pressed.connect(self.delete_pressed)
        self.rows[run.key] = row

    def show_run(self, run: Run) -> None:
        if run.key in self.rows:
            self.rows[run.key].show_run(run)

    def set_current(self, key: str | None) -> None:
        for row_key, row in self.rows.items():
            row.set_current(row_key == key)

    def set_colours(self, numbers: dict[str, int]) -> None:
        """Ticks and colours: the number of the colour of each run in the plots."""
        self._numbers = dict(numbers)
        for key, row in self.rows.items():
            row.set_compared(key in numbers)
            row.set_colour(run_colour(numbers.get(key, 0)))

    def _on_theme_changed(self) -> None:
        self.set_colours(getattr(self, "_numbers", {}))

    def _on_language_changed(self) -> None:
        for key, run in self._runs.items():
            self.rows[key].show_run(run)
