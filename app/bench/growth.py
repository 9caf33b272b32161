"""How time and memory grow with a song's length, from file to files.

Each case runs in a process of its own, since a process's peak of memory cannot be taken back.
"""

from __future__ import annotations

import multiprocessing
import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from app.bench.stages import RATE, best, file_to_files, wav_options, write_noise
from app.torch_setup import prepare_torch
from core.process_memory import peak_bytes

if TYPE_CHECKING:
    from app.cli_console import Display
    from core.models import ModelEntry

N_TRIES = 5
LONG_MINUTES = 5.0
"""Longer songs are separated once: they take long enough to be measured by that."""

_BYTES_PER_SAMPLE = 2 * (2 + 2 * 2 + 2 * 4)
"""A stereo song, two stems, and the scratch files of song and voice."""
_ROOM = 1.2
_WAIT_S = 0.2


@dataclass
class Case:
    """One model on one length of song; without ``seconds`` it could not be measured.

    ``seconds`` from file to files, the model being loaded; ``peak_memory_mb`` of the whole process.
    """

    model_id: str
    minutes: float
    seconds: float | None = None
    times_real_time: float | None = None
    peak_memory_mb: float | None = None
    note: str = ""


def measure_growth(
    entries: Sequence[ModelEntry], minutes: Sequence[float], folder: Path, display: Display
) -> list[Case]:
    """Songs of each length with each model; lengths that the disk has no room for are noted."""
    cases: list[Case] = []
    for length in minutes:
        needed = round(length * 60 * RATE * _BYTES_PER_SAMPLE * _ROOM)
        if shutil.disk_usage(folder).free < needed:
            note = f"needs {needed / 2**30:.1f} GB of disk in {folder.parent}"
            cases += [Case(entry.model_id, length, note=note) for entry in entries]
            continue
        song = write_noise(folder / f"{length:g} minutes.wav", length * 60)
        for entry in entries:
            update = display.item(entry.card.title)
            update(f"A song of {length:g} min", 0.0)
            cases.append(_measure(entry, length, song, folder / "stems"))
            shutil.rmtree(folder / "stems", ignore_errors=True)
        song.unlink()
    return cases


def growth_lines(cases: Sequence[Case]) -> list[str]:
    """The figures for people: time and memory, a line for each model, a column for each length."""
    if not cases:
        return []
    lengths = list(dict.fromkeys(case.minutes for case in cases))
    lines = ["File to files, model loaded: × real time and peak memory of the process"]
    lines.append(f"{'':<12}" + "".join(f"{f'{length:g} min':>17}" for length in lengths))
    for model_id in dict.fromkeys(case.model_id for case in cases):
        row = [case for case in cases if case.model_id == model_id]
        lines.append(f"{model_id:<12}" + "".join(f"{_cell(case):>17}" for case in row))
    notes = dict.fromkeys(f"{case.minutes:g} min {case.note}" for case in cases if case.note)
    return lines + list(notes)


def _cell(case: Case) -> str:
    if case.times_real_time is None:
        return "–"
    memory = "" if case.peak_memory_mb is None else f" {case.peak_memory_mb:5.0f} MB"
    return f"{case.times_real_time:.0f}×{memory}"


def _measure(entry: ModelEntry, minutes: float, song: Path, folder: Path) -> Case:
    case = Case(entry.model_id, minutes)
    n_tries = N_TRIES if minutes <= LONG_MINUTES else 1
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    arguments = (theirs, entry.folder, song, folder, n_tries)
    process = context.Process(target=_in_own_process, args=arguments, daemon=True)
    process.start()
    theirs.close()
    try:
        while not ours.poll(_WAIT_S):  # in short waits, so that Ctrl-C is heard on Windows too
            pass
        case.seconds, peak = ours.recv()
        case.times_real_time = 60 * minutes / case.seconds
        case.peak_memory_mb = None if peak is None else peak / 2**20
    except EOFError:
        case.note = f"with {entry.model_id} ended early: out of memory, or an error told above"
    finally:
        process.kill()
        process.join()
        ours.close()
    return case


def _in_own_process(
    told: Connection, model_folder: Path, song: Path, folder: Path, n_tries: int
) -> None:
    """Seconds of the best try and the peak of memory in bytes, into ``told``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who waits for this process ends it
    prepare_torch()
    from app.cli_separate import load

    model = load(model_folder, "cpu")
    options = wav_options(model, folder)
    seconds = best(lambda: file_to_files(model, song, options), n_tries)
    told.send((seconds, peak_bytes()))
    told.close()
