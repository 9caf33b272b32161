"""Bytes that pass by in blocks, counted and hashed on their way."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from core.errors import Cancelled
from core.project.sentences import unreadable

BLOCK_BYTES = 1 << 18

Progress = Callable[[float], None]
ShouldStop = Callable[[], bool]


class Readable(Protocol):
    def read(self, size: int, /) -> bytes:
        """The next bytes, ``size`` at most; none at the end."""


def stop_if_asked(should_stop: ShouldStop | None) -> None:
    if should_stop is not None and should_stop():
        raise Cancelled


def pass_on(
    source: Readable,
    sink: Callable[[bytes], object] | None,
    n_bytes: int,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> tuple[str, int]:
    """Hand ``source`` to ``sink``; its SHA-256, in hexadecimal, and its size in bytes.

    ``n_bytes`` are expected: at the first block beyond them it ends, so that a size that was
    announced is a limit. ``progress`` gets fractions. Raises ``Cancelled`` if asked to stop.
    """
    digest, done = hashlib.sha256(), 0
    while done <= n_bytes:
        stop_if_asked(should_stop)
        block = source.read(BLOCK_BYTES)
        if not block:
            break
        done += len(block)
        digest.update(block)
        if sink is not None and done <= n_bytes:
            sink(block)
        if progress is not None:
            progress(min(1.0, done / max(1, n_bytes)))
    return digest.hexdigest(), done


class InputFile:
    """A file to be read from its beginning, whose troubles are ``DataError``.

    Where it is copied, they are so told from those of the disk that is written to.
    """

    def __init__(self, path: Path) -> None:
        self._name = path.name
        try:
            self._file = open(path, "rb", buffering=0)  # noqa: SIM115 (closed by __exit__)
            self.n_bytes = os.fstat(self._file.fileno()).st_size
        except OSError as error:
            raise unreadable(self._name, error) from error

    def __enter__(self) -> InputFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, size: int, /) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            raise unreadable(self._name, error) from error


def file_facts(
    path: Path, progress: Progress | None = None, should_stop: ShouldStop | None = None
) -> tuple[str, int]:
    """SHA-256 and size in bytes of a file; raises as ``file_sha256``."""
    with InputFile(path) as source:
        return pass_on(source, None, source.n_bytes, progress, should_stop)


def file_sha256(
    path: Path, progress: Progress | None = None, should_stop: ShouldStop | None = None
) -> str:
    """SHA-256 of a file's content, in hexadecimal.

    ``progress`` gets fractions. ``DataError`` if the file cannot be read, ``Cancelled`` on a stop.
    """
    return file_facts(path, progress, should_stop)[0]
