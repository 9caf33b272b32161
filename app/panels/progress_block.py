"""Progress of the song on screen: stage, percent, time left, cancel."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from app import theme
from app.formats import time_left
from app.i18n import bind, tr, tr_error
from app.panels.controls import icon_button


class ProgressBlock(QWidget):
    """A line of text over a bar; it keeps its place while it is empty, so nothing jumps."""

    cancel_clicked = Signal()
    retry_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.stage = QLabel()
        self.rest = QLabel()
        self.rest.setProperty("role", "muted")
        self.rest.setFont(theme.figures_font())
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        bind(self.bar.setAccessibleName, "Progress")
        self.cancel = icon_button("close", "Cancel", "Ctrl+.", side=24, icon_side=14)
        self.cancel.clicked.connect(self.cancel_clicked)
        self.retry = icon_button("retry", "Try again", side=24, icon_side=16)
        self.retry.clicked.connect(self.retry_clicked)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.stage, 1)
        line.addWidget(self.rest, 0, Qt.AlignmentFlag.AlignRight)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addStretch(1)
        column.addLayout(line)
        column.addWidget(self.bar)
        column.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addLayout(column, 1)
        row.addWidget(self.cancel)
        row.addWidget(self.retry)
        self.setMinimumWidth(200)
        self.setMaximumWidth(360)
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        self.hide()

    def show_progress(self, stage: str, fraction: float, seconds_left: float | None) -> None:
        """``stage`` is an English source text."""
        bind(self.stage.setText, stage)
        percent = f"{round(fraction * 100)} %"
        left = time_left(seconds_left)
        self.rest.setText(f"{percent}  {left}" if left else percent)
        self.bar.setValue(round(fraction * 1000))
        self._set_working(True)
        bind(self.setToolTip, stage)
        self.show()

    def show_ended(self, stage: str, error: BaseException | None) -> None:
        """It did not get to its end: say so, and offer to try again."""
        bind(self.stage.setText, stage)
        self.rest.setText("")
        bind(self.setToolTip, "{error}", error=lambda: tr_error(error) if error else tr(stage))
        self._set_working(False)
        self.show()

    def _set_working(self, working: bool) -> None:
        self.bar.setVisible(working)
        self.cancel.setVisible(working)
        self.retry.setVisible(not working)
