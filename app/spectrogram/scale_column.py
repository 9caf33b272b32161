"""The scales of the colours, in a column beside the panes they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app import theme
from app.spectrogram.level_bar import LevelBar
from app.spectrogram.looks import Looks
from app.spectrogram.pane_stack import MASK, PaneStack
from app.spectrogram.scale_bar import WIDTH, MaskBar
from app.spectrogram.stage import Stage

_PLACED = (
    QEvent.Type.Move,
    QEvent.Type.Resize,
    QEvent.Type.ShowToParent,
    QEvent.Type.HideToParent,
)
UNIT_HEIGHT = 18
"""Room above the scale of levels for its unit."""


class ScaleColumn(QWidget):
    """One scale of levels for the panes that show levels, and one beside the mask's pane.

    Where the mask's pane stands between the others, that of levels is beside the larger part.
    """

    range_changed = Signal(object)  # LevelRange, dragged

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self._stack: PaneStack | None = None
        self.level_bar = LevelBar(stage, self)
        self.mask_bar = MaskBar(stage, self)
        self.setFixedWidth(WIDTH)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.level_bar.range_changed.connect(self.range_changed)
        stage.looks_changed.connect(self.update)

    def set_stack(self, stack: PaneStack) -> None:
        """The panes to stand beside."""
        self._stack = stack
        self._place()

    def set_looks(self, looks: Looks) -> None:
        self.level_bar.set_looks(looks)
        self.mask_bar.set_looks(looks)
        self._place()

    def eventFilter(self, target: QObject, event: QEvent) -> bool:
        if event.type() in _PLACED and self.isVisible():
            self._place()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        if self._stack is None:
            return
        names = self._stack.shown if self.stage.has_song else ()
        levels = [self._span(run) for is_mask, run in groupby(names, _is_mask) if not is_mask]
        masks = [self._span([MASK])] if MASK in names else []
        span = max(levels, key=QRect.height, default=None)
        if span is not None and masks and span.top() > masks[0].top():
            span.setTop(span.top() + UNIT_HEIGHT)  # the unit stands between the two
        for bar, box in ((self.level_bar, span), (self.mask_bar, masks[0] if masks else None)):
            bar.setVisible(box is not None)
            if box is not None:
                bar.setGeometry(box)
        self.update()

    def _span(self, names: Iterable[str]) -> QRect:
        """What is beside these panes."""
        assert self._stack is not None
        span = QRect()
        for name in names:
            pane = self._stack.panes[name]
            top = self.mapFromGlobal(pane.mapToGlobal(QPoint(0, 0))).y()
            span |= QRect(0, top, WIDTH, pane.height())
        return span

    def paintEvent(self, event: QPaintEvent) -> None:
        colours, painter = self.stage.colours, QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.panel))
        painter.fillRect(0, 0, 1, self.height(), QColor(colours.line))
        if not self.level_bar.isHidden():
            painter.setFont(theme.font(-1.5))
            painter.setPen(QColor(colours.muted))
            box = QRectF(0, self.level_bar.y() - UNIT_HEIGHT, WIDTH - 3, 16)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, flags, "dB")


def _is_mask(name: str) -> bool:
    return name == MASK
