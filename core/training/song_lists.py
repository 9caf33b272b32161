"""Lists of songs that recipes hold out: text files with a name in each line."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from core.errors import UsageError

SUFFIX = ".txt"


def song_list(name: str, folders: Sequence[Path], recipe: str) -> list[str]:
    """The songs of the list ``name``, from the first of ``folders`` that has it.

    Blank lines and lines that begin with # say nothing. Raises ``UsageError`` if there is no such
    list, or none that can be read; ``recipe`` is the file that names it.
    """
    file_name = name if name.endswith(SUFFIX) else name + SUFFIX
    for folder in folders:
        if not (folder / file_name).is_file():
            continue
        try:
            lines = (folder / file_name).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                "The list of songs “{name}” cannot be read: {reason}.",
                name=file_name,
                reason=getattr(error, "strerror", None) or error,
            ) from error
        stripped = (line.strip() for line in lines)
        return [line for line in stripped if line and not line.startswith("#")]
    known = sorted({path.stem for folder in folders for path in folder.glob(f"*{SUFFIX}")})
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
    raise UsageError(
        "The recipe “{recipe}” names a list of songs “{name}”, which does not lie beside it. "
        "{remedy}",
        recipe=recipe,
        name=name,
        remedy=f"Did you mean “{near[0]}”?" if near else "Put a text file there.",
    )
