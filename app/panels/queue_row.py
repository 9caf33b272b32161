"""One song of the queue: name, stage, how far, and what can be done with it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QWidget

from app import theme
from app.formats import about_time, megabytes, time_left
from app.i18n import tr, tr_error
from app.panels.controls import ElidedLabel, icon_button


@dataclass(frozen=True)
class QueueEntry:
    """What a row shows; ``state`` is waiting, working, done, failed or cancelled."""

    song_id: int
    title: str
    path: str
    stage: str  # English source text
    state: str
    fraction: float = 0.0
    seconds_left: float | None = None
    error: BaseException | None = None
    work_s: float | None = None  # what it will take, as far as that is known
    n_bytes: int | None = None
    is_first_run: bool = False


class QueueRow(QWidget):
    """A row that switches to its song when clicked (or by Enter)."""

    chosen = Signal(int)
    cancel_clicked = Signal(int)
    retry_clicked = Signal(int)
    remove_clicked = Signal(int)

    def __init__(self, entry: QueueEntry) -> None:
        super().__init__()
        self.entry = entry
        self.setFixedHeight(36)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("queuerow", True)
        self.name = ElidedLabel()
        self.stage = ElidedLabel()
        self.stage.mode = Qt.TextElideMode.ElideRight
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(120)
        self.rest = QLabel()
        self.rest.setFont(theme.figures_font())
        self.rest.setProperty("role", "muted")
        self.rest.setFixedWidth(96)
        self.cancel = icon_button("close", "Cancel", side=24, icon_side=14)
        self.retry = icon_button("retry", "Try again", side=24, icon_side=16)
        self.remove = icon_button("remove", "Remove from the list", side=24, icon_side=16)
        self.cancel.clicked.connect(self._on_cancel)
        self.retry.clicked.connect(self._on_retry)
        self.remove.clicked.connect(self._on_remove)
        action = QWidget()  # one place for both, as only one of them is there at a time
        action.setFixedWidth(24)
        inner = QHBoxLayout(action)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.cancel)
        inner.addWidget(self.retry)
        self.name.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.name.setFixedWidth(320)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(self.name)
        row.addWidget(self.stage, 1)
        for part in (self.bar, self.rest, action, self.remove):
            row.addWidget(part)
        self.show_entry(entry)

    def show_entry(self, entry: QueueEntry) -> None:
        self.entry = entry
        self.name.hint = entry.path
        self.name.setText(entry.title)
        self.stage.hint = _where_from(entry)
        if entry.error is not None:
            self.stage.setText(tr_error(entry.error))
            self.stage.setToolTip(self.stage.text())
        else:
            self.stage.setText(_with_estimate(entry))
        role = "error" if entry.state == "failed" else "muted"
        if self.stage.property("role") != role:
            self.stage.setProperty("role", role)
            self.stage.style().unpolish(self.stage)
            self.stage.style().polish(self.stage)
        working = entry.state == "working"
        self.bar.setVisible(working)
        self.rest.setVisible(working)
        self.bar.setValue(round(entry.fraction * 1000))
        left = time_left(entry.seconds_left)
        self.rest.setText(f"{round(entry.fraction * 100)} %  {left}" if left else "")
        if working and not left:
            self.rest.setText(f"{round(entry.fraction * 100)} %")
        self.cancel.setVisible(entry.state in ("working", "waiting"))
        self.retry.setVisible(entry.state in ("failed", "cancelled"))
        self.setAccessibleName(f"{entry.title}: {self.stage.text()} {self.rest.text()}".strip())

    def set_current(self, current: bool) -> None:
        if self.property("current") != current:
            self.setProperty("current", current)
            self.style().unpolish(self)
            self.style().polish(self)

    def _on_cancel(self) -> None:
        self.cancel_clicked.emit(self.entry.song_id)

    def _on_retry(self) -> None:
        self.retry_clicked.emit(self.entry.song_id)

    def _on_remove(self) -> None:
        self.remove_clicked.emit(self.entry.song_id)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.chosen.emit(self.entry.song_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.entry.song_id)
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_clicked.emit(self.entry.song_id)
        else:
            super().keyPressEvent(event)


def _with_estimate(entry: QueueEntry) -> str:
    """``Waiting · about 12 s, 400 MB``."""
    text = tr(entry.stage)
    if entry.state != "waiting":
        return text
    if entry.is_first_run:
        return f"{text} · {tr('first run of this model: time unknown')}"
    if entry.work_s is None:
        return text
    about = estimate_text(entry.work_s, entry.n_bytes)
    return f"{text} · {about}"


def estimate_text(work_s: float, n_bytes: int | None) -> str:
    """``about 12 s, 400 MB`` in the current language; the memory only where it is known."""
    time = about_time(work_s)
    if n_bytes is None:
        return tr("about {time}", time=time)
    return tr("about {time}, {memory}", time=time, memory=megabytes(n_bytes))


def _where_from(entry: QueueEntry) -> str:
    if entry.state != "waiting" or (entry.work_s is None and not entry.is_first_run):
        return ""
    return tr(
        "Time and memory of the whole program, from the last runs of this model on this machine"
    )
