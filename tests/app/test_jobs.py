"""The compute thread: order, giving way, endings, quitting."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import QObject, QThread, Signal, Slot

from app.jobs import JobHandle, JobProgress, JobRunner, JobStep, Priority
from app.outcomes import Failure
from core.errors import AudioFileError


class Diary(QObject):
    """Writes down what a handle sends, and in which thread it arrives."""

    closed = Signal()

    def __init__(self, handle: JobHandle) -> None:
        super().__init__()
        self.progress: list[JobProgress] = []
        self.endings: list[tuple[str, object]] = []
        self.running: list[bool] = []
        self.threads: set[bool] = set()
        handle.progressed.connect(self._on_progressed)
        handle.running_changed.connect(self._on_running_changed)
        handle.finished.connect(self._on_finished)
        handle.failed.connect(self._on_failed)
        handle.cancelled.connect(self._on_cancelled)

    @Slot(object)
    def _on_progressed(self, progress: JobProgress) -> None:
        self.threads.add(QThread.currentThread() is self.thread())
        self.progress.append(progress)

    @Slot(bool)
    def _on_running_changed(self, running: bool) -> None:
        self.running.append(running)

    @Slot(object)
    def _on_finished(self, result: object) -> None:
        self.endings.append(("finished", result))

    @Slot(object)
    def _on_failed(self, failure: Failure) -> None:
        self.endings.append(("failed", failure))

    @Slot()
    def _on_cancelled(self) -> None:
        self.endings.append(("cancelled", None))


@dataclass(frozen=True)
class Counting:
    """Counts to ``n``, writing ``name`` in the shared list at each step."""

    name: str = "job"
    n: int = 3
    log: list[str] = field(default_factory=list)
    gate: threading.Event | None = None  # waited for before each step
    begun: threading.Event = field(default_factory=threading.Event)

    def run(self, should_stop: Callable[[], bool]) -> Iterator[JobStep]:
        try:
            for index in range(self.n):
                self.begun.set()
                if self.gate is not None:
                    self.gate.wait(5)
                self.log.append(self.name)
                yield JobStep((index + 1) / self.n, "Counting", detail=(self.name, index))
        finally:
            self.log.append(f"{self.name} closed")
        return self.n


@dataclass(frozen=True)
class Failing:
    error: BaseException

    def run(self, should_stop: Callable[[], bool]) -> Iterator[JobStep]:
        yield JobStep(0.1, "Working")
        raise self.error


@dataclass(frozen=True)
class Endless:
    begun: threading.Event = field(default_factory=threading.Event)
    polite: bool = True

    def run(self, should_stop: Callable[[], bool]) -> Iterator[JobStep]:
        while True:
            self.begun.set()
            yield JobStep(0.5, "Turning")


@pytest.fixture
def runner(qapp):
    runner = JobRunner()
    yield runner
    assert runner.shutdown()


def test_a_job_runs_in_line() -> None:
    steps = list(Counting(n=3).run(lambda: False))
    assert [step.fraction for step in steps] == pytest.approx([1 / 3, 2 / 3, 1])


def test_one_ending_and_every_detail_arrive_in_the_gui_thread(qtbot, runner) -> None:
    handle = runner.submit(Counting(n=200), Priority.QUEUE)
    diary = Diary(handle)
    with qtbot.waitSignal(handle.finished):
        pass
    assert diary.endings == [("finished", 200)]
    assert diary.threads == {True}
    details = [detail for progress in diary.progress for detail in progress.details]
    assert details == [("job", index) for index in range(200)]
    assert len(diary.progress) < 100  # thinned out
    assert runner.n_unfinished == 0


def test_the_more_urgent_goes_first_at_the_next_chunk(qtbot, runner) -> None:
    log: list[str] = []
    gate = threading.Event()
    training = Counting("training", 4, log, gate)
    slow = Diary(training_handle := runner.submit(training, Priority.TRAINING))
    assert training.begun.wait(5)
    song = runner.submit(Counting("song", 3, log), Priority.ON_SCREEN)
    queue = runner.submit(Counting("queue", 1, log), Priority.QUEUE)
    with qtbot.waitSignals([song.finished, queue.finished, training_handle.finished]):
        gate.set()
    assert log == (
        ["training"]
        + ["song"] * 3
        + ["song closed", "queue", "queue closed"]
        + ["training"] * 3
        + ["training closed"]
    )
    assert slow.running == [True, False, True]


def test_priorities_change_while_queued(qtbot, runner) -> None:
    log: list[str] = []
    gate = threading.Event()
    first = Counting("first", 2, log, gate)
    first_handle = runner.submit(first, Priority.ON_SCREEN)
    assert first.begun.wait(5)
    second_handle = runner.submit(Counting("second", 2, log), Priority.QUEUE)
    first_handle.set_priority(Priority.QUEUE)
    second_handle.set_priority(Priority.ON_SCREEN)
    with qtbot.waitSignals([first_handle.finished, second_handle.finished]):
        gate.set()
    assert log == ["first", "second", "second", "second closed", "first", "first closed"]


def test_a_failing_job_lets_the_next_go_on(qtbot, runner) -> None:
    request = Failing(AudioFileError("“{name}” is empty.", name="a.wav"))
    bad = runner.submit(request, Priority.ON_SCREEN)
    good = runner.submit(Counting(), Priority.QUEUE)
    diary = Diary(bad)
    with qtbot.waitSignal(good.finished):
        pass
    ((kind, failure),) = diary.endings
    assert kind == "failed"
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, AudioFileError)
    assert str(failure.error) == "“a.wav” is empty."
    assert failure.error.__traceback__ is None
    assert "Traceback" in failure.details


def test_unknown_errors_become_a_sentence(qtbot, runner) -> None:
    handle = runner.submit(Failing(RuntimeError("boom")), Priority.QUEUE)
    with qtbot.waitSignal(handle.failed) as caught:
        pass
    failure = caught.args[0]
    assert "boom" in failure.details
    assert "boom" not in str(failure.error)
    assert "RuntimeError" in str(failure.error)


def test_errors_release_their_frames(qtbot, runner) -> None:
    pinned: weakref.WeakSet = weakref.WeakSet()

    @dataclass(frozen=True)
    class Dividing:
        def run(self, should_stop: Callable[[], bool]) -> Iterator[JobStep]:
            heavy = threading.Event()  # stands for a tensor held by the frame
            pinned.add(heavy)
            yield JobStep(0.1, "Working")
            yield JobStep(1 / 0, "Working")

    with qtbot.waitSignal(runner.submit(Dividing(), Priority.QUEUE).failed):
        pass
    gc.collect()
    assert len(pinned) == 0


def test_cancel_is_quick_while_running(qtbot, runner) -> None:
    request = Endless()
    handle = runner.submit(request, Priority.QUEUE)
    diary = Diary(handle)
    assert request.begun.wait(5)
    began_s = time.monotonic()
    with qtbot.waitSignal(handle.cancelled):
        handle.cancel()
        handle.cancel()
    assert time.monotonic() - began_s < 0.5
    assert [kind for kind, _ in diary.endings] == ["cancelled"]


def test_cancel_of_a_waiting_job_does_not_wait_for_the_running_one(qtbot, runner) -> None:
    gate = threading.Event()
    busy = Counting("busy", 1, gate=gate)
    busy_handle = runner.submit(busy, Priority.ON_SCREEN)
    assert busy.begun.wait(5)
    waiting = Counting("waiting")
    handle = runner.submit(waiting, Priority.QUEUE)
    diary = Diary(handle)
    with qtbot.waitSignal(handle.cancelled):
        handle.cancel()
        assert diary.endings == []  # never inside the call
    assert waiting.log == []
    with qtbot.waitSignal(busy_handle.finished):
        gate.set()
    assert [kind for kind, _ in diary.endings] == ["cancelled"]


def test_cancel_of_a_job_that_gave_way_closes_it(qtbot, runner) -> None:
    log: list[str] = []
    gate = threading.Event()
    low = Counting("low", 9, log, gate)
    low_handle = runner.submit(low, Priority.TRAINING)
    assert low.begun.wait(5)
    high = Endless()
    high_handle = runner.submit(high, Priority.ON_SCREEN)
    gate.set()
    assert high.begun.wait(5)
    with qtbot.waitSignal(low_handle.cancelled):
        low_handle.cancel()
    assert log == ["low", "low closed"]
    with qtbot.waitSignal(high_handle.cancelled):
        high_handle.cancel()


def test_quit_during_a_job_ends_everything_once(qapp) -> None:
    runner = JobRunner()
    running = Endless()
    diaries = [Diary(runner.submit(running, Priority.ON_SCREEN))]
    diaries += [Diary(runner.submit(Counting(), Priority.QUEUE)) for _ in range(3)]
    assert running.begun.wait(5)
    began_s = time.monotonic()
    assert runner.shutdown()
    assert time.monotonic() - began_s < 1.0
    for diary in diaries:
        assert [kind for kind, _ in diary.endings] == ["cancelled"]
    assert runner.n_unfinished == 0
    assert runner.shutdown()  # again does nothing


def test_quit_without_any_job(qapp) -> None:
    assert JobRunner().shutdown()


def test_a_thread_that_will_not_stop_is_left_alone_and_told(qapp, caplog) -> None:
    gate = threading.Event()
    stubborn = Counting("stubborn", 1, gate=gate)
    runner = JobRunner()
    handle = runner.submit(stubborn, Priority.QUEUE)
    diary = Diary(handle)
    assert stubborn.begun.wait(5)
    assert not runner.shutdown(timeout_s=0.05)
    gate.set()
    assert runner._thread.wait(5000)
    JobRunner._abandoned.clear()
    assert diary.endings == []
    assert "did not stop" in caplog.text
