"""The command ``separate``: many songs, one after the other, each on its own."""

from __future__ import annotations

import glob
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli_console import Display, Update, progress_display
from app.cli_errors import (
    EXIT_BAD_INPUT,
    EXIT_INTERNAL,
    EXIT_OK,
    Interrupt,
    internal_sentence,
    interruptible,
)
from app.cli_estimate import Expectation, Watch
from app.torch_setup import n_threads_without_window, prepare_torch
from core.audio import FileInfo, decode, find_audio_files, no_songs_error
from core.audio.encode import check_format
from core.errors import AudioFileError, Cancelled, OutputError, StemscopeError, UsageError
from core.export import (
    AudioFormat,
    BitDepth,
    ExportOptions,
    StemsExport,
    default_bit_depth,
    planned_files,
    unique_song_folder,
)
from core.models import find_model

if TYPE_CHECKING:
    from core.checkpoint import Model
    from core.separator import Separation

FIGURE_FILE = "figure.png"

# Shares of a song's progress: where decoding, separating, writing and drawing end.
_DECODED, _SEPARATED, _WRITTEN, _DRAWN = 0.05, 0.85, 0.97, 1.0


@dataclass(frozen=True)
class Request:
    """What the user asked for, as the options say it."""

    files: tuple[str, ...]
    folder: Path
    model: str | None = None
    device: str = "auto"
    audio_format: str = "wav"
    bit_depth: str | None = None
    stems: tuple[str, ...] = ("vocals", "accompaniment")
    overwrite: bool = False
    skip_existing: bool = False
    figure: bool = False


@dataclass(frozen=True)
class Job:
    """One song and the name of its folder."""

    path: Path
    song: str


def separate_files(request: Request) -> int:
    """Separate all songs of ``request``; a song that fails does not stop the others.

    Returns the exit code. Raises ``StemscopeError`` for what no song can do without (the model, the
    device, options that exclude each other) and ``Cancelled`` on Ctrl-C.
    """
    _check(request)
    paths, complaints = find_songs(request.files)
    if not paths:
        for complaint in complaints:
            print(complaint, file=sys.stderr)
        return EXIT_BAD_INPUT
    entry = find_model(request.model)
    for stem in request.stems:
        if stem not in entry.card.sources:
            raise UsageError(
                "The model {model} gives no stem “{stem}”; it gives {sources}.",
                model=entry.card.title,
                stem=stem,
                sources=", ".join(entry.card.sources),
            )
    jobs = name_songs(paths)
    code = EXIT_BAD_INPUT if complaints else EXIT_OK
    with interruptible() as interrupt, progress_display(len(jobs)) as display:
        for complaint in complaints:
            display.complain(complaint)
        expectation = Expectation(entry.model_id, request.device)
        if (ahead := expectation.for_terminal(job.path for job in jobs)) is not None:
            display.say(ahead)
        model: Model | None = None
        for job in jobs:
            update = display.item(job.path.name)
            try:
                if request.skip_existing and all(path.exists() for path in _planned(job, request)):
                    display.say(f"“{job.path.name}” was left out: its files are there already.")
                    continue
                if model is None:
                    update("Loading the model", 0.0)
                    model = load(entry.folder, request.device)
                watch = expectation.watch()
                _separate_one(job, request, model, display, update, interrupt, watch)
            except Cancelled:
                raise
            except AudioFileError as error:
                display.complain(_naming(job.path.name, str(error)))
                code = code or EXIT_BAD_INPUT
            except StemscopeError as error:
                if model is None:  # no song can do without it
                    raise
                display.complain(_naming(job.path.name, str(error)))
                code = code or EXIT_BAD_INPUT
            except Exception as error:
                display.complain(internal_sentence(error, f"“{job.path.name}”"))
                code = EXIT_INTERNAL
    return code


def load(folder: Path, device: str) -> Model:
    """The model in ``folder`` on the device that the user named."""
    prepare_torch()
    from core.checkpoint import load_model
    from core.devices import resolve_device

    return load_model(folder, resolve_device(device), precision="auto")


def find_songs(patterns: tuple[str, ...]) -> tuple[list[Path], list[str]]:
    """Files, the sound files in folders, and what patterns match; and sentences on the rest."""
    found: dict[Path, None] = {}
    complaints = []
    for pattern in patterns:
        path = Path(pattern)
        if os.path.lexists(path):
            paths = find_audio_files([path])
            if not paths:
                complaints.append(str(no_songs_error(path)))
        elif glob.has_magic(pattern):
            # shells of Windows leave patterns to the program
            paths = find_audio_files(sorted(glob.glob(pattern, recursive=True)))
            if not paths:
                complaints.append(f"No sound file matches “{pattern}”.")
        else:
            paths = []
            complaints.append(f"There is no file “{pattern}”.")
        found.update(dict.fromkeys(paths))
    return list(found), complaints


def name_songs(paths: list[Path]) -> list[Job]:
    """A folder name for each song; equal names get a number."""
    taken: set[str] = set()
    jobs = []
    for path in paths:
        song = unique_song_folder(path.stem, taken)
        taken.add(song)
        jobs.append(Job(path, song))
    return jobs


def _check(request: Request) -> None:
    if request.overwrite and request.skip_existing:
        raise UsageError("Choose either --overwrite or --skip-existing, not both.")
    if not request.stems:
        raise UsageError("Name at least one stem with --stems.")
    if request.bit_depth and request.audio_format in ("mp3", "ogg"):
        raise UsageError("--bit-depth is for WAV and FLAC; MP3 and Ogg have none.")
    # What no song can be written in; each song's own rate and channels are looked at in its turn.
    wanted = _options(Job(Path(), ""), request, None)
    check_format(wanted.audio_format, wanted.bit_depth, 44100, 2)


def _separate_one(
    job: Job,
    request: Request,
    model: Model,
    display: Display,
    update: Update,
    interrupt: Interrupt,
    watch: Watch,
) -> None:
    from core.separator import Separator

    if not (request.overwrite or request.skip_existing):
        _refuse_existing(_planned(job, request))
    stop = interrupt.is_set
    song = decode(job.path, progress=lambda f: update("Decoding", f * _DECODED), should_stop=stop)
    separation = None
    try:
        options = _options(job, request, song.info)
        check_format(
            options.audio_format,
            options.bit_depth,
            song.audio.sample_rate,
            song.audio.n_channels,
        )
        separator = Separator(model, n_threads_without_window())
        separation = separator.start(song.audio)
        with StemsExport(
            song.audio,
            separation.stems,
            song.info,
            song.tags,
            options,
            progress=lambda f: _tell_writing(update, separation, f),
            should_stop=stop,
        ) as export:
            for step in separator.run(separation, stop):
                watch.look()
                update("Separating", _DECODED + step.fraction * (_SEPARATED - _DECODED))
                # The files are written while the rest is computed.
                export.advance(separation.samples_ready.until(0))
            if separation.notice is not None:
                display.complain(_naming(job.path.name, str(separation.notice)))
            report = export.finish()
        mask = separation.mask
        song_bytes = mask.values.nbytes + mask.above.nbytes
        watch.done(song.audio.n_samples / song.audio.sample_rate, song_bytes)
        display.say(f"“{job.path.name}”: {report.sentence}")
        figure = request.folder / job.song / FIGURE_FILE
        if request.figure and (request.overwrite or not figure.exists()):
            from app.figure import draw

            draw(
                figure,
                job.song,
                song.audio,
                separation.stems,
                separation.mask,
                progress=lambda f: update("Drawing", _WRITTEN + f * (_DRAWN - _WRITTEN)),
                should_stop=stop,
            )
            display.say(f"“{job.path.name}”: the figure was written to “{figure}”.")
        update("Done", 1.0)
    finally:
        if separation is not None:
            separation.close()
        song.audio.close()


def _tell_writing(update: Update, separation: Separation | None, fraction: float) -> None:
    """What remains to be written once all is separated."""
    if separation is not None and separation.complete:
        update("Writing", _SEPARATED + fraction * (_WRITTEN - _SEPARATED))


def _options(job: Job, request: Request, info: FileInfo | None) -> ExportOptions:
    depth: BitDepth = 16
    if request.bit_depth is not None:
        depth = "float" if request.bit_depth == "float" else 16 if request.bit_depth == "16" else 24
    elif info is not None:
        depth = default_bit_depth(info, request.audio_format)
    formats: dict[str, AudioFormat] = {"wav": "wav", "flac": "flac", "mp3": "mp3", "ogg": "ogg"}
    return ExportOptions(
        stems=request.stems,
        audio_format=formats[request.audio_format],
        bit_depth=depth,
        folder=request.folder,
        if_exists=(
            "overwrite" if request.overwrite else "skip" if request.skip_existing else "error"
        ),
        song=job.song,
    )


def _planned(job: Job, request: Request) -> list[Path]:
    """The files that the song would give, known before it is decoded."""
    files = planned_files(None, None, _options(job, request, None))
    return [*files, request.folder / job.song / FIGURE_FILE] if request.figure else files


def _refuse_existing(paths: list[Path]) -> None:
    for path in paths:
        if path.exists():
            raise OutputError(
                "“{name}” is there already. Use --overwrite or --skip-existing.", name=path
            )


def _naming(name: str, sentence: str) -> str:
    """``sentence``, beginning with the song's name if it does not hold it."""
    return sentence if name in sentence else f"“{name}”: {sentence}"
