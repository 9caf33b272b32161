"""What is dropped on the window: files and folders, or something that is none."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData

from app.i18n import mark
from core.errors import UsageError

NOT_A_FILE = mark(
    "What you dropped is not a file on this computer. Save it first, then drop the file here."
)


def local_paths(data: QMimeData) -> list[Path]:
    """The files and folders in ``data``; ``UsageError`` if there is none."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    if not paths:
        raise UsageError(NOT_A_FILE)
    return paths
