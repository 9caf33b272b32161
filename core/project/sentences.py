"""What is said of files that are no projects, are damaged, or could do harm."""

from __future__ import annotations

import contextlib
import struct
import zipfile
import zlib
from collections.abc import Iterator

from core.errors import DataError
from core.project.values import UnfitError

DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,  # a place outside the file is sought
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    RuntimeError,  # also nested too deeply, or not supported by zipfile
)
"""What the standard library raises over archives and JSON that were changed."""


@contextlib.contextmanager
def damage_named(name: str, part: str) -> Iterator[None]:
    """Whatever fails in the body is damage of ``part`` of the project file ``name``."""
    try:
        yield
    except UnfitError as error:
        raise damaged(name, error.place) from error
    except DAMAGE as error:
        raise damaged(name, part) from error


def unreadable(name: str, error: OSError) -> DataError:
    return DataError(
        "“{name}” cannot be read: {reason}. Check that it is still there and that you may open it.",
        name=name,
        reason=error.strerror or error,
    )


def no_project(name: str) -> DataError:
    return DataError(
        "“{name}” is not a Stemscope project. Choose a file that Stemscope saved as a project.",
        name=name,
    )


def cut_off(name: str) -> DataError:
    return DataError(
        "The project “{name}” is cut off or damaged. Copy it here once more, or open an earlier "
        "copy of it.",
        name=name,
    )


def damaged(name: str, part: str) -> DataError:
    return DataError(
        "The project “{name}” is damaged at “{part}”. Copy it here once more, or open an earlier "
        "copy of it.",
        name=name,
        part=part,
    )


def newer(name: str) -> DataError:
    return DataError(
        "The project “{name}” was saved by a newer version of Stemscope. Update Stemscope to open "
        "it.",
        name=name,
    )


def harmful(name: str, entry: str) -> DataError:
    """``entry`` is the name of an entry of the archive, which may be anything."""
    return DataError(
        "“{name}” was not opened: it holds “{entry}”, which no Stemscope project does. Use it only "
        "if you trust where it came from, and have it saved anew by Stemscope.",
        name=name,
        entry=shown(entry),
    )


def locked(name: str) -> DataError:
    return DataError(
        "“{name}” is locked with a password, which Stemscope cannot open. Ask for the project "
        "without a password.",
        name=name,
    )


def too_large(name: str, entry: str) -> DataError:
    return DataError(
        "“{name}” was not opened: “{entry}” in it would take far more room than it can need. Use "
        "it only if you trust where it came from, and have it saved anew by Stemscope.",
        name=name,
        entry=shown(entry),
    )


def no_mask(name: str) -> DataError:
    return DataError(
        "The mask in the project “{name}” holds values that are not between 0 and 1. Open an "
        "earlier copy of it, or separate the song again.",
        name=name,
    )


def edits_refused(name: str, reason: DataError) -> DataError:
    return DataError(
        "The edits in the project “{name}” cannot be opened. {reason}", name=name, reason=reason
    )


def shown(entry: str) -> str:
    """An entry's name in a sentence: one short line, whatever it holds."""
    line = "".join(c if c.isprintable() else "�" for c in entry)
    return line if len(line) <= 80 else f"{line[:79]}…"
