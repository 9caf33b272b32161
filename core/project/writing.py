"""Projects written whole or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import zipfile
from pathlib import Path

from core.errors import DataError
from core.masks import HalfArray
from core.project.archive import DOCUMENT, SOURCE_FOLDER, is_too_dense
from core.project.codec import DEFLATE_LEVEL, NoMaskError, coded_bytes, encoded
from core.project.document import ABOVE, VALUES, document_text
from core.project.facts import Project, SourceFile
from core.project.passing import InputFile, Progress, ShouldStop, pass_on, stop_if_asked
from core.project.source_file import portable_name, seen_from
from core.whole_file import whole_file

SUFFIX = ".stemscope"

_BIG_BYTES = 1 << 30
"""From here on an entry gets the fields for sizes of more than 32 bits."""


def write_project(
    path: Path,
    project: Project,
    *,
    pack_from: Path | None = None,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Project:
    """Save ``project`` as ``path``, replacing what is there; returns it as it was saved.

    That is with the song's way from the project's folder, and ``packed`` as it is now: with
    ``pack_from``, the song's file, it is packed in byte for byte. ``progress`` gets fractions.

    ``OutputError`` if the disk is full or cannot be written to, ``DataError`` if ``pack_from``
    cannot be read or is another song by now, ``Cancelled`` on a stop: what was there before stays
    as it was, and nothing else is left behind.
    """
    source = dataclasses.replace(seen_from(project.source, path), packed=pack_from is not None)
    project = dataclasses.replace(project, source=source)
    with whole_file(path) as temporary:
        # Hours of silence deflate to nearly nothing, which no reader trusts: they are stored.
        for deflates in (True, False):
            with open(temporary, "wb") as file:
                with zipfile.ZipFile(file, "w", compresslevel=DEFLATE_LEVEL) as archive:
                    writer = _Writer(archive, path.name, project, deflates, progress, should_stop)
                    writer.write(pack_from)
                file.flush()
                # Otherwise a power cut might leave the new name with nothing behind it.
                os.fsync(file.fileno())
            if not any(map(is_too_dense, archive.infolist())):
                break
    return project


class _Writer:
    """Writes the entries of one archive, which is to be called ``name``."""

    def __init__(
        self,
        archive: zipfile.ZipFile,
        name: str,
        project: Project,
        deflates: bool,
        progress: Progress | None,
        should_stop: ShouldStop | None,
    ) -> None:
        self._archive, self._name, self._project = archive, name, project
        self._deflates = deflates
        self._progress, self._should_stop = progress, should_stop
        mask, source = project.mask, project.source
        self._done = 0
        self._n_bytes = coded_bytes(mask.values.shape) + coded_bytes(mask.above.shape)
        self._n_bytes += source.n_bytes if source.packed else 0

    def write(self, pack_from: Path | None) -> None:
        mask = self._project.mask
        sums = {
            VALUES: self._write_array(VALUES, mask.values),
            ABOVE: self._write_array(ABOVE, mask.above[:, :, None]),
        }
        text = document_text(self._project, sums, self._name)
        self._archive.compression = zipfile.ZIP_DEFLATED
        # Not writestr: it writes the time, which an archive cannot if the clock is far off.
        with self._archive.open(DOCUMENT, "w") as file:
            file.write(text)
        if pack_from is not None:
            self._write_song(self._project.source, pack_from)
        self._count(self._n_bytes - self._done)

    def _write_array(self, entry: str, values: HalfArray) -> str:
        """SHA-256 of what was written."""
        self._archive.compression = zipfile.ZIP_DEFLATED if self._deflates else zipfile.ZIP_STORED
        digest = hashlib.sha256()
        is_big = coded_bytes(values.shape) > _BIG_BYTES
        with self._archive.open(entry, "w", force_zip64=is_big) as file:
            try:
                for block in encoded(values):
                    stop_if_asked(self._should_stop)
                    digest.update(block)
                    file.write(block)
                    self._count(len(block))
            except NoMaskError as error:
                raise DataError(
                    "“{name}” cannot be saved: its mask holds values that are not between 0 and 1. "
                    "Separate the song again.",
                    name=self._name,
                ) from error
        return digest.hexdigest()

    def _write_song(self, source: SourceFile, path: Path) -> None:
        # Most songs are compressed already.
        self._archive.compression = zipfile.ZIP_STORED
        entry = SOURCE_FOLDER + portable_name(source.name)
        is_big = source.n_bytes > _BIG_BYTES
        with InputFile(path) as song, self._archive.open(entry, "w", force_zip64=is_big) as file:

            def sink(block: bytes) -> None:
                file.write(block)
                self._count(len(block))

            facts = pass_on(song, sink, source.n_bytes, None, self._should_stop)
        if facts != (source.sha256, source.n_bytes):
            raise DataError(
                "“{name}” is no longer the song that was separated, so that it cannot be packed "
                "into the project. Save the project without it, or separate the song again.",
                name=path.name,
            )

    def _count(self, n_bytes: int) -> None:
        self._done += n_bytes
        if self._progress is not None:
            self._progress(self._done / max(1, self._n_bytes))
