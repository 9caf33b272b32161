"""What is separated live, with what, and where it goes: the bar at the top of the page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from app import theme
from app.audio.input import LiveDevice
from app.i18n import bind, language_changed, mark, tip, tr, tr_error
from app.live.desk import LiveModel
from app.live.engine import LiveState
from app.panels.controls import icon_button, label

RESERVES = (
    ("small", mark("Low latency"), mark("Little is kept back: for a quiet, fast computer")),
    ("medium", mark("Balanced"), mark("20 ms are kept back against dropouts")),
    ("large", mark("Safe"), mark("80 ms are kept back: for a computer that is busy")),
)
_ROLE = Qt.ItemDataRole.UserRole


class SourceBar(QWidget):
    """Start or Stop, then input, output, model, and how much is kept back."""

    toggle_clicked = Signal()
    refresh_clicked = Signal()
    changed = Signal()  # a choice of the user

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("toolbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(48)
        self._models: list[LiveModel] = []
        self.toggle = QPushButton()
        self.toggle.setProperty("primary", True)
        self.toggle.setIconSize(QSize(16, 16))
        self.toggle.setMinimumWidth(96)
        self.toggle.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.toggle.clicked.connect(self.toggle_clicked)
        self.source, self.sink, self.model, self.reserve = (QComboBox() for _ in range(4))
        tip(self.source, "Input whose sound is separated")
        tip(self.sink, "Output where the result is heard")
        tip(self.model, "Model that separates live sound; it must not hear ahead")
        tip(self.reserve, "How much is kept back against dropouts; it adds to the latency")
        for combo, width in (
            (self.source, 128),
            (self.sink, 128),
            (self.model, 104),
            (self.reserve, 104),
        ):
            combo.setMinimumWidth(width)
            combo.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            combo.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            combo.activated.connect(self.changed)
        self.refresh = icon_button(
            "refresh", "Look for sound devices again", on_click=self.refresh_clicked.emit
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(self.toggle)
        row.addSpacing(8)
        for text, combo, share in (
            ("Input", self.source, 3),
            ("Output", self.sink, 3),
            ("Model", self.model, 2),
            ("Latency", self.reserve, 1),
        ):
            row.addWidget(label(text, "muted"))
            row.addWidget(combo, share)
            if combo is self.sink:
                row.addWidget(self.refresh)
            row.addSpacing(8)
        self._fill_reserves()
        self.show_state(LiveState.STOPPED)
        language_changed().connect(self._on_language_changed)

    # --- what is chosen -------------------------------------------------------------------------

    def chosen_model(self) -> LiveModel | None:
        index = self.model.currentData(_ROLE)
        return self._models[index] if isinstance(index, int) else None

    def chosen_reserve(self) -> str:
        return str(self.reserve.currentData(_ROLE))

    # --- what there is --------------------------------------------------------------------------

    def set_devices(
        self,
        inputs: Sequence[LiveDevice],
        outputs: Sequence[LiveDevice],
        source_key: str,
        sink_key: str,
    ) -> None:
        """Fill both lists; one that is chosen and gone stays chosen where it comes back."""
        for combo, devices, key, empty in (
            (self.source, inputs, source_key, mark("No sound input")),
            (self.sink, outputs, sink_key, mark("No sound output")),
        ):
            combo.clear()
            for device in devices:
                combo.addItem(device.name, device.key)
                hint = f"{device.name} ({device.host_api}, {device.sample_rate / 1000:g} kHz)"
                combo.setItemData(combo.count() - 1, hint, Qt.ItemDataRole.ToolTipRole)
            combo.setEnabled(bool(devices))
            if not devices:
                combo.addItem(tr(empty), "")
            combo.setCurrentIndex(max(0, combo.findData(key)))

    def set_models(self, models: Sequence[LiveModel], chosen: str) -> None:
        """Causal models can be chosen; the others are there, greyed, and say why."""
        self._models = list(models)
        items = QStandardItemModel(self.model)
        rows: list[int] = []
        for index, model in enumerate(models):
            item = QStandardItem(model.entry.card.title)
            item.setData(index, _ROLE)
            item.setToolTip(tr(model.entry.card.description))
            if model.refusal is not None:
                item.setEnabled(False)
                item.setToolTip(tr_error(model.refusal))
                item.setData(tr_error(model.refusal), Qt.ItemDataRole.AccessibleDescriptionRole)
            else:
                rows.append(index)
            items.appendRow(item)
        if not rows:
            none = QStandardItem(tr("No causal model"))
            items.insertRow(0, none)
        self.model.setModel(items)
        ids = [model.entry.model_id for model in models]
        wanted = ids.index(chosen) if chosen in ids else -1
        self.model.setCurrentIndex(wanted if wanted in rows else rows[0] if rows else 0)

    def set_reserve(self, reserve: str) -> None:
        self.reserve.setCurrentIndex(max(0, self.reserve.findData(reserve, _ROLE)))

    def show_state(self, state: LiveState) -> None:
        """Start, or Stop; what cannot change while it runs is greyed."""
        on = state is not LiveState.STOPPED
        text = {LiveState.STOPPED: mark("Start"), LiveState.STARTING: mark("Starting…")}
        bind(self.toggle.setText, text.get(state, mark("Stop")))
        help_text = mark("Stop live separation") if on else mark("Separate what comes in, live")
        tip(self.toggle, help_text, "Space")
        self.toggle.setIcon(theme.icon("stop" if on else "live", "on_accent"))
        self.refresh.setEnabled(not on)

    def _fill_reserves(self) -> None:
        chosen = self.reserve.currentData(_ROLE)
        self.reserve.clear()
        for name, text, help_text in RESERVES:
            self.reserve.addItem(tr(text), name)
            self.reserve.setItemData(
                self.reserve.count() - 1, tr(help_text), Qt.ItemDataRole.ToolTipRole
            )
        self.set_reserve(str(chosen or "medium"))

    def _on_language_changed(self) -> None:
        self._fill_reserves()
        chosen = self.chosen_model()
        self.set_models(self._models, chosen.entry.model_id if chosen is not None else "")
