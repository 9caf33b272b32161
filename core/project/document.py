"""``project.json``: all of a project but its arrays and its song, as text and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NoReturn

from core.editing import MaskState, state_as_dict, state_from_dict
from core.errors import DataError, OutputError
from core.project import sentences
from core.project import values as check
from core.project.archive import DOCUMENT, ProjectArchive
from core.project.codec import CODING
from core.project.facts import (
    MAX_SECONDS,
    MaskGrid,
    ModelFacts,
    Project,
    SourceFile,
    loop,
    source_names,
)
from core.project.migrations import migrated
from core.project.values import Table, UnfitError

FORMAT = "stemscope-project"
VERSION = 1

VALUES, ABOVE = "mask.bin", "above.bin"

MAX_DOCUMENT_BYTES = 64 << 20
MAX_DOCUMENT_VALUES = 4_000_000
"""Commas and opening brackets: as many tables would take a gigabyte of memory."""

_DOCUMENT = (
    *("format", "version", "program", "source", "model", "sources"),
    *("mask", "state", "view", "mixer", "loop_s", "position_s"),
)
_GRID = ("sample_rate", "hop_samples", "window_samples", "window")
_ARRAY = ("shape", "dtype", "coding", "sha256")


@dataclass(frozen=True)
class Header:
    """What a project is about; enough to list it, and read without its mask.

    ``program`` is the version of Stemscope that saved it, empty if that is not known.
    """

    program: str
    source: SourceFile
    model: ModelFacts
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Contents:
    """A project without its arrays: ``sums`` are the SHA-256 of their entries, by name."""

    header: Header
    grid: MaskGrid
    sums: Mapping[str, str]
    state: MaskState
    view: Table
    mixer: Table
    loop_s: tuple[float, float] | None
    position_s: float


def document_text(project: Project, sums: Mapping[str, str], name: str) -> bytes:
    """The text for ``project`` to be saved as ``name``; ``OutputError`` if it is too long."""
    grid = MaskGrid.of(project.mask)
    shapes: dict[str, tuple[int, ...]] = {VALUES: grid.shape, ABOVE: grid.above_shape}
    document = {
        "format": FORMAT,
        "version": VERSION,
        "program": _program(),
        "source": asdict(project.source),
        "model": asdict(project.model),
        "sources": list(project.sources),
        "mask": {
            **{part: getattr(grid, part) for part in _GRID},
            "arrays": {
                entry: {
                    "shape": list(shape),
                    "dtype": "<f2",
                    "coding": CODING,
                    "sha256": sums[entry],
                }
                for entry, shape in shapes.items()
            },
        },
        "state": state_as_dict(project.state),
        "view": project.view,
        "mixer": project.mixer,
        "loop_s": project.loop_s,
        "position_s": project.position_s,
    }
    # In ASCII: names of files need not be proper Unicode.
    data = json.dumps(document, allow_nan=False, separators=(",", ":")).encode("ascii")
    if _is_too_long(data):
        raise OutputError(
            "“{name}” cannot be saved: its edits take {size} MB as text, more than the {limit} MB "
            "that a project may hold. Delete some of them.",
            name=name,
            size=len(data) >> 20,
            limit=MAX_DOCUMENT_BYTES >> 20,
        )
    return data


def read_document(archive: ProjectArchive) -> Table:
    """The text of ``archive`` as a table of the present version; ``DataError``."""
    name = archive.name
    if DOCUMENT not in archive.entries:
        raise sentences.no_project(name)
    n_bytes = archive.size(DOCUMENT)
    if n_bytes > MAX_DOCUMENT_BYTES:
        raise sentences.too_large(name, DOCUMENT)
    with archive.opened(DOCUMENT, n_bytes) as reader:
        data = reader.exactly(n_bytes)
        reader.end()
    if _is_too_long(data):
        raise sentences.too_large(name, DOCUMENT)
    with sentences.damage_named(name, DOCUMENT):
        document = json.loads(data.decode("utf-8"), parse_constant=_refuse)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise sentences.no_project(name)
    with sentences.damage_named(name, DOCUMENT):
        saved = check.whole(document.get("version"), "version", 0, 2**31)
        if saved > VERSION:
            raise sentences.newer(name)
        return migrated(document, saved, VERSION)


def header_of(document: Table, name: str) -> Header:
    """The part of ``document`` that says what it is about; ``DataError`` names ``name``."""
    with sentences.damage_named(name, DOCUMENT):
        return Header(
            check.text(document["program"], "program", 0, 200),
            SourceFile(**_facts(document["source"], "source", SourceFile)),
            ModelFacts(**_facts(document["model"], "model", ModelFacts)),
            source_names(document["sources"]),
        )


def contents_of(document: Table, name: str) -> Contents:
    """All of ``document``; ``DataError`` names ``name``."""
    header = header_of(document, name)
    with sentences.damage_named(name, DOCUMENT):
        check.table(document, DOCUMENT, _DOCUMENT)
        grid, sums = _mask(document["mask"], header)
        return Contents(
            header,
            grid,
            sums,
            _state(document["state"], name),
            check.plain_table(document["view"], "view"),
            check.plain_table(document["mixer"], "mixer"),
            loop(document["loop_s"]),
            check.number(document["position_s"], "position_s", 0.0, MAX_SECONDS),
        )


def _mask(value: object, header: Header) -> tuple[MaskGrid, dict[str, str]]:
    given = check.table(value, "mask", (*_GRID, "arrays"))
    arrays = check.table(given["arrays"], "mask.arrays", (VALUES, ABOVE))
    shapes: dict[str, tuple[int, ...]] = {}
    sums: dict[str, str] = {}
    for entry in (VALUES, ABOVE):
        array = check.table(arrays[entry], f"mask.{entry}", _ARRAY)
        if (array["dtype"], array["coding"]) != ("<f2", CODING):
            raise UnfitError(f"mask.{entry}")
        shape = array["shape"]
        if not isinstance(shape, list):
            raise UnfitError(f"mask.{entry}.shape")
        shapes[entry] = tuple(check.whole(size, f"mask.{entry}.shape", 1, 2**40) for size in shape)
        sums[entry] = check.sha256(array["sha256"], f"mask.{entry}.sha256")
    if len(shapes[VALUES]) != 4:
        raise UnfitError("mask.shape")
    grid = MaskGrid(shapes[VALUES], *(given[part] for part in _GRID))  # type: ignore[arg-type]
    if shapes[ABOVE] != grid.above_shape:
        raise UnfitError(f"mask.{ABOVE}.shape")
    grid.check(header.sources, header.source)
    return grid, sums


def _state(value: object, name: str) -> MaskState:
    try:
        return state_from_dict(value)
    except DataError as error:
        raise sentences.edits_refused(name, error) from error


def _facts(value: object, place: str, kind: type[SourceFile] | type[ModelFacts]) -> dict[str, Any]:
    return check.table(value, place, tuple(field.name for field in fields(kind)))


def _is_too_long(data: bytes) -> bool:
    n_values = sum(map(data.count, (b",", b"[", b"{")))
    return len(data) > MAX_DOCUMENT_BYTES or n_values > MAX_DOCUMENT_VALUES


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _program() -> str:
    try:
        return version("stemscope")
    except PackageNotFoundError:  # a checkout that was never installed
        return ""
