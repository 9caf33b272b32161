"""Small parts that the panels share: buttons, labels that shorten themselves, rules."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QLocale, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QWidget,
)

from app import theme
from app.i18n import bind, tip


def icon_button(
    icon: str,
    text: str,
    shortcut: str = "",
    *,
    on_click: Callable[[], object] | None = None,
    checkable: bool = False,
    flat: bool = True,
    side: int = 28,
    icon_side: int = 18,
) -> QToolButton:
    """A square button with an icon; ``text`` is its tooltip and its name for screen readers."""
    button = QToolButton()
    button.setProperty("flat", flat)
    button.setIcon(theme.icon(icon, checked_role="text" if flat else "on_accent"))
    button.setIconSize(QSize(icon_side, icon_side))
    button.setFixedSize(side, side)
    button.setCheckable(checkable)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setStyleSheet("padding: 0; min-height: 0;")
    tip(button, text, shortcut)
    if on_click is not None:
        button.clicked.connect(on_click)
    return button


def text_button(icon: str, text: str, help_text: str, shortcut: str = "") -> QPushButton:
    """A button with an icon and a word."""
    button = QPushButton()
    button.setAutoDefault(False)
    button.setIcon(theme.icon(icon, checked_role="on_accent"))
    button.setIconSize(QSize(16, 16))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    bind(button.setText, text)
    tip(button, help_text, shortcut)
    return button


def label(text: str = "", role: str = "") -> QLabel:
    """A label in a role of the style sheet; ``text`` follows the language."""
    result = QLabel()
    result.setProperty("role", role)
    if text:
        bind(result.setText, text)
    return result


def rule() -> QFrame:
    """A hairline across a panel."""
    line = QFrame()
    line.setProperty("rule", True)
    line.setFixedHeight(1)
    return line


def fixed_row(side: int, spacing: int = 0) -> tuple[QWidget, QHBoxLayout]:
    """A row of buttons that keeps its height however little room there is, and its layout."""
    holder = QWidget()
    holder.setFixedHeight(side)
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(spacing)
    return holder, row


def named_row(text: str, *parts: QWidget) -> QHBoxLayout:
    """Controls that share a row, behind their name."""
    row = QHBoxLayout()
    row.setSpacing(8)
    name = label(text, "muted")
    name.setFixedWidth(64)
    row.addWidget(name)
    for part in parts:
        row.addWidget(part, 1)
    return row


def scrolling(inner: QWidget) -> QScrollArea:
    """``inner`` in an area as wide as it, which scrolls up and down only."""
    area = QScrollArea()
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inner)
    return area


def share_tab_stop(group: QButtonGroup) -> None:
    """Tab goes to the chosen button of an exclusive group, arrows to the others."""
    for button in group.buttons():
        policy = Qt.FocusPolicy.TabFocus if button.isChecked() else Qt.FocusPolicy.ClickFocus
        button.setFocusPolicy(policy)


class NumberBox(QSpinBox):
    """A field for a number and its unit, without the little arrows, with a true minus."""

    def __init__(self, low: int, high: int, suffix: str) -> None:
        super().__init__()
        self.setRange(low, high)
        self.setSuffix(suffix)
        self.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setKeyboardTracking(False)
        self.setMinimumWidth(48)
        # Swedish numbers are ours with a true minus; "-" may be typed as well.
        self.setLocale(QLocale(QLocale.Language.Swedish, QLocale.Country.Sweden))
        self.setGroupSeparatorShown(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_field()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:  # another theme
            self._place_field()

    def _place_field(self) -> None:
        # the style sheet keeps room for arrows that are not there
        self.lineEdit().setGeometry(6, 1, self.width() - 14, self.height() - 2)


class ElidedLabel(QLabel):
    """A label for names of any length: shortened in the middle, whole in its tooltip."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mode = Qt.TextElideMode.ElideMiddle
        self.hint = ""  # shown as tooltip even while the text fits
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._explain()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._explain()

    def shown_text(self) -> str:
        """What fits of the text."""
        return QFontMetrics(self.font()).elidedText(self.text(), self.mode, self.width())

    def _explain(self) -> None:
        cut = self.shown_text() != self.text()
        self.setToolTip(self.hint or (self.text() if cut else ""))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        flags = int(Qt.AlignmentFlag.AlignVCenter | self.alignment())
        painter.drawText(self.rect(), flags, self.shown_text())
