"""How background work ends, seen from the GUI thread: once, in one of three ways."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.outcomes import Failure


@dataclass(frozen=True)
class Finished:
    """It was done."""

    result: object


@dataclass(frozen=True)
class Stopped:
    """It was stopped on request."""


class WorkHandle(QObject):
    """A job or a task. Exactly one of these signals comes, once."""

    finished = Signal(object)  # the result
    failed = Signal(object)  # Failure
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()  # no parent: it lives as long as its runner or anyone else holds it
        self.ended = False

    def receive(self, content: object) -> None:
        """Take a report of the thread that works: an ending, or something on the way."""
        if self.ended:
            return
        match content:
            case Finished(result):
                self.ended = True
                self.finished.emit(result)
            case Failure():
                self.ended = True
                self.failed.emit(content)
            case Stopped():
                self.ended = True
                self.cancelled.emit()
            case _:
                self._on_the_way(content)

    def _on_the_way(self, content: object) -> None:
        """Tell about work that goes on."""
