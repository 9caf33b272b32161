"""The toolbar: open, model, device, progress, export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QToolButton, QWidget

from app.i18n import bind, language_changed, mark, tip, tr
from app.panels.controls import icon_button, label, text_button
from app.panels.progress_block import ProgressBlock

AUTOMATIC = mark("Automatic")


class Toolbar(QWidget):
    """What is worked on, with what, and how far it is."""

    open_clicked = Signal()
    demo_clicked = Signal()
    recent_chosen = Signal(object)  # Path
    model_chosen = Signal(str)
    device_chosen = Signal(str)
    export_clicked = Signal()
    inspector_toggled = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("toolbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(48)
        self.open = text_button("open", "Open", "Open songs", "Ctrl+O")
        self.open.clicked.connect(self.open_clicked)
        self.recent = icon_button("chevron-down", "Recent songs", side=28, icon_side=14)
        self.recent.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.recent_menu = QMenu(self.recent)
        self.recent.setMenu(self.recent_menu)
        self.model = QComboBox()
        self.device = QComboBox()
        self.hint = icon_button("alert", "About the GPU", side=28)
        self.hint.setVisible(False)
        self._devices: list[tuple[str, str]] = [("auto", AUTOMATIC)]
        self._fill_devices("auto")
        tip(self.model, "Model that separates the song")
        tip(self.device, "Device that computes")
        for combo, width in ((self.model, 152), (self.device, 136)):
            combo.setFixedWidth(width)
            combo.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContentsOnFirstShow)
        self.model.activated.connect(self._on_model_activated)
        self.device.activated.connect(self._on_device_activated)
        self.progress = ProgressBlock()
        self.export = text_button("export", "Export…", "Export stems as files", "Ctrl+E")
        self.export.clicked.connect(self.export_clicked)
        self.inspector = icon_button("inspector", "Inspector", "Ctrl+I", checkable=True)
        self.inspector.toggled.connect(self.inspector_toggled)

        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(self.open)
        row.addWidget(self.recent)
        row.addSpacing(8)
        row.addWidget(label("Model", "muted"))
        row.addWidget(self.model)
        row.addSpacing(8)
        row.addWidget(label("Device", "muted"))
        row.addWidget(self.device)
        row.addWidget(self.hint)
        row.addStretch(1)
        row.addWidget(self.progress, 2)
        row.addSpacing(8)
        row.addWidget(self.export)
        row.addWidget(self.inspector)
        language_changed().connect(self._on_language_changed)

    def set_models(self, models: Sequence[tuple[str, str]], current: str) -> None:
        """``models`` as (id, title)."""
        self.model.clear()
        for model_id, title in models:
            self.model.addItem(title, model_id)
        self.model.setEnabled(bool(models))
        if not models:
            self.model.addItem(tr("No model installed"), "")
        self.set_model(current)

    def set_model(self, model_id: str) -> None:
        index = self.model.findData(model_id)
        if index >= 0:
            self.model.setCurrentIndex(index)

    def set_devices(self, devices: Sequence[tuple[str, str]], current: str, hint: str = "") -> None:
        """``devices`` as (id, name); ``hint`` says why a GPU is not among them."""
        self._devices = [("auto", AUTOMATIC), *devices]
        self._fill_devices(current)
        self.hint.setVisible(bool(hint))
        if hint:
            tip(self.hint, hint)
            bind(self.hint.setStatusTip, hint)

    def set_device(self, device: str) -> None:
        index = self.device.findData(device)
        if index >= 0:
            self.device.setCurrentIndex(index)

    def _fill_devices(self, current: str) -> None:
        self.device.clear()
        for device_id, name in self._devices:
            self.device.addItem(tr(name) if device_id == "auto" else name, device_id)
        self.set_device(current)

    def set_recent(self, paths: Sequence[Path]) -> None:
        """Fill the menu of recent songs, the last one first."""
        self.recent_menu.clear()
        for path in paths:
            action = self.recent_menu.addAction(path.name)
            action.setToolTip(str(path))
            action.setData(path)
            action.triggered.connect(self._on_recent_triggered)
        if paths:
            self.recent_menu.addSeparator()
        demo = self.recent_menu.addAction("")
        bind(demo.setText, "Demo song")
        demo.triggered.connect(self.demo_clicked)

    def _on_recent_triggered(self) -> None:
        self.recent_chosen.emit(self.sender().data())

    def _on_model_activated(self, index: int) -> None:
        self.model_chosen.emit(self.model.itemData(index))

    def _on_device_activated(self, index: int) -> None:
        self.device_chosen.emit(self.device.itemData(index))

    def _on_language_changed(self) -> None:
        self._fill_devices(self.device.currentData() or "auto")
