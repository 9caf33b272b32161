"""A job's signals with the key of the run it belongs to."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from app.jobs import JobHandle


class RunJob(QObject):
    """Follows one job of a run and passes on what it tells."""

    progressed = Signal(str, object)  # key, JobProgress
    running_changed = Signal(str, bool)
    finished = Signal(str, object)
    failed = Signal(str, object)  # key, Failure
    cancelled = Signal(str)

    def __init__(self, key: str, handle: JobHandle, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._key, self._handle = key, handle
        handle.progressed.connect(self._on_progressed)
        handle.running_changed.connect(self._on_running_changed)
        handle.finished.connect(self._on_finished)
        handle.failed.connect(self._on_failed)
        handle.cancelled.connect(self._on_cancelled)

    def cancel(self) -> None:
        self._handle.cancel()

    @Slot(object)
    def _on_progressed(self, progress: object) -> None:
        self.progressed.emit(self._key, progress)

    @Slot(bool)
    def _on_running_changed(self, running: bool) -> None:
        self.running_changed.emit(self._key, running)

    @Slot(object)
    def _on_finished(self, result: object) -> None:
        self.finished.emit(self._key, result)

    @Slot(object)
    def _on_failed(self, failure: object) -> None:
        self.failed.emit(self._key, failure)

    @Slot()
    def _on_cancelled(self) -> None:
        self.cancelled.emit(self._key)
