"""One run in the list: its colour in the plots, its name, how far it is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from app import theme
from app.formats import decibels, time_left
from app.i18n import mark, tip, tr
from app.panels.controls import ElidedLabel
from app.training.runs import Run, RunState

STATE_TEXTS = {
    RunState.WAITING: mark("Waiting"),
    RunState.RUNNING: mark("Training"),
    RunState.PAUSING: mark("Pausing"),
    RunState.STOPPING: mark("Stopping"),
    RunState.ELSEWHERE: mark("Trains in another program"),
    RunState.PAUSED: mark("Paused"),
    RunState.FINISHED: mark("Finished"),
    RunState.STOPPED: mark("Stopped"),
    RunState.FAILED: mark("Failed"),
}


def summary_text(run: Run) -> str:
    """``Epoch 12 of 60 · 6.91 dB``: what the row says below the name."""
    parts = [tr(STATE_TEXTS[run.state])]
    if run.n_epochs_done and run.state is not RunState.FINISHED:
        parts.append(tr("epoch {n} of {total}", n=run.n_epochs_done, total=run.n_epochs))
    best = run.best
    if best is not None and best.gnsdr_db is not None:
        parts.append(decibels(best.gnsdr_db, digits=2, signed=False))
    elif run.state is RunState.RUNNING and (left := time_left(run.time_left_s())):
        parts.append(left)
    return " · ".join(parts)


class RunRow(QWidget):
    """A row that shows its run when clicked (or by Enter); the tick puts its curves in the plot."""

    chosen = Signal(str)
    compared = Signal(str, bool)
    delete_pressed = Signal(str)

    def __init__(self, run: Run, colour: str) -> None:
        super().__init__()
        self.key = run.key
        self._colour = colour
        self._fraction: float | None = None
        self.setFixedHeight(56)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("runrow", True)
        self.tick = QCheckBox()
        self.tick.toggled.connect(self._on_ticked)
        self.name = ElidedLabel()
        self.name.mode = Qt.TextElideMode.ElideRight
        self.summary = ElidedLabel()
        self.summary.mode = Qt.TextElideMode.ElideRight
        self.summary.setProperty("role", "muted")
        self.summary.setFont(theme.figures_font(-1))
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addStretch(1)
        texts.addWidget(self.name)
        texts.addWidget(self.summary)
        texts.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self.tick)
        row.addLayout(texts, 1)
        self.show_run(run)

    def show_run(self, run: Run) -> None:
        self.name.setText(run.title)
        self.summary.setText(summary_text(run))
        self._fraction = run.fraction if run.state.is_busy else None
        tip(self.tick, "Show the curves of “{title}” in the plots", title=run.title)
        self.setAccessibleName(f"{run.title}: {self.summary.text()}")
        self.update()

    def set_colour(self, colour: str) -> None:
        self._colour = colour
        self.update()

    def set_current(self, current: bool) -> None:
        if self.property("current") != current:
            self.setProperty("current", current)
            self.style().unpolish(self)
            self.style().polish(self)

    def set_compared(self, compared: bool) -> None:
        self.tick.blockSignals(True)
        self.tick.setChecked(compared)
        self.tick.blockSignals(False)
        self.update()

    def _on_ticked(self, on: bool) -> None:
        self.compared.emit(self.key, on)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        colours = theme.current()
        painter.setBrush(QColor(self._colour if self.tick.isChecked() else colours.line))
        painter.drawRoundedRect(5, 16, 3, self.height() - 32, 1.5, 1.5)
        if self._fraction is not None:
            left, width = 44, self.width() - 56
            painter.setBrush(QColor(colours.line))
            painter.drawRoundedRect(left, self.height() - 6, width, 2, 1, 1)
            painter.setBrush(QColor(colours.accent))
            painter.drawRoundedRect(left, self.height() - 6, round(width * self._fraction), 2, 1, 1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.chosen.emit(self.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.key)
        elif event.key() == Qt.Key.Key_Delete:
            self.delete_pressed.emit(self.key)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)
