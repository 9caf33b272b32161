"""The project file ``NAME.stemscope``: a song's separation as its user left it.

A ZIP archive of ``project.json``, ``mask.bin`` and ``above.bin``, and if it was asked for the song
itself as ``source/NAME``.
"""

from __future__ import annotations

from core.project.autosave import Autosave, autosave_path, discard, list_autosaves
from core.project.document import Header
from core.project.facts import ModelFacts, Project, SourceFile
from core.project.passing import file_sha256
from core.project.reading import read_header, read_project
from core.project.source_file import describe_source, find_source
from core.project.unpacking import unpack_source
from core.project.values import UnfitError
from core.project.writing import SUFFIX, write_project

__all__ = [
    "SUFFIX",
    "Autosave",
    "Header",
    "ModelFacts",
    "Project",
    "SourceFile",
    "UnfitError",
    "autosave_path",
    "describe_source",
    "discard",
    "file_sha256",
    "find_source",
    "list_autosaves",
    "read_header",
    "read_project",
    "unpack_source",
    "write_project",
]
