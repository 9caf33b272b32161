"""Finished rows on disk: one JSON file per training and mask, with the figures of every clip."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.reproduction.units import FORMAT, Unit, measurement_key
from core.whole_file import write_json

ROWS_FOLDER = "rows"
TRAININGS_FOLDER = "trainings"


@dataclass(frozen=True)
class Place:
    """Where the data lies and where the results go."""

    training_data: Path
    test_data: Path
    folder: Path


@dataclass(frozen=True)
class ClipFigures:
    """Figures of the voice of one test clip, in dB."""

    name: str
    duration_s: float
    nsdr_db: float
    sir_db: float
    sar_db: float


@dataclass(frozen=True)
class Record:
    """What came of one training with one mask.

    ``unheard`` is the singer of the training clips whom it left out and was measured on, "" if it
    was measured on the test clips. ``training`` tells the recipe, steps, seconds and the last loss;
    ``left_out`` clips without figures, each with the reason; ``made`` when, where and with which
    versions.
    """

    method: str
    label: str
    seed: int
    mask: str
    key: str
    clips: tuple[ClipFigures, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    training: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    made: dict[str, Any] = field(default_factory=dict)
    unheard: str = ""
    format: int = FORMAT


class Records:
    """The finished rows in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, unit: Unit, mask: str, test_data: str) -> Path:
        key = measurement_key(unit.key, mask, unit.measured_on(test_data))
        return self._folder / ROWS_FOLDER / f"{unit.name}-{mask}-{key}.json"

    def find(self, unit: Unit, mask: str, test_data: str) -> Record | None:
        """The record, or None if it is missing or damaged (and must be made again)."""
        return _read(self.path(unit, mask, test_data))

    def keep(self, unit: Unit, record: Record, test_data: str) -> None:
        """Write a record; ``OutputError`` if the disk refuses."""
        write_json(self.path(unit, record.mask, test_data), asdict(record))

    def missing(self, unit: Unit, test_data: str) -> tuple[str, ...]:
        """The masks of ``unit`` that are still to be measured."""
        return tuple(mask for mask in unit.masks if self.find(unit, mask, test_data) is None)

    def all_of(self, units: Iterable[Unit], test_data: str) -> list[Record]:
        """The records of ``units`` that are there."""
        found = (self.find(unit, mask, test_data) for unit in units for mask in unit.masks)
        return [record for record in found if record is not None]

    def training_folder(self, unit: Unit) -> Path:
        """Where the training's state lies, and in the end its model."""
        return self._folder / TRAININGS_FOLDER / f"{unit.name}-{unit.key}"

    def test_measurements(self) -> dict[str, int]:
        """How often each model was measured on test clips by any call with this folder.

        A record is never removed, so that trials with other budgets or weights count too.
        """
        found = (_read(path) for path in sorted((self._folder / ROWS_FOLDER).glob("*.json")))
        names = sorted(_name(r) for r in found if r is not None and not r.unheard)
        return dict(Counter(names))


def _read(path: Path) -> Record | None:
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        if table["format"] != FORMAT:
            return None
        table["clips"] = tuple(ClipFigures(**clip) for clip in table["clips"])
        table["left_out"] = tuple((name, reason) for name, reason in table["left_out"])
        return Record(**table)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _name(record: Record) -> str:
    return f"{record.label}, seed {record.seed}" if record.seed else record.label
