"""Sentences for errors, and steady progress."""

from __future__ import annotations

import errno
from itertools import pairwise

import pytest

from app.outcomes import ProgressMeter, failure_from
from core.errors import AudioFileError, OutputError


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (FileNotFoundError(errno.ENOENT, "No such file", "/music/a.wav"), "a.wav"),
        (PermissionError(errno.EACCES, "Permission denied", "/music/b.wav"), "permission"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (MemoryError(), "memory"),
        (KeyError("x"), "KeyError"),
    ],
)
def test_every_error_has_a_sentence(error: Exception, part: str) -> None:
    failure = failure_from(error)
    assert part in str(failure)
    assert type(error).__name__ in failure.details


def test_a_known_error_keeps_its_kind_and_fields() -> None:
    error = AudioFileError("“{name}” has {n} channels.", name="a.wav", n=9)
    copy = failure_from(error).error
    assert copy is not error
    assert type(copy) is AudioFileError
    assert copy.fields == {"name": "a.wav", "n": 9}
    full = failure_from(OSError(errno.ENOSPC, "No space left on device")).error
    assert isinstance(full, OutputError)


def test_reports_are_thinned_to_twenty_a_second() -> None:
    clock = Clock()
    meter = ProgressMeter(clock)
    n_due = 0
    for _ in range(1000):
        clock.now_s += 0.001
        n_due += meter.due()
    assert 15 <= n_due <= 20


def test_time_left_is_right_and_steady() -> None:
    clock = Clock()
    meter = ProgressMeter(clock)
    lefts = []
    for index in range(1, 100):
        clock.now_s += 0.1 if index % 2 else 0.3  # 20 s in all, uneven
        lefts.append((index, meter.update(index / 100)))
    assert lefts[0][1] is None
    known = [(index, left) for index, left in lefts if left is not None]
    assert len(known) > 90
    for index, left_s in known:
        assert left_s == pytest.approx((100 - index) * 0.2, abs=4.0 if index < 30 else 0.5)
    assert all(b - a < 0.2 for (_, a), (_, b) in pairwise(known))


def test_getting_ready_does_not_count() -> None:
    clock = Clock()
    meter = ProgressMeter(clock)
    meter.update(0.0)
    clock.now_s += 60  # loading
    meter.update(0.0)
    for index in range(1, 6):
        clock.now_s += 1.0
        left_s = meter.update(index / 10)
    assert left_s == pytest.approx(5.0, abs=0.5)


def test_time_given_to_others_does_not_count() -> None:
    clock = Clock()
    meter = ProgressMeter(clock)
    for index in range(1, 51):
        clock.now_s += 0.1
        left_s = meter.update(index / 100)
        if index == 30:
            meter.pause()
            clock.now_s += 3600
            meter.resume()
    assert left_s == pytest.approx(5.0, abs=0.3)
