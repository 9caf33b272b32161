"""How Python shares itself between the window and the threads that work beside it."""

from __future__ import annotations

import sys

from app.garbage import GarbageCollector
from app.session import Session

SWITCH_INTERVAL_S = 0.0005
"""A thread in Python code gives way to others this often.

The window needs the interpreter for many short moments, and with Python's own 5 ms it may have to
wait as long for every one of them.
"""


class WindowFirst:
    """Sets the interpreter up for a window, until ``stop``. Made in the GUI thread."""

    def __init__(self, session: Session) -> None:
        self._interval_s = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._collector = GarbageCollector()
        # Torch has been loaded: the many objects of its modules stay for good.
        session.devices_found.connect(self._collector.settle)

    def stop(self) -> None:
        self._collector.stop()
        sys.setswitchinterval(self._interval_s)
