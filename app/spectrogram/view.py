"""The stack of linked panes with overview, rulers, crosshair, playhead and loop."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QWidget

from app import theme
from app.i18n import bind, mark
from app.spectrogram.colours import of_theme
from app.spectrogram.empty import EmptyState
from app.spectrogram.layers import LayerAdvanced, MaskLayer
from app.spectrogram.level_range import LevelRange
from app.spectrogram.looks import Looks
from app.spectrogram.overview import Overview
from app.spectrogram.pane_stack import MASK, MIXTURE, STEMS, PaneStack
from app.spectrogram.paned_view import PanedView
from app.spectrogram.pictures import Pictures
from app.spectrogram.reading import CursorReading, read_at
from app.spectrogram.ribbon import Ribbon
from app.spectrogram.runner import PoolRunner, Runner
from app.spectrogram.scale_column import ScaleColumn
from app.spectrogram.stage import Ruler
from app.spectrogram.tiles import TileStore
from app.spectrogram.time_axis import TimeAxis
from core.audio.source import Audio
from core.spectrogram import Analysis, EnvelopePyramid, MaskLike, SpectrogramPyramid
from core.spectrogram.frequency import ScaleKind

OVERVIEW_REFRESH_MS = 80


class SpectrogramView(PanedView):
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
    level_range_changed = Signal(object)  # LevelRange, dragged beside the panes
    pictures_advanced = Signal(object)  # share of pictures made anew, None where there are none
    analysis_given_up = Signal(object)  # the Analysis that holds again: the new one failed

    def __init__(self, runner: Runner | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own_runner = PoolRunner(self) if runner is None else None
        work = runner if runner is not None else self._own_runner
        assert work is not None
        self._store = TileStore(work)
        self._pictures = Pictures(work, self._visible_s)
        self._looks = Looks()

        self._overview = Overview(self._stage, work, self)
        bind(self._overview.setAccessibleName, mark("Overview of the whole song"))
        self.ribbon = Ribbon(self._stage, self)
        self._scales = ScaleColumn(self._stage, self)
        self._splitter = PaneStack(self._stage, self._store, self._scales)
        self._scales.set_stack(self._splitter)
        self._tell_of_panes()
        self._scales.hide()
        self._empty = EmptyState(self._stage)
        bind(self._empty.set_text, mark("Drop a song here"))
        bind(self._empty.set_hint, mark("It is split into voice and accompaniment."))
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self._splitter)
        self._axis = TimeAxis(self._stage, self)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        for row, part in enumerate((self._overview, self.ribbon, self._pages, self._axis)):
            grid.addWidget(part, row, 0)
        grid.addWidget(self._scales, 0, 1, 4, 1)
        grid.setRowStretch(2, 1)
        grid.setColumnStretch(0, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

        self._redraw_timer = QTimer(self)
        self._redraw_timer.setSingleShot(True)
        self._redraw_timer.setInterval(OVERVIEW_REFRESH_MS)
        self._redraw_timer.timeout.connect(self._on_redraw_due)
        for name in ("seek_requested", "loop_changed", "painted", "selection_changed", "wand_used"):
            getattr(self._stage, name).connect(getattr(self, name))
        self._stage.pointer_moved.connect(self._on_pointer_moved)
        self._stage.viewport.changed.connect(self._on_range_changed)
        self._pictures.advanced.connect(self._on_layer_advanced)
        self._pictures.changed.connect(self._show_layers)
        self._pictures.failed.connect(self.failed)
        self._pictures.progressed.connect(self.pictures_advanced)
        self._pictures.given_up.connect(self.analysis_given_up)
        self._scales.range_changed.connect(self._on_range_dragged)
        self._store.arrived.connect(self._on_tiles_arrived)
        theme.theme_changed().connect(self._on_theme_changed)
        self._on_theme_changed()

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
        awaited = MIXTURE not in self._pictures.layers and self._stage.has_song
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
        self._splitter.set_stems(stems)
        self._pictures.set_order((*self._splitter.names, *self.behind))
        self._pictures.set_audio(MIXTURE, mixture)
        self._show_layers()
        there = mixture.n_samples if mixture is not None else 0
        self.advance([MIXTURE], 0, there if n_samples_there is None else n_samples_there)

    def set_stem(self, name: str, audio: Audio | None) -> None:
        """A stem that is being computed: nothing of it is drawn until ``advance`` says so."""
        self._pictures.set_audio(name, audio)
        self._show_layers()

    def set_mask(self, mask: MaskLike | None) -> None:
        """The mask; nothing of it is drawn until ``mask_advanced`` says so."""
        self._pictures.set_mask(MASK, None if mask is None else MaskLayer(MASK, mask))
        self._show_layers()

    def exchange_mask(self, mask: MaskLike) -> None:
        """Another mask of the same values in place of the one shown: nothing is drawn anew."""
        layer = self._pictures.layers.get(MASK)
        if isinstance(layer, MaskLayer):
            layer.pyramid.mask = mask

    def advance(self, names: Collection[str], start_sample: int, stop_sample: int) -> None:
        """Samples of these stems are there now, or have changed."""
        self._pictures.request([name for name in names if name != MASK], start_sample, stop_sample)

    def mask_advanced(self, first_frame: int, last_frame: int) -> None:
        """Frames of the mask are there now, or have changed."""
        self._pictures.request([MASK], first_frame, last_frame)

    def set_analysis(self, analysis: Analysis) -> None:
        """Window and hop of the levels; what is shown stays until the new pictures are there."""
        self._pictures.set_analysis(analysis)

    @property
    def analysis(self) -> Analysis:
        return self._pictures.analysis

    @property
    def idle(self) -> bool:
        """Whether everything known is drawn."""
        return self._pictures.idle and self._store.idle and self._overview.idle

    def shutdown(self) -> None:
        """Stop the work in the background and wait for it."""
        self._pictures.stop()
        if self._own_runner is not None:
            self._own_runner.shutdown()

    # -- looks

    def set_frequency_scale(self, kind: ScaleKind) -> None:
        """ "linear", "log" or "mel"."""
        if kind != self._stage.viewport.scale.kind:
            self._stage.viewport.set_scale(kind)

    def set_level_range(self, floor_db: float, ceiling_db: float) -> None:
        """Levels in dBFS that get the first and the last colour of the map."""
        self._set_looks(range=LevelRange(floor_db, ceiling_db))

    def set_colour_map(self, name: str) -> None:
        """One of ``colours.LEVEL_MAPS``, for levels."""
        self._set_looks(level_map=name)

    def set_mask_map(self, name: str) -> None:
        """One of ``colours.MASK_MAPS``: two-sided around one half."""
        self._set_looks(mask_map=name)

    def set_overlay(
        self, panes: Collection[str], opacity: float = 0.5, colour: str | None = None
    ) -> None:
        """Tint these panes where the mask is high (``#rrggbb``; the voice's colour if None)."""
        shown = min(max(opacity, 0.0), 1.0)
        self._set_looks(tinted=frozenset(panes) - {MASK}, opacity=shown, tint=colour)

    def set_scales_shown(self, shown: bool) -> None:
        """Whether there are scales of the colours beside the panes."""
        self._scales.setVisible(shown)

    def set_ruler(self, ruler: Ruler) -> None:
        """Whether the rulers at the left read hertz or notes."""
        if ruler is not self._stage.ruler:
            self._stage.ruler = ruler
            self._stage.looks_changed.emit()

    def level_pyramid(self) -> SpectrogramPyramid | None:
        """The levels of the song, as far as they are computed."""
        layer = self._pictures.complete(MIXTURE)
        pyramid = layer.pyramid if layer is not None else None
        return pyramid if isinstance(pyramid, SpectrogramPyramid) else None

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._overview.redraw()
            for pane in self._splitter.panes.values():
                pane.refresh()
        return super().event(event)

    # -- inside

    def _show_layers(self) -> None:
        self._pictures.start()
        self._store.set_layers(self._pictures.all_layers())
        self._colour_panes()
        # The last stem (the music) lies behind the voice.
        self._overview.set_envelopes(
            self._envelopes([MIXTURE]), self._envelopes(reversed(self._splitter.stems))
        )
        self._pictures.let_go()

    def _envelopes(self, names: Iterable[str]) -> list[tuple[EnvelopePyramid, str]]:
        known = self._pictures.layers
        layers = [known[name] for name in names if name in known]
        return [(layer.envelope, layer.name) for layer in layers if layer.envelope is not None]

    def _set_looks(self, **values: Any) -> None:
        looks = replace(self._looks, **values)
        if looks != self._looks:
            self._looks = looks
            self._colour_panes()

    def _colour_panes(self) -> None:
        looks, colours, pictures = self._looks, self._stage.colours, self._pictures
        levels, masks, tint = looks.levels(), looks.masks(colours), looks.overlay(colours)
        for name, pane in self._splitter.panes.items():
            table = masks if name == MASK else levels
            pane.set_layer(pictures.layers.get(name), table, pictures.under.get(name))
            pane.set_overlay(pictures.layers.get(MASK) if looks.covers(name) else None, tint)
        self._scales.set_looks(looks)

    def _on_range_dragged(self, levels: LevelRange) -> None:
        self._set_looks(range=levels)
        self.level_range_changed.emit(levels)

    def _on_layer_advanced(self, advanced: LayerAdvanced) -> None:
        self._store.mark_stale(advanced.layer, advanced.first_column, advanced.last_column)
        changed = frozenset([advanced.layer.layer_id])
        for pane in self._splitter.panes.values():
            if pane.shows(changed):
                pane.refresh()
        self._pictures.drop_covered(self._store.is_settled)
        if not self._redraw_timer.isActive():
            self._redraw_timer.start()

    def _on_redraw_due(self) -> None:
        self._overview.redraw()
        if self._stage.pointer is not None:  # more is known under the pointer that rests
            self._on_pointer_moved(None)

    def _on_tiles_arrived(self, layer_ids: frozenset[int]) -> None:
        for pane in self._splitter.panes.values():
            if pane.shows(layer_ids):
                pane.repaint_all()
        self._pictures.drop_covered(self._store.is_settled)

    def _on_pointer_moved(self, _old: object) -> None:
        self.cursor_moved.emit(self._reading())

    def _reading(self) -> CursorReading | None:
        pointer = self._stage.pointer
        if pointer is None or pointer[1] < 0:
            return None
        frequency_hz = float(self._stage.viewport.scale.to_hz(pointer[1]))
        layers = self._pictures.layers
        shown = {name: layers[name] for name in self.pane_names() if name in layers}
        return read_at(shown, self._pictures.under, pointer[0], frequency_hz)

    def _on_range_changed(self) -> None:
        self.view_changed.emit(self._stage.viewport.range)

    def _on_theme_changed(self) -> None:
        self._stage.set_colours(of_theme(theme.current()))
        self._colour_panes()
