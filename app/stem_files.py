"""Files of the stems for dragging out: written when asked for, kept while the program runs."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from app.panels.mixer import MixerPanel
from core.export import ExportOptions, default_bit_depth

if TYPE_CHECKING:
    from app.session import Session


class StemFiles(QObject):
    """Answers the drag handles of the mixer strips."""

    failed = Signal(object)  # Failure

    def __init__(self, session: Session, mixer: MixerPanel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._mixer = session, mixer
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files: dict[tuple[Any, str], Path] = {}
        self._tasks: dict[tuple[Any, str], Any] = {}
        mixer.file_wanted.connect(self._on_file_wanted)
        session.current_changed.connect(self._on_song_changed)
        session.model_changed.connect(self._on_song_changed)

    def _key(self, source: str) -> tuple[Any, str] | None:
        song = self._session.current
        if song is None or song.result is None or not song.result.complete:
            return None
        if song.edits_pending:
            return None
        return (song.song_id, song.model_id, song.n_edits), source

    def _on_file_wanted(self, source: str) -> None:
        key = self._key(source)
        song = self._session.current
        if key is None or song is None or song.decoded is None or key in self._tasks:
            return
        if key in self._files:
            self._offer(key, self._files[key])
            return
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="stemscope-drag-")
        options = ExportOptions(
            stems=(source,),
            audio_format="wav",
            bit_depth=default_bit_depth(song.decoded.info),
            folder=Path(self._folder.name) / "-".join(str(part) for part in key[0]),
            name_template="{song} ({stem})",
            if_exists="overwrite",
            song=song.title,
        )
        task = self._session.export(song.song_id, options)
        self._tasks[key] = task
        # partial of a bound method of this object: it runs in this object's thread
        task.progressed.connect(partial(self._on_progressed, key))
        task.finished.connect(partial(self._on_finished, key))
        task.failed.connect(partial(self._on_failed, key))
        task.cancelled.connect(partial(self._on_cancelled, key))

    def _offer(self, key: tuple[Any, str], file: Path | None) -> None:
        strip = self._mixer.strips.get(key[1])
        if strip is not None and strip.handle is not None and key == self._key(key[1]):
            strip.handle.set_file(file)

    def _on_progressed(self, key: tuple[Any, str], fraction: float, _stage: str) -> None:
        strip = self._mixer.strips.get(key[1])
        if strip is not None and strip.handle is not None and key == self._key(key[1]):
            strip.handle.set_progress(fraction)

    def _on_finished(self, key: tuple[Any, str], report: Any) -> None:
        self._tasks.pop(key, None)
        self._files[key] = report.files[0]
        self._offer(key, report.files[0])

    def _on_failed(self, key: tuple[Any, str], failure: object) -> None:
        self._tasks.pop(key, None)
        self.failed.emit(failure)

    def _on_cancelled(self, key: tuple[Any, str]) -> None:
        self._tasks.pop(key, None)

    def refresh(self) -> None:
        """The stems have changed: files of before are not theirs any more."""
        self._on_song_changed()

    def _on_song_changed(self) -> None:
        for source, strip in self._mixer.strips.items():
            key = self._key(source)
            if strip.handle is not None:
                strip.handle.set_file(self._files.get(key) if key is not None else None)

    def shutdown(self) -> None:
        """Stop writing and delete the files."""
        for task in list(self._tasks.values()):
            task.cancel()
        if self._folder is not None:
            _forget_copied(Path(self._folder.name))
            self._folder.cleanup()
            self._folder = None


def _forget_copied(folder: Path) -> None:
    """Empty the clipboard if it names files in ``folder``, which is about to go.

    Left there, the data would be destroyed by Qt after the end of Python, and that crashes.
    """
    clipboard = QGuiApplication.clipboard()
    data = clipboard.mimeData()
    files = [Path(url.toLocalFile()) for url in data.urls()] if data is not None else []
    if any(file.is_relative_to(folder) for file in files):
        clipboard.clear()
