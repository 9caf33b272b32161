"""A first look at a file: can it be opened, what is it, and is it as long as it claims."""

from __future__ import annotations

import os
import stat
import struct
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO

from core.errors import AudioFileError


class Reader(Enum):
    """The library that reads a kind of file best."""

    SOUNDFILE = auto()
    PYAV = auto()


# What libsndfile recognises by its first bytes. MPEG audio is not among them: libsndfile reads it,
# but its MPEG library writes to the process's stderr and gives up at the first damaged frame.
_SOUNDFILE_MAGIC = (
    b"RIFF", b"RIFX", b"RF64", b"FORM", b"fLaC", b"OggS", b"caff", b"riff\x2e\x91\xcf\x11",
    b".snd", b"dns.", b"Creative Voice File", b"NIST_1A",
)  # fmt: skip


def look_at(path: Path) -> Reader:
    """Check that ``path`` is a readable file with something in it, and pick its reader.

    Raises ``AudioFileError`` that says what is wrong: gone, a folder, not permitted, empty.
    """
    name = path.name or str(path)
    try:
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # opening a pipe would wait for ever
            raise AudioFileError("“{name}” is a device or a pipe. Choose a sound file.", name=name)
        with path.open("rb") as file:
            head = file.read(64)
            is_empty = not head and os.fstat(file.fileno()).st_size == 0
    except FileNotFoundError as error:
        raise AudioFileError(
            "“{name}” is not there: it was moved, renamed or deleted. Choose it again.", name=name
        ) from error
    except (IsADirectoryError, PermissionError, OSError, ValueError) as error:
        if os.path.isdir(path):  # Windows answers a folder with PermissionError
            raise AudioFileError("“{name}” is a folder. Choose a sound file.", name=name) from error
        if isinstance(error, PermissionError):
            raise AudioFileError(
                "You have no permission to read “{name}”. Change the file's permissions "
                "or copy it to a folder of yours.",
                name=name,
            ) from error
        reason = error.strerror if isinstance(error, OSError) else None
        raise AudioFileError(
            "“{name}” cannot be opened: {reason}. Check the disk it lies on.",
            name=name,
            reason=reason or error,
        ) from error
    if is_empty:
        raise AudioFileError("“{name}” is empty. Choose a file that holds sound.", name=name)
    return Reader.SOUNDFILE if head.startswith(_SOUNDFILE_MAGIC) else Reader.PYAV


def missing_bytes(path: Path) -> int:
    """How many bytes of sound a WAV, RF64 or AIFF header promises beyond the end of the file.

    Zero for other files, and for headers left open by a program that wrote to a pipe or was
    stopped while recording (size 0, or the largest possible): they promise nothing.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(12)
        kind, form = head[:4], head[8:12]
        if kind in (b"RIFF", b"RF64", b"RIFX") and form == b"WAVE":
            return _missing(file, size, b"data", ">" if kind == b"RIFX" else "<")
        if kind == b"FORM" and form in (b"AIFF", b"AIFC"):
            return _missing(file, size, b"SSND", ">")
    return 0


def _missing(file: BinaryIO, size: int, wanted: bytes, order: str) -> int:
    data_size_64 = 0
    while len(head := file.read(8)) == 8:
        chunk, n_bytes = head[:4], int(struct.unpack(order + "I", head[4:])[0])
        if chunk == wanted:
            if n_bytes == 0xFFFFFFFF and data_size_64:
                n_bytes = data_size_64
            elif n_bytes >= 0x7FFFF000 and n_bytes > size:
                return 0  # written to a pipe: the length was not known
            return max(0, n_bytes - (size - file.tell()))
        if chunk == b"ds64":
            body = file.read(n_bytes)
            data_size_64 = int(struct.unpack_from("<Q", body, 8)[0]) if len(body) >= 16 else 0
        else:
            file.seek(n_bytes, os.SEEK_CUR)
        if n_bytes % 2:
            file.seek(1, os.SEEK_CUR)
    return 0


def promises_length(path: Path) -> bool:
    """Whether an MPEG file says in a Xing, Info or VBRI header how many frames it has."""
    with path.open("rb") as file:
        head = file.read(10)
        offset = 0
        if head[:3] == b"ID3" and len(head) == 10:
            tag_size = 0
            for byte in head[6:10]:
                tag_size = tag_size << 7 | (byte & 0x7F)
            offset = 10 + tag_size
        file.seek(offset)
        start = file.read(4096)
    return any(mark in start for mark in (b"Xing", b"Info", b"VBRI"))
