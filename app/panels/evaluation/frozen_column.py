"""The first column of a table, which stays while the others are scrolled."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView

from app import theme


class FrozenColumn(QTableView):
    """Lies over the first column of ``table``, with which it shares model and selection."""

    def __init__(self, table: QTableView, header: QHeaderView) -> None:
        super().__init__(table)
        self._table = table
        self.setHorizontalHeader(header)
        self.setModel(table.model())
        self.setSelectionModel(table.selectionModel())
        self.setItemDelegate(table.itemDelegate())
        self.setFont(table.font())
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAutoFillBackground(True)
        self.setSelectionBehavior(table.selectionBehavior())
        self.setSelectionMode(table.selectionMode())
        self.setVerticalScrollMode(table.verticalScrollMode())
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(table.verticalHeader().defaultSectionSize())
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        own = table.horizontalHeader()
        header.setSortIndicator(own.sortIndicatorSection(), own.sortIndicatorOrder())
        own.sectionResized.connect(self._on_section_resized)
        own.geometriesChanged.connect(self.place)
        own.sortIndicatorChanged.connect(header.setSortIndicator)
        header.sectionClicked.connect(self._on_section_clicked)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalScrollBar().valueChanged.connect(self.verticalScrollBar().setValue)
        self.verticalScrollBar().valueChanged.connect(table.verticalScrollBar().setValue)
        self.doubleClicked.connect(table.doubleClicked)
        table.model().modelReset.connect(self._on_reset)
        table.installEventFilter(self)
        self._on_reset()

    def place(self) -> None:
        """Over the column, as high as the table shows rows."""
        table = self._table
        height = table.viewport().height() + table.horizontalHeader().height()
        self.setGeometry(
            table.verticalHeader().width() + table.frameWidth(),
            table.frameWidth(),
            table.columnWidth(0),
            height,
        )

    def eventFilter(self, target: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self.place()
        return super().eventFilter(target, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme.current().panel))
        painter.end()
        super().paintEvent(event)
        if self._table.horizontalScrollBar().value() > 0:  # something lies under it
            painter = QPainter(self.viewport())
            painter.setPen(QPen(QColor(theme.current().line), 1))
            right = self.viewport().width() - 1
            painter.drawLine(right, 0, right, self.viewport().height())

    def _on_section_resized(self, section: int, _old: int, new: int) -> None:
        if section == 0:
            self.setColumnWidth(0, new)
            self.place()

    def _on_section_clicked(self, _section: int) -> None:
        header = self._table.horizontalHeader()
        down = Qt.SortOrder.DescendingOrder
        sorted_up = header.sortIndicatorSection() == 0 and header.sortIndicatorOrder() != down
        header.setSortIndicator(0, down if sorted_up else Qt.SortOrder.AscendingOrder)

    def _on_reset(self) -> None:
        for column in range(self.model().columnCount()):
            self.setColumnHidden(column, column != 0)
        self.setColumnWidth(0, self._table.columnWidth(0))
        self.place()
