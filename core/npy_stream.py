"""Arrays in the members of an NPZ file, written and read in pieces, trusting nothing.

What NumPy's own reader would unpack at once, and what it would evaluate, is held to what it may be
before anything is unpacked. Pickled objects are never read.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.mask_about import damaged
from core.scratch_array import let_go

PIECE = 1 << 20
"""Numbers held at a time."""

_HEADER_MAX = 4096
_HEADER = re.compile(
    r"\{'descr': '([<>|]\w{1,8})', 'fortran_order': (True|False), "
    r"'shape': \(((?:\d{1,10}, ?)*(?:\d{1,10})?)\),? ?\} *\n?"
)
_KINDS = ("<f2", "<f4", "<f8", ">f2", ">f4", ">f8")
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    LookupError,
    OverflowError,
    RuntimeError,  # a member that is encrypted, or packed in another way
)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive at ``path``; whatever is wrong with it is a ``DataError`` that names it."""
    try:
        # A file of its own is closed whatever members of it are still being read.
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            yield archive
    except _DAMAGE as error:
        raise damaged(path.name) from error
    except OSError as error:
        raise DataError(
            "“{name}” cannot be read: {reason}. Choose another file.",
            name=path,
            reason=error.strerror or error,
        ) from error


def member_text(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """All of a small member; ``ValueError`` if it is larger than ``limit`` bytes."""
    n_bytes = archive.getinfo(name).file_size
    if n_bytes > limit:
        raise ValueError(name)
    with _member(archive, name) as stream:
        # Without a number, all that is packed there would be unpacked, whatever its size.
        return stream.read(n_bytes)


class ArrayMember:
    """An array whose kind and shape are known before its numbers are read.

    ``ValueError`` or another of what ``opened`` catches if it is damaged.
    """

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._stream = _member(archive, name)
        self._hash = hashlib.sha256()
        magic = self._exactly(8)
        if magic[:6] != b"\x93NUMPY" or magic[6] not in (1, 2, 3):
            raise ValueError(name)
        length_bytes = 2 if magic[6] == 1 else 4
        length = int.from_bytes(self._exactly(length_bytes), "little")
        if length > _HEADER_MAX:
            raise ValueError(name)
        found = _HEADER.fullmatch(self._exactly(length).decode("latin-1"))
        if found is None:
            raise ValueError(name)
        self.kind = found[1]
        """How NumPy writes the kind of number, such as "<f2"."""
        self.is_by_frame = found[2] == "True"
        """Whether the last axis is the slowest in the file (Fortran's order)."""
        self.shape = tuple(int(size) for size in re.findall(r"\d+", found[3]))
        self._left = archive.getinfo(name).file_size - 8 - length_bytes - length

    @property
    def is_float(self) -> bool:
        """Whether its numbers are of 16, 32 or 64 bits with a point; no others are read."""
        return self.kind in _KINDS

    @property
    def n_numbers(self) -> int:
        return math.prod(self.shape)

    def check_size(self) -> None:
        """``ValueError`` unless the member holds as many numbers as its shape says."""
        if self.n_numbers * np.dtype(self.kind).itemsize != self._left:
            raise ValueError("size")

    def read(self, n_numbers: int) -> NDArray[Any]:
        """The next numbers, ``(n_numbers,)``, in the order of the file."""
        data = self._exactly(n_numbers * np.dtype(self.kind).itemsize)
        self._hash.update(data)
        return np.frombuffer(data, self.kind)

    def sha256(self) -> str:
        """Of all that ``read`` gave so far."""
        return self._hash.hexdigest()

    def close(self) -> None:
        """``ValueError`` if there is more than was read."""
        if self._stream.read(1):
            raise ValueError("size")
        self._stream.close()

    def _exactly(self, n_bytes: int) -> bytes:
        data = self._stream.read(n_bytes)
        if len(data) != n_bytes:
            raise EOFError
        return data


def write_array(
    archive: zipfile.ZipFile,
    name: str,
    array: NDArray[np.float16],
    written: Callable[[float], None] = lambda share: None,
) -> str:
    """Write ``array``, any axes with frames as the last, frame by frame; returns its SHA-256.

    A large array that lies on disk is read once, and not brought into memory as a whole. The member
    has no date: the same mask gives the same file.
    ``written`` hears which share of it is there.
    """
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f2", "fortran_order": True, "shape": array.shape}
    )
    digest = hashlib.sha256()
    n_frames = array.shape[-1]
    step = max(1, PIECE // max(1, array[..., :1].size))
    with archive.open(name, "w", force_zip64=True) as stream:
        stream.write(header.getvalue())
        for first in range(0, n_frames, step):
            piece = np.ascontiguousarray(array[..., first : first + step].T, "<f2").tobytes()
            digest.update(piece)
            stream.write(piece)
            let_go(array)
            written(min(1.0, (first + step) / n_frames))
    return digest.hexdigest()


def _member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    info = archive.getinfo(name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(name)
    return archive.open(info)
