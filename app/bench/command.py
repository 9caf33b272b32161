"""One run of the command ``bench``: what is measured, and how it is told.

Absolute times say little on a busy machine, so every figure stands beside references measured in
the same run: the rate of a large matrix product on one thread, which bounds what a dense network
can reach, and a network that many know.
"""

from __future__ import annotations

import datetime
import platform
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.bench.growth import Case, growth_lines, measure_growth
from app.bench.reference import ReferenceFigures, measure_reference, reference_line
from app.bench.stages import (
    PRODUCT_SIZE,
    SECONDS,
    ModelFigures,
    measure_formats,
    measure_model,
    model_lines,
    product_gflops,
    write_noise,
)
from app.bench.training import TrainingFigures, measure_training, training_lines
from app.cli_console import progress_display
from app.torch_setup import n_threads_without_window, prepare_torch
from core.errors import UsageError
from core.models import find_model, list_models
from core.process_memory import peak_bytes
from core.whole_file import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.models import ModelEntry

MINUTES = (1, 4, 16, 64)


@dataclass
class Figures:
    """What one run measured."""

    machine: str
    date: str
    n_threads: int
    n_threads_total: int
    """For a stage by itself, and from file to files."""
    product_gflops: float
    models: list[ModelFigures] = field(default_factory=list)
    formats: dict[str, float] = field(default_factory=dict)
    """From files of a format to files of the same, with the first model."""
    reference: ReferenceFigures | None = None
    growth: list[Case] = field(default_factory=list)
    training: TrainingFigures | None = None
    peak_memory_mb: float | None = None


def run_bench(
    json_file: Path | None,
    gui: bool = False,
    song: Path | None = None,
    models: Sequence[str] = (),
    minutes: str | None = None,
) -> int:
    """Measure, print a table, and write ``json_file`` if asked.

    With ``gui`` it is the window that is measured, with ``song`` or else a long demo song, and the
    one model that is named. ``minutes`` are lengths of songs with commas between; ``"0"`` leaves
    these out.
    """
    if gui:
        from app.bench.gui import run_gui_bench

        if len(models) > 1:
            raise UsageError("--gui measures one model at a time.")
        return run_gui_bench(json_file, song, models[0] if models else None)
    if song is not None:
        raise UsageError("--song is for --gui; stages are measured on noise.")
    lengths = _lengths(minutes)
    entries = [find_model(name) for name in models] or list_models()
    if not entries:
        raise UsageError("There is no model to measure. Install Stemscope again.")
    figures = measure(entries, lengths)
    print(table(figures))
    if json_file is not None:
        write_json(json_file, asdict(figures))
    return 0


def measure(entries: Sequence[ModelEntry], minutes: Sequence[float]) -> Figures:
    """Each stage on a minute of stereo, the best of a few tries, then whole songs."""
    prepare_torch()  # the threads that models are given, told with the figures
    import torch

    from app.cli_separate import load

    figures = Figures(
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        datetime.date.today().isoformat(),
        torch.get_num_threads(),
        n_threads_without_window(),
        product_gflops(),
    )
    n_items = len(entries) * (1 + len(minutes)) + 3
    with (
        progress_display(n_items, "Measurements") as display,
        tempfile.TemporaryDirectory(prefix="stemscope-bench-") as name,
    ):
        folder = Path(name)
        path = write_noise(folder / "song.wav", SECONDS)
        for entry in entries:
            update = display.item(entry.card.title)
            update("Measuring the stages", 0.0)
            figures.models.append(measure_model(load(entry.folder, "cpu"), path, folder))
        update = display.item("Compressed formats")
        update("Measuring", 0.0)
        figures.formats = measure_formats(load(entries[0].folder, "cpu"), path, folder)
        display.item("Reference")("Measuring", 0.0)
        figures.reference = measure_reference()
        display.item("Training")("Measuring", 0.0)
        figures.training = measure_training(product_gflops)
        figures.growth = measure_growth(entries, minutes, folder, display)
    peak = peak_bytes()
    figures.peak_memory_mb = None if peak is None else peak / 2**20
    return figures


def table(figures: Figures) -> str:
    """The figures for people."""
    lines = [
        f"{figures.machine}, {figures.date}; one minute of stereo at 44.1 kHz, CPU; a stage by "
        f"itself on {_threads(figures.n_threads)}, total on {_threads(figures.n_threads_total)}",
        f"Matrix product {PRODUCT_SIZE}³ in float32 (reference): "
        f"{figures.product_gflops:.0f} GFLOP/s",
        *model_lines(figures.models, figures.product_gflops),
    ]
    if figures.reference is not None:
        lines.append(reference_line(figures.reference, figures.product_gflops))
    if figures.formats:
        speeds = ", ".join(f"{name} {speed:.0f}×" for name, speed in figures.formats.items())
        first = figures.models[0].model_id
        lines.append(f"Total for compressed formats, there and back, {first}: {speeds}")
    lines += growth_lines(figures.growth)
    if figures.training is not None:
        lines += training_lines(figures.training)
    return "\n".join(lines)


def _threads(n: int) -> str:
    return f"{n} thread" if n == 1 else f"{n} threads"


def _lengths(text: str | None) -> tuple[float, ...]:
    if text is None:
        return MINUTES
    try:
        lengths = tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        lengths = (-1.0,)
    if any(not 0 <= length <= 600 for length in lengths):
        raise UsageError(
            "--minutes takes lengths up to 600 with commas between, such as 1,4; not “{value}”.",
            value=text,
        )
    return tuple(length for length in lengths if length)
