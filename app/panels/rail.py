"""The narrow rail at the left: one button per page."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QToolButton, QVBoxLayout, QWidget

from app import theme
from app.i18n import bind, tip
from app.panels.controls import icon_button, share_tab_stop


class Rail(QWidget):
    """Names the pages and says which one is wanted; below, what belongs to all of them."""

    page_chosen = Signal(int)
    settings_clicked = Signal()
    help_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(72)
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.page_chosen)
        self._group.idToggled.connect(self._on_toggled)
        self._pages = QVBoxLayout()
        self._pages.setSpacing(0)
        self.settings = icon_button("settings", "Settings", "Ctrl+,", side=36, icon_side=20)
        self.help = icon_button("keyboard", "Keyboard shortcuts", "F1", side=36, icon_side=20)
        self.settings.clicked.connect(self.settings_clicked)
        self.help.clicked.connect(self.help_clicked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 8)
        column.setSpacing(4)
        column.addLayout(self._pages)
        column.addStretch(1)
        column.addWidget(self.help, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.settings, 0, Qt.AlignmentFlag.AlignHCenter)

    def add_page(self, icon: str, text: str) -> QToolButton:
        """Add a button; pages are numbered in the order they are added."""
        number = len(self._group.buttons())
        button = QToolButton()
        button.setProperty("nav", True)
        button.setCheckable(True)
        button.setChecked(number == 0)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIcon(theme.icon(icon, "muted", "text"))
        button.setIconSize(QSize(22, 22))
        button.setFixedWidth(72)
        button.setFont(theme.font(-1))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bind(button.setText, text)
        tip(button, text, f"Alt+{number + 1}")
        self._group.addButton(button, number)
        self._pages.addWidget(button)
        share_tab_stop(self._group)
        return button

    def _on_toggled(self) -> None:
        share_tab_stop(self._group)

    def choose(self, number: int) -> None:
        button = self._group.button(number)
        if button is not None:
            button.setChecked(True)
            self.page_chosen.emit(number)
