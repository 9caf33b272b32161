"""What goes wrong anywhere: written to a log file, and told in the window."""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from platformdirs import user_log_path
from PySide6.QtCore import (
    QCoreApplication,
    QMessageLogContext,
    QObject,
    Qt,
    QtMsgType,
    Signal,
    Slot,
    qInstallMessageHandler,
)

from app.outcomes import Failure, failure_from
from core.errors import Cancelled

LOG_FILE = "stemscope.log"
CRASH_FILE = "crash.log"
MAX_BYTES = 1 << 20
N_BACKUPS = 3
REPEAT_S = 10.0

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}

logger = logging.getLogger("stemscope")


def default_folder() -> Path:
    """Where the log files are."""
    return user_log_path("stemscope", appauthor=False)


class ErrorReporter(QObject):
    """Catches what nothing else caught, in any thread, and tells the GUI thread.

    Made in the GUI thread, once; ``install`` hangs it into Python and Qt, ``uninstall`` takes it
    out again. The same error is told at most once in ten seconds (a paint event fails 60 times a
    second), but always logged.
    """

    reported = Signal(object)  # Failure, always in the GUI thread and never inside a hook

    _noticed = Signal(object)

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder or default_folder()
        self._told_at_s: dict[str, float] = {}
        self._handler: logging.Handler | None = None
        self._crash_file: IO[str] | None = None
        self._old: tuple[Any, Any, Any] | None = None
        # A dialog opened inside a hook, or in a worker thread, would crash: always queue.
        self._noticed.connect(self._on_noticed, Qt.ConnectionType.QueuedConnection)

    @property
    def log_file(self) -> Path:
        """The file to send with a complaint."""
        return self.folder / LOG_FILE

    def install(self) -> None:
        """Open the log and hang into ``sys``, ``threading``, faulthandler and Qt.

        A log folder that cannot be written is no reason not to start: then stderr must do.
        """
        if self._old is not None:
            return
        self._open_files()
        self._old = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._on_uncaught
        threading.excepthook = self._on_uncaught_in_thread
        sys.unraisablehook = self._on_unraisable
        qInstallMessageHandler(_log_qt)

    def uninstall(self) -> None:
        """Leave everything as it was before ``install``."""
        if self._old is None:
            return
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._old
        self._old = None
        qInstallMessageHandler(None)
        if self._handler is not None:
            logging.getLogger().removeHandler(self._handler)
            self._handler.close()
            self._handler = None
        if self._crash_file is not None:
            faulthandler.disable()
            self._crash_file.close()
            self._crash_file = None

    def report(self, error: BaseException, where: str = "") -> None:
        """Log ``error`` and tell it in the window. From any thread."""
        failure = failure_from(error)
        logger.error("%s%s\n%s", f"{where}: " if where else "", failure, failure.details)
        self._noticed.emit(failure)

    def _open_files(self) -> None:
        handler: logging.Handler
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handler = logging.handlers.RotatingFileHandler(
                self.log_file, maxBytes=MAX_BYTES, backupCount=N_BACKUPS, encoding="utf-8"
            )
            self._crash_file = (self.folder / CRASH_FILE).open("a", encoding="utf-8")
            faulthandler.enable(self._crash_file)
        except OSError:
            handler = logging.StreamHandler()
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s")
        )
        handler.setLevel(logging.INFO)
        root = logging.getLogger()
        root.addHandler(handler)
        if root.level > logging.INFO:
            root.setLevel(logging.INFO)
        self._handler = handler

    def _on_uncaught(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.quit()
        elif not issubclass(kind, Cancelled):
            self.report(error)

    def _on_uncaught_in_thread(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None and not isinstance(arguments.exc_value, Cancelled):
            thread = arguments.thread.name if arguments.thread is not None else "a thread"
            self.report(arguments.exc_value, thread)

    def _on_unraisable(self, arguments: Any) -> None:
        if arguments.exc_value is not None:
            # Not the object itself: it is being destroyed and must not be kept alive.
            self.report(arguments.exc_value, arguments.err_msg or "While something was destroyed")

    @Slot(object)
    def _on_noticed(self, failure: Failure) -> None:
        key = failure.details.strip().rsplit("\n", 1)[-1]
        now_s = time.monotonic()
        if now_s - self._told_at_s.get(key, float("-inf")) < REPEAT_S:
            return
        self._told_at_s[key] = now_s
        self.reported.emit(failure)


def _log_qt(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), "%s", message)
