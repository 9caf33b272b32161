"""The song that was packed into a project, taken out again."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

from core.audio.file_names import numbered
from core.errors import DataError
from core.project import sentences
from core.project.archive import SOURCE_FOLDER, EntryReader, ProjectArchive
from core.project.document import header_of, read_document
from core.project.facts import SourceFile
from core.project.passing import Progress, ShouldStop, pass_on
from core.project.source_file import is_same, portable_name
from core.whole_file import whole_file


def unpack_source(
    path: Path,
    folder: Path,
    *,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Path:
    """Write the song that the project in ``path`` holds into ``folder``; returns its file.

    It gets its own name, made such that every system takes it. Nothing is replaced: a file of that
    name that is the song is returned as it is, beside another one it is called "song (2).wav".
    ``progress`` gets fractions. The file appears when its size and its SHA-256 are right.

    ``DataError`` if the project cannot be read or does not hold its song, ``OutputError`` if
    ``folder`` cannot be written to, ``Cancelled`` on a stop.
    """
    with ProjectArchive(path) as archive:
        source = header_of(read_document(archive), archive.name).source
        name = portable_name(source.name)
        entry = SOURCE_FOLDER + name
        if not source.packed or entry not in archive.entries:
            raise DataError(
                "The project “{name}” does not hold its song. Choose the song's file instead.",
                name=archive.name,
            )
        if archive.size(entry) != source.n_bytes:
            raise sentences.damaged(archive.name, entry)
        target, is_there = _place(folder, name, source, should_stop)
        if is_there:
            return target
        with archive.opened(entry, source.n_bytes) as reader:
            _write(reader, target, source, archive.name, progress, should_stop)
    return target


def _write(
    reader: EntryReader,
    target: Path,
    source: SourceFile,
    name: str,
    progress: Progress | None,
    should_stop: ShouldStop | None,
) -> None:
    with whole_file(target) as temporary:
        with open(temporary, "wb") as file:
            facts = pass_on(reader, file.write, source.n_bytes, progress, should_stop)
        if facts != (source.sha256, source.n_bytes):
            raise DataError(
                "The song in the project “{name}” is damaged. Choose the song's file instead.",
                name=name,
            )


def _place(
    folder: Path, name: str, source: SourceFile, should_stop: ShouldStop | None
) -> tuple[Path, bool]:
    """Where to put the song, and whether it is there already."""
    first = target = folder / name
    for number in itertools.count(2):
        if not os.path.lexists(target):
            return target, False
        if is_same(target, source, should_stop):
            return target, True
        target = numbered(first, number)
    raise AssertionError("numbers end")
