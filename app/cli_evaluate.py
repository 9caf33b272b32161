"""The command ``evaluate``: figures of a model or of finished estimates on a data set."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.cli_console import progress_display
from app.cli_errors import EXIT_BAD_INPUT, EXIT_OK, Interrupt, interruptible
from core.audio import Audio
from core.datasets import Clip, Dataset, find_dataset
from core.errors import UsageError
from core.estimates import EstimateFolder
from core.evaluation import (
    ClipScore,
    Evaluation,
    Separate,
    protocol_of,
    score_clips,
    summary,
)
from core.models import find_model
from core.whole_file import write_json


@dataclass(frozen=True)
class Request:
    """What the user asked for, as the options say it."""

    data: Path
    model: str | None = None
    estimates: Path | None = None
    layout: str | None = None
    gain_db: float = 0.0
    device: str = "auto"
    json_file: Path | None = None


def evaluate_folder(request: Request) -> int:
    """Score and print. Clips that cannot be read are named and give exit code 2."""
    if request.estimates is not None and request.model is not None:
        raise UsageError("Choose either --model or --estimates, not both.")
    if request.estimates is not None and request.gain_db:
        raise UsageError("--gain-db is for models: finished estimates have their level.")
    if request.json_file is not None and request.json_file.is_dir():
        raise UsageError("“{name}” is a folder. Name a file for --json.", name=request.json_file)
    dataset = find_dataset(request.data, request.layout)
    with interruptible() as interrupt, progress_display(1) as display:
        for problem in dataset.problems:
            display.complain(str(problem.reason))
        update = display.item(dataset.folder.name or str(dataset.folder))
        update("Loading", 0.0)
        separate, what = _separate_with(request, interrupt)
        protocol = protocol_of(dataset.layout)
        scores: list[ClipScore] = []
        for score in score_clips(
            dataset.clips,
            separate,
            protocol=protocol,
            gain_db=request.gain_db,
            free_level=request.estimates is not None and protocol == "paper",
            should_stop=interrupt.is_set,
        ):
            scores.append(score)
            update(f"{len(scores)} of {len(dataset.clips)}", len(scores) / len(dataset.clips))
        result = summary(scores, protocol, request.gain_db)
    print(report(result, what, dataset))
    for clip in result.undefined:
        print(f"“{clip.name}” has no figures: {clip.reason}", file=sys.stderr)
    if request.json_file is not None:
        write_json(request.json_file, as_table(result, what, dataset))
    broken = any(not problem.is_stray for problem in dataset.problems)
    return EXIT_BAD_INPUT if broken or any(clip.failed for clip in scores) else EXIT_OK


def report(result: Evaluation, what: str, dataset: Dataset) -> str:
    """The figures for people, one line per source."""
    n_scored = len(result.clips) - len(result.undefined)
    seconds = sum(clip.duration_s for clip in result.clips)
    lines = [
        f"{what} on {dataset.folder} ({dataset.layout}): "
        f"{n_scored} of {len(result.clips)} clips, {seconds / 60:.1f} minutes"
        + (f", input {result.gain_db:+g} dB" if result.gain_db else "")
    ]
    if result.means:
        names = ("GNSDR", "GSIR", "GSAR", "GSDR", "plain SDR")
        lines.append(f"{'dB':<14}" + "".join(f"{name:>10}" for name in names))
    for source, mean in result.means.items():
        values = (mean.gnsdr_db, mean.gsir_db, mean.gsar_db, mean.gsdr_db, mean.plain_sdr_db)
        cells = [f"{value:10.2f}" if value is not None else f"{'-':>10}" for value in values]
        lines.append(f"{source:<14}" + "".join(cells))
    n_silent = len(result.undefined) - sum(clip.failed for clip in result.undefined)
    if n_silent:
        lines.append(f"Left out, since BSS Eval is undefined for a silent reference: {n_silent}")
    for clip in result.with_silent_estimates:
        lines.append(f"Silent estimate in “{clip.name}”: {', '.join(clip.silent_estimates)}")
    return "\n".join(lines)


def as_table(result: Evaluation, what: str, dataset: Dataset) -> dict[str, Any]:
    """All figures for a JSON file."""
    return {
        "estimates_of": what,
        "data": str(dataset.folder),
        "layout": dataset.layout,
        "problems": [str(problem.reason) for problem in dataset.problems],
        **result.as_dict(),
    }


def _separate_with(request: Request, interrupt: Interrupt) -> tuple[Separate, str]:
    if request.estimates is not None:
        return EstimateFolder(request.estimates), f"Estimates in {request.estimates}"
    entry = find_model(request.model)
    from app.cli_separate import load
    from core.separator import separate

    model = load(entry.folder, request.device)

    def with_model(clip: Clip, mixture: Audio) -> Mapping[str, Audio]:
        return separate(mixture, model, should_stop=interrupt.is_set).stems

    return with_model, f"Model {entry.model_id}"
