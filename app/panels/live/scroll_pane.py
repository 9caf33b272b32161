"""A picture that moves from right to left while sound comes in: a spectrogram, or a mask."""

from __future__ import annotations

from typing import Literal

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.i18n import tr
from app.spectrogram.brushes import hatch
from app.spectrogram.colours import Table, of_theme
from app.spectrogram.rulers import paint_title
from app.spectrogram.stage import GUTTER
from app.spectrogram.ticks import frequency_ticks
from core.spectrogram import FrequencyScale, RowMap
from core.spectrogram.codes import Codes

EDGE = 3
N_ROWS = 256
SPAN_S = 16.0
"""What fits into the width of the picture."""


class ScrollPane(QWidget):
    """Shows the last ``SPAN_S`` seconds; the newest column stands at the right.

    Columns are coloured once, when they come; painting copies two pieces of one image.
    """

    def __init__(self, name: str, title: str, combine: Literal["max", "mean"] = "max") -> None:
        super().__init__()
        self.name, self._title, self._combine = name, title, combine
        self._table: Table = ()
        self._pixels = np.zeros(256, np.uint32)
        self._scale: FrequencyScale | None = None
        self._rows: RowMap | None = None
        self._codes: Codes = np.zeros((N_ROWS, 1), np.uint8)
        self._argb = np.zeros((N_ROWS, 1), np.uint32)
        self._n_written = 0
        self._column_s = 1.0
        self.setMinimumHeight(96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def sizeHint(self) -> QSize:
        return QSize(600, 200)

    @property
    def n_columns(self) -> int:
        """Columns that came since the last ``begin``."""
        return self._n_written

    def begin(self, scale: FrequencyScale, bin_hz: float, n_bins: int, column_s: float) -> None:
        """Empty, for columns of ``n_bins`` every ``column_s`` seconds."""
        self._scale, self._column_s = scale, column_s
        self._rows = RowMap(scale, N_ROWS, bin_hz, n_bins, self._combine)
        n_columns = max(1, round(SPAN_S / column_s))
        self._codes = np.zeros((N_ROWS, n_columns), np.uint8)
        self._n_written = 0
        self._colour()

    def set_table(self, table: Table) -> None:
        """Pixels of the 256 codes; what is there is coloured anew."""
        if table != self._table:
            self._table = table
            self._pixels = np.array(table, np.uint32)
            self._colour()

    def _colour(self) -> None:
        self._argb = np.ascontiguousarray(self._pixels[self._codes])
        self.update()

    def add(self, columns: Codes) -> None:
        """The next columns, ``(n, n_bins)``."""
        n_columns = self._codes.shape[1]
        if self._rows is None or len(columns) == 0:
            return
        rows = self._rows.apply(np.ascontiguousarray(columns[-n_columns:]).T)[::-1]
        slots = self._n_written + len(columns) - rows.shape[1] + np.arange(rows.shape[1])
        slots %= n_columns
        self._codes[:, slots] = rows
        self._argb[:, slots] = self._pixels[rows]
        self._n_written += len(columns)
        self.update(GUTTER, 0, self.width() - GUTTER, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = of_theme(theme.current())
        painter = QPainter(self)
        canvas = QRectF(GUTTER, 0, self.width() - GUTTER, self.height())
        n_columns = self._codes.shape[1]
        if self._n_written < n_columns:
            painter.fillRect(canvas, hatch(colours))
        if self._n_written:
            self._paint_columns(painter, canvas)
        self._paint_ruler(painter, colours.panel, colours.line, colours.muted, colours.grid)
        painter.fillRect(0, 0, EDGE, self.height(), QColor(colours.of(self.name)))
        paint_title(painter, tr(self._title), colours.of(self.name))

    def _paint_columns(self, painter: QPainter, canvas: QRectF) -> None:
        height, n_columns = self._argb.shape
        image = QImage(
            self._argb.data, n_columns, height, 4 * n_columns, QImage.Format.Format_ARGB32
        )
        n_shown = min(self._n_written, n_columns)
        per_column = canvas.width() / n_columns
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        # From the oldest to the end of the ring, and from its beginning to the newest.
        stop = self._n_written % n_columns if self._n_written > n_columns else n_shown
        right = canvas.right()
        for first, last in ((0, stop), (stop, n_columns if n_shown == n_columns else stop)):
            width = (last - first) * per_column
            if last > first:
                target = QRectF(right - width, 0, width, self.height())
                painter.drawImage(target, image, QRectF(first, 0, last - first, height))
            right -= width

    def _paint_ruler(self, painter: QPainter, panel: str, line: str, muted: str, grid: str) -> None:
        painter.fillRect(0, 0, GUTTER, self.height(), QColor(panel))
        painter.fillRect(GUTTER - 1, 0, 1, self.height(), QColor(line))
        if self._scale is None:
            return
        faint = QColor(grid)
        faint.setAlpha(20)
        painter.setFont(theme.figures_font(-1.5))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for tick in frequency_ticks(self._scale, 0.0, 1.0, self.height()):
            y = round((1 - float(self._scale.to_unit(tick.value))) * self.height())
            painter.fillRect(GUTTER, y, self.width() - GUTTER, 1, faint)
            painter.fillRect(GUTTER - 5, y, 4, 1, QColor(muted))
            painter.setPen(QColor(muted))
            painter.drawText(QRectF(EDGE, y - 8, GUTTER - 8 - EDGE, 16), right, tick.label)
