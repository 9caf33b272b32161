"""Finished separations kept on disk, so that a recent song reopens at once.

An entry appears whole or not at all; whatever is damaged is dropped without a word and computed
again.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path

from app.cache_file import CacheKey, entry_bytes, read_entry, write_entry
from app.song import SongResult
from core.audio import Audio
from core.errors import Cancelled

logger = logging.getLogger(__name__)

DEFAULT_LIMIT_BYTES = 4 << 30
STALE_PART_S = 3600.0

_N_SAMPLED_CHUNKS = 16
_CHUNK_BYTES = 256 << 10


def fingerprint(path: Path) -> str:
    """Tells a file's content from another's: size, time of change, and 16 samples of it.

    Files up to 4 MiB are hashed whole. Raises ``OSError``.
    """
    status = path.stat()
    digest = hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode())
    last = max(0, status.st_size - _CHUNK_BYTES)
    step = max(_CHUNK_BYTES, last // (_N_SAMPLED_CHUNKS - 1))
    with path.open("rb") as file:
        for offset in (*range(0, last, step), last):
            file.seek(offset)
            digest.update(file.read(_CHUNK_BYTES))
    return digest.hexdigest()


class ResultCache:
    """Results by song and model in one folder, the least recently used thrown away first.

    All methods may be called from any thread and never raise for a bad disk: a cache that does
    not work only costs time. ``Cancelled`` passes.
    """

    def __init__(self, folder: Path | None = None, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.folder = folder or user_cache_path("stemscope", appauthor=False) / "results"
        self.limit_bytes = limit_bytes

    def load(
        self,
        key: CacheKey,
        mixture: Audio,
        scratch_dir: str | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> SongResult | None:
        """The complete result for ``mixture``, or None if there is none or it is damaged."""
        path = self.folder / key.file_name
        try:
            with path.open("rb") as file:
                result = read_entry(file, key, mixture, scratch_dir, should_stop)
            os.utime(path)
            return result
        except FileNotFoundError:
            return None
        except Cancelled:
            raise
        except Exception as error:  # any damage at all
            logger.info("Dropped a damaged cache entry %s: %s", path.name, error)
            _unlink(path)
            return None

    def store(
        self,
        key: CacheKey,
        result: SongResult,
        should_stop: Callable[[], bool] | None = None,
    ) -> bool:
        """Keep a complete ``result``; False if it does not fit or cannot be written."""
        n_bytes = entry_bytes(result)
        if not result.complete or n_bytes > self.limit_bytes:
            return False
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.trim(n_bytes)
            handle, name = tempfile.mkstemp(suffix=".part", dir=self.folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    write_entry(file, key, result, should_stop)
                os.replace(name, self.folder / key.file_name)
            except BaseException:
                _unlink(Path(name))
                raise
            return True
        except (OSError, ValueError) as error:  # ValueError: the song was closed meanwhile
            logger.info("Could not keep a result in the cache: %s", error)
            return False

    def trim(self, room_bytes: int = 0) -> None:
        """Throw away the least recently used until ``room_bytes`` more fit within the limit."""
        entries = []
        for path in self._files("*.stems"):
            try:
                status = path.stat()
            except OSError:
                continue
            entries.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total + room_bytes <= self.limit_bytes:
                break
            _unlink(path)
            total -= size
        for path in self._files("*.part"):  # left by a crash
            try:
                stale = time.time() - path.stat().st_mtime > STALE_PART_S
            except OSError:
                continue
            if stale:
                _unlink(path)

    def clear(self) -> None:
        """Throw everything away."""
        for path in self._files("*.stems"):
            _unlink(path)

    @property
    def n_bytes(self) -> int:
        """Disk space in use."""
        total = 0
        for path in self._files("*.stems"):
            try:
                total += path.stat().st_size
            except OSError:
                continue
        return total

    def _files(self, pattern: str) -> list[Path]:
        try:
            return list(self.folder.glob(pattern))
        except OSError:
            return []


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:  # open elsewhere on Windows
        logger.info("Could not delete %s: %s", path.name, error)
