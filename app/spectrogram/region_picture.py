"""A region of seconds and hertz as a picture over a pane: a tint and an edge."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage

from app.spectrogram.gestures import TimeCanvas
from core.editing.regions import Region

STEP = 2
"""Pixels of the screen for each of the picture."""
TINT, EDGE = 46, 235


def region_picture(region: Region, canvas: TimeCanvas) -> QImage | None:
    """White of some opacity over the canvas of ``canvas``, ``STEP`` of its pixels a pixel.

    None where nothing of the region is on screen.
    """
    area, view = canvas.canvas, canvas.stage.viewport
    columns, rows = max(1, area.width() // STEP), max(1, area.height() // STEP)
    times = view.start_s + (np.arange(columns) + 0.5) / columns * view.span_s
    units = view.low + (np.arange(rows) + 0.5) / rows * (view.high - view.low)
    # The highest frequency is the uppermost row.
    weights = region.weights(times, np.asarray(view.scale.to_hz(units), np.float64))[::-1]
    if not weights.any():
        return None
    inside = np.pad(weights >= 0.5, 1, mode="edge")
    core = inside[1:-1, 1:-1]
    around = inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
    alpha = np.where(core & ~around, EDGE, weights * TINT).astype(np.uint32)
    pixels = np.ascontiguousarray(alpha << 24 | alpha << 16 | alpha << 8 | alpha)
    image = QImage(
        pixels.data, columns, rows, 4 * columns, QImage.Format.Format_ARGB32_Premultiplied
    )
    return image.copy()  # the array goes
