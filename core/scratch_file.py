"""A temporary file read and written by position, which disappears with its object."""

from __future__ import annotations

import os
import tempfile
import threading
import weakref
from pathlib import Path


class ScratchFile:
    """Reads and writes are positional, so one writer and any number of readers share it.

    A full disk is an ``OSError``, where a memory map would end the program.
    """

    def __init__(self, n_bytes: int = 0, directory: str | Path | None = None) -> None:
        if directory is not None:
            Path(directory).mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(  # noqa: SIM115 (lives as long as the object)
            prefix="stemscope-", dir=directory, buffering=0
        )
        self._seeking = threading.Lock()
        self._closing = weakref.finalize(self, self._file.close)
        self._file.truncate(n_bytes)

    def read_into(self, offset: int, view: memoryview) -> None:
        """Fill ``view``, of bytes, from ``offset`` on; ``OSError`` if the file ends before."""
        done = 0
        while done < len(view):
            got = self._read_at(offset + done, view[done:])
            if got == 0:
                raise OSError("a temporary file is shorter than expected")
            done += got

    def write(self, offset: int, view: memoryview) -> None:
        """Put the bytes of ``view`` at ``offset``; what lies between the old end and it is zero."""
        done = 0
        while done < len(view):
            done += self._write_at(offset + done, view[done:])

    def truncate(self, n_bytes: int) -> None:
        """Make the file ``n_bytes`` long."""
        self._file.truncate(n_bytes)

    def close(self) -> None:
        """Give the disk space back; nothing can be read afterwards."""
        self._closing()

    if hasattr(os, "preadv"):

        def _read_at(self, offset: int, view: memoryview) -> int:
            return os.preadv(self._file.fileno(), [view], offset)

        def _write_at(self, offset: int, view: memoryview) -> int:
            return os.pwrite(self._file.fileno(), view, offset)

    else:  # Windows has no positional file calls: a lock around seek and transfer

        def _read_at(self, offset: int, view: memoryview) -> int:
            with self._seeking:
                self._file.seek(offset)
                return self._file.readinto(view)

        def _write_at(self, offset: int, view: memoryview) -> int:
            with self._seeking:
                self._file.seek(offset)
                return self._file.write(view)
