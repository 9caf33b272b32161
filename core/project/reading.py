"""Projects opened with care: they come from anywhere."""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.errors import OutputError
from core.masks import HalfArray, Mask
from core.project import sentences
from core.project.archive import DOCUMENT, SOURCE_FOLDER, ProjectArchive
from core.project.codec import NoMaskError, coded_bytes, decode
from core.project.document import (
    ABOVE,
    VALUES,
    Contents,
    Header,
    contents_of,
    header_of,
    read_document,
)
from core.project.facts import Project
from core.project.passing import ShouldStop, stop_if_asked
from core.project.source_file import portable_name


def read_project(
    path: Path,
    *,
    scratch_dir: str | Path | None = None,
    should_stop: ShouldStop | None = None,
) -> Project:
    """The project in ``path``, equal to the one that was saved, its mask bit for bit.

    A mask too large for memory lies in ``scratch_dir``. ``DataError`` says what is wrong with the
    file: it is none, is damaged or cut off, comes from a newer version, or is not to be trusted.
    ``OutputError`` if the mask needs more room on disk than there is, ``Cancelled`` on a stop. A
    song that is packed in is not read: see ``unpack_source``.
    """
    with ProjectArchive(path) as archive:
        contents = contents_of(read_document(archive), archive.name)
        _check_entries(archive, contents)
        mask = _read_mask(archive, contents, scratch_dir, should_stop)
    with sentences.damage_named(path.name, DOCUMENT):
        return Project(
            contents.header.source,
            contents.header.model,
            contents.header.sources,
            mask,
            contents.state,
            contents.view,
            contents.mixer,
            contents.loop_s,
            contents.position_s,
        )


def read_header(path: Path) -> Header:
    """What the project in ``path`` is about; raises as ``read_project``, reads no mask."""
    with ProjectArchive(path) as archive:
        return header_of(read_document(archive), archive.name)


def _check_entries(archive: ProjectArchive, contents: Contents) -> None:
    """Whether ``archive`` holds what its text says, of that size, and nothing else."""
    grid, source = contents.grid, contents.header.source
    sizes = {VALUES: coded_bytes(grid.shape), ABOVE: coded_bytes(grid.above_shape)}
    if source.packed:
        sizes[SOURCE_FOLDER + portable_name(source.name)] = source.n_bytes
    for entry in archive.entries:
        if entry not in sizes and entry != DOCUMENT:
            raise sentences.harmful(archive.name, entry)
    for entry, n_bytes in sizes.items():
        size = archive.size(entry)
        if size > n_bytes:
            raise sentences.too_large(archive.name, entry)
        if size < n_bytes:
            raise sentences.damaged(archive.name, entry)


def _read_mask(
    archive: ProjectArchive,
    contents: Contents,
    scratch_dir: str | Path | None,
    should_stop: ShouldStop | None,
) -> Mask:
    try:
        mask = contents.grid.empty(None if scratch_dir is None else str(scratch_dir))
    except OSError as error:
        raise OutputError(
            "There is no room for the mask of “{name}” in the folder for temporary files: "
            "{reason}. Free some space there.",
            name=archive.name,
            reason=error.strerror or error,
        ) from error
    for entry, values in ((VALUES, mask.values), (ABOVE, mask.above[:, :, None])):
        _read_array(archive, entry, values, contents.sums[entry], should_stop)
    return mask


def _read_array(
    archive: ProjectArchive,
    entry: str,
    values: HalfArray,
    sha256: str,
    should_stop: ShouldStop | None,
) -> None:
    digest = hashlib.sha256()
    with archive.opened(entry, coded_bytes(values.shape)) as reader:

        def read(size: int) -> bytes:
            stop_if_asked(should_stop)
            block = reader.exactly(size)
            digest.update(block)
            return block

        try:
            decode(read, values)
        except NoMaskError as error:
            raise sentences.no_mask(archive.name) from error
        reader.end()
    if digest.hexdigest() != sha256:
        raise sentences.damaged(archive.name, entry)
