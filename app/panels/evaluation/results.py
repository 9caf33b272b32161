"""The right side: means, box plot and the table of clips."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.evaluation.board import Board, MeanRow, Means
from app.i18n import language_changed, mark, tip, tr
from app.panels.controls import ElidedLabel, text_button
from app.panels.evaluation.box_plot import Box, BoxPlot
from app.panels.evaluation.clip_model import ClipModel
from app.panels.evaluation.clip_table import ClipTable
from app.panels.evaluation.figures import FIGURES, MEANINGS, TITLES, UNITS
from app.panels.evaluation.means_table import MeansTable
from app.panels.evaluation.segments import Segments
from app.theme import theme_changed

ALL = "all"
PLOT_EVERY_MS = 150


class Results(QWidget):
    """Shows what is on the board; knows nothing of how it came there."""

    clip_chosen = Signal(object)  # place in the data set
    export_clicked = Signal()
    clear_clicked = Signal()
    undo_clicked = Signal()
    shown_changed = Signal()  # source or figures

    def __init__(self, board: Board) -> None:
        super().__init__()
        self._board = board
        self._means = Means(())
        self._plot_due = QTimer(self)
        self._plot_due.setSingleShot(True)
        self._plot_due.setInterval(PLOT_EVERY_MS)
        self._plot_due.timeout.connect(self.show_plot)
        self.source = Segments(
            (
                ("vocals", mark("Voice"), mark("Figures of the voice"), "voice"),
                ("accompaniment", mark("Accompaniment"), mark("Figures of the accompaniment"),
                 "music"),
            )
        )  # fmt: skip
        self.figure = QComboBox()
        self.figure.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.figure.setMinimumWidth(128)
        tip(self.figure, "Figures to show")
        self.copy = text_button("copy", "Copy", "Copy the table, or the selected rows")
        self.export = text_button("export", "CSV…", "Save all figures as a table (CSV)")
        self.clear = text_button("remove", "Clear", "Forget what has been measured")
        self.undo = text_button("retry", "Bring back", "Bring back what was cleared")
        self.undo.hide()
        bar = QWidget()
        bar.setObjectName("toolbar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setFixedHeight(48)
        row = QHBoxLayout(bar)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(self.source)
        row.addSpacing(8)
        row.addWidget(self.figure)
        row.addStretch(1)
        for button in (self.copy, self.export, self.clear, self.undo):
            row.addWidget(button)
        self.means = MeansTable()
        self.plot = BoxPlot()
        self.model = ClipModel(board)
        self.table = ClipTable(self.model)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setHandleWidth(3)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.plot)
        self.splitter.addWidget(self.table)
        self.splitter.setStretchFactor(0, 2)
        self.splitter.setStretchFactor(1, 3)
        self.splitter.setSizes([260, 390])
        self.note = ElidedLabel()
        self.note.mode = Qt.TextElideMode.ElideRight
        self.note.setProperty("role", "muted")
        self.note.setContentsMargins(0, 0, 0, 0)
        self.note.setMinimumHeight(28)
        inner = QVBoxLayout()
        inner.setContentsMargins(16, 8, 16, 0)
        inner.setSpacing(8)
        inner.addWidget(self.means)
        inner.addWidget(self.splitter, 1)
        inner.addWidget(self.note)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addLayout(inner, 1)
        self.source.chosen.connect(self._on_shown_changed)
        self.figure.currentIndexChanged.connect(self._on_shown_changed)
        self.copy.clicked.connect(self.table.copy_selected)
        self.export.clicked.connect(self.export_clicked)
        self.clear.clicked.connect(self.clear_clicked)
        self.undo.clicked.connect(self.undo_clicked)
        self.table.clip_chosen.connect(self.clip_chosen)
        language_changed().connect(self._on_language_changed)
        theme_changed().connect(self._on_theme_changed)
        self._fill_figures()

    # -- what is chosen

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures shown."""
        chosen = self.figure.currentData() or ALL
        return FIGURES if chosen == ALL else (str(chosen),)

    def set_shown(self, source: str, figure: str) -> None:
        """As if the user had chosen them."""
        self.figure.setCurrentIndex(max(0, self.figure.findData(figure)))
        self.source.choose(source)

    def _fill_figures(self) -> None:
        chosen = self.figure.currentData() or ALL
        self.figure.blockSignals(True)
        self.figure.clear()
        self.figure.addItem(tr("All figures"), ALL)
        for name in FIGURES:
            self.figure.addItem(tr(TITLES[name]), name)
            row = self.figure.count() - 1
            self.figure.setItemData(row, tr(MEANINGS[name]), Qt.ItemDataRole.ToolTipRole)
        self.figure.setCurrentIndex(max(0, self.figure.findData(chosen)))
        self.figure.blockSignals(False)

    def _on_shown_changed(self) -> None:
        self.model.set_shown(self.source.value, self.figures)
        self.show_means(self._means)
        self.show_plot()
        self.shown_changed.emit()

    def _on_language_changed(self) -> None:
        self._fill_figures()
        self.model.rebuild()
        self.show_means(self._means)
        self.show_plot()

    def _on_theme_changed(self) -> None:
        self.table.viewport().update()
        self.means.viewport().update()

    # -- what is on the board

    def rebuild(self) -> None:
        """Other references or models."""
        self.model.rebuild()
        self.show_plot()

    def refresh(self, names: Collection[str] | None) -> None:
        """Scores of these clips came; None: of any, or went."""
        self.model.refresh(names)
        if not self._plot_due.isActive():
            self._plot_due.start()

    def show_means(self, means: Means) -> None:
        self._means = means
        self.means.show_means(means, self._board.contestants, self.source.value, self.figures)
        text = " · ".join(self._facts(means))
        self.note.setText(text)
        self.note.setAccessibleName(text)

    def show_plot(self) -> None:
        boxes = []
        for place, who in enumerate(self._board.contestants):
            scores = self._board.scores(who.key)
            found = [score.scores.get(self.source.value) for score in scores]
            for name in self.figures:
                values = (getattr(figures, name) for figures in found if figures is not None)
                known = tuple(value for value in values if value is not None)
                boxes.append(Box(name, who.title, place, known))
        self.plot.set_boxes(self.figures, boxes)

    def show_undo(self, possible: bool) -> None:
        """Whether results were cleared that can be brought back."""
        self.undo.setVisible(possible)
        self.clear.setVisible(not possible)

    def set_available(self, there: bool) -> None:
        """Whether there is something to copy, to save or to clear."""
        for button in (self.copy, self.export, self.clear):
            button.setEnabled(there)

    def _facts(self, means: Means) -> list[str]:
        rows: tuple[MeanRow, ...] = means.rows
        if not rows:
            return []
        facts = []
        n_undefined = max(row.n_undefined for row in rows)
        if n_undefined:
            facts.append(tr("{n} left out of the means: a reference is silent", n=n_undefined))
        n_failed = max(row.n_failed for row in rows)
        if n_failed:
            facts.append(tr("{n} could not be measured", n=n_failed))
        unit = rows[0].unit
        groups = [i.n_groups for of in rows[0].intervals.values() for i in of.values() if i]
        if unit and groups:
            over = tr(UNITS[unit], n=groups[0])
            facts.append(tr("Intervals: 95 %, bootstrap over {groups}", groups=over))
        facts.append(tr("Double click a clip to see and hear it"))
        return facts
