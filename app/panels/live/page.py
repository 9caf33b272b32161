"""The page of live separation: what comes in, split while it sounds."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app import settings, theme
from app.audio.input import LiveDevice, feeds_back, loopback_advice
from app.i18n import bind, language_changed, mark
from app.live.desk import LiveDesk
from app.live.engine import LiveState
from app.live.figures import LiveFigures
from app.live.picture import Picture
from app.panels.live.invitation import Invitation
from app.panels.live.scroll_pane import ScrollPane
from app.panels.live.sound_bar import SoundBar
from app.panels.live.source_bar import SourceBar
from app.panels.view_options import DEFAULTS
from app.spectrogram.colours import level_table, mask_table, of_theme
from core.spectrogram import FrequencyScale

_FEEDBACK = mark(
    "This input listens to the output chosen here: what goes out would come in again and howl. "
    "Choose another output, or mute it."
)


class LivePage(QWidget):
    """``LivePage(LiveDesk(player, pool))``. Connect ``failed`` to what shows failures, and call
    ``shutdown`` at the end.
    """

    failed = Signal(object)  # StemscopeError

    def __init__(self, desk: LiveDesk) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.desk = desk
        self.source_bar, self.sound_bar = SourceBar(), SoundBar()
        self.spectrogram = ScrollPane("mixture", mark("Input"), "max")
        self.mask = ScrollPane("mask", mark("Mask"), "mean")
        self.invitation = Invitation()
        self.notice = QLabel()
        self.notice.setWordWrap(True)
        self.notice.setProperty("role", "warning")
        self.notice.setContentsMargins(16, 8, 16, 8)
        self.notice.hide()
        self.panes = QSplitter(Qt.Orientation.Vertical)
        self.panes.setChildrenCollapsible(False)
        self.panes.addWidget(self.spectrogram)
        self.panes.addWidget(self.mask)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.invitation)
        self.stack.addWidget(self.panes)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.source_bar)
        column.addWidget(self.notice)
        column.addWidget(self.stack, 1)
        column.addWidget(self.sound_bar)
        self._picture: Picture | None = None
        self._before_original = "voice"
        self._connect()
        self._restore()
        self._on_theme_changed()

    def _connect(self) -> None:
        desk, bar = self.desk, self.source_bar
        bar.toggle_clicked.connect(self.toggle)
        bar.refresh_clicked.connect(self._on_refresh)
        bar.changed.connect(self._on_source_changed)
        self.invitation.start_clicked.connect(self.toggle)
        self.sound_bar.changed.connect(self._on_heard_changed)
        desk.devices_changed.connect(self._on_devices_changed)
        desk.models_changed.connect(self._on_models_changed)
        desk.state_changed.connect(self._on_state_changed)
        desk.figures_changed.connect(self._on_figures_changed)
        desk.ticked.connect(self._on_ticked)
        desk.failed.connect(self.failed)
        theme.theme_changed().connect(self._on_theme_changed)
        language_changed().connect(self.update)

    def _restore(self) -> None:
        self.source_bar.set_reserve(settings.get(settings.LIVE_RESERVE))
        self.sound_bar.restore(
            settings.get(settings.LIVE_HEARD), settings.get(settings.LIVE_FADERS)
        )
        self._on_heard_changed()
        self._show_advice()

    # --- what is done ---------------------------------------------------------------------------

    def toggle(self) -> None:
        """Start, or stop."""
        if self.desk.is_on:
            self.desk.stop()
            return
        bar = self.source_bar
        self.desk.start(bar.chosen_model(), self.source(), self.sink(), bar.chosen_reserve())

    def toggle_sound(self) -> bool:
        """The key that plays and pauses, on this page."""
        self.toggle()
        return True

    def hear(self, heard: str) -> bool:
        """The keys that choose what is heard: a key of ``HEARD``, or "original" to and fro."""
        now = self.sound_bar.heard()
        if heard == "original":
            heard = self._before_original if now == "mixture" else "mixture"
        if now != "mixture":
            self._before_original = now
        self.sound_bar.buttons[heard].setChecked(True)
        return True

    def source(self) -> LiveDevice | None:
        """The input that is chosen."""
        return _with_key(self.desk.inputs, self.source_bar.source.currentData())

    def sink(self) -> LiveDevice | None:
        """The output that is chosen."""
        return _with_key(self.desk.outputs, self.source_bar.sink.currentData())

    def shutdown(self) -> None:
        self.desk.shutdown()

    # --- what happens ---------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.desk.look_for_models()
        if not self.desk.looked:
            self.desk.look_for_devices()
        self._catch_up()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._picture = None  # nothing is drawn meanwhile; it begins anew

    def _on_refresh(self) -> None:
        self.desk.look_for_devices(anew=True)

    def _on_devices_changed(self) -> None:
        inputs, outputs = self.desk.inputs, self.desk.outputs
        self.source_bar.set_devices(
            inputs,
            outputs,
            settings.get(settings.LIVE_INPUT) or _default_key(inputs),
            settings.get(settings.LIVE_OUTPUT) or _default_key(outputs),
        )
        self._show_advice()

    def _on_models_changed(self) -> None:
        chosen = self.source_bar.chosen_model()
        wanted = settings.get(settings.LIVE_MODEL) or (chosen.entry.model_id if chosen else "live")
        self.source_bar.set_models(self.desk.models, wanted)

    def _on_source_changed(self) -> None:
        bar = self.source_bar
        if (source := self.source()) is not None:
            settings.set(settings.LIVE_INPUT, source.key)
        if (sink := self.sink()) is not None:
            settings.set(settings.LIVE_OUTPUT, sink.key)
        if (model := bar.chosen_model()) is not None:
            settings.set(settings.LIVE_MODEL, model.entry.model_id)
        settings.set(settings.LIVE_RESERVE, bar.chosen_reserve())
        self._show_advice()
        if self.desk.is_on:  # what was chosen is heard at once
            self.desk.start(bar.chosen_model(), self.source(), self.sink(), bar.chosen_reserve())

    def _on_heard_changed(self) -> None:
        heard, faders = self.sound_bar.heard(), self.sound_bar.faders_db()
        self.desk.hear(heard, faders)
        settings.set(settings.LIVE_HEARD, heard)
        settings.set(settings.LIVE_FADERS, dict(faders))

    def _on_state_changed(self, state: LiveState) -> None:
        self.source_bar.show_state(state)
        if state is LiveState.RUNNING:
            self._catch_up()
            self.stack.setCurrentWidget(self.panes)

    def _on_figures_changed(self, figures: LiveFigures) -> None:
        if self.isVisible():
            self.sound_bar.show_figures(figures)

    def _on_ticked(self) -> None:
        if self.isVisible():
            self._draw()

    def _on_theme_changed(self) -> None:
        state = _view()
        colours = of_theme(theme.current())
        self.spectrogram.set_table(
            level_table(state["map"], float(state["floor_db"]), float(state["ceiling_db"]))
        )
        self.mask.set_table(mask_table(state["mask_map"], colours))

    # --- pictures and notices -------------------------------------------------------------------

    def _catch_up(self) -> None:
        """Draw what there is of the picture of this run."""
        self._on_theme_changed()  # its choices may have changed on the page of songs
        self._picture = None
        self._draw()

    def _draw(self) -> None:
        picture = self.desk.engine.picture
        if picture is None:
            return
        if picture is not self._picture:
            self._picture = picture
            scale = FrequencyScale.of_kind(_view()["scale"], picture.sample_rate)
            for pane in (self.spectrogram, self.mask):
                pane.begin(scale, picture.bin_hz, picture.n_bins, picture.column_s)
        columns = picture.since(self.spectrogram.n_columns)
        self.spectrogram.add(columns.levels)
        self.mask.add(columns.masks)

    def _show_advice(self) -> None:
        source, sink = self.source(), self.sink()
        howls = source is not None and sink is not None and feeds_back(source, sink)
        if howls:
            bind(self.notice.setText, _FEEDBACK)
        self.notice.setVisible(howls)
        bind(self.invitation.advice.setText, loopback_advice())
        has_loopback = any(device.is_monitor for device in self.desk.inputs)
        self.invitation.advice.setVisible(self.desk.looked and not has_loopback)


def _view() -> dict[str, Any]:
    """Scale and colours as they were chosen for songs."""
    chosen = settings.get(settings.VIEW)
    return {k: chosen[k] if type(chosen.get(k)) is type(v) else v for k, v in DEFAULTS.items()}


def _with_key(devices: list[LiveDevice], key: object) -> LiveDevice | None:
    return next((device for device in devices if device.key == key), None)


def _default_key(devices: list[LiveDevice]) -> str:
    return next((device.key for device in devices if device.is_default), "")
