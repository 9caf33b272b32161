"""A canvas with a title in its corner, by which it is taken to another place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QHideEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from app.i18n import tr
from app.spectrogram.gestures import Drag
from app.spectrogram.rulers import title_box
from app.spectrogram.stage import Stage
from app.spectrogram.tile_canvas import TileCanvas
from app.spectrogram.tiles import TileStore


class TitledCanvas(TileCanvas):
    """Tells of drags that begin on the title; a click there is one on the canvas.

    Heights are in pixels of the whole screen.
    """

    title_dragged = Signal(str, float)  # name of the pane, height
    title_dropped = Signal(str, float)
    title_let_go = Signal()  # given up
    menu_wanted = Signal(str, object)  # name of the pane, QPoint of the screen

    def __init__(
        self, name: str, stage: Stage, store: TileStore, parent: QWidget | None = None
    ) -> None:
        super().__init__(stage, store, parent)
        self.name = name
        self.title = name
        self.movable = False
        self._held: QMouseEvent | None = None  # the press on the title, until it is let go
        self._moving = False  # it went far enough to be no click
        stage.drawing_cancelled.connect(self._on_title_let_go)

    def is_title(self, position: QPointF) -> bool:
        """Whether a drag that begins here takes the pane to another place."""
        return self.movable and self.stage.has_song and title_box(self.title).contains(position)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._held is not None:
            return
        left, free = event.button() == Qt.MouseButton.LeftButton, self._drag is Drag.NONE
        if left and free and not self.is_drawing and self.is_title(event.position()):
            self._held = event.clone()
            self.stage.dragging = self.stage.holds_pane = True
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is None:
            super().mouseMoveEvent(event)
            return
        way = (event.position() - self._held.position()).manhattanLength()
        if not self._moving and way >= QApplication.startDragDistance():
            self._moving = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.stage.set_pointer(None)
        if self._moving:
            self.title_dragged.emit(self.name, event.globalPosition().y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held is None:
            super().mouseReleaseEvent(event)
            return
        if event.button() != Qt.MouseButton.LeftButton:
            return
        press, moving = self._held, self._moving
        self._end_hold()
        if moving:
            self.title_dropped.emit(self.name, event.globalPosition().y())
            # It stands elsewhere now, the pointer does not.
            self._show_cursor_shape(self.mapFromGlobal(event.globalPosition()))
        else:  # no more than a click: what it would have done without a title there
            super().mousePressEvent(press)
            super().mouseReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._held is None and self.is_title(QPointF(event.pos())):
            self.menu_wanted.emit(self.name, event.globalPos())
        else:
            super().contextMenuEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and self._held is None:
            if event.type() != QEvent.Type.ToolTip or not self.is_title(QPointF(event.pos())):
                return super().event(event)
            text = tr("Drag up or down to move this pane; a right click offers more")
            box = title_box(self.title).toAlignedRect()
            QToolTip.showText(event.globalPos(), text, self, box)
            return True
        return super().event(event)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._on_title_let_go()

    def _on_title_let_go(self) -> None:
        if self._held is not None:
            self._end_hold()
            self.title_let_go.emit()

    def _end_hold(self) -> None:
        self._held, self._moving = None, False
        self.stage.dragging = self.stage.holds_pane = False

    def _show_cursor_shape(self, position: QPointF) -> None:
        if self.is_title(position):
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            super()._show_cursor_shape(position)
