"""The table of means: a row per model, its intervals, and the differences to the first."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
)

from app import theme
from app.evaluation.board import DifferenceRow, MeanRow, Means
from app.evaluation.plan import Contestant
from app.formats import clock
from app.i18n import bind, tr
from app.panels.evaluation.colours import paint_swatch
from app.panels.evaluation.figures import FIGURES, MEANINGS, TITLES, interval_text, number

ROW_HEIGHT, HEADER_HEIGHT = 30, 28
NAME_WIDTH, CLIPS_WIDTH, LENGTH_WIDTH = 168, 56, 56
FIGURE_WIDTH, WIDEST_FIGURE = 140, 200
GAP = 8  # between a figure and its interval
MAX_ROWS = 7
_Item = Qt.ItemDataRole
SWATCH, SECOND = _Item.UserRole + 1, _Item.UserRole + 2


class MeansTable(QTableWidget):
    """Length-weighted means over the clips that have figures, in dB; as high as it has rows."""

    def __init__(self) -> None:
        super().__init__()
        self._means, self._contestants = Means(()), [0]
        self._source, self._figures = "vocals", FIGURES
        bind(self.setAccessibleName, "Means over the clips")
        self.setFont(theme.figures_font())
        self.setItemDelegate(_MeanCells(self))
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setFixedHeight(HEADER_HEIGHT)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionsClickable(False)
        header.setHighlightSections(False)

    def show_means(
        self,
        means: Means,
        contestants: list[Contestant],
        source: str,
        figures: tuple[str, ...],
    ) -> None:
        """Show the means of one source; the place in ``contestants`` gives the colours."""
        places = {who.key: place for place, who in enumerate(contestants)}
        self.setColumnCount(3 + len(figures))
        self._headings(figures)
        self.setRowCount(len(means.rows) + len(means.differences))
        for number_, row in enumerate(means.rows):
            self._show_row(number_, row, places.get(row.contestant.key, 0), source, figures)
        for number_, other in enumerate(means.differences, len(means.rows)):
            self._show_difference(number_, other, places, source, figures)
        rows = max(1, min(self.rowCount(), MAX_ROWS))
        self.setFixedHeight(HEADER_HEIGHT + rows * ROW_HEIGHT + 10)  # and the scroll bar

    def _headings(self, figures: tuple[str, ...]) -> None:
        titles = [
            (tr("Mean"), tr("Means over the clips, longer ones count more. Higher is better."), 0),
            (tr("Clips"), tr("Clips that have figures"), 1),
            (tr("Length"), tr("Length of the clips that have figures"), 1),
        ]
        for name in figures:
            short = tr(TITLES[name])
            short = short if name == "plain_sdr_db" else f"G{short}"
            titles.append((f"{short} (dB)", tr(MEANINGS[name]), 1))
        for column, (text, help_text, right) in enumerate(titles):
            item = QTableWidgetItem(text)
            item.setToolTip(help_text)
            side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, item)
        self._share_width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        """The figures share what the other columns leave."""
        fixed = (NAME_WIDTH, CLIPS_WIDTH, LENGTH_WIDTH)
        n_figures = max(1, self.columnCount() - len(fixed))
        each = (self.viewport().width() - sum(fixed)) // n_figures
        each = min(max(each, FIGURE_WIDTH), WIDEST_FIGURE)
        for column in range(self.columnCount()):
            self.setColumnWidth(column, fixed[column] if column < len(fixed) else each)

    def _show_row(
        self, row: int, mean: MeanRow, place: int, source: str, figures: tuple[str, ...]
    ) -> None:
        name = self._cell(row, 0, mean.contestant.title, tip=str(mean.contestant.folder))
        name.setData(SWATCH, place)
        n_all = mean.n_scored + mean.n_undefined + mean.n_failed
        scored = str(mean.n_scored) if mean.n_scored == n_all else f"{mean.n_scored} / {n_all}"
        self._cell(row, 1, scored)
        self._cell(row, 2, clock(mean.duration_s, hundredths=False))
        for column, figure in enumerate(figures, 3):
            means = mean.means.get(source)
            value = None if means is None else means.figure(figure)
            key = figure if figure == "plain_sdr_db" else f"g{figure}"
            interval = mean.intervals.get(source, {}).get(key)
            self._cell(row, column, number(value), interval_text(interval))

    def _show_difference(
        self,
        row: int,
        other: DifferenceRow,
        places: dict[str, int],
        source: str,
        figures: tuple[str, ...],
    ) -> None:
        title = f"{other.contestant.title} − {other.baseline.title}"
        self._cell(row, 0, title, tip=tr("Difference of the means, paired clip by clip"))
        both = [d for d in other.values.get(source, {}).values() if d is not None]
        self._cell(row, 1, str(both[0].n_clips) if both else "–")
        self._cell(row, 2, "")
        for column, figure in enumerate(figures, 3):
            found = other.values.get(source, {}).get(figure)
            value = None if found is None else found.mean_db
            interval = None if found is None else found.interval
            text = interval_text(interval, signed=True)
            self._cell(row, column, number(value, signed=True), text)

    def _cell(
        self, row: int, column: int, text: str, second: str = "", tip: str = ""
    ) -> QTableWidgetItem:
        item = QTableWidgetItem(text)
        item.setData(SECOND, second)
        item.setData(_Item.AccessibleTextRole, f"{text} ({second})" if second else text)
        item.setToolTip(tip or (tr("95 % interval: {range} dB", range=second) if second else ""))
        self.setItem(row, column, item)
        return item


class _MeanCells(QStyledItemDelegate):
    """A figure and, softer, its interval; a model with its dot."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        colours = theme.current()
        painter.save()
        box = QRectF(option.rect).adjusted(8, 0, -8, 0)
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.drawLine(option.rect.topLeft(), option.rect.topRight())
        text, second = str(index.data() or ""), str(index.data(SECOND) or "")
        painter.setFont(option.font)
        middle = Qt.AlignmentFlag.AlignVCenter
        if index.column() == 0:
            swatch = index.data(SWATCH)
            if isinstance(swatch, int):
                paint_swatch(painter, QRectF(box.left(), box.center().y() - 5, 10, 10), swatch)
            box.setLeft(box.left() + 18)
            painter.setPen(QColor(colours.text if isinstance(swatch, int) else colours.muted))
            shown = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideMiddle, int(box.width())
            )
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | middle, shown)
            painter.restore()
            return
        right = Qt.AlignmentFlag.AlignRight | middle
        room = box.width() - painter.fontMetrics().horizontalAdvance(text) - GAP
        if second:
            painter.setFont(theme.figures_font(-1.5))
            width = painter.fontMetrics().horizontalAdvance(second)
            if width <= room:  # the figure itself is never cut: its sign may be what is lost
                painter.setPen(QColor(colours.muted))
                painter.drawText(box, right, second)
                box.setRight(box.right() - width - GAP)
            painter.setFont(option.font)
        painter.setPen(QColor(colours.muted if index.column() < 3 else colours.text))
        painter.drawText(box, right, text)
        painter.restore()
