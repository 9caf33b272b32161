"""The scales of the colours, in a column beside the panes they belong to."""

from __future__ import annotations

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


class ScaleColumn(QWidget):
    """One scale of levels for all panes that show levels, and one beside the mask's pane."""

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
        shown = {
            name: pane
            for name, pane in self._stack.panes.items()
            if self.stage.has_song and not pane.isHidden()
        }
        spans = {
            name: QRect(self.mapFromGlobal(pane.mapToGlobal(QPoint(0, 0))), pane.size())
            for name, pane in shown.items()
        }
        for bar, boxes in (
            (self.level_bar, [box for name, box in spans.items() if name != MASK]),
            (self.mask_bar, [box for name, box in spans.items() if name == MASK]),
        ):
            bar.setVisible(bool(boxes))
            if boxes:
                top = min(box.top() for box in boxes)
                bottom = max(box.bottom() for box in boxes) + 1
                bar.setGeometry(0, top, WIDTH, bottom - top)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours, painter = self.stage.colours, QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.panel))
        painter.fillRect(0, 0, 1, self.height(), QColor(colours.line))
        if not self.level_bar.isHidden():
            painter.setFont(theme.font(-1.5))
            painter.setPen(QColor(colours.muted))
            box = QRectF(0, self.level_bar.y() - 18, WIDTH - 3, 16)
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, flags, "dB")
