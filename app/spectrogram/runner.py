"""Work beside the GUI thread: the default way in which pyramids and tiles are computed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtCore import QObject, Signal

from app.urgency import URGENCY

StopCheck = Callable[[], bool]
Work = Callable[[StopCheck], object]
Done = Callable[[object], None]
Runner = Callable[[Work, Done], None]


class PoolRunner(QObject):
    """Runs ``work(should_stop)`` in one of two threads, then ``done(result)`` in its own thread.

    ``work`` must not raise. After ``shutdown`` nothing is started and no ``done`` is called.
    """

    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="spectrogram")
        self._finished.connect(self._on_finished)

    def __call__(self, work: Work, done: Done) -> None:
        if not self._stop.is_set():
            self._pool.submit(self._run, work, done)

    def shutdown(self) -> None:
        """Stop what runs and wait for it: at most one chunk of columns, a few hundredths."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, work: Work, done: Done) -> None:
        URGENCY.give_way()
        result = work(self._stop.is_set)
        if not self._stop.is_set():
            self._finished.emit((done, result))

    def _on_finished(self, outcome: object) -> None:
        if not self._stop.is_set():
            done, result = outcome  # type: ignore[misc]
            done(result)
