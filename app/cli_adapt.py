"""The commands ``adapt`` and ``adapt-trial``: a model adapted to a song, and what that is worth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli_choices import Model
from app.cli_console import progress_display
from app.cli_errors import EXIT_OK, interruptible
from app.torch_setup import prepare_torch
from core.errors import OutputError, UsageError

if TYPE_CHECKING:
    from core.editing.grid import Span

Seconds = Annotated[float, typer.Option(help="How long the model learns.")]

_TIME = re.compile(r"(?:(\d+):)?(\d+(?:\.\d+)?)")


def adapt(
    song: Annotated[Path, typer.Argument(help="The song.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the new model.")],
    voice_alone: Annotated[
        list[str] | None,
        typer.Option(help="A stretch in which only the voice sounds, such as 1:02-1:09."),
    ] = None,
    music_alone: Annotated[
        list[str] | None,
        typer.Option(help="A stretch in which only the music sounds, such as 0:00-0:12."),
    ] = None,
    model: Model = None,
    seconds: Seconds = 60.0,
) -> None:
    """Let a copy of a model learn from the parts of a song in which voice or music are alone."""
    from core.audio import decode
    from core.checkpoint import load_model
    from core.editing.edits import Action, Edit
    from core.editing.marks import marks_of
    from core.editing.regions import Rectangle
    from core.models import find_model
    from core.separator import separate
    from core.training.adaptation import Adaptation, save_adapted

    voice, music = spans(voice_alone or ()), spans(music_alone or ())
    if not voice and not music:
        raise UsageError(
            "Say with --voice-alone or --music-alone where in the song one of them is alone."
        )
    if output.exists():
        raise OutputError("“{name}” already exists. Choose another name.", name=str(output))
    prepare_torch()
    loaded = load_model(find_model(model).folder, precision="auto")
    with interruptible() as stop, progress_display(1) as display:
        update = display.item(song.name)
        decoded = decode(song, progress=lambda f: update("decoding", f), should_stop=stop.is_set)
        mixture = decoded.audio
        duration_s = mixture.n_samples / mixture.sample_rate
        edits = [
            Edit(Rectangle(*span, 0.0, float("inf")), action, edit_id=1)
            for action, found in ((Action.TO_VOICE, voice), (Action.TO_ACCOMPANIMENT, music))
            for span in found
        ]
        marks = marks_of(edits, duration_s, mixture.sample_rate / 2)
        if not marks:
            raise UsageError(
                "Nothing of “{name}” is marked: the song has {seconds:.1f} s.",
                name=song.name,
                seconds=duration_s,
            )
        separation = separate(mixture, loaded, lambda f: update("separating", f), stop.is_set)
        stem = separation.stems[loaded.card.sources[0]]
        adaptation = Adaptation.to_song(loaded, mixture, stem, marks, seconds)
        for report in adaptation.run(stop.is_set):
            update("learning", report.fraction)
        title = decoded.tags.title or song.stem
        card = save_adapted(adaptation, marks, title, output)
        separation.close()
        display.say(f"{output}: {card.title}, {adaptation.step} steps")
    raise typer.Exit(EXIT_OK)


def adapt_trial(
    data: Annotated[Path, typer.Option(help="Folder of MIR-1K clips that the model never heard.")],
    model: Model = "paper",
    songs: Annotated[int, typer.Option(help="How many songs to put together of clips.")] = 12,
    marked: Annotated[
        str, typer.Option(help="What is marked: both, music, voice or corrected.")
    ] = "both",
    seconds: Seconds = 60.0,
    leave_out: Annotated[
        list[str] | None, typer.Option(help="A song to leave out, as SINGER_SONG.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all figures to this file.")
    ] = None,
) -> None:
    """Measure what adapting a model to a song is worth on the part that nobody marked."""
    from core.checkpoint import load_model
    from core.models import find_model
    from core.training.adaptation_trial import run_trial, trial_songs
    from core.whole_file import write_json

    prepare_torch()
    loaded = load_model(find_model(model).folder, precision="auto")
    found = trial_songs(data, songs, loaded.card.sample_rate, leave_out or ())
    trials = []
    with interruptible() as stop, progress_display(len(found)) as display:
        display.say(f"{'song':14} {'marked':>8} {'before':>8} {'after':>8} {'gain':>7}  (SDR, dB)")
        for song in found:
            update = display.item(song.name)
            trial = run_trial(
                loaded, song, seconds, marked, stop.is_set, lambda f, to=update: to("learning", f)
            )
            trials.append(trial)
            display.say(
                f"{trial.song:14} {trial.marked_s:6.1f} s {trial.before_db[0]:8.2f} "
                f"{trial.after_db[0]:8.2f} {trial.gain_db:+7.2f}"
            )
        gains = [trial.gain_db for trial in trials]
        display.say(_summary(gains))
    if json_file is not None:
        table = {
            "model": loaded.card.model_id,
            "marked": marked,
            "seconds": seconds,
            "summary": _summary(gains),
            "songs": [{**asdict(trial), "gain_db": trial.gain_db} for trial in trials],
        }
        write_json(json_file, table)
    raise typer.Exit(EXIT_OK)


def _summary(gains: Sequence[float]) -> str:
    from core.intervals import bootstrap_median

    median = bootstrap_median(gains)
    if median is None:
        return ""
    interval = median.interval
    between = "" if interval is None else f" [{interval.low:+.2f}..{interval.high:+.2f}]"
    n_better = sum(gain > 0 for gain in gains)
    return (
        f"Median gain {median.value:+.2f} dB{between}, mean {sum(gains) / len(gains):+.2f} dB; "
        f"better in {n_better} of {len(gains)} songs"
    )


def spans(texts: Sequence[str]) -> list[Span]:
    """``1:02-1:09.5`` or ``62-69.5`` as seconds; ``UsageError`` for anything else."""
    found = []
    for text in texts:
        edges = [_seconds(part) for part in text.split("-")]
        if len(edges) != 2 or None in edges or edges[0] >= edges[1]:  # type: ignore[operator]
            raise UsageError(
                "“{value}” is no stretch of time. Write its beginning and end, as in 1:02-1:09.5.",
                value=text,
            )
        found.append((edges[0], edges[1]))
    return found  # type: ignore[return-value]


def _seconds(text: str) -> float | None:
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    return 60 * int(match[1] or 0) + float(match[2])
