"""How a command ends: exit codes, one plain sentence, a log for what nobody foresaw."""

from __future__ import annotations

import datetime
import os
import platform
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

EXIT_OK = 0
EXIT_INTERNAL = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130

LOG_FILE = "stemscope-cli.log"
LOG_BYTES_MAX = 1_000_000


def write_log(error: BaseException) -> Path:
    """Add the traceback of ``error`` to the log and return its path."""
    from platformdirs import user_log_path

    lines = traceback.format_exception(error)
    head = f"\n{datetime.datetime.now().isoformat(timespec='seconds')} {platform.platform()}"
    text = f"{head} Python {platform.python_version()}\n{' '.join(sys.argv)}\n{''.join(lines)}"
    for folder in (user_log_path("stemscope", appauthor=False), Path(tempfile.gettempdir())):
        path = folder / LOG_FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            too_long = path.exists() and path.stat().st_size > LOG_BYTES_MAX
            with path.open("w" if too_long else "a", encoding="utf-8") as file:
                file.write(text)
        except OSError:
            continue
        return path
    return Path(os.devnull)


def internal_sentence(error: BaseException, during: str = "") -> str:
    """The sentence for an error nobody foresaw; the details go into a log."""
    where = f" with {during}" if during else ""
    return (
        f"Something went wrong inside Stemscope{where} ({type(error).__name__}); "
        f"details are in {write_log(error)}"
    )


class Interrupt:
    """Whether the user asked to stop. A second request no longer waits for a clean end."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def is_set(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        self._event.set()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._event.is_set():
            raise KeyboardInterrupt
        self._event.set()


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Ctrl-C sets the ``Interrupt`` for the body, so that long work ends between two steps."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    handled = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, interrupt._on_signal) for number in handled}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
