"""The ZIP archive of a project, read as if a stranger had made it.

What its headers say is held against what a project may hold before anything is unpacked, and then
inflated in blocks up to that limit, whatever they said.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

from core.project import sentences
from core.project.passing import BLOCK_BYTES, Readable

DOCUMENT = "project.json"
SOURCE_FOLDER = "source/"

MAX_READ_BYTES = 1 << 20
"""The most that is read from the file at once, its table of contents among it."""
MAX_ENTRIES = 64
"""Newer versions may have a few more than this one; none has thousands."""
MAX_DEFLATE_RATIO = 1040
"""Deflate cannot shrink anything to less than a 1032nd: headers that say so lie."""
EASY_BYTES = 64 << 20
MAX_RATIO = 200
"""How many times its size in the file an entry may have where that is over ``EASY_BYTES``."""

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\]|^[A-Za-z]:")
"""Control characters, backslashes, and letters of drives."""
_ENCRYPTED = 0x41
_DOS_FOLDER = 0x10


class ProjectArchive:
    """An open project file; ``DataError`` if it is none, damaged, or not to be trusted.

    ``entries`` are by their names, which are harmless. What a project of this version may hold is
    not checked here.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        # A named pipe would wait for its other end.
        if os.path.exists(path) and not os.path.isfile(path):
            raise sentences.no_project(self.name)
        with contextlib.ExitStack() as closing:
            try:
                raw = closing.enter_context(open(path, "rb", buffering=0))
                file = closing.enter_context(_SmallReads(raw))
                start = file.read(4)
            except OSError as error:
                raise sentences.unreadable(self.name, error) from error
            if start != b"PK\x03\x04":
                raise sentences.no_project(self.name)
            try:
                self._zip = closing.enter_context(zipfile.ZipFile(file))
            except sentences.DAMAGE as error:
                raise sentences.cut_off(self.name) from error
            self.entries = self._checked()
            self._closing = closing.pop_all()

    def __enter__(self) -> ProjectArchive:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    @contextlib.contextmanager
    def opened(self, entry: str, n_bytes: int) -> Iterator[EntryReader]:
        """``entry`` to be read; it holds ``n_bytes``. ``DataError`` if it cannot be."""
        with sentences.damage_named(self.name, entry):
            stream = self._zip.open(self.entries[entry])
        with stream:
            yield EntryReader(stream, self.name, entry, n_bytes)

    def size(self, entry: str) -> int:
        """What ``entry`` says that it holds, in bytes; damage if it is not there."""
        if entry not in self.entries:
            raise sentences.damaged(self.name, entry)
        return self.entries[entry].file_size

    def _checked(self) -> dict[str, zipfile.ZipInfo]:
        infos = self._zip.infolist()
        if len(infos) > MAX_ENTRIES:
            raise sentences.harmful(self.name, infos[MAX_ENTRIES].orig_filename)
        entries: dict[str, zipfile.ZipInfo] = {}
        taken: set[str] = set()
        for info in infos:
            # The name as it is written: zipfile changes some separators and cuts others off.
            entry = info.orig_filename
            if not _is_harmless(info) or entry.casefold() in taken:
                raise sentences.harmful(self.name, entry)
            if info.flag_bits & _ENCRYPTED:
                raise sentences.locked(self.name)
            if is_too_dense(info) or info.file_size > MAX_DEFLATE_RATIO * (info.compress_size + 1):
                raise sentences.too_large(self.name, entry)
            taken.add(entry.casefold())
            entries[entry] = info
        return entries


class EntryReader:
    """The content of one entry, in blocks; never more than it should hold."""

    def __init__(self, stream: Readable, name: str, entry: str, n_bytes: int) -> None:
        self._stream = stream
        self._name, self._entry = name, entry
        self._left = n_bytes

    def read(self, size: int, /) -> bytes:
        """The next ``size`` bytes, fewer only at the end."""
        with sentences.damage_named(self._name, self._entry):
            block = self._stream.read(min(size, BLOCK_BYTES))
        self._left -= len(block)
        if self._left < 0:
            raise sentences.too_large(self._name, self._entry)
        return block

    def exactly(self, size: int) -> bytes:
        """The next ``size`` bytes; damage if there are fewer."""
        found = bytearray()
        while len(found) < size:
            block = self.read(size - len(found))
            if not block:
                raise sentences.damaged(self._name, self._entry)
            found += block
        return bytes(found)

    def end(self) -> None:
        """Damage unless all was read; its checksum is compared here at the latest."""
        if self._left or self.read(1):
            raise sentences.damaged(self._name, self._entry)


def is_too_dense(info: zipfile.ZipInfo) -> bool:
    """Whether an entry is large and yet nearly nothing in the file, as no project's should be."""
    return info.file_size > EASY_BYTES and info.file_size > MAX_RATIO * info.compress_size


def _is_harmless(info: zipfile.ZipInfo) -> bool:
    """Whether it is a plain file with a plain name, packed in one of the two usual ways."""
    entry = info.orig_filename
    kind = stat.S_IFMT(info.external_attr >> 16)
    return (
        not _FORBIDDEN.search(entry)
        and not any(part in ("", ".", "..") for part in entry.split("/"))
        and kind in (0, stat.S_IFREG)
        and not info.external_attr & _DOS_FOLDER
        and info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    )


class _SmallReads(io.BufferedReader):
    """A file of which little is read at a time: an archive may claim any size for its parts."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = MAX_READ_BYTES
        if size > MAX_READ_BYTES:
            raise zipfile.BadZipFile("a part of it would be too large")
        return super().read(size)
