"""A small pool beside the compute thread: decoding, tiles, export. No torch here."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QObject, Qt, QThreadPool, Signal, Slot

from app.endings import Finished, Stopped, WorkHandle
from app.outcomes import Failure, ProgressMeter, failure_from
from core.errors import Cancelled

logger = logging.getLogger(__name__)

N_THREADS = 2
SHUTDOWN_S = 2.5
_ROUNDS = 5
"""Endings may lead to tasks that are refused, which are endings too."""


class Report(Protocol):
    """What a task calls to tell how far it is; it has the form that core functions expect."""

    def __call__(self, fraction: float, stage: str = ..., detail: object = ...) -> None: ...


TaskFunction = Callable[[Report, Callable[[], bool]], object]
"""Called in the pool with ``(progress, should_stop)``; raises ``Cancelled`` when stopped."""


@dataclass(frozen=True)
class _Progress:
    fraction: float
    stage: str
    seconds_left: float | None
    detail: object = None


@dataclass(frozen=True)
class _Report:
    task_id: int
    content: object  # _Progress or an ending


class _Task:
    """The part of a task that the pool's thread sees: no QObject, so none is destroyed there."""

    def __init__(self, task_id: int, function: TaskFunction, stage: str) -> None:
        self._task_id = task_id
        self._function: TaskFunction | None = function
        self._stage = stage
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._begun = False

    def cancel(self) -> bool:
        """Ask to stop; True if the task had not begun, and now never will."""
        with self._lock:
            self._stop.set()
            waiting, self._begun = not self._begun, True
        if waiting:
            self._function = None
        return waiting

    def run(self, report: Callable[[_Report], None]) -> None:
        with self._lock:
            if self._begun:  # cancelled while it waited for a thread
                return
            self._begun = True
        meter = ProgressMeter()

        def progress(fraction: float, stage: str = self._stage, detail: object = None) -> None:
            left_s = meter.update(fraction)
            if meter.due() or detail is not None:
                content = _Progress(float(fraction), stage, left_s, detail)
                report(_Report(self._task_id, content))

        function, self._function = self._function, None
        ending: object
        try:
            assert function is not None
            ending = Finished(function(progress, self._stop.is_set))
        except Cancelled:
            ending = Stopped()
        except BaseException as error:  # the thread belongs to the pool and must live on
            ending = failure_from(error)
        if isinstance(ending, Failure):
            logger.error("A task failed: %s\n%s", ending, ending.details)
        del function
        report(_Report(self._task_id, ending))


class TaskHandle(WorkHandle):
    """One task, seen from the GUI thread."""

    progressed = Signal(float, str)  # fraction, stage
    told = Signal(object)  # something done on the way

    def __init__(self, pool: TaskPool, task_id: int) -> None:
        super().__init__()
        self._pool = pool
        self._task_id = task_id
        self.seconds_left: float | None = None

    def cancel(self) -> None:
        """Ask the task to stop; ``cancelled`` follows, unless it ends otherwise before."""
        self._pool._cancel(self._task_id)

    def _on_the_way(self, content: object) -> None:
        if isinstance(content, _Progress):
            self.seconds_left = content.seconds_left
            self.progressed.emit(content.fraction, content.stage)
            if content.detail is not None:
                self.told.emit(content.detail)


class TaskPool(QObject):
    """Runs functions in a few threads. All methods are for the GUI thread."""

    _reported = Signal(object)

    # Threads that would not stop in time: destroying their pool would hang the program.
    _abandoned: list[object] = []  # noqa: RUF012

    def __init__(self, n_threads: int = N_THREADS, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool()
        self._pool.setMaxThreadCount(n_threads)
        self._ids = itertools.count(1)
        self._tasks: dict[int, _Task] = {}
        self._handles: dict[int, TaskHandle] = {}
        self._closing = False
        # Queued even from the GUI thread, so that no ending arrives inside a call of cancel().
        self._reported.connect(self._on_reported, Qt.ConnectionType.QueuedConnection)

    def submit(self, function: TaskFunction, *, stage: str = "", priority: int = 0) -> TaskHandle:
        """Queue ``function``; a higher ``priority`` goes first. Connect to the handle right away.

        After ``shutdown`` the handle ends as cancelled.
        """
        task_id = next(self._ids)
        task = _Task(task_id, function, stage)
        handle = TaskHandle(self, task_id)
        self._tasks[task_id], self._handles[task_id] = task, handle
        if self._closing:
            handle.cancel()
        else:
            self._pool.start(partial(task.run, self._reported.emit), priority)
        return handle

    @property
    def n_unfinished(self) -> int:
        return len(self._handles)

    def shutdown(self, timeout_s: float = SHUTDOWN_S) -> bool:
        """Cancel everything and join; False if a task was still busy after ``timeout_s``."""
        self._closing = True
        for task_id in reversed(list(self._tasks)):  # the waiting first, or they would begin
            self._cancel(task_id)
        stopped = self._pool.waitForDone(round(timeout_s * 1000))
        for _ in range(_ROUNDS):
            QCoreApplication.sendPostedEvents(self)  # the endings that are still on their way
            if not self._handles:
                break
        if not stopped:
            logger.error("A background task did not stop within %.1f s", timeout_s)
            self._abandoned.extend((self._pool, self))
        return stopped

    def _cancel(self, task_id: int) -> None:
        task = self._tasks.get(task_id)
        if task is not None and task.cancel():
            self._reported.emit(_Report(task_id, Stopped()))

    @Slot(object)
    def _on_reported(self, report: _Report) -> None:
        handle = self._handles.get(report.task_id)
        if handle is None:
            return
        handle.receive(report.content)
        if handle.ended:
            del self._handles[report.task_id], self._tasks[report.task_id]
