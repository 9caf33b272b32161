"""The handle of a strip: dragged out of the window it gives the stem as a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QCursor, QDrag, QEnterEvent, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication, QToolButton

from app import theme
from app.formats import stem_text
from app.i18n import bind, tip, tr


class DragHandle(QToolButton):
    """Asks for the stem's file when the pointer comes near, and drags it when it is there.

    The file is written in the background from the moment the pointer enters, so that it is
    usually complete when the drag begins; a drag that comes earlier starts by itself as soon as
    the file is complete and the button still held. Pressing Enter copies the file instead.
    """

    file_wanted = Signal(str)  # source

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        self._file: Path | None = None
        self._pressed_at: QPoint | None = None
        self._copy_when_ready = False
        self.setIcon(theme.icon("grip", "muted"))
        self.setProperty("flat", True)
        self.setProperty("small", True)
        self.setFixedSize(24, 22)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.clicked.connect(self._on_clicked)
        self._say_idle()

    def set_file(self, file: Path | None) -> None:
        """The file is complete (or, ``None``, no longer of this stem)."""
        self._file = file
        self._say_idle()
        if file is None:
            self._copy_when_ready = False
        elif self._copy_when_ready:
            self._copy_when_ready = False
            self._copy()
        elif self._pressed_at is not None and self._moved_far(self.mapFromGlobal(QCursor.pos())):
            self._drag()

    def set_progress(self, fraction: float) -> None:
        """The file is being written."""
        bind(self.setToolTip, "Preparing the file: {percent} %", percent=round(fraction * 100))

    def mime_data(self) -> QMimeData | None:
        """What is dragged: the address of the file."""
        if self._file is None or not self._file.exists():
            return None
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self._file))])
        return data

    def _say_idle(self) -> None:
        stem = stem_text(self.source)
        tip(
            self,
            "Drag “{stem}” out of the window as a file; Enter copies it",
            stem=lambda: tr(stem),
        )

    def _want(self) -> None:
        if self._file is None or not self._file.exists():
            self._file = None
            self.file_wanted.emit(self.source)

    def _on_clicked(self) -> None:
        self._want()
        if self._file is None:
            self._copy_when_ready = True
        else:
            self._copy()

    def _copy(self) -> None:
        data = self.mime_data()
        if data is not None:
            QGuiApplication.clipboard().setMimeData(data)

    def _moved_far(self, here: QPoint) -> bool:
        if self._pressed_at is None:
            return False
        return (here - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        if self.isEnabled():
            self._want()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.position().toPoint()
            self._want()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._file is not None and self._moved_far(event.position().toPoint()):
            self._drag()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed_at = None

    def _drag(self) -> None:
        self._pressed_at = None
        data = self.mime_data()
        if data is None:
            return
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.setPixmap(theme.icon("music", "text").pixmap(32, 32))
        drag.exec(Qt.DropAction.CopyAction)
