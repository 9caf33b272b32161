"""``train --check``: what a data set holds and what a recipe would make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.cli_console import progress_display
from app.cli_errors import EXIT_OK, interruptible
from core.training.sources import BACKING

if TYPE_CHECKING:
    from core.training.request import TrainRequest
    from core.training.summary import FolderSummary, Summary

N_NOTES_SHOWN = 50


def check(wanted: TrainRequest) -> int:
    """Read all clips, print the summary and train nothing."""
    from core.training.learner import check_network
    from core.training.summary import summarise

    check_network(wanted.recipe)
    dataset = wanted.collection()
    with interruptible() as interrupt, progress_display(1) as display:
        update = display.item(dataset.name)
        summary = summarise(
            dataset,
            wanted.recipe,
            lambda done: update("Looking through the data", done),
            interrupt.is_set,
        )
        for line in summary_lines(summary):
            display.say(line)
    return EXIT_OK


def summary_lines(summary: Summary) -> list[str]:
    """The summary for people."""
    layouts = ", ".join(dict.fromkeys(summary.layout.split(",")))
    lines = [
        f"Layout {layouts}: {summary.n_clips} usable clips, {summary.minutes:.1f} minutes",
        f"Examples per epoch, after augmentation: {summary.n_examples}",
        f"Sample rates: {_counts(summary.sample_rates, ' Hz')}",
        f"Channels: {_counts(summary.channels, '')}",
        *(_folder_line(folder) for folder in summary.folders),
        summary.split.rule,
    ]
    if summary.split.validation:
        songs = ", ".join(clip.name for clip in summary.split.validation[:8])
        more = len(summary.split.validation) - 8
        lines.append(f"Held out: {songs}{f' and {more} more' if more > 0 else ''}")
    notes = [
        f"{'Left out' if problem.is_left_out else 'Note'}: {problem.reason}"
        for problem in summary.problems
    ]
    return lines + shortened(notes)


def _folder_line(folder: FolderSummary) -> str:
    weight = "" if folder.weight == 1 else f", weight {folder.weight:g}"
    kind = f"layout {folder.layout}" if folder.layout != BACKING else "accompaniment alone"
    counts = f"{folder.n_clips} clips, {folder.minutes:.1f} minutes"
    return f"  {folder.folder}: {kind}, {counts}{weight}"


def shortened(notes: list[str]) -> list[str]:
    """The first of many notes, and how many more there are."""
    more = len(notes) - N_NOTES_SHOWN
    return notes if more <= 0 else [*notes[:N_NOTES_SHOWN], f"… and {more} more such notes"]


def _counts(counts: Mapping[int, int], unit: str) -> str:
    return ", ".join(f"{n} × {value}{unit}" for value, n in counts.items())
