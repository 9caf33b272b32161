"""A canvas that is painted from tiles: which ones it needs, and where they go."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QWidget

from app.spectrogram.colours import Table
from app.spectrogram.drawing import DrawingCanvas
from app.spectrogram.layers import Layer
from app.spectrogram.stage import GUTTER, Stage
from app.spectrogram.tiles import TILE_COLUMNS, Tile, TileKey, TileStore, Want

MIN_ROWS, MAX_ROWS = 64, 2048


@dataclass
class Pieces:
    """Tiles with target and source rectangles, and whether any had no stand-in."""

    there: list[tuple[Tile, QRectF, QRectF]]
    missing: bool


class TileCanvas(DrawingCanvas):
    """The part of a pane that knows tiles but no colours of its own."""

    def __init__(self, stage: Stage, store: TileStore, parent: QWidget | None = None) -> None:
        super().__init__(stage, parent)
        self._store = store

    def _plan(self, layer: Layer) -> tuple[TileKey, int]:
        """The first visible tile and the index of the last one."""
        view, pyramid = self.stage.viewport, layer.pyramid
        ratio = self.devicePixelRatioF()
        per_pixel = view.span_s / pyramid.column_s / max(1.0, self.canvas.width() * ratio)
        level = max(0, math.ceil(math.log2(max(per_pixel, 1e-9)) - 1e-6))
        level = min(level, pyramid.n_levels - 1)
        tile_s = pyramid.column_s * (TILE_COLUMNS << level)
        last_index = (pyramid.level_columns(level) - 1) // TILE_COLUMNS
        half = pyramid.column_s / 2
        first = min(max(0, int((view.start_s + half) / tile_s)), last_index)
        last = min(int((view.stop_s + half) / tile_s), last_index)
        rows = self.height() * ratio / (view.high - view.low)
        n_rows = 2 ** math.floor(math.log2(min(max(rows, MIN_ROWS), MAX_ROWS)))
        return TileKey(layer.layer_id, level, first, n_rows, view.scale), last

    def _wants(self, layer: Layer, table: Table) -> list[Want]:
        """Tiles to have: the coarsest as a stand-in, what is visible, then the surroundings."""
        key, last = self._plan(layer)
        pyramid = layer.pyramid
        wants = [Want(key._replace(level=pyramid.n_levels - 1, index=0), table)]
        wants += [Want(key._replace(index=i), table) for i in range(key.index, last + 1)]
        last_index = (pyramid.level_columns(key.level) - 1) // TILE_COLUMNS
        wants += [
            Want(key._replace(index=i)) for i in (last + 1, key.index - 1) if 0 <= i <= last_index
        ]
        if key.level + 1 < pyramid.n_levels:
            wants += [
                Want(key._replace(level=key.level + 1, index=i))
                for i in range(key.index // 2, last // 2 + 1)
            ]
        return wants

    def _pieces(self, layer: Layer) -> Pieces:
        """The visible tiles with where they go and which part of them."""
        key, last = self._plan(layer)
        pieces = Pieces([], False)
        view = self.stage.viewport
        for index in range(key.index, last + 1):
            wanted = key._replace(index=index)
            n = min(TILE_COLUMNS, layer.pyramid.level_columns(key.level) - index * TILE_COLUMNS)
            left = self._column_x(layer, key.level, index * TILE_COLUMNS)
            right = self._column_x(layer, key.level, index * TILE_COLUMNS + n)
            found, tile = wanted, self._store.find(wanted)
            if tile is None:
                other = self._store.nearest(wanted, layer.pyramid.n_levels)
                if other is None:
                    pieces.missing = True
                    continue
                found, tile = other
            # Where the stand-in is coarser, the part of it that covers the wanted tile.
            shift = found.level - key.level
            offset = (index * TILE_COLUMNS / 2**shift) - found.index * TILE_COLUMNS
            rows = tile.codes.shape[0]
            target = QRectF(left, 0, right - left, self.height())
            source = QRectF(
                offset, (1 - view.high) * rows, n / 2**shift, (view.high - view.low) * rows
            )
            pieces.there.append((tile, *self._cropped(target, source)))
        return pieces

    def _cropped(self, target: QRectF, source: QRectF) -> tuple[QRectF, QRectF]:
        """Only the columns on screen and one on either side: far zooms stay cheap."""
        per_column = target.width() / source.width()
        before = max(0, int((GUTTER - target.left()) / per_column) - 1)
        after = max(0, int((target.right() - self.width()) / per_column) - 1)
        if before + after >= source.width():
            return target, source
        return (
            target.adjusted(before * per_column, 0, -after * per_column, 0),
            source.adjusted(before, 0, -after, 0),
        )

    def _column_x(self, layer: Layer, level: int, column: int) -> float:
        """Where a column's left edge lies: it is centred on its time at level 0."""
        return self.x_of((column * 2**level - 0.5) * layer.pyramid.column_s)
