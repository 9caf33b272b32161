"""What is on the page of a song that could not be opened."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.i18n import bind, language_changed, tr_error
from app.panels.controls import ElidedLabel, text_button
from core.audio import DamagedAudioError


class FailedState(QWidget):
    """The song's name, the sentence that says what is wrong, and what can be done."""

    retry_clicked = Signal()
    rest_clicked = Signal()  # take what can be read of a damaged file
    open_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._error: BaseException | None = None
        self.mark = QLabel()
        self.mark.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.name = ElidedLabel()
        self.name.setFont(theme.font(4, weight=QFont.Weight.DemiBold))
        self.name.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sentence.setFixedWidth(520)
        self.retry = text_button("retry", "Try again", "Try again")
        self.open: QPushButton = text_button("open", "Open…", "Open songs", "Ctrl+O")
        self.rest = text_button(
            "check", "Open what is left", "Put silence where the file is damaged"
        )
        self.retry.clicked.connect(self.retry_clicked)
        self.rest.clicked.connect(self.rest_clicked)
        self.open.clicked.connect(self.open_clicked)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        for button in (self.retry, self.rest, self.open):
            button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            button.setMinimumWidth(128)
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(48, 24, 48, 24)
        column.setSpacing(16)
        column.addStretch(2)
        column.addWidget(self.mark)
        column.addWidget(self.name)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self.sentence)
        middle.addStretch(1)
        column.addLayout(middle)
        column.addLayout(buttons)
        column.addStretch(3)
        language_changed().connect(self._show)

    def show_error(self, title: str, error: BaseException | None) -> None:
        """Without an ``error`` the song was cancelled."""
        self.name.setText(title)
        self._error = error
        self._show()

    def _show(self) -> None:
        if not self.name.text():
            return  # nothing was ever said here
        failed = self._error is not None
        self.rest.setVisible(isinstance(self._error, DamagedAudioError))
        icon = theme.icon("alert" if failed else "close", "error" if failed else "muted")
        self.mark.setPixmap(icon.pixmap(40, 40))
        if self._error is not None:
            bind(self.sentence.setText, "{error}", error=self._sentence)
        else:
            bind(self.sentence.setText, "Cancelled")

    def _sentence(self) -> str:
        return tr_error(self._error) if self._error is not None else ""
