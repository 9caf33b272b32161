"""Controls over the whole of the network's mask."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from app.formats import decibels
from app.i18n import bind, mark, tip
from app.panels.controls import fixed_row, icon_button, label
from app.panels.editing.band_trims import BandTrims
from app.panels.editing.presets import Presets
from app.panels.editing.slider import ValueSlider
from core.editing.shape import MaskShape

FLOOR_OFF_DB = -60.0


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


class ShapeBox(QWidget):
    """Sliders for a ``MaskShape``; what is moved is heard and seen at once."""

    changed = Signal(object, str)  # MaskShape, the English name of what was moved
    settled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._shape = MaskShape()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        holder, head = fixed_row(24)
        head.addWidget(label("Shape", "section"))
        head.addStretch(1)
        self.presets = Presets()
        self.presets.chosen.connect(self._on_preset)
        head.addWidget(self.presets)
        self.reset_all = icon_button(
            "refresh", "Shape as the network made it", on_click=self._on_reset, side=24,
            icon_side=16,
        )  # fmt: skip
        head.addWidget(self.reset_all)
        column.addWidget(holder)
        self.sliders = {
            "sharpness": ValueSlider(
                mark("Sharpness"),
                mark("Above 100 % each bin goes to the stronger source, below they share"),
                0.25, 4.0, 0.05, 1.0, _percent,
            ),
            "bias_db": ValueSlider(
                mark("Voice"),
                mark("To the right more of the voice and more bleed, to the left less of both"),
                -18, 18, 0.5, 0, decibels,
            ),
            "floor_db": ValueSlider(
                mark("Floor"),
                mark("What each stem keeps everywhere: more bleed, fewer artefacts"),
                FLOOR_OFF_DB, -6, 1, FLOOR_OFF_DB,
                lambda value: "–" if value <= FLOOR_OFF_DB else decibels(value, digits=0),
            ),
            "time_smoothing_s": ValueSlider(
                mark("Smooth time"), mark("Median of the mask over this time"),
                0, 0.3, 0.02, 0, lambda value: f"{1000 * value:.0f} ms" if value else "–",
            ),
            "frequency_smoothing_hz": ValueSlider(
                mark("Smooth pitch"), mark("Median of the mask over these frequencies"),
                0, 300, 10, 0, lambda value: f"{value:.0f} Hz" if value else "–",
            ),
        }  # fmt: skip
        for slider in self.sliders.values():
            column.addWidget(slider)
            slider.changed.connect(self._on_changed)
            slider.settled.connect(self.settled)
        self.binary = QCheckBox()
        bind(self.binary.setText, "All or nothing")
        tip(self.binary, "Each bin goes to one source as a whole")
        self.binary.toggled.connect(self._on_changed)
        column.addWidget(self.binary)
        self.threshold = ValueSlider(
            mark("Threshold"), mark("From this mask on a bin is the voice's"),
            0.05, 0.95, 0.05, 0.5, lambda value: f"{value:.2f}",
        )  # fmt: skip
        self.threshold.changed.connect(self._on_changed)
        self.threshold.settled.connect(self.settled)
        column.addWidget(self.threshold)
        column.addWidget(label("Voice by band", "muted"))
        self.trims = BandTrims()
        self.trims.changed.connect(self._on_changed)
        self.trims.settled.connect(self.settled)
        column.addWidget(self.trims)
        self.show_shape(MaskShape())

    def show_shape(self, shape: MaskShape) -> None:
        """Show ``shape`` without a word."""
        self._shape = shape
        for name, slider in self.sliders.items():
            slider.set_value(max(float(getattr(shape, name)), FLOOR_OFF_DB))
        self.binary.blockSignals(True)
        self.binary.setChecked(shape.threshold is not None)
        self.binary.blockSignals(False)
        if shape.threshold is not None:
            self.threshold.set_value(shape.threshold)
        self.trims.set_values(shape.trims_db)
        self.presets.show_shape(shape)
        self._enable()

    def set_available(self, available: bool) -> None:
        """Whether there is a mask to shape."""
        for part in (*self.sliders.values(), self.binary, self.trims, self.presets):
            part.setEnabled(available)
        self._available = available
        self._enable()

    _available = False

    def _enable(self) -> None:
        self.threshold.setEnabled(self._available and self.binary.isChecked())
        self.reset_all.setEnabled(self._available and not self._shape.is_neutral)

    def _on_reset(self) -> None:
        self.show_shape(MaskShape())
        self.changed.emit(MaskShape(), "Shape as the network made it")
        self.settled.emit()

    def _on_preset(self, shape: MaskShape, name: str) -> None:
        self.show_shape(shape)
        self.changed.emit(shape, name)
        self.settled.emit()

    def _on_changed(self) -> None:
        values: dict[str, Any] = {name: slider.value for name, slider in self.sliders.items()}
        if values["floor_db"] <= FLOOR_OFF_DB:
            values["floor_db"] = -math.inf
        values["threshold"] = self.threshold.value if self.binary.isChecked() else None
        values["trims_db"] = self.trims.values()
        shape = replace(self._shape, **values)
        if shape == self._shape:
            return
        moved = next(name for name in values if getattr(shape, name) != getattr(self._shape, name))
        self._shape = shape
        self.presets.show_shape(shape)
        self._enable()
        self.changed.emit(shape, NAMES[moved])


NAMES = {
    "sharpness": mark("Sharpness"),
    "bias_db": mark("Voice"),
    "floor_db": mark("Floor"),
    "time_smoothing_s": mark("Smooth time"),
    "frequency_smoothing_hz": mark("Smooth pitch"),
    "threshold": mark("Threshold"),
    "trims_db": mark("Voice by band"),
}
"""What the history calls a change of each."""
