"""A level meter with peak hold."""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import theme
from app.formats import decibels
from app.i18n import bind

_FLOOR_DB = -60.0
_TOP_DB = 3.0
_HOLD_S = 1.2
_FALL_DB_PER_S = 24.0


class Meter(QWidget):
    """Peak and RMS of what is heard; the highest peak stands for a moment, overs stay lit."""

    def __init__(self, source: str = "") -> None:
        super().__init__()
        self._source = source
        self._rms_db = self._peak_db = self._held_db = -math.inf
        self._held_at = 0.0
        self._drawn_at = 0.0
        self.clipped = False
        self.setFixedHeight(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        bind(self.setToolTip, "Level: peak and loudness; click clears the overload mark")

    def set_level(self, peak_db: float, rms_db: float, now: float | None = None) -> None:
        """Show a level measured just now; peaks fall slowly enough to be read."""
        now = time.monotonic() if now is None else now
        fallen = self._peak_db - _FALL_DB_PER_S * max(now - self._drawn_at, 0.0)
        shown = max(peak_db, fallen) if math.isfinite(fallen) else peak_db
        held = self._held_db
        if peak_db >= held or now - self._held_at > _HOLD_S:
            held = max(peak_db, shown)
            self._held_at = now
        clipped = self.clipped or peak_db > 0.0
        before = (self._rms_db, self._peak_db, self._held_db, self.clipped)
        self._rms_db, self._peak_db, self._held_db, self.clipped = rms_db, shown, held, clipped
        self._drawn_at = now
        if shown < _FLOOR_DB:
            self._peak_db = self._held_db = -math.inf
        if before != (self._rms_db, self._peak_db, self._held_db, self.clipped):
            self.update()

    def held_db(self) -> float:
        """The peak that stands."""
        return self._held_db

    def clear(self) -> None:
        """Back to silence."""
        self._rms_db = self._peak_db = self._held_db = -math.inf
        self.clipped = False
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.clipped = False
        self.update()

    def describe(self) -> str:
        """The level in words, for screen readers."""
        return decibels(self._peak_db, signed=False)

    def _x(self, level_db: float) -> float:
        share = (level_db - _FLOOR_DB) / (_TOP_DB - _FLOOR_DB)
        return min(max(share, 0.0), 1.0) * (self.width() - 7)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        height = self.height()
        bar = QRectF(0, 1, self.width() - 7, height - 2)
        painter.fillRect(bar, QColor(colours.background))
        colour = QColor(colours.stem(self._source) if self._source else colours.mixture)
        soft = QColor(colour)
        soft.setAlphaF(0.55)
        painter.fillRect(QRectF(0, 1, self._x(self._peak_db), height - 2), soft)
        painter.fillRect(QRectF(0, 1, self._x(self._rms_db), height - 2), colour)
        if self._held_db > _FLOOR_DB:
            mark = QColor(colours.error if self._held_db > 0 else colours.text)
            painter.fillRect(QRectF(max(self._x(self._held_db) - 1.5, 0), 1, 1.5, height - 2), mark)
        for level in (-48, -36, -24, -12, 0):
            painter.fillRect(QRectF(self._x(level), 1, 1, height - 2), QColor(colours.panel))
        lamp = QColor(colours.error if self.clipped else colours.background)
        painter.fillRect(QRectF(self.width() - 5, 1, 5, height - 2), lamp)
