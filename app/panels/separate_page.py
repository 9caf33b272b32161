"""The page people live in: toolbar, spectrograms, inspector, transport and mixer."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.panels.empty_state import EmptyState
from app.panels.failed_state import FailedState
from app.panels.inspector import Inspector
from app.panels.mixer import MixerPanel
from app.panels.tempo_controls import TempoControls
from app.panels.toolbar import Toolbar
from app.panels.transport import TransportPanel
from app.spectrogram.compared_view import ComparedView


class SeparatePage(QWidget):
    """Lays the panels out; knows nothing of songs."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("centre")
        self.toolbar = Toolbar()
        self.view = ComparedView()
        self.view.set_arrangeable(True)
        self.empty = EmptyState()
        self.inspector = Inspector()
        self.tempo = TempoControls()
        self.transport = TransportPanel(self.tempo)
        self.mixer = MixerPanel()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(self.view)
        self.failed = FailedState()
        self.stack.addWidget(self.failed)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.stack)
        self.splitter.addWidget(self.inspector)
        self.splitter.setStretchFactor(0, 1)
        self.bottom = QWidget()
        self.bottom.setObjectName("transport")
        self.bottom.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self.bottom)
        row.setContentsMargins(0, 1, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.transport)
        row.addWidget(self.mixer, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.toolbar)
        column.addWidget(self.splitter, 1)
        column.addWidget(self.bottom)
        self.toolbar.inspector_toggled.connect(self._on_inspector_toggled)
        self.view.cursor_moved.connect(self.inspector.show_reading)
        self._inspector_wanted = True
        self.show_song(False)

    def show_song(self, there: bool) -> None:
        """The spectrograms, or the invitation to drop a song."""
        self._show(self.view if there else self.empty)

    def show_failed(self, title: str, error: BaseException | None) -> None:
        """Say in the song's place why there is nothing to see."""
        self.failed.show_error(title, error)
        self._show(self.failed)

    def _show(self, part: QWidget) -> None:
        self.stack.setCurrentWidget(part)
        there = part is self.view
        self.inspector.setVisible(there and self._inspector_wanted)
        self.toolbar.inspector.setEnabled(there)
        self.bottom.setVisible(part is not self.empty)

    def _on_inspector_toggled(self, on: bool) -> None:
        self._inspector_wanted = on
        self.inspector.setVisible(on and self.stack.currentWidget() is self.view)
