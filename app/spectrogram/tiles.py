"""Pictures of parts of a layer: cached, bounded, computed off the GUI thread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from app.spectrogram.colours import Table
from app.spectrogram.layers import Layer
from app.spectrogram.runner import Runner, StopCheck
from core.spectrogram import FrequencyScale
from core.spectrogram.codes import Codes

TILE_COLUMNS = 512
BATCH = 4
BUDGET_BYTES = 128 * 2**20


class TileKey(NamedTuple):
    """Which picture: columns ``index * 512`` and on of a pyramid level, as so many rows."""

    layer_id: int
    level: int
    index: int
    n_rows: int
    scale: FrequencyScale


class Want(NamedTuple):
    """A tile to have, and the colours it will be painted in if that is soon."""

    key: TileKey
    table: Table | None = None


class Tile:
    """Codes ``(n_rows, n_columns)``, highest frequency first, and pixels for recent tables."""

    def __init__(self, codes: Codes) -> None:
        self.codes = codes
        self.stale = False
        self._images: dict[Table, QImage] = {}

    @property
    def n_bytes(self) -> int:
        return self.codes.size * (1 + 4 * len(self._images))

    def image(self, table: Table) -> QImage:
        """The picture in the colours of ``table``."""
        image = self._images.get(table)
        if image is None:
            rows, columns = self.codes.shape
            indexed = QImage(self.codes.data, columns, rows, columns, QImage.Format.Format_Indexed8)
            indexed.setColorTable(table)
            image = indexed.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
            while len(self._images) >= 2:  # a pane's own colours and an overlay's
                self._images.pop(next(iter(self._images)))
            self._images[table] = image
        return image


class TileStore(QObject):
    """Finds tiles, and has the missing and outdated ones computed, what is wanted now first."""

    arrived = Signal(object)  # frozenset of layer ids

    def __init__(self, runner: Runner, budget_bytes: int = BUDGET_BYTES) -> None:
        super().__init__()
        self._runner = runner
        self._budget_bytes = budget_bytes
        self._tiles: OrderedDict[TileKey, Tile] = OrderedDict()
        self._layers: dict[int, Layer] = {}
        self._wanted: dict[int, list[Want]] = {}
        self._busy = False

    @property
    def n_bytes(self) -> int:
        return sum(tile.n_bytes for tile in self._tiles.values())

    @property
    def idle(self) -> bool:
        return not self._busy and self._next_wants() == []

    def is_settled(self, layer_id: int) -> bool:
        """Whether every tile of the layer that is wanted is there as it should be."""
        return not any(
            want.key.layer_id == layer_id and self._is_due(want.key)
            for wants in self._wanted.values()
            for want in wants
        )

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """Forget the tiles of every other layer."""
        self._layers = {layer.layer_id: layer for layer in layers}
        for key in [key for key in self._tiles if key.layer_id not in self._layers]:
            del self._tiles[key]

    def find(self, key: TileKey) -> Tile | None:
        """The tile if it is there, be it outdated."""
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
        return tile

    def nearest(self, key: TileKey, n_levels: int) -> tuple[TileKey, Tile] | None:
        """The best stand-in for a missing tile: other rows, then coarser levels."""
        for level in range(key.level, n_levels):
            index = key.index >> (level - key.level)
            for n_rows in (key.n_rows, key.n_rows // 2, key.n_rows * 2, key.n_rows // 4):
                other = key._replace(level=level, index=index, n_rows=n_rows)
                tile = self._tiles.get(other)
                if tile is not None:
                    self._tiles.move_to_end(other)
                    return other, tile
        return None

    def mark_stale(self, layer: Layer, first_column: int, last_column: int) -> None:
        """Columns of level 0 changed: tiles that show them are computed anew when wanted."""
        for key, tile in self._tiles.items():
            if key.layer_id == layer.layer_id:
                start = key.index * TILE_COLUMNS << key.level
                if start < last_column and first_column < start + (TILE_COLUMNS << key.level):
                    tile.stale = True

    def want(self, owner: int, wants: list[Want]) -> None:
        """What ``owner`` needs now, most urgent first; replaces what it asked before."""
        self._wanted[owner] = wants
        self._start()

    def _next_wants(self) -> list[Want]:
        """The first missing tiles, each owner's most urgent before anyone's second."""
        queues = [
            [want for want in wants if want.key.layer_id in self._layers and self._is_due(want.key)]
            for wants in self._wanted.values()
        ]
        depth = max((len(queue) for queue in queues), default=0)
        chosen: dict[Want, None] = {}
        for place in range(depth):
            for queue in queues:
                if place < len(queue):
                    chosen[queue[place]] = None
                    if len(chosen) == BATCH:
                        return list(chosen)
        return list(chosen)

    def _is_due(self, key: TileKey) -> bool:
        tile = self._tiles.get(key)
        return tile is None or tile.stale

    def _start(self) -> None:
        if self._busy:
            return
        jobs = [(want, self._layers[want.key.layer_id]) for want in self._next_wants()]
        if jobs:
            self._busy = True
            self._runner(_tile_work(jobs), self._on_done)

    def _on_done(self, result: object) -> None:
        self._busy = False
        assert isinstance(result, list)
        for key, revision, tile in result:
            layer = self._layers.get(key.layer_id)
            if layer is not None:
                tile.stale = layer.revision != revision
                self._tiles[key] = tile
                self._tiles.move_to_end(key)
        self._trim()
        self.arrived.emit(frozenset(key.layer_id for key, _revision, _tile in result))
        self._start()

    def _trim(self) -> None:
        # What is wanted now stays, or it would be computed and dropped in turns for ever.
        wanted = {want.key for wants in self._wanted.values() for want in wants}
        total = self.n_bytes
        for key in [key for key in self._tiles if key not in wanted]:
            if total <= self._budget_bytes:
                return
            total -= self._tiles.pop(key).n_bytes


def _tile_work(jobs: list[tuple[Want, Layer]]) -> Callable[[StopCheck], object]:
    def work(should_stop: StopCheck) -> object:
        done: list[tuple[TileKey, int, Tile]] = []
        for (key, table), layer in jobs:
            if should_stop():
                break
            revision = layer.revision
            try:
                codes = tile_codes(layer, key)
            except OSError:  # unreadable: shown as pending rather than asked for again and again
                codes = np.zeros((key.n_rows, 1), np.uint8)
            tile = Tile(codes)
            if table:
                tile.image(table)
            done.append((key, revision, tile))
        return done

    return work


def tile_codes(layer: Layer, key: TileKey) -> Codes:
    """Codes of a tile, highest frequency first."""
    first = key.index * TILE_COLUMNS
    n = min(TILE_COLUMNS, layer.pyramid.level_columns(key.level) - first)
    rows = layer.row_map(key.scale, key.n_rows)
    return np.ascontiguousarray(rows.apply(layer.pyramid.tile(key.level, first, n))[::-1])
