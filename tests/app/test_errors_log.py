"""Errors that nothing caught: logged, and told in the GUI thread."""

from __future__ import annotations

import faulthandler
import sys
import threading
import types
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QThread, Slot, qWarning

from app.errors_log import ErrorReporter
from app.outcomes import Failure
from core.errors import AudioFileError, Cancelled


class Listener(QObject):
    def __init__(self, reporter: ErrorReporter) -> None:
        super().__init__()
        self.failures: list[Failure] = []
        self.in_own_thread: set[bool] = set()
        reporter.reported.connect(self._on_reported)

    @Slot(object)
    def _on_reported(self, failure: Failure) -> None:
        self.in_own_thread.add(QThread.currentThread() is self.thread())
        self.failures.append(failure)


@pytest.fixture
def reporter(qapp, tmp_path):
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    reporter = ErrorReporter(tmp_path / "log")
    reporter.install()
    yield reporter
    reporter.uninstall()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == hooks
    faulthandler.enable(sys.__stderr__)  # as pytest had it


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def test_an_uncaught_error_is_logged_and_told_later(qtbot, reporter) -> None:
    listener = Listener(reporter)
    error = raised(AudioFileError("“{name}” is empty.", name="歌.wav"))
    with qtbot.waitSignal(reporter.reported):
        sys.excepthook(type(error), error, error.__traceback__)
        assert listener.failures == []  # never inside the hook
    (failure,) = listener.failures
    assert str(failure.error) == "“歌.wav” is empty."
    assert "Traceback" in failure.details
    assert "“歌.wav” is empty." in reporter.log_file.read_text(encoding="utf-8")


def test_an_error_in_a_thread_arrives_in_the_gui_thread(qtbot, reporter) -> None:
    listener = Listener(reporter)
    with qtbot.waitSignal(reporter.reported):
        thread = threading.Thread(target=lambda: 1 / 0, name="worker-7")
        thread.start()
        thread.join()
    assert listener.in_own_thread == {True}
    assert "ZeroDivisionError" in listener.failures[0].details
    assert "worker-7" in reporter.log_file.read_text(encoding="utf-8")


def test_an_unraisable_error_is_told(qtbot, reporter) -> None:
    error = raised(ValueError("odd"))
    with qtbot.waitSignal(reporter.reported) as caught:
        sys.unraisablehook(types.SimpleNamespace(exc_value=error, err_msg=None, object=None))
    assert "odd" in caught.args[0].details


def test_the_same_error_is_told_once_and_cancelling_never(qtbot, reporter) -> None:
    listener = Listener(reporter)
    for _ in range(5):
        reporter.report(raised(RuntimeError("again")))
    error = raised(Cancelled())
    sys.excepthook(Cancelled, error, None)
    with qtbot.waitSignal(reporter.reported, check_params_cb=lambda f: "other" in f.details):
        reporter.report(raised(RuntimeError("other")))
    assert len(listener.failures) == 2
    assert reporter.log_file.read_text(encoding="utf-8").count("RuntimeError: again") == 5


def test_messages_of_qt_are_logged(reporter) -> None:
    qWarning("a word from Qt")
    assert "a word from Qt" in reporter.log_file.read_text(encoding="utf-8")


def test_a_log_folder_that_cannot_be_made_is_no_obstacle(qapp, tmp_path: Path, capsys) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    reporter = ErrorReporter(blocker / "log")
    reporter.install()
    try:
        reporter.report(raised(RuntimeError("still here")))
    finally:
        reporter.uninstall()
    assert "still here" in capsys.readouterr().err
