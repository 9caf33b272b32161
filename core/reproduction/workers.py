"""Several units at once, each in a process of one thread; or one after another in this one.

A row's figures do not depend on how many are made at once: one thread computes it either way.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any

from core.errors import Cancelled, StemscopeError
from core.reproduction.records import Place, Record
from core.reproduction.units import Unit

POLL_S = 0.2
STOP_WAIT_S = 30.0
MIN_INTERVAL_S = 0.5
"""At most this often a process tells how far it is."""

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


@dataclass(frozen=True)
class Begun:
    """A process took the unit with this index."""

    index: int


@dataclass(frozen=True)
class Went:
    """How far the unit is."""

    index: int
    words: str
    fraction: float


@dataclass(frozen=True)
class Measured:
    """One row of the unit is finished and written."""

    index: int
    record: Record


@dataclass(frozen=True)
class Done:
    """The unit is complete; ``problem`` is the sentence why it is not, if it is not."""

    index: int
    problem: str = ""


class WorkerError(RuntimeError):
    """Nobody foresaw this: the traceback of a process."""


Event = Begun | Went | Measured | Done


def run_units(
    units: Sequence[Unit],
    place: Place,
    n_jobs: int,
    should_stop: Callable[[], bool],
) -> Iterator[Event]:
    """Compute ``units``; events name them by their index.

    A unit that fails says so in its ``Done``, and the others go on. Raises ``Cancelled`` if asked
    to stop, once the states of all trainings are kept.
    """
    if n_jobs <= 1 or len(units) <= 1:
        yield from _run_here(units, place, should_stop)
    else:
        yield from _Processes(units, place, min(n_jobs, len(units))).run(should_stop)


def _run_here(
    units: Sequence[Unit], place: Place, should_stop: Callable[[], bool]
) -> Iterator[Event]:
    import torch

    from core.reproduction.work import Worker

    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        worker = Worker(place)
        for index, unit in enumerate(units):
            yield Begun(index)
            yield from _events(worker, index, unit, should_stop)
    finally:
        torch.set_num_threads(n_threads)


def _events(
    worker: Any, index: int, unit: Unit, should_stop: Callable[[], bool]
) -> Iterator[Event]:
    last = 0.0
    try:
        for report in worker.run(unit, should_stop):
            if isinstance(report, Record):
                yield Measured(index, report)
            elif time.monotonic() - last >= MIN_INTERVAL_S:
                last = time.monotonic()
                yield Went(index, report.words, report.fraction)
    except StemscopeError as error:
        yield Done(index, str(error))
    else:
        yield Done(index)


class _Processes:
    """Processes that take units from a queue until none is left."""

    def __init__(self, units: Sequence[Unit], place: Place, n_processes: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._todo: Any = context.Queue()
        self._told: Any = context.Queue()
        self._stop = context.Event()
        self._n_units = len(units)
        for item in [*enumerate(units), *[None] * n_processes]:
            self._todo.put(item)
        arguments = (place, self._todo, self._told, self._stop)
        self._processes: list[BaseProcess] = [
            context.Process(target=_work, args=(number, *arguments), daemon=True)
            for number in range(n_processes)
        ]
        self._at_work: dict[int, int] = {}

    def run(self, should_stop: Callable[[], bool]) -> Iterator[Event]:
        done: set[int] = set()
        with _deaf_to_interrupts(), _one_thread_each():
            for process in self._processes:
                process.start()
        try:
            while len(done) < self._n_units:
                if should_stop():
                    raise Cancelled
                for event in self._events(done):
                    if isinstance(event, Done):
                        done.add(event.index)
                    yield event
        finally:
            self._end()

    def _events(self, done: set[int]) -> Iterator[Event]:
        # Whether they lived before looking: what they told before they ended is in the queue then.
        alive = [process.is_alive() for process in self._processes]
        try:
            number, event = self._told.get(timeout=POLL_S)
        except queue.Empty:
            yield from self._lost(alive, done)
            return
        if isinstance(event, str):
            raise WorkerError(event)
        if isinstance(event, Begun):
            self._at_work[number] = event.index
        if isinstance(event, Done):
            self._at_work.pop(number, None)
        yield event

    def _lost(self, alive: list[bool], done: set[int]) -> Iterator[Done]:
        """Units of processes that died, and all that are left if none lives."""
        problem = "The process that computed it ended unexpectedly. Run the command again."
        for number, lives in enumerate(alive):
            if not lives and number in self._at_work:
                yield Done(self._at_work.pop(number), problem)
        if not any(alive):
            for index in range(self._n_units):
                if index not in done:
                    yield Done(index, problem)

    def _end(self) -> None:
        self._stop.set()
        end = time.monotonic() + STOP_WAIT_S
        while any(process.is_alive() for process in self._processes) and time.monotonic() < end:
            # A process ends once what it told is taken from the queue.
            with contextlib.suppress(queue.Empty):
                self._told.get(timeout=POLL_S)
        for process in self._processes:
            if process.is_alive():
                process.kill()
            process.join()
        for channel in (self._todo, self._told):
            channel.cancel_join_thread()
            channel.close()


def _work(number: int, place: Place, todo: Any, told: Any, stop: Any) -> None:
    """What a process does. Its parent decides when it stops; it also ends with its parent."""
    import torch

    from core.reproduction.work import Worker

    torch.set_num_threads(1)
    parent = multiprocessing.parent_process()

    def should_stop() -> bool:
        return stop.is_set() or (parent is not None and not parent.is_alive())

    worker: Worker | None = None
    while not should_stop():
        try:
            item = todo.get(timeout=POLL_S)
        except queue.Empty:
            continue
        if item is None:
            return
        index, unit = item
        told.put((number, Begun(index)))
        try:
            worker = worker or Worker(place)
            for event in _events(worker, index, unit, should_stop):
                told.put((number, event))
        except Cancelled:
            return
        except StemscopeError as error:
            told.put((number, Done(index, str(error))))
        except Exception:
            told.put((number, traceback.format_exc()))
            return


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes begun in the body do not hear Ctrl-C, which reaches all of a terminal's."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread: then nobody presses Ctrl-C here
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes begun in the body compute on one thread each."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
