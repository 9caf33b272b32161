"""The one compute thread: jobs that give way, the most urgent first, each with one ending."""

from __future__ import annotations

import enum
import itertools
import logging
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QObject, Qt, QThread, QTimer, Signal, Slot

from app.endings import Finished, Stopped, WorkHandle
from app.outcomes import PROGRESS_INTERVAL_S, Failure, ProgressMeter, failure_from
from core.errors import Cancelled

logger = logging.getLogger(__name__)

STACK_BYTES = 16 << 20  # secondary threads get 512 KiB on macOS, too little for torch
SHUTDOWN_S = 2.5


class Priority(enum.IntEnum):
    """How urgent a job is: the smallest goes first, equal ones in order of submission."""

    EDIT = 0
    ON_SCREEN = 1
    QUEUE = 2
    TRAINING = 3


@dataclass(frozen=True)
class JobStep:
    """What a job yields when it gives way: how far it is, and optionally something done."""

    fraction: float
    stage: str
    detail: object = None


class Request(Protocol):
    """A frozen object that carries all a job needs, never a widget or a QObject."""

    def run(self, should_stop: Callable[[], bool]) -> Generator[JobStep, None, object]:
        """Do the work in the compute thread, yielding after every chunk; return the result.

        Thread-wide switches (torch's inference mode) must not stay set across a ``yield``: other
        jobs run there.
        """


@dataclass(frozen=True)
class JobProgress:
    """A report of a running job; ``details`` holds those of all steps since the last report."""

    fraction: float
    stage: str
    seconds_left: float | None
    details: tuple[object, ...] = ()


@dataclass(frozen=True)
class _Report:
    job_id: int
    content: object  # JobProgress, _Running or an ending


@dataclass(frozen=True)
class _Running:
    running: bool


@dataclass
class _Job:
    job_id: int
    request: Request
    priority: Priority
    stop: threading.Event = field(default_factory=threading.Event)
    meter: ProgressMeter | None = None
    steps: Generator[JobStep, None, object] | None = None
    details: list[object] = field(default_factory=list)
    stage: str = ""


class _Table:
    """The unfinished jobs, shared by both threads under one lock."""

    def __init__(self) -> None:
        self._jobs: dict[int, _Job] = {}
        self._started: set[int] = set()
        self._lock = threading.Lock()

    def add(self, job: _Job) -> None:
        with self._lock:
            self._jobs[job.job_id] = job

    def take(self) -> _Job | None:
        """The job to go on with: cancelled ones first, as they end at once."""
        with self._lock:
            if not self._jobs:
                return None
            job = min(
                self._jobs.values(), key=lambda j: (not j.stop.is_set(), j.priority, j.job_id)
            )
            self._started.add(job.job_id)
            return job

    def remove(self, job_id: int) -> None:
        with self._lock:
            self._jobs.pop(job_id, None)
            self._started.discard(job_id)

    def cancel(self, job_id: int) -> bool:
        """Ask a job to stop; True if it had not begun and is now gone from the table."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None:
                return False
            job.stop.set()
            if job_id in self._started:
                return False
            del self._jobs[job_id]
            return True

    def cancel_all(self) -> list[int]:
        """Ask every job to stop, at one stroke: none may begin as another makes room for it.

        Returns those that had not begun; they are gone from the table.
        """
        with self._lock:
            for job in self._jobs.values():
                job.stop.set()
            waiting = [job_id for job_id in self._jobs if job_id not in self._started]
            for job_id in waiting:
                del self._jobs[job_id]
            return waiting

    def set_priority(self, job_id: int, priority: Priority) -> None:
        with self._lock:
            if job_id in self._jobs:
                self._jobs[job_id].priority = priority

    def __contains__(self, job_id: int) -> bool:
        with self._lock:
            return job_id in self._jobs


class _Worker(QObject):
    """Lives in the compute thread and steps the jobs of the table until none is left."""

    reported = Signal(object)

    def __init__(self, table: _Table) -> None:
        super().__init__()
        self._table = table
        self._active: _Job | None = None

    @Slot()
    def _on_submitted(self) -> None:
        while (job := self._table.take()) is not None:
            self._activate(job)
            self._advance(job)

    def _activate(self, job: _Job) -> None:
        if job is self._active:
            return
        if self._active is not None and self._active.meter is not None:
            self._active.meter.pause()
            self._report(self._active, _Running(False))
        if job.meter is None:
            job.meter = ProgressMeter()
        job.meter.resume()
        self._active = job
        self._report(job, _Running(True))

    def _advance(self, job: _Job) -> None:
        ending: object
        try:
            if job.stop.is_set():
                if job.steps is not None:
                    job.steps.close()
                raise Cancelled
            if job.steps is None:
                job.steps = job.request.run(job.stop.is_set)
            step = next(job.steps)
        except StopIteration as end:
            ending = Finished(end.value)
        except Cancelled:
            ending = Stopped()
        except BaseException as error:  # whatever it is, the thread goes on with the next job
            ending = failure_from(error)
        else:
            self._note(job, step)
            return
        # Out of the except blocks: the frames of the error, and what they held, are gone.
        if isinstance(ending, Failure):
            logger.error("A job failed: %s\n%s", ending, ending.details)
        self._active = None
        self._table.remove(job.job_id)
        job.steps = None
        if job.details and isinstance(ending, Finished):
            self._report(job, JobProgress(1.0, job.stage, 0.0, tuple(job.details)))
        self._report(job, ending)

    def _note(self, job: _Job, step: JobStep) -> None:
        assert job.meter is not None
        if step.detail is not None:
            job.details.append(step.detail)
        job.stage = step.stage
        left_s = job.meter.update(step.fraction)
        # What was done is told at once (the handle gathers it): the next step may take long.
        if job.meter.due() or job.details:
            details, job.details = tuple(job.details), []
            self._report(job, JobProgress(step.fraction, step.stage, left_s, details))

    def _report(self, job: _Job, content: object) -> None:
        self.reported.emit(_Report(job.job_id, content))


class JobHandle(WorkHandle):
    """One submitted job, seen from the GUI thread."""

    progressed = Signal(object)  # JobProgress
    running_changed = Signal(bool)  # begins or goes on; gave way to something more urgent

    def __init__(self, runner: JobRunner, job_id: int) -> None:
        super().__init__()
        self._runner = runner
        self.job_id = job_id
        self._held: JobProgress | None = None
        self._told_s = float("-inf")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_held_due)

    def cancel(self) -> None:
        """Ask the job to stop; ``cancelled`` follows, unless it ends otherwise before."""
        self._runner.cancel(self.job_id)

    def set_priority(self, priority: Priority) -> None:
        """Takes effect at the next chunk."""
        self._runner.set_priority(self.job_id, priority)

    def _on_the_way(self, content: object) -> None:
        match content:
            case JobProgress():
                self._hold(content)
            case _Running(running):
                self.running_changed.emit(running)

    def receive(self, content: object) -> None:
        if not isinstance(content, JobProgress):
            self._on_held_due()
        super().receive(content)

    def _hold(self, progress: JobProgress) -> None:
        """Tell of ``progress`` now, or with what comes until the next report is due."""
        before = self._held.details if self._held is not None else ()
        self._held = replace(progress, details=(*before, *progress.details))
        left_s = self._told_s + PROGRESS_INTERVAL_S - time.monotonic()
        if left_s <= 0:
            self._on_held_due()
        elif not self._timer.isActive():
            self._timer.start(max(1, round(left_s * 1000)))

    @Slot()
    def _on_held_due(self) -> None:
        self._timer.stop()
        held, self._held = self._held, None
        if held is not None and not self.ended:
            self._told_s = time.monotonic()
            self.progressed.emit(held)


class JobRunner(QObject):
    """Owns the compute thread. All methods are for the GUI thread."""

    _submitted = Signal()
    _ended_early = Signal(object)

    # A thread that would not stop in time: destroying its object would abort the program.
    _abandoned: list[object] = []  # noqa: RUF012

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids = itertools.count(1)
        self._handles: dict[int, JobHandle] = {}
        self._table = _Table()
        self._closing = False
        self._thread = QThread()
        self._thread.setObjectName("stemscope-compute")
        self._thread.setStackSize(STACK_BYTES)
        self._worker = _Worker(self._table)
        self._worker.moveToThread(self._thread)
        self._submitted.connect(self._worker._on_submitted)
        self._worker.reported.connect(self._on_reported)
        self._ended_early.connect(self._on_reported, Qt.ConnectionType.QueuedConnection)

    def submit(self, request: Request, priority: Priority) -> JobHandle:
        """Queue ``request``; connect to the handle right away, nothing is sent before."""
        if self._closing:
            raise RuntimeError("the compute thread has been shut down")
        job = _Job(next(self._ids), request, priority)
        handle = JobHandle(self, job.job_id)
        self._handles[job.job_id] = handle
        self._table.add(job)
        if not self._thread.isRunning():
            self._thread.start()
        self._submitted.emit()
        return handle

    def cancel(self, job_id: int) -> None:
        if self._table.cancel(job_id):
            self._ended_early.emit(_Report(job_id, Stopped()))
        else:
            self._submitted.emit()

    def set_priority(self, job_id: int, priority: Priority) -> None:
        self._table.set_priority(job_id, priority)

    @property
    def n_unfinished(self) -> int:
        return len(self._handles)

    def shutdown(self, timeout_s: float = SHUTDOWN_S) -> bool:
        """Cancel everything and end the thread; False if it was still busy after ``timeout_s``."""
        self._closing = True
        for job_id in self._table.cancel_all():
            self._ended_early.emit(_Report(job_id, Stopped()))
        self._submitted.emit()
        self._thread.quit()
        stopped = self._thread.wait(round(timeout_s * 1000)) if self._thread.isRunning() else True
        QCoreApplication.sendPostedEvents(self)  # the endings that are still on their way
        if not stopped:
            logger.error("The compute thread did not stop within %.1f s", timeout_s)
            self._abandoned.extend((self._thread, self._worker))
        return stopped

    @Slot(object)
    def _on_reported(self, report: _Report) -> None:
        handle = self._handles.get(report.job_id)
        if handle is None:
            return
        handle.receive(report.content)
        if handle.ended:
            self._handles.pop(report.job_id, None)
