"""The history file of a training: a line of JSON per epoch."""

from __future__ import annotations

import json
from pathlib import Path

from core.errors import OutputError
from core.whole_file import whole_file


def append_line(path: Path, line: str) -> None:
    """Add ``line``; ``OutputError`` if the disk refuses, and then nothing of it stays."""
    size = path.stat().st_size if path.exists() else 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a", encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError as error:
        if path.exists():
            with open(path, "r+b") as file:
                file.truncate(size)
        raise OutputError(
            "“{name}” cannot be written: {reason}. Choose another place, or free some space.",
            name=path,
            reason=error.strerror or error,
        ) from error


def cut_back(path: Path, epoch: int) -> None:
    """Keep the lines up to ``epoch``, without what a crash has left half written."""
    if not path.exists():
        return
    kept = []
    text = path.read_text(encoding="utf-8", errors="replace")
    for line in text.splitlines():
        try:
            if int(json.loads(line)["epoch"]) > epoch:
                break
        except (ValueError, TypeError, KeyError):
            break
        kept.append(line + "\n")
    if "".join(kept) != text:
        with whole_file(path) as temporary:
            temporary.write_text("".join(kept), encoding="utf-8")
