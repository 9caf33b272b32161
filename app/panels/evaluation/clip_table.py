"""The view of the table of clips: headings in two lines, sorting, copying, opening."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app import theme
from app.i18n import bind
from app.panels.evaluation.clip_model import (
    GROUP_ROLE,
    LEFT_ROLE,
    SECOND_ROLE,
    SWATCH_ROLE,
    ClipModel,
)
from app.panels.evaluation.colours import paint_swatch
from app.panels.evaluation.frozen_column import FrozenColumn

ROW_HEIGHT, HEADER_HEIGHT = 28, 44
CLIP_WIDTH, FIGURE_WIDTH, NOTE_WIDTH = 200, 76, 280


class ClipTable(QTableView):
    """Rows are clips; Enter or a double click opens one."""

    clip_chosen = Signal(object)  # place in the data set

    def __init__(self, model: ClipModel) -> None:
        super().__init__()
        self.setCornerWidget(QWidget())  # the style's own leaves a mark where the bars meet
        self._model = model
        header = _Header(self)
        self.setHorizontalHeader(header)
        self.setModel(model)
        self.setItemDelegate(_Cells(self))
        self.setFont(theme.figures_font())
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.setSortingEnabled(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        bind(self.setAccessibleName, "Figures of every clip")
        self.doubleClicked.connect(self._on_double_clicked)
        model.modelReset.connect(self._on_reset)
        self._on_reset()
        self._names = FrozenColumn(self, _Header(self))
        self.horizontalScrollBar().valueChanged.connect(self._names.viewport().update)

    def copy_selected(self) -> None:
        """The selected rows (or all) as they are shown, with headings, to the clipboard."""
        rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
        rows = rows or list(range(self._model.rowCount()))
        columns = range(self._model.columnCount())
        lines = ["\t".join(" ".join(self._model.heading(c)).strip() for c in columns)]
        lines += ["\t".join(self._model.text(r, c) for c in columns) for r in rows]
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_selected()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_double_clicked(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def moveCursor(
        self,
        action: QAbstractItemView.CursorAction,
        modifiers: Qt.KeyboardModifier,
    ) -> QModelIndex:
        """Also scrolls away from under the column that stays."""
        index = super().moveCursor(action, modifiers)
        hidden = self.columnWidth(0) - self.visualRect(index).left()
        if index.column() > 0 and hidden > 0:
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - hidden)
        return index

    def _on_double_clicked(self, index: QModelIndex) -> None:
        if index.isValid():
            self.clip_chosen.emit(self._model.clip_at(index.row()))

    def _on_reset(self) -> None:
        for number, column in enumerate(self._model.columns):
            width = {"clip": CLIP_WIDTH, "note": NOTE_WIDTH}.get(column.kind, FIGURE_WIDTH)
            if column.kind in ("figure", "difference"):
                second = self.fontMetrics().horizontalAdvance(self._model.heading(number)[1])
                width = min(max(width, second + 40), 128)
            self.setColumnWidth(number, width)


class _Header(QHeaderView):
    """Figure over model, with the model's dot; an arrow where the table is sorted."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setSortIndicatorShown(True)
        self.setSortIndicatorClearable(True)
        self.setMinimumSectionSize(56)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), HEADER_HEIGHT)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        model, colours = self.model(), theme.current()
        painter.save()
        painter.fillRect(rect, QColor(colours.panel))
        painter.setPen(QPen(QColor(colours.line), 1))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        along = self.orientation()
        if model.headerData(section, along, GROUP_ROLE):
            painter.drawLine(rect.left(), rect.top() + 8, rect.left(), rect.bottom() - 8)
        box = rect.adjusted(8, 4, -8, -4)
        first = str(model.headerData(section, along, Qt.ItemDataRole.DisplayRole) or "")
        second = str(model.headerData(section, along, SECOND_ROLE) or "")
        swatch = model.headerData(section, along, SWATCH_ROLE)
        left = model.headerData(section, along, LEFT_ROLE) is True
        side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
        upper = QRect(box.left(), box.top(), box.width(), box.height() // 2)
        lower = upper.translated(0, box.height() // 2)
        painter.setPen(QColor(colours.text))
        painter.setFont(theme.font())
        painter.drawText(upper if second else box, int(side | Qt.AlignmentFlag.AlignVCenter), first)
        if second:
            painter.setPen(QColor(colours.muted))
            metrics = painter.fontMetrics()
            room = lower.width() - (14 if swatch is not None else 0)
            shown = metrics.elidedText(second, Qt.TextElideMode.ElideMiddle, room)
            painter.drawText(
                lower, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), shown
            )
            if isinstance(swatch, int):
                x = lower.right() - metrics.horizontalAdvance(shown) - 13
                paint_swatch(painter, QRectF(x, lower.center().y() - 3, 8, 8), swatch)
        if self.sortIndicatorSection() == section:
            self._paint_arrow(painter, upper if second else box, first, left)
        painter.restore()

    def _paint_arrow(self, painter: QPainter, box: QRect, title: str, left: bool) -> None:
        painter.setFont(theme.font())
        width = painter.fontMetrics().horizontalAdvance(title)
        x = box.left() + width + 4 if left else box.right() - width - 16
        down = self.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
        icon = theme.icon("chevron-down" if down else "chevron-up", "muted")
        icon.paint(painter, QRect(x, box.center().y() - 6, 12, 12))


class _Cells(QStyledItemDelegate):
    """Plain cells with a hairline between figures; rows under the selection are raised."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        from PySide6.QtWidgets import QStyle

        colours = theme.current()
        painter.save()
        rect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(colours.hover))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(colours.raised))
        painter.setPen(QPen(QColor(colours.line), 1))
        if index.data(GROUP_ROLE):
            painter.drawLine(rect.left(), rect.top(), rect.left(), rect.bottom())
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or "")
        flags = int(index.data(Qt.ItemDataRole.TextAlignmentRole))
        quiet = text == "–" or index.column() == 1
        painter.setPen(QColor(colours.muted if quiet else colours.text))
        painter.setFont(option.font)
        box = rect.adjusted(8, 0, -8, 0)
        mode = Qt.TextElideMode.ElideMiddle if index.column() == 0 else Qt.TextElideMode.ElideRight
        painter.drawText(box, flags, painter.fontMetrics().elidedText(text, mode, box.width()))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(colours.muted), 1))
            painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom())
        painter.restore()
