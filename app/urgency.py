"""Work that somebody waits for with the mouse in the hand goes before work that can wait."""

from __future__ import annotations

import threading

PATIENCE_S = 0.06
"""Nothing waits longer than this: during a long stroke pictures go on, if more slowly."""


class Urgency:
    """Says whether something urgent is asked for or being done, to threads that do other things."""

    def __init__(self) -> None:
        self._n = 0
        self._changed = threading.Condition()

    def claim(self) -> None:
        """Something urgent is asked for; ``release`` must follow."""
        with self._changed:
            self._n += 1

    def release(self) -> None:
        """It is done, or nobody wants it any more."""
        with self._changed:
            self._n -= 1
            self._changed.notify_all()

    def give_way(self, patience_s: float = PATIENCE_S) -> None:
        """Wait until nothing urgent is being done, but not for long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._n, patience_s)


URGENCY = Urgency()
"""Threads compete for the processor and the interpreter in the whole program, so there is one."""
