"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.errors import OutputError


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path`` to be written, which takes its name at the end.

    What lay there is replaced then. If the body fails, nothing is left of it. Raises
    ``OutputError`` for whatever the disk refuses.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o644)  # temporary files are private
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise OutputError(
            "“{name}” cannot be written: {reason}. Choose another place, or free some space.",
            name=path,
            reason=error.strerror or error,
        ) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def write_json(path: Path, table: dict[str, Any]) -> None:
    """Write ``table`` as indented JSON; a file that is there is replaced."""
    text = json.dumps(table, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
