"""A check that the installed program works: the hidden option ``--smoke FOLDER`` of the window.

Drops the demo song on the real window, waits for its separation, exports the stems into FOLDER and
quits. ``FOLDER/smoke.json`` says what happened; the exit code is 0 if all went well.
"""

from __future__ import annotations

import json
import time
from importlib.resources import files
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QPointF, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.outcomes import Failure
from app.session import Session, SongState
from core.export import ExportOptions, ExportReport

TIME_LIMIT_MS = 300_000


def drop(window: QWidget, path: Path) -> bool:
    """Drop a file in the middle of a window, as a file manager does; whether it was taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    where = QPointF(window.width() / 2, window.height() / 2)
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    action = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(where.toPoint(), action, data, buttons, keys)
    QApplication.sendEvent(window, enter)
    event = QDropEvent(where, action, data, buttons, keys)
    QApplication.sendEvent(window, event)
    return enter.isAccepted() and event.isAccepted()


class Smoke(QObject):
    """Takes the demo song through the window; ends the application with the outcome."""

    def __init__(self, window: QWidget, session: Session, folder: Path) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._folder = folder
        self._song_id: int | None = None
        self._started_s = time.monotonic()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_timeout)
        session.failed.connect(self._on_failed)
        session.song_changed.connect(self._on_song_changed)

    @Slot()
    def start(self) -> None:
        self._timer.start(TIME_LIMIT_MS)
        demo = Path(str(files("resources") / "demo" / "demo.flac"))
        if not drop(self._window, demo):
            self._end(1, error=f"the window did not take {demo}")

    @Slot(object)
    def _on_song_changed(self, song_id: int) -> None:
        song = self._session.current
        if song is None or song.song_id != song_id:
            return
        if song.state in (SongState.FAILED, SongState.CANCELLED):
            self._end(1, error=str(song.error or song.state.value), details=song.error_details)
        elif song.state is SongState.DONE and self._song_id is None:
            self._song_id = song_id
            self._export(song_id)

    def _export(self, song_id: int) -> None:
        song = self._session.song(song_id)
        assert song is not None
        assert song.result is not None
        options = ExportOptions(
            stems=song.result.sources,
            audio_format="wav",
            bit_depth="float",
            folder=self._folder,
            name_template="{stem}",
            if_exists="overwrite",
        )
        self._handle = self._session.export(song_id, options)
        self._handle.finished.connect(self._on_exported)
        self._handle.failed.connect(self._on_failed)

    @Slot(object)
    def _on_exported(self, report: ExportReport) -> None:
        self._end(0, files=[path.name for path in report.files], gain_db=report.gain_db)

    @Slot(object)
    def _on_failed(self, failure: Failure) -> None:
        self._end(1, error=str(failure))

    @Slot()
    def _on_timeout(self) -> None:
        self._end(1, error=f"not done after {TIME_LIMIT_MS // 1000} s")

    def _end(self, code: int, **facts: object) -> None:
        self._timer.stop()
        facts = {"code": code, "seconds": round(time.monotonic() - self._started_s, 2), **facts}
        self._folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(facts, indent=1, ensure_ascii=False)
        (self._folder / "smoke.json").write_text(text, encoding="utf-8")
        QApplication.exit(code)


def arrange(window: QWidget, session: Session, folder: Path) -> Smoke:
    """Begin the check as soon as the event loop runs; the loop ends with its exit code."""
    smoke = Smoke(window, session, folder)
    QTimer.singleShot(0, smoke, smoke.start)
    return smoke
