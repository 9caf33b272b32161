"""What a mask file says about itself: a table that people and programs can read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import DataError, OutputError, StemscopeError
from core.masks import Mask
from core.stft import Stft
from core.whole_file import write_json

FORMAT = "stemscope-mask"
VERSION = 1

MAX_TEXT_BYTES = 1 << 20
"""More than any table of ours takes; longer ones are not even unpacked."""

Table = dict[str, Any]

_WHOLE_MAX = 2**31


@dataclass(frozen=True)
class MaskFacts:
    """Where a mask comes from; ``sources`` are all the model's sources, the last included."""

    model_id: str
    model_title: str
    model_sha256: str
    song_name: str
    program_version: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class About:
    """What a table says: the grid, the sizes and the hashes that the arrays must have."""

    facts: MaskFacts
    stft: Stft
    sample_rate: int
    values_shape: tuple[int, int, int, int]
    above_shape: tuple[int, int, int]
    hashes: Mapping[str, str]


def grid_table(mask: Mask) -> Table:
    """The grid of a mask, and in words what its axes mean."""
    return {
        "sample_rate": mask.sample_rate,
        "stft": {
            "window_samples": mask.window_samples,
            "hop_samples": mask.hop_samples,
            "window": mask.window,
        },
        "axes": {
            "values": "values[source, channel, bin, frame]: how much of the cell belongs to the "
            "source, 0 to 1; the last source is 1 minus the sum of the others",
            "above": "above[source, channel, frame]: the same for all that lies above the bins",
            "source": "the order of sources, without the last",
            "channel": "the song's channels; a single one stands for all of them",
            "bin": "bin b lies at b * sample_rate / window_samples hertz",
            "frame": "frame k is centred at k * hop_samples / sample_rate seconds",
        },
    }


def facts_table(facts: MaskFacts) -> Table:
    return {
        "program_version": plain_text(facts.program_version),
        "song": plain_text(facts.song_name),
        "model": {
            "id": plain_text(facts.model_id),
            "title": plain_text(facts.model_title),
            "sha256": plain_text(facts.model_sha256),
        },
        "sources": [plain_text(source) for source in facts.sources],
    }


def about_table(mask: Mask, facts: MaskFacts, hashes: Mapping[str, str]) -> Table:
    """All that ``About`` reads. ``ValueError`` if ``facts`` are about other sources."""
    if len(facts.sources) != len(mask.values) + 1:
        raise ValueError(f"{len(facts.sources)} sources for {len(mask.values)} masks")
    return {
        "format": FORMAT,
        "version": VERSION,
        **facts_table(facts),
        **grid_table(mask),
        "arrays": {
            name: {
                "shape": list(array.shape),
                "dtype": "float16",
                "sha256": hashes[name],
            }
            for name, array in (("values", mask.values), ("above", mask.above))
        },
        "sha256_of": "the array's bytes, little-endian, frame by frame: array.T.tobytes()",
    }


def as_text(table: Table) -> str:
    """The text that ``write_json`` writes."""
    return json.dumps(table, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_about(text: bytes, name: str) -> About:
    """What ``as_text(about_table(…))`` said, of the file ``name``.

    ``DataError``, a sentence, if it is of a newer version, damaged or absurd.
    """
    try:
        table = json.loads(text)
        if table["format"] != FORMAT:
            raise ValueError("format")
        version = _whole(table["version"], "version")
        if version > VERSION:
            raise DataError(
                "The mask “{name}” was saved by a newer Stemscope. Update the program to open it.",
                name=name,
            )
        model, grid, arrays = table["model"], table["stft"], table["arrays"]
        sources = tuple(_text(source, "sources") for source in table["sources"])
        stft = Stft(
            _whole(grid["window_samples"], "window_samples"),
            _whole(grid["hop_samples"], "hop_samples"),
            _text(grid["window"], "window"),
        )
        shapes = {
            array: tuple(_whole(size, "shape") for size in arrays[array]["shape"])
            for array in ("values", "above")
        }
        n_masks, n_channels, n_bins, n_frames = shapes["values"]
        if n_bins != stft.n_bins or shapes["above"] != (n_masks, n_channels, n_frames):
            raise ValueError("shape")
        if n_masks + 1 != len(sources):
            raise ValueError("sources")
        return About(
            MaskFacts(
                _text(model["id"], "id"),
                _text(model["title"], "title"),
                _text(model["sha256"], "sha256"),
                _text(table["song"], "song"),
                _text(table["program_version"], "program_version"),
                sources,
            ),
            stft,
            _whole(table["sample_rate"], "sample_rate"),
            (n_masks, n_channels, n_bins, n_frames),
            (n_masks, n_channels, n_frames),
            {array: _text(arrays[array]["sha256"], "sha256") for array in shapes},
        )
    except DataError:
        raise
    # A table that is no table, too deep, of other kinds of values, or of an impossible window.
    except (ValueError, TypeError, LookupError, RecursionError, StemscopeError) as error:
        raise damaged(name) from error


def damaged(name: str) -> DataError:
    return DataError("The mask “{name}” is damaged. Save or copy it again.", name=name)


def write_beside(path: Path, table: Table) -> None:
    """Write ``table`` to ``path``; only a table of ours that lies there is replaced.

    Nobody was asked about this file: its name follows from another one.
    """
    if os.path.lexists(path) and not _is_ours(path):
        raise OutputError(
            "“{name}” is already in “{folder}” and is not about a mask. Choose another name.",
            name=path.name,
            folder=path.parent,
        )
    write_json(path, table)


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            table = json.loads(file.read(MAX_TEXT_BYTES))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(table, dict) and table.get("format") == FORMAT


def plain_text(text: str) -> str:
    """``text`` without what UTF-8 cannot hold, such as names of files in another encoding."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _whole(value: object, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _WHOLE_MAX:
        raise ValueError(what)
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(what)
    return value
