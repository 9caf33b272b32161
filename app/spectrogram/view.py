"""The stack of linked panes with overview, rulers, crosshair, playhead and loop."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app import theme
from app.i18n import bind, mark
from app.spectrogram.colours import level_table, mask_table, of_theme, overlay_table
from app.spectrogram.empty import EmptyState
from app.spectrogram.layers import Layer, LayerAdvanced, LayerBuilder, LayerFailed, MaskLayer
from app.spectrogram.navigation import Navigation
from app.spectrogram.overview import Overview
from app.spectrogram.pane import SpectrogramPane
from app.spectrogram.reading import CursorReading
from app.spectrogram.ribbon import Ribbon
from app.spectrogram.runner import PoolRunner, Runner
from app.spectrogram.stage import Ruler
from app.spectrogram.tiles import TileStore
from app.spectrogram.time_axis import TimeAxis
from core.audio.source import Audio
from core.spectrogram import EnvelopePyramid, MaskLike, SpectrogramPyramid, note_of
from core.spectrogram.frequency import ScaleKind

MIXTURE, MASK = "mixture", "mask"
TITLES = {
    MIXTURE: mark("Mixture"),
    "vocals": mark("Voice"),
    "accompaniment": mark("Accompaniment"),
    MASK: mark("Mask"),
}
STEMS = ("vocals", "accompaniment")
OVERVIEW_REFRESH_MS = 80


class SpectrogramView(Navigation):
    """Shows a song, its stems and the mask, all on one time and one frequency axis.

    Every size in this interface is seconds, hertz, dBFS or samples of the song. Call ``shutdown``
    before the widget goes.
    """

    seek_requested = Signal(object)  # seconds
    loop_changed = Signal(object)  # (start_s, stop_s) or None, when the user has let go
    painted = Signal(object)  # Painted: a stroke of a brush so far
    selection_changed = Signal(object)  # Region or None
    wand_used = Signal(object)  # (seconds, hertz)
    cursor_moved = Signal(object)  # CursorReading or None
    view_changed = Signal(object)  # ViewRange
    failed = Signal(object)  # an exception: no disk space for the pictures, for example

    def __init__(self, runner: Runner | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own_runner = PoolRunner(self) if runner is None else None
        work = runner if runner is not None else self._own_runner
        assert work is not None
        self._store = TileStore(work)
        self._builder = LayerBuilder(work, self._visible_s)
        self._layers: dict[str, Layer] = {}
        self._panes: dict[str, SpectrogramPane] = {}
        self._stems: tuple[str, ...] = STEMS
        self._hidden: set[str] = set()
        self._heights: dict[str, int] = {}
        self._floor_db, self._ceiling_db = -100.0, -15.0
        self._level_map, self._mask_map = "magma", "stems"
        self._overlay: tuple[frozenset[str], float, str | None] = (frozenset(), 0.5, None)

        self._overview = Overview(self._stage, work, self)
        bind(self._overview.setAccessibleName, mark("Overview of the whole song"))
        self.ribbon = Ribbon(self._stage, self)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setHandleWidth(3)
        self._splitter.setChildrenCollapsible(False)
        self._empty = EmptyState(self._stage)
        bind(self._empty.set_text, mark("Drop a song here"))
        bind(self._empty.set_hint, mark("It is split into voice and accompaniment."))
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._splitter)
        self._axis = TimeAxis(self._stage, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._overview)
        column.addWidget(self.ribbon)
        column.addWidget(self._pages, 1)
        column.addWidget(self._axis)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

        self._redraw_timer = QTimer(self)
        self._redraw_timer.setSingleShot(True)
        self._redraw_timer.setInterval(OVERVIEW_REFRESH_MS)
        self._redraw_timer.timeout.connect(self._on_redraw_due)
        for name in ("seek_requested", "loop_changed", "painted", "selection_changed", "wand_used"):
            getattr(self._stage, name).connect(getattr(self, name))
        self._stage.pointer_moved.connect(self._on_pointer_moved)
        self._stage.viewport.changed.connect(self._on_range_changed)
        self._builder.advanced.connect(self._on_layer_advanced)
        self._builder.failed.connect(self._on_layer_failed)
        self._store.arrived.connect(self._on_tiles_arrived)
        theme.theme_changed().connect(self._on_theme_changed)
        self._on_theme_changed()
        self._set_panes()

    # -- the song

    def set_song(
        self,
        mixture: Audio | None,
        duration_s: float | None = None,
        sample_rate: int | None = None,
        stems: Sequence[str] = STEMS,
        n_samples_there: int | None = None,
    ) -> None:
        """Show a song from its beginning.

        All of ``mixture`` is taken to be there, or the first ``n_samples_there``; ``advance`` tells
        of the rest.
        While a song is being decoded pass None and what is known of duration and rate: the panes
        appear empty, and the range stays when the mixture follows. None alone empties the view.
        """
        if mixture is not None:
            sample_rate = mixture.sample_rate
            duration_s = mixture.n_samples / sample_rate
        awaited = MIXTURE not in self._layers and self._stage.has_song
        self._layers = {}
        self._stems = tuple(stems)
        self._stage.has_song = duration_s is not None
        self._stage.pointer = None
        viewport = self._stage.viewport
        same = (viewport.duration_s, viewport.sample_rate) == (duration_s, sample_rate or 44100)
        if duration_s is not None and not (awaited and same):
            self._stage.playhead_s = None
            self._stage.set_loop(None, final=self._stage.loop is not None)
            self._stage.drawing_cancelled.emit()
            self._stage.set_selection(None)
            viewport.reset(duration_s, sample_rate or 44100)
        self._pages.setCurrentWidget(self._splitter if self._stage.has_song else self._empty)
        self._set_panes()
        if mixture is not None:
            self._layers[MIXTURE] = Layer(MIXTURE, mixture)
        self._show_layers()
        there = mixture.n_samples if mixture is not None else 0
        self.advance([MIXTURE], 0, there if n_samples_there is None else n_samples_there)

    def set_stem(self, name: str, audio: Audio | None) -> None:
        """A stem that is being computed: nothing of it is drawn until ``advance`` says so."""
        self._layers.pop(name, None)
        if audio is not None:
            self._layers[name] = Layer(name, audio)
        self._show_layers()

    def set_mask(self, mask: MaskLike | None) -> None:
        """The mask; nothing of it is drawn until ``mask_advanced`` says so."""
        self._layers.pop(MASK, None)
        if mask is not None:
            self._layers[MASK] = MaskLayer(MASK, mask)
        self._show_layers()

    def exchange_mask(self, mask: MaskLike) -> None:
        """Another mask of the same values in place of the one shown: nothing is drawn anew."""
        layer = self._layers.get(MASK)
        if isinstance(layer, MaskLayer):
            layer.pyramid.mask = mask

    def advance(self, names: Collection[str], start_sample: int, stop_sample: int) -> None:
        """Samples of these stems are there now, or have changed."""
        for name in names:
            if name in self._layers and name != MASK:
                self._builder.request(self._layers[name], start_sample, stop_sample)

    def mask_advanced(self, first_frame: int, last_frame: int) -> None:
        """Frames of the mask are there now, or have changed."""
        if MASK in self._layers:
            self._builder.request(self._layers[MASK], first_frame, last_frame)

    @property
    def idle(self) -> bool:
        """Whether everything known is drawn."""
        return self._builder.idle and self._store.idle and self._overview.idle

    def shutdown(self) -> None:
        """Stop the work in the background and wait for it."""
        self._builder.set_layers([])
        if self._own_runner is not None:
            self._own_runner.shutdown()

    # -- looks

    def set_frequency_scale(self, kind: ScaleKind) -> None:
        """ "linear", "log" or "mel"."""
        self._stage.viewport.set_scale(kind)

    def set_level_range(self, floor_db: float, ceiling_db: float) -> None:
        """Levels in dBFS that get the first and the last colour of the map."""
        self._floor_db, self._ceiling_db = floor_db, ceiling_db
        self._colour_panes()

    def set_colour_map(self, name: str) -> None:
        """One of ``colours.LEVEL_MAPS``, for levels."""
        self._level_map = name
        self._colour_panes()

    def set_mask_map(self, name: str) -> None:
        """One of ``colours.MASK_MAPS``: two-sided around one half."""
        self._mask_map = name
        self._colour_panes()

    def set_overlay(
        self, panes: Collection[str], opacity: float = 0.5, colour: str | None = None
    ) -> None:
        """Tint these panes where the mask is high (``#rrggbb``; the voice's colour if None)."""
        self._overlay = (frozenset(panes), min(max(opacity, 0.0), 1.0), colour)
        self._colour_panes()

    def pane_names(self) -> tuple[str, ...]:
        """All panes, from top to bottom."""
        return (MIXTURE, *self._stems, MASK)

    def pane(self, name: str) -> SpectrogramPane:
        return self._panes[name]

    def set_pane_visible(self, name: str, visible: bool) -> None:
        self._heights = self.pane_heights()
        (self._hidden.discard if visible else self._hidden.add)(name)
        if name in self._panes:
            self._panes[name].setVisible(visible)

    def pane_heights(self) -> dict[str, int]:
        """How the panes share the height, in pixels; hidden ones as they were last."""
        sizes = dict(zip(self.pane_names(), self._splitter.sizes(), strict=True))
        return self._heights | {name: size for name, size in sizes.items() if size > 0}

    def set_pane_heights(self, heights: Mapping[str, Any]) -> None:
        """Share the height like this; unknown panes and what is no height are left out."""
        known = {k: v for k, v in heights.items() if type(v) is int and 0 < v < 1 << 16}
        self._heights = known
        if known:  # one that was never seen gets the height of the others
            usual = sum(known.values()) // len(known)
            self._splitter.setSizes([known.get(name, usual) for name in self.pane_names()])

    def set_ruler(self, ruler: Ruler) -> None:
        """Whether the rulers at the left read hertz or notes."""
        self._stage.ruler = ruler
        self._stage.looks_changed.emit()

    def level_pyramid(self) -> SpectrogramPyramid | None:
        """The levels of the song, as far as they are computed."""
        layer = self._layers.get(MIXTURE)
        pyramid = layer.pyramid if layer is not None else None
        return pyramid if isinstance(pyramid, SpectrogramPyramid) else None

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._overview.redraw()
            for pane in self._panes.values():
                pane.refresh()
        return super().event(event)

    # -- inside

    def _set_panes(self) -> None:
        for name in [name for name in self._panes if name not in self.pane_names()]:
            pane = self._panes.pop(name)
            self._store.want(id(pane), [])
            pane.setParent(None)
            pane.deleteLater()
        for place, name in enumerate(self.pane_names()):
            if name not in self._panes:
                pane = SpectrogramPane(name, self._stage, self._store)
                bind(pane.set_title, TITLES.get(name, name.capitalize()))
                self._panes[name] = pane
            if self._splitter.indexOf(self._panes[name]) != place:
                self._splitter.insertWidget(place, self._panes[name])
            self._panes[name].setVisible(name not in self._hidden)

    def _show_layers(self) -> None:
        names = (*self.pane_names(), *self.behind)
        layers = [self._layers[name] for name in names if name in self._layers]
        self._builder.set_layers(layers)
        self._store.set_layers(layers)
        self._colour_panes()
        # The last stem (the music) lies behind the voice.
        self._overview.set_envelopes(
            self._envelopes([MIXTURE]), self._envelopes(reversed(self._stems))
        )

    def _envelopes(self, names: Iterable[str]) -> list[tuple[EnvelopePyramid, str]]:
        layers = [self._layers[name] for name in names if name in self._layers]
        return [(layer.envelope, layer.name) for layer in layers if layer.envelope is not None]

    def _colour_panes(self) -> None:
        levels = level_table(self._level_map, self._floor_db, self._ceiling_db)
        covered, opacity, colour = self._overlay
        tint = overlay_table(colour or self._stage.colours.voice, opacity)
        masks = mask_table(self._mask_map, self._stage.colours)
        for name, pane in self._panes.items():
            pane.set_layer(self._layers.get(name), masks if name == MASK else levels)
            shown = name in covered and name != MASK and opacity > 0
            pane.set_overlay(self._layers.get(MASK) if shown else None, tint)

    def _on_layer_advanced(self, advanced: LayerAdvanced) -> None:
        self._store.mark_stale(advanced.layer, advanced.first_column, advanced.last_column)
        changed = frozenset([advanced.layer.layer_id])
        for pane in self._panes.values():
            if pane.shows(changed):
                pane.refresh()
        if not self._redraw_timer.isActive():
            self._redraw_timer.start()

    def _on_redraw_due(self) -> None:
        self._overview.redraw()
        if self._stage.pointer is not None:  # more is known under the pointer that rests
            self._on_pointer_moved(None)

    def _on_layer_failed(self, failure: LayerFailed) -> None:
        self.failed.emit(failure.error)

    def _on_tiles_arrived(self, layer_ids: frozenset[int]) -> None:
        for pane in self._panes.values():
            if pane.shows(layer_ids):
                pane.repaint_all()

    def _on_pointer_moved(self, _old: object) -> None:
        self.cursor_moved.emit(self._reading())

    def _reading(self) -> CursorReading | None:
        pointer = self._stage.pointer
        if pointer is None or pointer[1] < 0:
            return None
        time_s, frequency_hz = pointer[0], float(self._stage.viewport.scale.to_hz(pointer[1]))
        levels = {
            name: layer.pyramid.level_db(time_s, frequency_hz)
            for name, layer in self._layers.items()
            if not isinstance(layer, MaskLayer)
        }
        mask = self._layers.get(MASK)
        value = mask.pyramid.value_at(time_s, frequency_hz) if mask is not None else None
        return CursorReading(time_s, frequency_hz, note_of(frequency_hz), levels, value)

    def _on_range_changed(self) -> None:
        self.view_changed.emit(self._stage.viewport.range)

    def _on_theme_changed(self) -> None:
        self._stage.set_colours(of_theme(theme.current()))
        self._colour_panes()
