"""Mixture, mask and voice of the pinned clip side by side, with one playhead through all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.i18n import bind, mark, tr
from app.panels.training.axes import round_ticks
from app.spectrogram.colours import level_table, mask_table, of_theme
from app.training.replay import ReplayClip, ReplayPicture, row_position
from core.spectrogram import CEILING_DB, FLOOR_DB

LEFT, GAP, TOP, BOTTOM = 40, 8, 24, 20
TICKS_HZ = (100, 200, 500, 1000, 2000, 5000, 10_000)
PANES = (mark("Mixture"), mark("Mask"), mark("Voice"))
LEVEL_MAP = "magma"


def coloured(codes: NDArray[np.uint8], table: tuple[int, ...]) -> QImage:
    """``codes`` ``(n_rows, n_columns)`` as a picture; 0 to 255 go from end to end of ``table``."""
    colours = np.array(table[1:], np.uint32)  # the first pixel is for cells still to come
    pixels = colours[np.minimum(codes, len(colours) - 1)]
    height, width = pixels.shape
    return QImage(pixels.tobytes(), width, height, width * 4, QImage.Format.Format_ARGB32).copy()


class ReplayPanes(QWidget):
    """Three pictures on one time axis each; a click goes to that place of the clip."""

    seek_requested = Signal(float)  # seconds

    def __init__(self) -> None:
        super().__init__()
        self._clip: ReplayClip | None = None
        self._picture: ReplayPicture | None = None
        self._images: list[QImage | None] = [None, None, None]
        self._playhead_s: float | None = None
        self.empty_text = ""
        self.setMinimumSize(480, 152)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        bind(self.setAccessibleName, "Spectrograms of the pinned clip: mixture, mask and voice")
        theme.theme_changed().connect(self._on_theme_changed)

    def sizeHint(self) -> QSize:
        return QSize(960, 232)

    def set_clip(self, clip: ReplayClip | None) -> None:
        if clip is not self._clip:
            self._clip, self._picture = clip, None
            self._draw()

    def set_picture(self, picture: ReplayPicture | None) -> None:
        self._picture = picture
        self._draw()

    def set_playhead(self, seconds: float | None) -> None:
        if seconds != self._playhead_s:
            self._playhead_s = seconds
            self.update()

    def set_empty(self, text: str) -> None:
        """What to say while there is no clip; in the language of now."""
        self.empty_text = text
        self.update()

    def _on_theme_changed(self) -> None:
        self._draw()

    def _draw(self) -> None:
        levels = level_table(LEVEL_MAP, FLOOR_DB, CEILING_DB)
        masks = mask_table("stems", of_theme(theme.current()))
        clip, picture = self._clip, self._picture
        self._images = [
            coloured(clip.image, levels) if clip is not None else None,
            coloured(picture.mask, masks) if picture is not None else None,
            coloured(picture.voice, levels) if picture is not None else None,
        ]
        self.update()

    def _areas(self) -> list[QRectF]:
        width = (self.width() - 1 - LEFT - 2 * GAP) / 3  # 1: the last one's right edge
        height = self.height() - TOP - BOTTOM
        return [QRectF(LEFT + n * (width + GAP), TOP, width, height) for n in range(3)]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        clip = self._clip
        if clip is None or event.button() != Qt.MouseButton.LeftButton:
            return
        for area in self._areas():
            if area.adjusted(-2, -TOP, 2, BOTTOM).contains(event.position()):
                share = (event.position().x() - area.left()) / area.width()
                self.seek_requested.emit(min(max(share, 0.0), 0.999) * clip.duration_s)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        clip = self._clip
        heads = (colours.mixture, of_theme(colours).mask, colours.voice)
        painter.setFont(theme.figures_font(-1))
        if clip is not None:
            self._paint_frequencies(painter, clip, self._areas()[0], colours)
        for area, image, head, name in zip(self._areas(), self._images, heads, PANES, strict=True):
            painter.fillRect(area, QColor(colours.background))
            if image is not None:
                painter.drawImage(area, image)
            painter.setPen(QPen(QColor(colours.line), 1))
            painter.drawRect(area.adjusted(-0.5, -0.5, 0.5, 0.5))
            painter.fillRect(QRectF(area.left(), 6, 3, 12), QColor(head))
            painter.setPen(QColor(colours.text))
            where = QRectF(area.left() + 10, 0, area.width(), TOP)
            painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, tr(name))
            if clip is not None:
                self._paint_times(painter, clip, area, colours)
        if clip is None and self.empty_text:
            painter.setFont(theme.font())
            painter.setPen(QColor(colours.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            middle = self._areas()[1]
            painter.drawText(middle.adjusted(16, 8, -16, -8), flags, self.empty_text)

    def _paint_frequencies(
        self, painter: QPainter, clip: ReplayClip, area: QRectF, colours: theme.Theme
    ) -> None:
        painter.setPen(QColor(colours.muted))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        below = area.bottom() + 10
        for hertz in TICKS_HZ:
            y = area.bottom() - area.height() * row_position(hertz, clip.top_hz)
            if hertz > clip.top_hz or y > below - 14 or y < area.top() + 4:
                continue
            text = f"{hertz // 1000}k" if hertz >= 1000 else str(hertz)
            painter.drawText(QRectF(0, y - 8, LEFT - 6, 16), right, text)
            below = y
        painter.drawText(QRectF(0, 0, LEFT - 6, TOP), right, "Hz")

    def _paint_times(
        self, painter: QPainter, clip: ReplayClip, area: QRectF, colours: theme.Theme
    ) -> None:
        painter.setPen(QColor(colours.muted))
        metrics = QFontMetricsF(painter.font())
        for seconds in round_ticks(0, clip.duration_s, max(2, int(area.width() / 72))):
            x = area.left() + area.width() * seconds / clip.duration_s
            text = f"{seconds:g} s"
            width = metrics.horizontalAdvance(text)
            if x + width > area.right():
                continue
            where = QRectF(x + 1, area.bottom() + 3, width + 1, 16)
            painter.drawText(where, Qt.AlignmentFlag.AlignLeft, text)
        if self._playhead_s is not None:
            x = area.left() + area.width() * min(1.0, self._playhead_s / clip.duration_s)
            painter.fillRect(
                QRectF(round(x) - 1, area.top(), 3, area.height()), QColor(0, 0, 0, 120)
            )
            painter.fillRect(QRectF(round(x), area.top(), 1, area.height()), QColor("#ffffff"))
