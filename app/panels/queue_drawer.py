"""The queue: a drawer above the status line with a row per song."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.i18n import bind, language_changed, mark
from app.panels.controls import icon_button, label, scrolling
from app.panels.queue_row import QueueEntry, QueueRow, estimate_text

_ROWS_PER_TURN = 8
_FEWEST_ROWS, _MOST_ROWS = 2, 4  # high enough for these; more are scrolled to


class QueueDrawer(QWidget):
    """All songs of this session; a click switches to one."""

    chosen = Signal(int)
    cancel_clicked = Signal(int)
    retry_clicked = Signal(int)
    remove_clicked = Signal(int)
    close_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("queue")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.rows: dict[int, QueueRow] = {}
        self._pending: deque[QueueEntry] = deque()
        self._current: int | None = None
        # a folder of a thousand songs must not stop the window: rows are made a few at a time
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._add_some)
        title = label("Songs", "heading")
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.total = QLabel()
        self.total.setProperty("role", "muted")
        bind(
            self.total.setToolTip,
            mark("What all songs that are not done will take, from the last runs on this machine"),
        )
        self._left: tuple[float, int | None] | None = None
        self.close_button = icon_button("chevron-down", "Close the list", "Ctrl+L", side=24)
        self.close_button.clicked.connect(self.close_clicked)
        head = QHBoxLayout()
        head.setContentsMargins(16, 4, 8, 0)
        head.setSpacing(8)
        head.addWidget(title)
        head.addWidget(self.count)
        head.addWidget(self.total)
        head.addStretch(1)
        head.addWidget(self.close_button)
        inner = QWidget()
        inner.setObjectName("queue")
        self._list = QVBoxLayout(inner)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._list.addStretch(1)
        area = scrolling(inner)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(area, 1)
        self._count()
        language_changed().connect(self._on_language_changed)

    def set_entry(self, entry: QueueEntry) -> None:
        """Add or refresh a row."""
        row = self.rows.get(entry.song_id)
        if row is not None:
            if row.entry != entry:
                row.show_entry(entry)
            return
        for index, pending in enumerate(self._pending):
            if pending.song_id == entry.song_id:
                self._pending[index] = entry
                return
        self._pending.append(entry)
        if not self._timer.isActive():
            self._timer.start()
        self._count()

    def remove_entry(self, song_id: int) -> None:
        self._pending = deque(e for e in self._pending if e.song_id != song_id)
        row = self.rows.pop(song_id, None)
        if row is not None:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._count()

    def set_total(self, work_s: float | None, n_bytes: int | None = None) -> None:
        """What is left to do for all songs together; None while that is not known."""
        self._left = None if work_s is None else (work_s, n_bytes)
        text = "" if self._left is None else f"·  {estimate_text(*self._left)}"
        if text != self.total.text():
            self.total.setText(text)

    def set_current(self, song_id: int | None) -> None:
        self._current = song_id
        for row_id, row in self.rows.items():
            row.set_current(row_id == song_id)

    def _add_some(self) -> None:
        for _ in range(min(_ROWS_PER_TURN, len(self._pending))):
            entry = self._pending.popleft()
            row = QueueRow(entry)
            row.chosen.connect(self.chosen)
            row.cancel_clicked.connect(self.cancel_clicked)
            row.retry_clicked.connect(self.retry_clicked)
            row.remove_clicked.connect(self.remove_clicked)
            row.set_current(entry.song_id == self._current)
            self.rows[entry.song_id] = row
            self._list.insertWidget(self._list.count() - 1, row)
        if not self._pending:
            self._timer.stop()

    def _count(self) -> None:
        n_songs = len(self.rows) + len(self._pending)
        self.count.setText(str(n_songs))
        self.setFixedHeight(36 * min(max(n_songs, _FEWEST_ROWS), _MOST_ROWS) + 40)

    def _on_language_changed(self) -> None:
        for row in self.rows.values():
            row.show_entry(row.entry)
        self.set_total(*(self._left or (None,)))
