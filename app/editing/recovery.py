"""Where work is saved by itself, and what is left there of a program that crashed."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from pathlib import Path

from PySide6.QtCore import QLockFile

from core.project import Autosave, list_autosaves

LOCK = "lock"


class AutosaveFolder:
    """A folder of this program's own below ``root``, made when it is needed.

    A lock in it says that the program runs. What lies in folders without one was left behind.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._folder: Path | None = None
        self._lock: QLockFile | None = None

    @property
    def songs(self) -> Path:
        """Where songs go that projects hold in themselves."""
        return self.root.parent / "songs"

    def make(self) -> Path:
        """The folder, there. ``OSError`` if it cannot be made."""
        if self._folder is None:
            folder = self.root / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = QLockFile(str(folder / LOCK))
            self._lock.setStaleLockTime(0)
            self._lock.tryLock(100)
            self._folder = folder
        return self._folder

    def left_behind(self) -> list[Autosave]:
        """What programs that did not end by themselves have saved, the latest first."""
        found: list[Autosave] = []
        for folder in self._dead():
            saved = [each for each in list_autosaves(folder) if each.is_readable]
            if saved:
                _sweep(folder)
            else:
                shutil.rmtree(folder, ignore_errors=True)
            found += saved
        return sorted(found, key=lambda each: -each.saved_at)

    def discard_all(self) -> None:
        """Throw away all that was left behind."""
        for folder in self._dead():
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """The program ends by itself: its folder goes, unless there is still something in it."""
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._folder.rmdir()
            self._folder = None

    def _dead(self) -> list[Path]:
        """Folders of programs that do not run any more."""
        try:
            folders = [path for path in self.root.iterdir() if path.is_dir()]
        except OSError:
            return []
        dead = []
        for folder in folders:
            if folder == self._folder:
                continue
            lock = QLockFile(str(folder / LOCK))
            lock.setStaleLockTime(0)
            if lock.tryLock(0):
                lock.unlock()
                dead.append(folder)
        return dead


def _sweep(folder: Path) -> None:
    """Remove what was half written when the program was killed."""
    for path in folder.glob(".*.part"):
        with contextlib.suppress(OSError):
            path.unlink()
