"""The bar that says what went wrong, without stopping the program."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from app import theme
from app.i18n import bind, language_changed, tip, tr, tr_error
from app.panels.controls import icon_button, text_button


class ErrorBar(QWidget):
    """One sentence with details to unfold; further errors wait behind it."""

    def __init__(self, log_file: str = "") -> None:
        super().__init__()
        self.setObjectName("errorbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._log_file = log_file
        self._waiting: deque[tuple[BaseException, str]] = deque(maxlen=20)
        self._shown: tuple[BaseException, str] | None = None
        mark = QLabel()
        mark.setPixmap(theme.icon("alert", "error").pixmap(18, 18))
        self._mark = mark
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details_button = text_button("chevron-down", "Details", "Show the details")
        self.details_button.setCheckable(True)
        self.copy_button = text_button("copy", "Copy", "Copy the message and its details")
        self.log_button = text_button("open", "Open log", "Open the log file")
        self.close_button = icon_button("close", "Dismiss", "Esc", side=24, icon_side=14)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setFixedHeight(160)
        self.details.setVisible(False)
        bind(self.details.setAccessibleName, "Details of the error")
        self.details_button.toggled.connect(self.details.setVisible)
        self.copy_button.clicked.connect(self._on_copy)
        self.log_button.clicked.connect(self._on_open_log)
        self.close_button.clicked.connect(self.dismiss)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(mark)
        row.addWidget(self.sentence, 1)
        for button in (self.details_button, self.copy_button, self.log_button, self.close_button):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 16, 8)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.details)
        language_changed().connect(self._show)
        self.hide()

    def show_error(self, error: BaseException, details: str = "") -> None:
        """Say ``error`` now, or after those that were not dismissed yet."""
        if self._shown is not None and str(self._shown[0]) == str(error):
            return
        if self._shown is None:
            self._shown = (error, details)
            self._show()
        else:
            self._waiting.append((error, details))

    def dismiss(self) -> None:
        """Close the message; the next one follows."""
        self._shown = self._waiting.popleft() if self._waiting else None
        self.details_button.setChecked(False)
        self._show()

    def _show(self) -> None:
        self.setVisible(self._shown is not None)
        if self._shown is None:
            return
        error, details = self._shown
        self._mark.setPixmap(theme.icon("alert", "error").pixmap(18, 18))
        self.sentence.setText(tr_error(error))
        self.details.setPlainText(details or str(error))
        self.details_button.setVisible(bool(details))
        self.log_button.setVisible(bool(self._log_file))
        tip(self.log_button, "Open the log file: {file}", file=self._log_file)

    def _on_copy(self) -> None:
        if self._shown is not None:
            error, details = self._shown
            text = f"{tr_error(error)}\n\n{details}\n{tr('Log file')}: {self._log_file}\n"
            QGuiApplication.clipboard().setText(text)

    def _on_open_log(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._log_file))
