"""The command ``reproduce``: the tables of Huang et al. 2014 made again."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.cli_console import Display, Update, progress_display
from app.cli_errors import EXIT_BAD_INPUT, EXIT_OK, interruptible
from app.torch_setup import wait_passively
from core.datasets import Dataset, find_dataset
from core.errors import DataError, OutputError
from core.models import list_models
from core.reproduction.catalogue import tables_called, with_models
from core.reproduction.machine import made_here
from core.reproduction.records import Place, Record, Records
from core.reproduction.report import MARKDOWN_FILE, Report
from core.reproduction.results import Results
from core.reproduction.units import Settings, Unit, fingerprint, units_for
from core.reproduction.workers import Begun, Done, Event, Measured, Went, run_units
from core.training.process_lock import held

LOCK_FILE = "lock"
TRAINING, TEST = "train", "test"
TERMINAL_INTERVAL_S = 0.5
LOG_INTERVAL_S = 30.0
"""How often the progress is told where there is no terminal."""


@dataclass(frozen=True)
class Request:
    """What the user asked for, as the options say it. ``tables`` None: the usual ones."""

    folder: Path
    data: Path | None = None
    tables: tuple[str, ...] | None = None
    n_steps: int | None = None
    n_seeds: int = 3
    n_jobs: int = 1
    only_report: bool = False
    tiny: bool = False


def reproduce(request: Request) -> int:
    """Make the rows that are missing, then the report. Ctrl-C keeps all that was done."""
    built_in = [model.model_id for model in list_models() if model.built_in]
    tables = with_models(tables_called(request.tables), built_in)
    settings = Settings(request.n_seeds, request.n_steps, request.tiny)
    data = _data_folder(request.data)
    training, test = find_dataset(data / TRAINING), find_dataset(data / TEST)
    _refuse_common_clips(training, test)
    units = units_for(tables, settings, fingerprint(training))
    records = Records(request.folder)
    test_key = fingerprint(test)

    def write_report(problems: Sequence[str] = ()) -> Report:
        found = records.all_of(units, test_key)
        n_wanted = sum(len(unit.masks) for unit in units)
        report = Report(
            tables,
            Results(found, settings),
            settings,
            command=_command(),
            data=f"{len(training.clips)} clips to train on in {data.name}/{TRAINING}, "
            f"{len(test.clips)} to measure on in {data.name}/{TEST}",
            made=made_here(),
            problems=problems,
            n_missing=n_wanted - len(found),
            test_measurements=records.test_measurements(),
        )
        report.write(request.folder)
        return report

    if request.only_report:
        return _end(write_report(), request.folder, ())
    todo = [unit for unit in units if records.missing(unit, test_key)]
    with _locked(request.folder), interruptible() as interrupt, progress_display(1) as display:
        if todo:
            wait_passively()
        place = Place(data / TRAINING, data / TEST, request.folder)
        progress = _Progress(todo, display)
        try:
            for event in run_units(todo, place, request.n_jobs, interrupt.is_set):
                progress.take(event)
                if isinstance(event, Done):  # what is there so far can be read meanwhile
                    write_report(progress.problems)
        finally:
            report = write_report(progress.problems)
    return _end(report, request.folder, progress.problems)


def _command() -> str:
    """The command as it was called, folders by their names alone: where they lie is private."""
    words = (Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:])
    return shlex.join(["stemscope-cli", *words])


def _end(report: Report, folder: Path, problems: Sequence[str]) -> int:
    print(f"The results were written to “{folder / MARKDOWN_FILE}”.")
    if report.n_missing:
        print(f"{report.n_missing} rows are still to be made; call again to go on.")
    for problem in problems:
        print(problem, file=sys.stderr)
    return EXIT_BAD_INPUT if problems else EXIT_OK


def _data_folder(given: Path | None) -> Path:
    folder = given
    if folder is None and "STEMSCOPE_DATA" in os.environ:
        folder = Path(os.environ["STEMSCOPE_DATA"]) / "mir1k"
    if folder is None:
        raise DataError(
            "Name the folder of MIR-1K with --data; it holds the folders {training} and {test}.",
            training=TRAINING,
            test=TEST,
        )
    for name in (TRAINING, TEST):
        if not (folder / name).is_dir():
            raise DataError(
                "“{folder}” holds no folder “{name}”. Put the clips to train on into {training} "
                "and those to measure on into {test}.",
                folder=folder,
                name=name,
                training=TRAINING,
                test=TEST,
            )
    return folder


def _refuse_common_clips(training: Dataset, test: Dataset) -> None:
    common = {clip.name for clip in training.clips} & {clip.name for clip in test.clips}
    if common:
        raise DataError(
            "The clip “{name}” is in both {training} and {test}. Measure on clips that were not "
            "trained on.",
            name=min(common),
            training=TRAINING,
            test=TEST,
        )


class _locked:  # noqa: N801 - used as a function
    """Nobody else works in the folder meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock = held(self._folder / LOCK_FILE)
            mine = self._lock.__enter__()
        except OSError as error:
            raise OutputError(
                "“{name}” cannot be written: {reason}. Choose another folder.",
                name=self._folder,
                reason=error.strerror or error,
            ) from error
        if not mine:
            self._lock.__exit__(None, None, None)
            raise OutputError(
                "Another reproduction works in “{name}”. Wait for it, or choose another folder.",
                name=self._folder,
            )

    def __exit__(self, *details: object) -> None:
        self._lock.__exit__(None, None, None)


class _Progress:
    """All units as one bar, with the time left by what this call has done so far."""

    def __init__(self, units: Sequence[Unit], display: Display) -> None:
        self._units = units
        self._display = display
        self._update: Update = display.item("Tables")
        self._fractions = [0.0] * len(units)
        self._words: dict[int, str] = {}
        self._first: dict[int, float] = {}
        self._started = time.monotonic()
        self._last_told = 0.0
        self.problems: list[str] = []

    def take(self, event: Event) -> None:
        if isinstance(event, Begun):
            self._words[event.index] = self._units[event.index].title
        elif isinstance(event, Went):
            title = self._units[event.index].title
            self._words[event.index] = f"{title}: {event.words}"
            # a training that goes on did its first part in an earlier call
            self._first.setdefault(event.index, event.fraction)
            self._fractions[event.index] = event.fraction
        elif isinstance(event, Measured):
            self._display.say(_line(self._units[event.index], event.record))
        elif isinstance(event, Done):
            self._words.pop(event.index, None)
            self._fractions[event.index] = 1.0
            if event.problem:
                problem = f"{self._units[event.index].title}: {event.problem}"
                self.problems.append(problem)
                self._display.complain(problem)
        self._tell()

    def _tell(self) -> None:
        now = time.monotonic()
        interval = TERMINAL_INTERVAL_S if sys.stderr.isatty() else LOG_INTERVAL_S
        if not self._units or now - self._last_told < interval:
            return
        self._last_told = now
        n_done = sum(fraction >= 1 for fraction in self._fractions)
        total = sum(self._fractions)
        here = total - sum(self._first.values())
        left = ""
        if here > 0.01:
            seconds = (now - self._started) / here * (len(self._units) - total)
            left = f", {_duration(seconds)} left"
        at_work = "; ".join(self._words.values())
        stage = f"{n_done} of {len(self._units)} done{left}" + (f"; {at_work}" if at_work else "")
        self._update(stage, total / len(self._units))


def _line(unit: Unit, record: Record) -> str:
    """A finished row in one line."""
    seconds = sum(clip.duration_s for clip in record.clips)
    figures = (
        sum(getattr(clip, name) * clip.duration_s for clip in record.clips) / seconds
        for name in ("nsdr_db", "sir_db", "sar_db")
    )
    gnsdr, gsir, gsar = figures
    return (
        f"{unit.title}, {record.mask} mask: GNSDR {gnsdr:.2f}, GSIR {gsir:.2f}, GSAR {gsar:.2f} dB"
    )


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
