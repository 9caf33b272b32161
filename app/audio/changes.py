"""Changes of what is being played: read again where it was read already."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from app.audio.engine import Engine
from app.audio.reader import RING_S
from app.audio.tempo import PIECE_S

ANSWER_MS = 25
"""Changes that come within this time are answered together."""
AHEAD_S = RING_S + 0.5
"""So far behind what is heard may have been read, a device's latency included."""


class Changes(QObject):
    """Has ``engine`` read again, with a crossfade, what has changed of what it has read ahead."""

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._span: tuple[int, int] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ANSWER_MS)
        self._timer.timeout.connect(self._on_due)

    def note(self, start: int, stop: int) -> None:
        """Samples ``start`` to ``stop`` of the stems are others now."""
        first, last = self._span or (start, stop)
        self._span = min(first, start), max(last, stop)
        if not self._timer.isActive():
            self._timer.start()

    def _on_due(self) -> None:
        span, self._span = self._span, None
        engine = self._engine
        if span is None or engine.feed is None or engine.mixture is None:
            return
        if engine.lanes is not None:
            engine.lanes.forget()
        position = engine.position()
        ahead_s = AHEAD_S
        if not engine.tempo.is_neutral:
            ahead_s += PIECE_S + float(AHEAD_S * max(engine.tempo.speed - 1, 0))
        first, last = position, position + round(ahead_s * engine.mixture.sample_rate)
        loop = engine.loop
        if loop is not None and last >= loop[1]:  # the beginning of the loop was read too
            first = min(loop[0], first)
        if span[0] < last and first < span[1]:
            engine.renew(position, follows=True)
