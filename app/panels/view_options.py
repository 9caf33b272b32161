"""How the spectrograms are shown: scale, colours, levels, mask, panes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.i18n import bind, language_changed, mark, tip, tr
from app.panels.controls import NumberBox, label, named_row, rule, share_tab_stop
from app.panels.pane_list import PaneList
from app.panels.picture_options import PictureOptions
from app.spectrogram.colours import LEVEL_MAPS, MASK_MAPS
from app.spectrogram.level_range import HIGHEST_DB, LEAST_SPAN_DB, LOWEST_DB, LevelRange
from core.spectrogram.analysis import USUAL_STEPS, Analysis

SCALES = (("linear", mark("Linear")), ("log", mark("Log")), ("mel", mark("Mel")))
RULERS = (("hertz", mark("Hertz")), ("notes", mark("Notes")), ("keys", mark("Piano keys")))
OVERLAY_COLOURS = (
    ("stem", mark("Voice colour")),
    ("#4ade80", mark("Green")),
    ("#f472b6", mark("Pink")),
    ("#60a5fa", mark("Blue")),
    ("#ffffff", mark("White")),
)
DEFAULTS: dict[str, Any] = {
    "scale": "mel",
    "ruler": "hertz",
    "map": "magma",
    "floor_db": round(LevelRange().floor_db),
    "ceiling_db": round(LevelRange().ceiling_db),
    "scales": True,
    "window": 0,  # samples; 0 for about 46 ms
    "steps": USUAL_STEPS,  # of a hop in a window
    "overlay": False,
    "pitch": False,
    "opacity": 50,
    "mask_map": "stems",
    "colour": "#4ade80",  # the voice's own is hard to see on the usual colours of levels
    "hidden": [],
    "order": [],  # of the panes from top to bottom; none for the usual one
}


class ViewOptions(QWidget):
    """Controls for a state that is plain data, so that it can be remembered."""

    changed = Signal()

    def __init__(self, panes: Sequence[str]) -> None:
        super().__init__()
        self._loading = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.pictures = PictureOptions()
        head = QHBoxLayout()
        head.addWidget(label("View", "section"), 1)
        head.addWidget(self.pictures.stage)
        column.addLayout(head)
        column.addLayout(self._make_scale())
        self.ruler = QComboBox()
        for kind, text in RULERS:
            self.ruler.addItem(tr(text), kind)
        tip(self.ruler, "What the rulers at the left read")
        column.addLayout(named_row("Ruler", self.ruler))
        self.map = QComboBox()
        for name in LEVEL_MAPS:
            self.map.addItem(name.removeprefix("CET-").capitalize(), name)
        tip(self.map, "Colours of the levels")
        column.addLayout(named_row("Colours", self.map))
        lowest, highest, apart = round(LOWEST_DB), round(HIGHEST_DB), round(LEAST_SPAN_DB)
        self.floor = self._spin(lowest, highest - apart, "Quietest level shown")
        self.ceiling = self._spin(lowest + apart, highest, "Loudest level shown")
        column.addLayout(named_row("Levels", self.floor, self.ceiling))
        self.scales = QCheckBox()
        bind(self.scales.setText, "Scales of the colours")
        tip(self.scales, "Show beside the panes which colour is which level; drag to change it")
        self.scales.toggled.connect(self._on_changed)
        column.addWidget(self.scales)
        column.addWidget(self.pictures)
        column.addSpacing(4)
        column.addWidget(rule())
        column.addSpacing(4)
        column.addWidget(label("Mask", "section"))
        self.overlay = QCheckBox()
        bind(self.overlay.setText, "Overlay on the song")
        tip(self.overlay, "Tint the song where the mask finds the voice", "K")
        column.addWidget(self.overlay)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(5, 100)
        self.opacity.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tip(self.opacity, "Opacity of the mask")
        column.addLayout(named_row("Opacity", self.opacity))
        self.colour = QComboBox()
        for value, text in OVERLAY_COLOURS:
            self.colour.addItem("", value)
            self._name_colour(value, text)
        tip(self.colour, "Colour of the mask")
        column.addLayout(named_row("Colour", self.colour))
        self.mask_map = QComboBox()
        for name in MASK_MAPS:
            self.mask_map.addItem(_mask_map_name(name), name)
        tip(self.mask_map, "Colours of the mask's own pane")
        column.addLayout(named_row("Pane", self.mask_map))
        self.pitch = QCheckBox()
        bind(self.pitch.setText, "Pitch of the voice")
        tip(self.pitch, "Draw the pitch of the voice over its spectrogram", "Shift+P")
        self.pitch.toggled.connect(self._on_changed)
        column.addWidget(self.pitch)
        column.addSpacing(4)
        column.addWidget(rule())
        column.addSpacing(4)
        self.pane_list = PaneList((*panes, "mask"))
        self.pane_list.changed.connect(self._on_changed)
        self.panes = self.pane_list.boxes
        column.addWidget(self.pane_list)
        for combo in (self.ruler, self.map, self.colour, self.mask_map):
            combo.setMinimumContentsLength(6)
            combo.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            combo.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            combo.currentIndexChanged.connect(self._on_changed)
        self.overlay.toggled.connect(self._on_changed)
        self.opacity.valueChanged.connect(self._on_changed)
        self.pictures.changed.connect(self._on_changed)
        theme.theme_changed().connect(self._on_looks_changed)
        language_changed().connect(self._on_looks_changed)
        self.set_state({})

    def _make_scale(self) -> QHBoxLayout:
        self.scale = QButtonGroup(self)
        buttons = []
        for index, (kind, text) in enumerate(SCALES):
            button = QToolButton()
            button.setCheckable(True)
            button.setProperty("segment", True)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            bind(button.setText, text)
            tip(button, "Frequency axis: {scale}", scale=lambda text=text: tr(text))
            button.setProperty("kind", kind)
            self.scale.addButton(button, index)
            buttons.append(button)
        self.scale.idToggled.connect(self._on_scale_toggled)
        row = named_row("Frequency", *buttons)
        row.setSpacing(4)
        return row

    def _spin(self, low: int, high: int, text: str) -> NumberBox:
        box = NumberBox(low, high, " dB")
        box.setSingleStep(5)
        tip(box, text)
        box.valueChanged.connect(self._on_level)
        return box

    def _name_colour(self, value: str, text: str) -> None:
        index = self.colour.findData(value)
        self.colour.setItemText(index, tr(text))
        shown = theme.current().voice if value == "stem" else value
        pixmap = QPixmap(24, 24)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(shown))
        painter.drawRoundedRect(4, 4, 16, 16, 4, 4)
        painter.end()
        self.colour.setItemIcon(index, QIcon(pixmap))

    def _on_looks_changed(self) -> None:
        for value, text in OVERLAY_COLOURS:
            self._name_colour(value, text)
        for index, (_, text) in enumerate(RULERS):
            self.ruler.setItemText(index, tr(text))
        for index, name in enumerate(MASK_MAPS):
            self.mask_map.setItemText(index, _mask_map_name(name))

    def state(self) -> dict[str, Any]:
        """Everything here as plain data."""
        return {
            "scale": SCALES[max(self.scale.checkedId(), 0)][0],
            "ruler": self.ruler.currentData(),
            "map": self.map.currentData(),
            "floor_db": self.floor.value(),
            "ceiling_db": self.ceiling.value(),
            "scales": self.scales.isChecked(),
            "window": self.pictures.analysis().window,
            "steps": self.pictures.analysis().steps,
            "overlay": self.overlay.isChecked(),
            "pitch": self.pitch.isChecked(),
            "opacity": self.opacity.value(),
            "colour": self.colour.currentData(),
            "mask_map": self.mask_map.currentData(),
            "hidden": [name for name, box in self.panes.items() if not box.isChecked()],
            "order": self.pane_list.kept_order(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Restore; what is missing or not understood gets its default."""
        known = {k: v for k, v in state.items() if type(v) is type(DEFAULTS.get(k))}
        full = {**DEFAULTS, **known}
        self._loading = True
        kinds = [kind for kind, _ in SCALES]
        index = kinds.index(full["scale"]) if full["scale"] in kinds else 2
        self.scale.button(index).setChecked(True)
        for combo, key in (
            (self.ruler, "ruler"),
            (self.map, "map"),
            (self.colour, "colour"),
            (self.mask_map, "mask_map"),
        ):
            combo.setCurrentIndex(max(combo.findData(full[key]), 0))
        self._show_levels(LevelRange(float(full["floor_db"]), float(full["ceiling_db"])))
        self.scales.setChecked(full["scales"])
        self.pictures.set_analysis(Analysis(full["window"], full["steps"]))
        self.overlay.setChecked(full["overlay"])
        self.pitch.setChecked(full["pitch"])
        self.opacity.setValue(full["opacity"])
        for name, box in self.panes.items():
            box.setChecked(name not in full["hidden"])
        self.pane_list.set_order(full["order"])
        self._loading = False
        self._on_changed()

    def set_pane_order(self, order: Sequence[object]) -> None:
        """The order of the panes, as they were dragged elsewhere."""
        self.pane_list.set_order(order)

    def hide_pane(self, name: str) -> None:
        """As if its box had been cleared."""
        self.panes[name].setChecked(False)

    def set_levels(self, levels: LevelRange) -> None:
        """The range of levels, as it was dragged elsewhere."""
        loading, self._loading = self._loading, True
        self._show_levels(levels)
        self._loading = loading
        self._on_changed()

    def _show_levels(self, levels: LevelRange) -> None:
        # Whatever is stored: inside the scale, and floor and ceiling apart.
        floor_db = min(max(levels.floor_db, LOWEST_DB), HIGHEST_DB - LEAST_SPAN_DB)
        levels = LevelRange(floor_db, HIGHEST_DB).with_ceiling(levels.ceiling_db)
        self.floor.setValue(round(levels.floor_db))
        self.ceiling.setValue(round(levels.ceiling_db))

    def _on_level(self, value: int) -> None:
        """One was typed: the other gives way where they would come too close."""
        if self._loading:
            return
        floor_db, ceiling_db = float(self.floor.value()), float(self.ceiling.value())
        if floor_db > ceiling_db - LEAST_SPAN_DB:
            if self.sender() is self.floor:
                ceiling_db = floor_db + LEAST_SPAN_DB
            else:
                floor_db = ceiling_db - LEAST_SPAN_DB
        self.set_levels(LevelRange(floor_db, ceiling_db))

    def _on_scale_toggled(self) -> None:
        share_tab_stop(self.scale)
        self._on_changed()

    def _on_changed(self) -> None:
        if self._loading:
            return
        if not any(box.isChecked() for box in self.panes.values()):
            self.panes["mixture"].setChecked(True)  # never a window without any pane
            return
        self.changed.emit()


def _mask_map_name(name: str) -> str:
    return tr("Stem colours") if name == "stems" else name
