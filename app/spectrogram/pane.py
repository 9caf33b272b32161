"""One spectrogram or mask over time, painted from tiles, with its ruler and its name."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QWidget

from app.spectrogram.brushes import hatch
from app.spectrogram.colours import Table
from app.spectrogram.layers import Layer
from app.spectrogram.pitch_picture import paint_pitch
from app.spectrogram.region_picture import region_picture
from app.spectrogram.rulers import paint_keys, paint_marks, paint_title
from app.spectrogram.stage import GUTTER, Ruler, Stage
from app.spectrogram.ticks import Tick, frequency_ticks, note_ticks, time_ticks
from app.spectrogram.tiles import TileStore, Want
from app.spectrogram.titled_canvas import TitledCanvas

EDGE = 3  # width of the strip in the stem's colour


class SpectrogramPane(TitledCanvas):
    """Shows ``layer`` in the colours of ``table``; ``overlay`` is painted over it.

    ``under`` is seen where ``layer`` is not computed yet.
    """

    def __init__(
        self, name: str, stage: Stage, store: TileStore, parent: QWidget | None = None
    ) -> None:
        super().__init__(name, stage, store, parent)
        self.layer: Layer | None = None
        self.under: Layer | None = None
        self.table: Table = ()
        self.overlay: Layer | None = None
        self.overlay_table: Table = ()
        self._picture: QPixmap | None = None
        self.setMinimumHeight(48)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        stage.viewport.changed.connect(self.refresh)
        stage.looks_changed.connect(self.repaint_all)
        stage.loop_shown.connect(self.repaint_all)
        stage.selection_changed.connect(self.repaint_all)
        stage.playhead_moved.connect(self._on_playhead_moved)
        stage.pointer_moved.connect(self._on_pointer_moved)

    def sizeHint(self) -> QSize:
        return QSize(600, 200)

    def set_title(self, title: str) -> None:
        """The name shown on the pane and told to screen readers."""
        self.title = title
        self.setAccessibleName(title)
        self.repaint_all()

    def set_layer(self, layer: Layer | None, table: Table, under: Layer | None = None) -> None:
        if (self.layer, self.table, self.under) != (layer, table, under):
            self.layer, self.table, self.under = layer, table, under
            self.refresh()

    def set_overlay(self, layer: Layer | None, table: Table) -> None:
        if (self.overlay, self.overlay_table) != (layer, table):
            self.overlay, self.overlay_table = layer, table
            self.refresh()

    def shows(self, layer_ids: frozenset[int]) -> bool:
        """Whether any of the layers is painted here."""
        return any(layer.layer_id in layer_ids for layer, _table in self._painted())

    def _painted(self) -> list[tuple[Layer, Table]]:
        """The layers from the back to the front, with their colours."""
        layers = (
            (self.under, self.table),
            (self.layer, self.table),
            (self.overlay, self.overlay_table),
        )
        return [(layer, table) for layer, table in layers if layer is not None]

    def refresh(self) -> None:
        """The range, the size or what is known has changed: ask for tiles and repaint."""
        wants: list[Want] = []
        if self.isVisible() and self.stage.has_song:
            for layer, table in self._painted():
                wants += self._wants(layer, table)
        self._store.want(id(self), wants)
        self.repaint_all()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._store.want(id(self), [])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refresh()

    def repaint_all(self) -> None:
        """Something other than the playhead and the pointer changed."""
        self._picture = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = self._draw_picture(ratio)
        painter = QPainter(self)
        # Lines that move repaint narrow strips: these are copied, not drawn anew.
        strip = QRectF(event.rect())
        x, y, width, height = (ratio * v for v in strip.getRect())
        painter.drawPixmap(strip, self._picture, QRectF(x, y, width, height))
        if self.stage.has_song:
            painter.setClipRect(self.canvas)
            self._paint_lines(painter)
            self.paint_drawing(painter)

    def _draw_picture(self, ratio: float) -> QPixmap:
        """Everything but the playhead and the pointer."""
        picture = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        picture.setDevicePixelRatio(ratio)
        painter = QPainter(picture)
        self._paint_ruler(painter)
        painter.setClipRect(self.canvas)
        painted = self._painted() if self.stage.has_song else []
        pieces = [(self._pieces(layer), table) for layer, table in painted]
        if not pieces or not self._is_known() or pieces[0][0].missing:
            painter.fillRect(self.canvas, hatch(self.stage.colours))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for found, table in pieces:
            for tile, target, source in found.there:
                painter.drawImage(target, tile.image(table), source)
        if self.stage.has_song:
            self._paint_grid(painter)
            if self.name == "vocals":
                paint_pitch(painter, self)
            self._paint_selection(painter)
            self._paint_loop(painter)
        paint_title(painter, self.title, self.stage.colours.of(self.name))
        painter.end()
        return picture

    # -- painting

    def _is_known(self) -> bool:
        """Whether all that is visible of the layer at the back is computed."""
        layer = self.under or self.layer
        if layer is None:
            return False
        view, column_s = self.stage.viewport, layer.pyramid.column_s
        last = min(int(view.stop_s / column_s) + 1, layer.pyramid.n_columns)
        return layer.known.covers(int(view.start_s / column_s), last)

    def _ticks(self) -> tuple[Tick, ...]:
        view = self.stage.viewport
        ticks = frequency_ticks if self.stage.ruler is Ruler.HERTZ else note_ticks
        return ticks(view.scale, view.low, view.high, self.height())

    def _paint_grid(self, painter: QPainter) -> None:
        view, colour = self.stage.viewport, QColor(self.stage.colours.grid)
        colour.setAlpha(20)
        painter.setPen(QPen(colour, 0))
        for tick in self._ticks():
            y = round(self.y_of(view.scale.to_unit(tick.value))) + 0.5
            painter.drawLine(QLineF(GUTTER, y, self.width(), y))
        self._paint_band(painter)
        painter.setPen(QPen(colour, 0))
        for tick in time_ticks(view.start_s, view.stop_s, self.canvas.width()):
            x = round(self.x_of(tick.value)) + 0.5
            if tick.label:
                painter.drawLine(QLineF(x, 0, x, self.height()))

    def _paint_band(self, painter: QPainter) -> None:
        """Where the model's own band ends: above it the mask follows the band's upper octave."""
        band_hz, view = self.stage.band_hz, self.stage.viewport
        if band_hz is None or band_hz >= view.sample_rate / 2:
            return
        y = round(self.y_of(float(view.scale.to_unit(band_hz)))) + 0.5
        if y <= 0 or y >= self.height():
            return
        if self.name == "mask":
            painter.fillRect(QRectF(GUTTER, 0, self.width() - GUTTER, y), QColor(0, 0, 0, 60))
        line = QColor(self.stage.colours.grid)
        line.setAlpha(90)
        painter.setPen(QPen(line, 0, Qt.PenStyle.DashLine))
        painter.drawLine(QLineF(GUTTER, y, self.width(), y))

    def _paint_selection(self, painter: QPainter) -> None:
        if self.stage.selection is not None:
            image = region_picture(self.stage.selection, self)
            if image is not None:
                painter.drawImage(QRectF(self.canvas), image)

    def _paint_loop(self, painter: QPainter) -> None:
        if self.stage.loop is None:
            return
        left, right = (self.x_of(edge) for edge in self.stage.loop)
        shade = QColor(0, 0, 0, 80)
        painter.fillRect(QRectF(GUTTER, 0, left - GUTTER, self.height()), shade)
        painter.fillRect(QRectF(right, 0, self.width() - right, self.height()), shade)
        painter.setPen(QPen(QColor(self.stage.colours.playhead), 1, Qt.PenStyle.DashLine))
        for x in (left, right):
            painter.drawLine(QLineF(round(x) + 0.5, 0, round(x) + 0.5, self.height()))

    def _paint_lines(self, painter: QPainter) -> None:
        pointer, colours = self.stage.pointer, self.stage.colours
        if pointer is not None:
            colour = QColor(colours.playhead)
            colour.setAlpha(120)
            painter.setPen(QPen(colour, 0))
            x = round(self.x_of(pointer[0])) + 0.5
            painter.drawLine(QLineF(x, 0, x, self.height()))
            if pointer[1] >= 0:
                y = round(self.y_of(pointer[1])) + 0.5
                painter.drawLine(QLineF(GUTTER, y, self.width(), y))
        if self.stage.playhead_s is not None:
            # White with a dark seam on either side: it stands out on every colour map.
            x = round(self.x_of(self.stage.playhead_s))
            painter.fillRect(QRectF(x - 1, 0, 3, self.height()), QColor(0, 0, 0, 120))
            painter.fillRect(QRectF(x, 0, 1, self.height()), QColor(colours.playhead))

    def _paint_ruler(self, painter: QPainter) -> None:
        view, colours = self.stage.viewport, self.stage.colours
        painter.fillRect(0, 0, GUTTER, self.height(), QColor(colours.panel))
        painter.fillRect(0, 0, EDGE, self.height(), QColor(colours.of(self.name)))
        if self.stage.has_song:
            marks = [(self.y_of(view.scale.to_unit(t.value)), t.label) for t in self._ticks()]
            keys = self.stage.ruler is Ruler.KEYS
            if keys and not paint_keys(painter, view, self.height(), colours):
                keys = False
            paint_marks(painter, marks, colours, EDGE, beside_keys=keys)
        painter.fillRect(GUTTER - 1, 0, 1, self.height(), QColor(colours.line))

    # -- what moves

    def _on_playhead_moved(self, old: object) -> None:
        for seconds in (old, self.stage.playhead_s):
            if isinstance(seconds, float):
                self._update_column(seconds)

    def _on_pointer_moved(self, old: object) -> None:
        for place in (old, self.stage.pointer):
            if isinstance(place, tuple):
                self._update_column(place[0])
                self.update(GUTTER, round(self.y_of(place[1])) - 2, self.canvas.width(), 5)
                box = self.brush_box(place)
                if box is not None:
                    self.update(box.adjusted(-2, -2, 2, 2).toAlignedRect())

    def _update_column(self, seconds: float) -> None:
        x = self.x_of(seconds)
        if GUTTER - 3 <= x <= self.width() + 3:
            self.update(round(x) - 3, 0, 7, self.height())
