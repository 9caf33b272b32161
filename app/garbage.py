"""Collects reference cycles in the GUI thread alone."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL_MS = 1000
FULL_INTERVAL_S = 60.0


class GarbageCollector(QObject):
    """Replaces Python's automatic collection, which runs in whatever thread allocates.

    In the compute thread it would destroy widgets and timers that lie in cycles there, and that
    aborts the program. Made in the GUI thread; ``stop`` gives the automatic collection back.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._full_at_s = clock()
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._on_timeout)
        self._timer.start()

    def settle(self) -> None:
        """Leave what lives now out of later collections.

        After torch was loaded each would take a noticeable fifth of a second, so even one here
        is too many: the few cycles that are garbage now stay.
        """
        gc.freeze()

    def stop(self) -> None:
        self._timer.stop()
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()

    @Slot()
    def _on_timeout(self) -> None:
        counts, thresholds = gc.get_count(), gc.get_threshold()
        if counts[2] > thresholds[2] and self._clock() - self._full_at_s > FULL_INTERVAL_S:
            self._full_at_s = self._clock()
            gc.collect(2)
        elif counts[1] > thresholds[1]:
            gc.collect(1)
        elif counts[0] > thresholds[0]:
            gc.collect(0)
