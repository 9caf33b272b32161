"""The tools for the mask, and how they paint."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.formats import decibels
from app.i18n import bind, language_changed, mark, tip, tr
from app.panels.controls import fixed_row, icon_button, label, share_tab_stop
from app.panels.editing.slider import NAME_WIDTH, ValueSlider
from app.spectrogram import Brush, Tool

TOOLS: tuple[tuple[Tool, str, str, str], ...] = (
    (Tool.SELECT, "cursor", mark("Select a time to loop"), "V"),
    (Tool.HAND, "hand", mark("Move the picture"), "H"),
    (Tool.BRUSH, "brush", mark("Paint on the mask"), "B"),
    (Tool.ERASER, "eraser", mark("Back to the network's mask, where you paint"), "E"),
    (Tool.HARMONICS, "harmonics", mark("Paint a tone and its overtones"), "T"),
    (Tool.RECTANGLE, "rectangle", mark("Select a rectangle of time and frequency"), "R"),
    (Tool.LASSO, "lasso", mark("Select freely"), "G"),
    (Tool.WAND, "wand", mark("Select what is connected and equally loud"), "W"),
)


class Paint(StrEnum):
    """What a brush leaves behind."""

    VOICE = "voice"
    ACCOMPANIMENT = "accompaniment"
    MORE = "more"
    LESS = "less"


PAINTS = (
    (Paint.VOICE, mark("Voice")),
    (Paint.ACCOMPANIMENT, mark("Accompaniment")),
    (Paint.MORE, mark("More voice")),
    (Paint.LESS, mark("Less voice")),
)


@dataclass(frozen=True)
class ToolSettings:
    """What the tools do, besides where."""

    paint: Paint = Paint.VOICE
    gain_db: float = 6.0
    strength: float = 1.0
    tolerance_db: float = 12.0


class ToolBox(QWidget):
    """A row of tools, and the controls of the one in use."""

    tool_chosen = Signal(object)  # Tool
    brush_changed = Signal(object)  # Brush

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label("Tools", "section"))
        self.buttons: dict[Tool, QToolButton] = {}
        self._group = QButtonGroup(self)
        holder, row = fixed_row(28)
        for number, (tool, icon, text, key) in enumerate(TOOLS):
            button = icon_button(icon, text, key, checkable=True)
            self._group.addButton(button, number)
            self.buttons[tool] = button
            row.addWidget(button)
        row.addStretch(1)
        column.addWidget(holder)
        self.paint = QComboBox()
        for paint, text in PAINTS:
            self.paint.addItem(tr(text), paint)
        tip(self.paint, "What the brush leaves behind")
        bind(self.paint.setAccessibleName, "Paint")
        name = label("Paint", "muted")
        name.setFixedWidth(NAME_WIDTH)
        self._paint_row = QWidget()
        paint_row = QHBoxLayout(self._paint_row)
        paint_row.setContentsMargins(0, 0, 0, 0)
        paint_row.setSpacing(8)
        paint_row.addWidget(name)
        paint_row.addWidget(self.paint, 1)
        self.gain = ValueSlider(
            mark("Amount"), mark("By how much the odds of the voice change"), 1, 24, 1, 6,
            lambda value: decibels(value, digits=0, signed=False),
        )  # fmt: skip
        self.size = ValueSlider(
            mark("Size"), mark("Radius of the brush ([ and ])"), 2, 80, 1, 12,
            lambda value: f"{value:.0f} px",
        )  # fmt: skip
        self.hardness = ValueSlider(
            mark("Hardness"), mark("How sharp the edge of the brush is"), 0, 100, 5, 60,
            lambda value: f"{value:.0f} %",
        )  # fmt: skip
        self.strength = ValueSlider(
            mark("Strength"), mark("How far one stroke goes"), 5, 100, 5, 100,
            lambda value: f"{value:.0f} %",
        )  # fmt: skip
        self.overtones = ValueSlider(
            mark("Overtones"), mark("How many overtones are painted, the tone itself included"),
            1, 40, 1, 16, lambda value: f"{value:.0f}",
        )  # fmt: skip
        self.tolerance = ValueSlider(
            mark("Tolerance"), mark("How much louder or softer than the place that is clicked"),
            3, 40, 1, 12, lambda value: f"± {decibels(value, digits=0, signed=False)}",
        )  # fmt: skip
        self._rows: dict[QWidget, tuple[Tool, ...]] = {
            self._paint_row: (Tool.BRUSH, Tool.HARMONICS),
            self.gain: (Tool.BRUSH, Tool.HARMONICS),
            self.size: (Tool.BRUSH, Tool.ERASER),
            self.overtones: (Tool.HARMONICS,),
            self.hardness: (Tool.BRUSH, Tool.ERASER, Tool.HARMONICS),
            self.strength: (Tool.BRUSH, Tool.ERASER, Tool.HARMONICS),
            self.tolerance: (Tool.WAND,),
        }
        for part in self._rows:
            column.addWidget(part)
        self._group.idToggled.connect(self._on_tool)
        self.paint.currentIndexChanged.connect(self._show_rows)
        for slider in (self.size, self.hardness, self.overtones):
            slider.changed.connect(self._on_brush)
        language_changed().connect(self._on_language)
        self.buttons[Tool.SELECT].setChecked(True)

    @property
    def tool(self) -> Tool:
        return TOOLS[max(self._group.checkedId(), 0)][0]

    @property
    def brush(self) -> Brush:
        return Brush(round(self.size.value), self.hardness.value / 100, round(self.overtones.value))

    @property
    def settings(self) -> ToolSettings:
        return ToolSettings(
            Paint(self.paint.currentData()),
            self.gain.value,
            self.strength.value / 100,
            self.tolerance.value,
        )

    def choose(self, tool: Tool) -> None:
        """Take ``tool`` into the hand."""
        if self.buttons[tool].isEnabled():
            self.buttons[tool].setChecked(True)

    def resize_brush(self, factor: float) -> None:
        """A larger or smaller brush."""
        size = self.size.value
        self.size.slider.setValue(round(max(size * factor, size + (1 if factor > 1 else -80))))

    def set_available(self, available: bool) -> None:
        """Whether there is a mask to draw on; without one only the picture can be moved."""
        for tool, button in self.buttons.items():
            button.setEnabled(available or not tool.draws)
        if not available and self.tool.draws:
            self.buttons[Tool.SELECT].setChecked(True)

    def _on_tool(self, _number: int, on: bool) -> None:
        if on:
            share_tab_stop(self._group)
            self._show_rows()
            self.tool_chosen.emit(self.tool)

    def _on_brush(self) -> None:
        self.brush_changed.emit(self.brush)

    def _show_rows(self) -> None:
        for part, tools in self._rows.items():
            part.setVisible(self.tool in tools)
        by_gain = self.paint.currentData() in (Paint.MORE, Paint.LESS)
        self.gain.setVisible(by_gain and self.tool in self._rows[self.gain])

    def _on_language(self) -> None:
        for number, (_, text) in enumerate(PAINTS):
            self.paint.setItemText(number, tr(text))
