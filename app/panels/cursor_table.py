"""A table of what is under the cursor: time, frequency, note, the levels of panes, the mask."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from app import theme
from app.formats import clock, hertz, level, stem_text
from app.i18n import bind, mark, tip, tr
from app.panels.controls import label
from app.spectrogram import CursorReading

READINGS = (("time", mark("Time")), ("frequency", mark("Frequency")), ("note", mark("Note")))
SIDES = (("left", mark("L"), mark("Left")), ("right", mark("R"), mark("Right")))
SHORT = {"accompaniment": mark("Music")}  # beside three columns of numbers
WIDEST = "−99.9"
MEAN = 2 + len(SIDES)  # the last column
_NOTHING = "–"


class CursorTable(QWidget):
    """The numbers keep their places while there is nothing to read.

    Stereo songs have columns for left and right beside the mean of both. Where there are more
    channels the tooltips list them.
    """

    def __init__(self, sources: Sequence[str]) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self.values: dict[str, QLabel] = {}
        self.sides: dict[str, tuple[QLabel, ...]] = {}
        self.names: dict[str, QLabel] = {}
        for key, text in READINGS:
            self._add(key, text)
        self._add_head()
        for name in ("mixture", *sources):
            self._add(name, stem_text(name), dot=name, sided=True)
        self._add("mask", "Mask", sided=True)
        self._shows_mask = True
        self._show_stereo(False)

    def _add_head(self) -> None:
        row = self._grid.rowCount()
        self._grid.addWidget(label("Level in dB", "muted"), row, 0, 1, 2)
        self.heads = [label(short, "muted") for _side, short, _text in SIDES]
        self.heads.append(label("Mean", "muted"))
        for column, (head, text) in enumerate(
            zip(self.heads, ("Left", "Right", mark("Both channels together")), strict=True), 2
        ):
            tip(head, text)
            head.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._grid.addWidget(head, row, column)

    def _add(self, key: str, text: str, dot: str = "", sided: bool = False) -> None:
        row = self._grid.rowCount()
        if dot:
            self._grid.addWidget(_Dot(dot), row, 0)
        span = 1 if sided else MEAN - 1
        self.names[key] = label(text, "muted")
        self._grid.addWidget(self.names[key], row, 1 if dot else 0, 1, 1 if dot else 2)
        self.values[key] = self._number(row, MEAN - span + 1, span)
        bind(self.values[key].setAccessibleName, text)
        if sided:
            self.sides[key] = tuple(self._number(row, 2 + n, 1) for n in range(len(SIDES)))
            for number, (_side, _short, side_text) in zip(self.sides[key], SIDES, strict=True):
                bind(
                    number.setAccessibleName,
                    "{pane}: {side}",
                    pane=lambda: tr(text),
                    side=lambda side_text=side_text: tr(side_text),
                )

    def _number(self, row: int, column: int, span: int) -> QLabel:
        value = QLabel(_NOTHING)
        value.setFont(theme.figures_font(-0.5 if span == 1 else 0.0))
        if span == 1:  # a column does not dance with its numbers
            value.setMinimumWidth(QFontMetrics(value.font()).horizontalAdvance(WIDEST))
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(value, row, column, 1, span)
        return value

    def show_reading(self, reading: object) -> None:
        """Show a ``CursorReading``, or nothing for ``None``."""
        texts = dict.fromkeys(self.values, _NOTHING)
        parts: dict[str, list[str]] = {}
        if isinstance(reading, CursorReading):
            texts["time"] = clock(reading.time_s)
            texts["frequency"] = hertz(reading.frequency_hz)
            texts["note"] = str(reading.note) if reading.note is not None else _NOTHING
            for name, level_db in reading.levels_db.items():
                if name in texts and level_db is not None:
                    texts[name] = level(level_db)
            if reading.mask is not None:
                texts["mask"] = f"{reading.mask:.2f}"
            parts = {name: [level(x) for x in db] for name, db in reading.channels_db.items()}
            parts["mask"] = [f"{value:.2f}" for value in reading.mask_channels]
        for key, text in texts.items():
            _set(self.values[key], text)
        for key, labels in self.sides.items():
            found = parts.get(key, [])
            shown = found if len(found) == len(SIDES) else [_NOTHING] * len(SIDES)
            if key == "mask" and not found:  # the channels share it
                shown = [""] * len(SIDES)
            for number, text in zip(labels, shown, strict=True):
                _set(number, text)
            self._list_channels(self.values[key], found)

    def set_channels(self, n_channels: int) -> None:
        """How many the song has, so that no column comes or goes under the cursor."""
        self._show_stereo(n_channels == len(SIDES))

    def show_mask(self, on: bool) -> None:
        """Whether there is a row for the mask."""
        self._shows_mask = on
        for part in (self.names["mask"], self.values["mask"]):
            part.setVisible(on)
        self._show_stereo(self._stereo)

    def _show_stereo(self, on: bool) -> None:
        """Whether there are columns for left and right."""
        self._stereo = on
        masks = self.sides["mask"]
        for part in (*self.heads, *(each for pair in self.sides.values() for each in pair)):
            shown = on and (self._shows_mask or part not in masks)
            if part.isHidden() == shown:
                part.setVisible(shown)
        for key, short in SHORT.items():
            if key in self.names:
                bind(self.names[key].setText, short if on else stem_text(key))

    def _list_channels(self, value: QLabel, texts: list[str]) -> None:
        listed = ",  ".join(f"{n}: {text}" for n, text in enumerate(texts, 1))
        shown = listed if len(texts) > len(SIDES) else ""
        if value.toolTip() != shown:
            value.setToolTip(shown)


def _set(number: QLabel, text: str) -> None:
    if number.text() != text:
        number.setText(text)


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
