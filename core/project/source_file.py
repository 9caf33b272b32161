"""The song that a project belongs to: told by its content, found where it may have gone."""

from __future__ import annotations

import dataclasses
import ntpath
import os
import re
from pathlib import Path

from core.audio.file_names import safe_file_name
from core.errors import DataError
from core.project.facts import Project, SourceFile
from core.project.passing import Progress, ShouldStop, file_facts, file_sha256

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}", re.ASCII)


def describe_source(
    path: Path,
    *,
    n_samples: int,
    sample_rate: int,
    n_channels: int,
    track: int | None = None,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> SourceFile:
    """The song in ``path``, which is read once as a whole; raises as ``file_sha256``.

    ``n_samples`` per channel, ``sample_rate`` and ``n_channels`` are those of the sound that was
    separated, from sound track ``track``. The relative path comes with the project's own.
    """
    sha256, n_bytes = file_facts(path, progress, should_stop)
    return SourceFile(
        path=os.path.abspath(path),
        relative_path="",
        name=path.name,
        n_bytes=n_bytes,
        sha256=sha256,
        n_samples=n_samples,
        sample_rate=sample_rate,
        n_channels=n_channels,
        track=track,
        packed=False,
    )


def seen_from(source: SourceFile, project_path: Path) -> SourceFile:
    """``source`` with its way from the folder of a project that is saved as ``project_path``."""
    relative = ""
    if source.path:
        try:
            relative = Path(os.path.relpath(source.path, project_path.absolute().parent)).as_posix()
        except ValueError:  # on another drive
            relative = ""
    return dataclasses.replace(source, relative_path=relative)


def find_source(
    project: Project | SourceFile, project_path: Path, should_stop: ShouldStop | None = None
) -> Path | None:
    """The song's file: where it was, else seen from the project, else beside it; None if gone.

    Only a file of the same content counts. Those of another size are not read; a stop raises
    ``Cancelled``.
    """
    source = project.source if isinstance(project, Project) else project
    home = project_path.absolute().parent
    places = [source.path]
    if source.relative_path:
        places.append(os.path.normpath(os.path.join(home, source.relative_path)))
    places.append(os.path.join(home, source.name))
    for place in dict.fromkeys(filter(os.path.isabs, places)):
        if not _is_other_share(place, home) and is_same(Path(place), source, should_stop):
            return Path(place)
    return None


def is_same(path: Path, source: SourceFile, should_stop: ShouldStop | None = None) -> bool:
    """Whether ``path`` is a file of the song's size and content; False if it cannot be read."""
    # Path.is_file raises where it is forbidden to look, or the name is too long.
    if not os.path.isfile(path):
        return False
    try:
        if path.stat().st_size != source.n_bytes:
            return False
        return file_sha256(path, None, should_stop) == source.sha256
    except (OSError, DataError):  # cannot be looked at
        return False


def portable_name(name: str) -> str:
    """The name of a song's file as it is packed: one that every system takes, the suffix kept."""
    stem, suffix = os.path.splitext(name)
    if not _SUFFIX.fullmatch(suffix):
        return safe_file_name(name)
    return safe_file_name(stem) + suffix


def _is_other_share(place: str, home: Path) -> bool:
    """Whether it is on a share of the network that is not the project's own.

    To look there would tell a stranger, whose project one was given, that it was opened, and on
    Windows log on to the stranger's machine.
    """
    if place[:2] not in ("//", "\\\\", "/\\", "\\/"):
        return False
    own, other = (ntpath.splitdrive(str(path))[0] for path in (home, place))
    return ntpath.normcase(own) != ntpath.normcase(other)
