"""The pool: results, endings, cancelling, quitting."""

from __future__ import annotations

import threading
import time

import pytest
from PySide6.QtCore import QObject, Slot

from app.tasks import TaskHandle, TaskPool
from core.errors import AudioFileError, Cancelled


@pytest.fixture
def pool(qapp):
    pool = TaskPool()
    yield pool
    assert pool.shutdown()


def watch(handle: TaskHandle) -> list[str]:
    endings: list[str] = []
    handle.finished.connect(lambda _result: endings.append("finished"))
    handle.failed.connect(lambda _failure: endings.append("failed"))
    handle.cancelled.connect(lambda: endings.append("cancelled"))
    return endings


def turn_until_stopped(begun: threading.Event):
    def task(progress, should_stop):
        begun.set()
        while not should_stop():
            progress(0.5)
        raise Cancelled

    return task


def test_result_and_progress(qtbot, pool) -> None:
    def task(progress, should_stop):
        for index in range(1000):
            progress(index / 1000)
        return threading.current_thread() is threading.main_thread()

    handle = pool.submit(task, stage="Decoding")
    endings = watch(handle)
    reports: list[tuple[float, str]] = []
    handle.progressed.connect(lambda fraction, stage: reports.append((fraction, stage)))
    with qtbot.waitSignal(handle.finished) as caught:
        pass
    assert caught.args == [False]
    assert endings == ["finished"]
    assert 0 < len(reports) < 100
    assert {stage for _, stage in reports} == {"Decoding"}
    assert pool.n_unfinished == 0


def test_a_failure_is_a_sentence(qtbot, pool) -> None:
    def task(progress, should_stop):
        raise AudioFileError("“{name}” is empty.", name="b.wav")

    handle = pool.submit(task)
    endings = watch(handle)
    with qtbot.waitSignal(handle.failed) as caught:
        pass
    assert str(caught.args[0].error) == "“b.wav” is empty."
    assert caught.args[0].error.__traceback__ is None
    assert endings == ["failed"]


def test_cancel_while_running(qtbot, pool) -> None:
    begun = threading.Event()
    handle = pool.submit(turn_until_stopped(begun))
    endings = watch(handle)
    assert begun.wait(5)
    began_s = time.monotonic()
    with qtbot.waitSignal(handle.cancelled):
        handle.cancel()
        handle.cancel()
    assert time.monotonic() - began_s < 0.5
    assert endings == ["cancelled"]


def test_cancel_while_waiting_for_a_thread(qtbot, pool) -> None:
    begun = [threading.Event(), threading.Event()]
    busy = [pool.submit(turn_until_stopped(event)) for event in begun]
    assert all(event.wait(5) for event in begun)
    ran = threading.Event()
    handle = pool.submit(lambda progress, should_stop: ran.set())
    endings = watch(handle)
    with qtbot.waitSignal(handle.cancelled):
        handle.cancel()
        assert endings == []
    with qtbot.waitSignals([task.cancelled for task in busy]):
        for task in busy:
            task.cancel()
    assert endings == ["cancelled"]
    assert not ran.is_set()


def test_a_higher_priority_goes_first(qtbot, qapp) -> None:
    pool = TaskPool(n_threads=1)
    gate, begun = threading.Event(), threading.Event()
    order: list[str] = []

    def block(progress, should_stop):
        begun.set()
        gate.wait(5)

    pool.submit(block)
    assert begun.wait(5)
    low = pool.submit(lambda progress, should_stop: order.append("low"), priority=-1)
    high = pool.submit(lambda progress, should_stop: order.append("high"), priority=1)
    with qtbot.waitSignals([low.finished, high.finished]):
        gate.set()
    assert order == ["high", "low"]
    assert pool.shutdown()


def test_quit_during_tasks(qapp) -> None:
    pool = TaskPool()
    begun = [threading.Event() for _ in range(4)]
    watched = [watch(pool.submit(turn_until_stopped(event))) for event in begun]
    assert all(event.wait(5) for event in begun[:2])
    assert pool.shutdown()
    assert watched == [["cancelled"]] * 4


def test_after_quitting_tasks_end_as_cancelled(qtbot, qapp) -> None:
    pool = TaskPool()
    assert pool.shutdown()
    handle = pool.submit(lambda progress, should_stop: None)
    with qtbot.waitSignal(handle.cancelled):
        pass


def test_a_task_that_will_not_stop_is_left_alone_and_told(qapp, caplog) -> None:
    gate, begun = threading.Event(), threading.Event()

    def stubborn(progress, should_stop):
        begun.set()
        gate.wait(5)

    pool = TaskPool()
    pool.submit(stubborn)
    assert begun.wait(5)
    assert not pool.shutdown(timeout_s=0.05)
    gate.set()
    assert pool._pool.waitForDone(5000)
    TaskPool._abandoned.clear()
    assert "did not stop" in caplog.text


def test_what_an_ending_leads_to_during_shutdown_ends_too(qtbot) -> None:
    pool = TaskPool()
    ended: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    class Follower(QObject):
        @Slot(object)
        def on_finished(self, _result: object) -> None:
            ended.append("finished")
            self.second = pool.submit(lambda progress, should_stop: None)
            self.second.cancelled.connect(self.on_cancelled)

        @Slot()
        def on_cancelled(self) -> None:
            ended.append("cancelled")

    def task(progress: object, should_stop: object) -> None:
        begun.set()
        go_on.wait()

    follower = Follower()
    handle = pool.submit(task)
    handle.finished.connect(follower.on_finished)
    begun.wait()
    threading.Timer(0.05, go_on.set).start()
    assert pool.shutdown()
    assert ended == ["finished", "cancelled"]
    assert pool.n_unfinished == 0
