"""Threads that carry sound go before others, where the system lets them."""

from __future__ import annotations

import contextlib
import os
import sys
import threading

_NICENESS = -11  # what sound servers take for themselves
_WINDOWS_HIGHEST = 2


def go_first() -> None:
    """Put the calling thread before others. Where that is not allowed, nothing happens.

    Not in real time: such a thread waits in vain for Python's lock, if the thread that has it does
    not get to run.
    """
    with contextlib.suppress(OSError, AttributeError):
        if sys.platform.startswith("linux"):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        elif sys.platform == "win32":
            import ctypes

            kernel = ctypes.windll.kernel32
            kernel.SetThreadPriority(kernel.GetCurrentThread(), _WINDOWS_HIGHEST)
