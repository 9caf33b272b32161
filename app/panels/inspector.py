"""The inspector: what is under the cursor, and how the spectrograms are shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.formats import clock, decibels, hertz, stem_text
from app.i18n import bind, mark, tip
from app.panels.comparison import ComparedReading, ComparePanel
from app.panels.controls import label, rule, scrolling, share_tab_stop
from app.panels.editing import EditPanel
from app.panels.view_options import ViewOptions
from app.spectrogram import CursorReading
from core.spectrogram import FLOOR_DB

READINGS = (("time", mark("Time")), ("frequency", mark("Frequency")), ("note", mark("Note")))
PARTS = (
    (mark("View"), mark("How the spectrograms are shown")),
    (mark("Edit"), mark("Correct the mask")),
    (mark("Compare"), mark("Compare with another model")),
)
PART_NAMES = ("view", "edit", "compare")
WIDTH, WIDEST = 264, 440
_NOTHING = "–"


class Inspector(QWidget):
    """A column at the right; the numbers keep their places while there is nothing to read."""

    def __init__(self, sources: Sequence[str] = ("vocals", "accompaniment")) -> None:
        super().__init__()
        self.setObjectName("inspector")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(WIDTH)
        self.setMaximumWidth(WIDEST)
        bind(self.setAccessibleName, "Inspector")
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._values: dict[str, QLabel] = {}
        for key, text in READINGS:
            self._add(key, text)
        for name in ("mixture", *sources):
            self._add(name, stem_text(name), dot=name)
        self._mask_row = self._add("mask", "Mask")
        self.view = ViewOptions(("mixture", *sources))
        self.edit = EditPanel()
        self.compared, self.compare = ComparedReading(), ComparePanel()
        inner = QWidget()
        inner.setObjectName("inspector")
        column = QVBoxLayout(inner)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        column.addWidget(label("Under the cursor", "section"))
        column.addLayout(self._grid)
        column.addWidget(self.compared)
        column.addSpacing(4)
        column.addWidget(rule())
        column.addSpacing(4)
        column.addLayout(self._make_choice())
        column.addWidget(self.view)
        column.addWidget(self.edit)
        column.addWidget(self.compare)
        column.addStretch(1)
        area = scrolling(inner)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 0, 0, 0)
        outer.addWidget(area)

    def _make_choice(self) -> QHBoxLayout:
        """A button for each of what lies under them."""
        self.parts = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(4)
        for number, (text, help_text) in enumerate(PARTS):
            button = QToolButton()
            button.setCheckable(True)
            button.setProperty("segment", True)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            bind(button.setText, text)
            tip(button, help_text)
            self.parts.addButton(button, number)
            row.addWidget(button, 1)
        self.parts.idToggled.connect(self._on_part)
        self.parts.button(0).setChecked(True)
        return row

    def show_part(self, name: str) -> None:
        """One of ``PART_NAMES``."""
        self.parts.button(PART_NAMES.index(name)).setChecked(True)

    @property
    def part(self) -> str:
        return PART_NAMES[max(0, self.parts.checkedId())]

    def _on_part(self, _number: int, on: bool) -> None:
        if on:
            share_tab_stop(self.parts)
            self.view.setVisible(self.part == "view")
            self.edit.setVisible(self.part == "edit")
            self.compare.setVisible(self.part == "compare")

    def sizeHint(self) -> QSize:
        return QSize(WIDTH, super().sizeHint().height())

    def set_compared(self, titles: tuple[str, str] | None) -> None:
        """The models whose masks are read instead of one; None while nothing is compared."""
        self.compared.set_titles(titles)
        for part in self._mask_row:
            part.setVisible(titles is None)

    def _add(self, key: str, text: str, dot: str = "") -> tuple[QLabel, QLabel]:
        row = self._grid.rowCount()
        name = label(text, "muted")
        value = QLabel(_NOTHING)
        value.setFont(theme.figures_font())
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        bind(value.setAccessibleName, text)
        if dot:
            self._grid.addWidget(_Dot(dot), row, 0)
        self._grid.addWidget(name, row, 1 if dot else 0, 1, 1 if dot else 2)
        self._grid.addWidget(value, row, 2)
        self._grid.setColumnStretch(1, 1)
        self._values[key] = value
        return name, value

    def show_reading(self, reading: object) -> None:
        """Show a ``CursorReading``, or nothing for ``None``."""
        texts = dict.fromkeys(self._values, _NOTHING)
        if isinstance(reading, CursorReading):
            texts["time"] = clock(reading.time_s)
            texts["frequency"] = hertz(reading.frequency_hz)
            texts["note"] = str(reading.note) if reading.note is not None else _NOTHING
            for name, level_db in reading.levels_db.items():
                if name in texts and level_db is not None:
                    silent = level_db <= FLOOR_DB
                    texts[name] = ("≤ " if silent else "") + decibels(level_db)
            if reading.mask is not None:
                texts["mask"] = f"{reading.mask:.2f}"
        for key, text in texts.items():
            if self._values[key].text() != text:
                self._values[key].setText(text)


class _Dot(QWidget):
    """A spot in the colour of a stem."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self._source = source
        self.setFixedSize(8, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.current().stem(self._source)))
        painter.drawEllipse(0, 4, 8, 8)
