from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from core.errors import Cancelled
from core.pipeline import Pipeline


def nothing() -> None:
    """Nobody asks to stop."""


def test_results_come_in_the_order_of_the_tasks() -> None:
    second_done = threading.Event()

    def first(check: Callable[[], None]) -> str:
        second_done.wait()
        return "first"

    def second(check: Callable[[], None]) -> str:
        second_done.set()
        return "second"

    with Pipeline[str](2) as pipeline:
        pipeline.give(first)
        pipeline.give(second)
        assert [pipeline.take(nothing), pipeline.take(nothing)] == ["first", "second"]


def test_errors_are_raised_where_the_result_is_taken() -> None:
    def fails(check: Callable[[], None]) -> int:
        raise TimeoutError("its own")

    with Pipeline[int](1) as pipeline:
        pipeline.give(fails)
        pipeline.give(lambda check: 5)
        with pytest.raises(TimeoutError, match="its own"):
            pipeline.take(nothing)
        assert pipeline.take(nothing) == 5


def test_threads_end_with_it_and_what_has_not_begun_is_dropped() -> None:
    before = set(threading.enumerate())
    begun, leaving = threading.Event(), threading.Event()
    ran = []

    def long(check: Callable[[], None]) -> None:
        begun.set()
        leaving.wait()
        while True:  # until it is told to end
            check()

    with Pipeline[None](1) as pipeline:
        pipeline.give(long)
        pipeline.give(lambda check: ran.append(1))
        begun.wait()
        leaving.set()
    assert set(threading.enumerate()) == before
    assert not ran


def test_a_wait_can_be_ended() -> None:
    release = threading.Event()
    n_polls = 0

    def poll() -> None:
        nonlocal n_polls
        n_polls += 1
        if n_polls == 2:
            release.set()
            raise Cancelled

    with Pipeline[bool](1) as pipeline:
        pipeline.give(lambda check: release.wait())
        with pytest.raises(Cancelled):
            pipeline.take(poll)


def test_it_takes_one_task_more_than_it_has_threads_and_sets_each_up() -> None:
    set_up = []
    release = threading.Event()
    with Pipeline[bool](2, lambda: set_up.append(threading.current_thread())) as pipeline:
        for _ in range(3):
            assert pipeline.has_room
            pipeline.give(lambda check: release.wait())
        assert not pipeline.has_room
        release.set()
        assert pipeline.take(nothing)
        assert pipeline.has_room
        assert len(pipeline) == 2
    assert len(set(set_up)) == 2


def test_what_has_not_begun_can_be_taken_back() -> None:
    begun, going_on = threading.Event(), threading.Event()

    def long(check: Callable[[], None]) -> str:
        begun.set()
        going_on.wait()
        return "long"

    with Pipeline[str](1) as pipeline:
        assert pipeline.withdraw() == 0
        pipeline.give(long)
        pipeline.give(lambda check: "never")
        begun.wait()
        assert pipeline.withdraw() == 1
        assert pipeline.has_room
        pipeline.give(lambda check: "instead")
        going_on.set()
        assert [pipeline.take(nothing), pipeline.take(nothing)] == ["long", "instead"]
        assert len(pipeline) == 0
