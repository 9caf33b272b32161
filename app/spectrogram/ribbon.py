"""A strip under the overview: where the network hears a voice, and where it is in doubt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.i18n import bind, mark, tip
from app.spectrogram.stage import GUTTER, Stage
from core.certainty import CertaintyTrack

ROW, GAP = 5, 1
HEIGHT = 2 * ROW + GAP + 4


class Ribbon(QWidget):
    """Two rows over the whole song: voice above, doubt below; a click seeks."""

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self._track: CertaintyTrack | None = None
        self._frames_per_s = 1.0
        self._picture: QImage | None = None
        self.setFixedHeight(HEIGHT)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        bind(self.setAccessibleName, mark("Where there is a voice, and doubt"))
        tip(self, "Above: where the network hears a voice. Below: where it is in doubt.")
        stage.looks_changed.connect(self.redraw)
        stage.viewport.changed.connect(self.update)
        stage.playhead_moved.connect(self._on_playhead_moved)

    def sizeHint(self) -> QSize:
        return QSize(600, HEIGHT)

    def set_track(self, track: CertaintyTrack | None, frames_per_s: float = 1.0) -> None:
        """What is known of the song on screen; ``redraw`` tells of more."""
        self._track, self._frames_per_s = track, frames_per_s
        self.redraw()

    def redraw(self) -> None:
        self._picture = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.redraw()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and event.position().x() >= GUTTER:
            share = (event.position().x() - GUTTER) / max(1, self.width() - GUTTER)
            self.stage.seek(share * self.stage.viewport.duration_s)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours, width = self.stage.colours, max(1, self.width() - GUTTER)
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.background))
        painter.fillRect(0, 0, GUTTER, HEIGHT, QColor(colours.panel))
        painter.fillRect(GUTTER - 1, 0, 1, HEIGHT, QColor(colours.line))
        if not self.stage.has_song:
            return
        if self._picture is None:
            self._picture = self._draw(round(width * self.devicePixelRatioF()))
        painter.drawImage(QRectF(GUTTER, 2, width, 2 * ROW + GAP), self._picture)
        if self.stage.playhead_s is not None:
            painter.fillRect(round(self._x_of(self.stage.playhead_s)), 0, 1, HEIGHT,
                             QColor(colours.accent))  # fmt: skip

    def _draw(self, width: int) -> QImage:
        """Each column the most of what its frames have."""
        colours, track = self.stage.colours, self._track
        pixels = np.zeros((2 * ROW + GAP, width), np.uint32)
        if track is not None and len(track.voice):
            duration_s = self.stage.viewport.duration_s
            edges = np.linspace(0, duration_s * self._frames_per_s, width + 1)
            first = np.clip(edges[:-1].astype(int), 0, len(track.voice) - 1)
            rows = ((slice(0, ROW), track.voice, colours.voice),
                    (slice(ROW + GAP, None), track.doubt, colours.mask))  # fmt: skip
            for row, values, colour in rows:
                pixels[row] = _tinted(np.maximum.reduceat(values, first), QColor(colour))
        image = QImage(
            pixels.data, width, len(pixels), 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        )
        return image.copy()

    def _x_of(self, seconds: float) -> float:
        width = max(1, self.width() - GUTTER)
        return GUTTER + seconds / self.stage.viewport.duration_s * width

    def _on_playhead_moved(self, old: object) -> None:
        for seconds in (old, self.stage.playhead_s):
            if isinstance(seconds, float):
                self.update(round(self._x_of(seconds)) - 1, 0, 3, HEIGHT)


def _tinted(values: NDArray[np.float32], colour: QColor) -> NDArray[np.uint32]:
    """``colour`` as opaque as the values say, premultiplied."""
    alpha = np.clip(values, 0, 1)
    parts = [(alpha * part + 0.5).astype(np.uint32) for part in
             (255, colour.red(), colour.green(), colour.blue())]  # fmt: skip
    return parts[0] << 24 | parts[1] << 16 | parts[2] << 8 | parts[3]
