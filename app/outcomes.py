"""What background work tells the window: progress, and one of three endings."""

from __future__ import annotations

import errno
import math
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import AudioFileError, OutputError, StemscopeError

PROGRESS_INTERVAL_S = 0.05
"""Reports closer than this are left out, so that a window redraws at most 20 times a second."""

_DISK_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


@dataclass(frozen=True)
class Failure:
    """An error as a window shows it: a sentence, and a traceback as text to unfold.

    ``error`` is a fresh copy that was never raised: it has no traceback, so it keeps no frame
    (and no tensor of one) alive.
    """

    error: StemscopeError
    details: str

    def __str__(self) -> str:
        return str(self.error)


def failure_from(error: BaseException) -> Failure:
    """Turn a caught exception into a ``Failure``; anything unknown becomes a general sentence."""
    details = "".join(traceback.format_exception(error))
    return Failure(_sentence(error), details)


def _sentence(error: BaseException) -> StemscopeError:
    if isinstance(error, StemscopeError):
        fields = {name: _plain(value) for name, value in error.fields.items()}
        return type(error)(error.template, **fields)
    if isinstance(error, MemoryError):
        return StemscopeError(
            "There is not enough memory for this. Close other programs, then try again."
        )
    if isinstance(error, OSError):
        return _file_sentence(error)
    return StemscopeError(
        "Something went wrong inside the program ({what}). Try again; if it happens again, "
        "please send the log file.",
        what=type(error).__name__,
    )


def _file_sentence(error: OSError) -> StemscopeError:
    name = str(error.filename or "")
    if error.errno in _DISK_FULL:
        return OutputError("The disk is full. Free some space, then try again.")
    if isinstance(error, FileNotFoundError) and name:
        return AudioFileError(
            "“{name}” is not there any more. It may have been moved or deleted.", name=name
        )
    if isinstance(error, PermissionError) and name:
        return AudioFileError(
            "“{name}” cannot be opened: you have no permission for it. Change its permissions or "
            "choose another place.",
            name=name,
        )
    return StemscopeError(
        "A file could not be read or written ({reason}). Try again, or choose another place.",
        reason=error.strerror or type(error).__name__,
    )


def _plain(value: object) -> object:
    return value if isinstance(value, (str, int, float)) else str(value)


class ProgressMeter:
    """Thins progress reports out and tells the time left from the recent rate.

    Only time between ``resume`` and ``pause`` counts, so a job that waited while something more
    urgent ran does not look slow. Used by one thread.
    """

    WINDOW_S = 10.0
    SETTLE_S = 0.4
    SMOOTHING_S = 1.5

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._active_s = 0.0
        self._resumed_at: float | None = clock()
        self._reported_at = float("-inf")
        self._points: deque[tuple[float, float]] = deque()
        self._left_s: float | None = None
        self._left_at_s = 0.0

    def pause(self) -> None:
        self._active_s = self._elapsed_s()
        self._resumed_at = None

    def resume(self) -> None:
        if self._resumed_at is None:
            self._resumed_at = self._clock()

    def update(self, fraction: float) -> float | None:
        """Note ``fraction`` (0 to 1) done by now; the seconds left, None while not yet known."""
        now_s = self._elapsed_s()
        if self._points and (fraction <= 0.0 or fraction < self._points[-1][1]):  # a new stage
            self._points.clear()
            self._left_s = None
        self._points.append((now_s, fraction))
        while len(self._points) > 2 and now_s - self._points[0][0] > self.WINDOW_S:
            self._points.popleft()
        first_s, first = self._points[0]
        if now_s - first_s < self.SETTLE_S or fraction <= first:
            return self._left_s
        estimate_s = (1.0 - fraction) * (now_s - first_s) / (fraction - first)
        if self._left_s is not None:
            # Count down from the last figure and lean towards the new one: no jumping digits.
            passed_s = now_s - self._left_at_s
            expected_s = max(0.0, self._left_s - passed_s)
            estimate_s += (expected_s - estimate_s) * math.exp(-passed_s / self.SMOOTHING_S)
        self._left_s, self._left_at_s = estimate_s, now_s
        return estimate_s

    def due(self) -> bool:
        """Whether a report may be sent now; if so, the next is due after the interval."""
        now = self._clock()
        if now - self._reported_at < PROGRESS_INTERVAL_S:
            return False
        self._reported_at = now
        return True

    def _elapsed_s(self) -> float:
        if self._resumed_at is None:
            return self._active_s
        now = self._clock()
        self._active_s += now - self._resumed_at
        self._resumed_at = now
        return self._active_s
