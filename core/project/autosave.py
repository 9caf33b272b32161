"""Projects that the program saves by itself, in a folder of its own, one for each song."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.errors import StemscopeError
from core.project.document import Header
from core.project.reading import read_header
from core.project.sentences import unreadable
from core.project.writing import SUFFIX

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Autosave:
    """One file of the folder; ``header`` is what it is about, or ``problem`` why that is unknown.

    ``saved_at`` is in seconds since 1970, as ``time.time`` counts; 0 if that cannot be known.
    """

    path: Path
    saved_at: float
    n_bytes: int
    header: Header | None
    problem: StemscopeError | None

    @property
    def is_readable(self) -> bool:
        return self.header is not None


def autosave_path(folder: Path, source_sha256: str) -> Path:
    """Where the song of this content is saved: named by it, so that a moved song finds it."""
    if not _SHA256.fullmatch(source_sha256):
        raise ValueError(f"{source_sha256!r} is no SHA-256")
    return folder / (source_sha256 + SUFFIX)


def list_autosaves(folder: Path) -> list[Autosave]:
    """What is in ``folder``, the latest first. Never raises: what cannot be read says why."""
    try:
        paths = sorted(path for path in folder.glob("*" + SUFFIX) if path.name[0] != ".")
    except OSError:
        return []
    return sorted(map(_looked_at, paths), key=lambda found: -found.saved_at)


def discard(path: Path) -> bool:
    """Delete an autosave that is no longer needed; whether it is gone. Never raises."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _looked_at(path: Path) -> Autosave:
    saved_at, n_bytes = 0.0, 0
    try:
        status = path.stat()
        saved_at, n_bytes = status.st_mtime, status.st_size
        return Autosave(path, saved_at, n_bytes, read_header(path), None)
    except OSError as error:
        return Autosave(path, saved_at, n_bytes, None, unreadable(path.name, error))
    except StemscopeError as error:
        return Autosave(path, saved_at, n_bytes, None, error)
