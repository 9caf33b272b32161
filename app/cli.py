"""The command line: ``stemscope-cli``, also ``python -m app.cli``.

Everything heavy is imported inside the commands, so that help and mistakes answer at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.cli_adapt import adapt, adapt_trial
from app.cli_choices import AudioFormat, BitDepth, Data, Device, Layout, MaskKind, Model
from app.cli_errors import (
    EXIT_BAD_INPUT,
    EXIT_INTERNAL,
    EXIT_INTERRUPTED,
    EXIT_OK,
    internal_sentence,
)
from app.cli_training import reproduce, train
from core.errors import Cancelled, StemscopeError

cli = typer.Typer(
    help="Separates the singing voice from the music of a song.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@cli.command()
def separate(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...", help="Songs, folders of songs, or patterns such as *.mp3."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")],
    model: Model = None,
    device: Device = "auto",
    audio_format: Annotated[
        AudioFormat, typer.Option("--format", help="Format of the stems.")
    ] = AudioFormat.WAV,
    bit_depth: Annotated[
        BitDepth | None, typer.Option(help="For WAV and FLAC; by default as in the song.")
    ] = None,
    stems: Annotated[
        str, typer.Option(help="What to write, with commas between.")
    ] = "vocals,accompaniment",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that are there already.")
    ] = False,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Leave files that are there already.")
    ] = False,
    figure: Annotated[
        bool, typer.Option("--figure", help="Also draw mixture, stems and mask into figure.png.")
    ] = False,
) -> None:
    """Split songs into DIR/<song>/vocals.* and DIR/<song>/accompaniment.*"""
    from app.cli_separate import Request, separate_files

    request = Request(
        files=tuple(files),
        folder=output,
        model=model,
        device=device,
        audio_format=audio_format.value,
        bit_depth=bit_depth.value if bit_depth is not None else None,
        stems=tuple(name.strip() for name in stems.split(",") if name.strip()),
        overwrite=overwrite,
        skip_existing=skip_existing,
        figure=figure,
    )
    raise typer.Exit(separate_files(request))


@cli.command()
def evaluate(
    data: Data,
    model: Annotated[
        list[str] | None,
        typer.Option(help="Name or folder of a model; several may be named, to compare them."),
    ] = None,
    estimates: Annotated[
        list[Path] | None,
        typer.Option(help="Score the finished estimates in this folder, too or instead."),
    ] = None,
    layout: Annotated[
        Layout | None, typer.Option(help="Layout of the data set, if the guess is wrong.")
    ] = None,
    mask: Annotated[
        MaskKind | None, typer.Option(help="Soft masks, or all of a bin for the louder source.")
    ] = None,
    songs: Annotated[
        str | None,
        typer.Option(help="Only the songs of this list: a text file, or musdb18-validation."),
    ] = None,
    baselines: Annotated[
        bool,
        typer.Option(
            "--baselines",
            help="Score the untouched mixture and the ideal ratio mask, too or instead.",
        ),
    ] = False,
    gain_db: Annotated[
        float, typer.Option(help="Make the mixtures louder before separation.")
    ] = 0.0,
    device: Device = "auto",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all figures to this file.")
    ] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write the figures of every clip to this table.")
    ] = None,
) -> None:
    """Score models, or finished estimates, on a data set with BSS Eval."""
    from app.cli_evaluate import Request, evaluate_folder

    request = Request(
        data=data,
        models=tuple(model or ()),
        estimates=tuple(estimates or ()),
        layout=layout.value if layout is not None else None,
        gain_db=gain_db,
        device=device,
        mask=mask.value if mask is not None else None,
        json_file=json_file,
        csv_file=csv_file,
        songs=songs,
        baselines=baselines,
    )
    raise typer.Exit(evaluate_folder(request))


@cli.command()
def models() -> None:
    """List the models that can separate."""
    from app.cli_models import list_all

    raise typer.Exit(list_all())


@cli.command()
def live(
    source: Annotated[
        str | None,
        typer.Option("--input", help="Sound input; by default the system's. See --devices."),
    ] = None,
    sink: Annotated[
        str | None, typer.Option("--output", help="Sound output; by default the system's.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Name or folder of a causal model; see the command models.")
    ] = None,
    stem: Annotated[
        str, typer.Option(help="What is heard: vocals, accompaniment or mixture.")
    ] = "vocals",
    latency: Annotated[
        str, typer.Option(help="What is kept back against dropouts: small, medium or large.")
    ] = "medium",
    seconds: Annotated[
        float | None, typer.Option(help="Stop after so many seconds; by default at Ctrl-C.")
    ] = None,
    devices: Annotated[
        bool, typer.Option("--devices", help="List inputs and outputs, and end.")
    ] = False,
) -> None:
    """Split what comes in at a sound input while it sounds, and play one stem."""
    from app.cli_live import Request, list_devices, separate_live

    if devices:
        raise typer.Exit(list_devices())
    request = Request(source, sink, model, stem, latency, seconds)
    raise typer.Exit(separate_live(request))


cli.command()(train)
cli.command()(reproduce)
cli.command()(adapt)
cli.command()(adapt_trial)


@cli.command()
def bench(
    gui: Annotated[
        bool, typer.Option("--gui", help="Measure how late the window is while it works.")
    ] = False,
    song: Annotated[
        Path | None, typer.Option(help="With --gui: the song to take instead of a long demo.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="Name or folder of a model; several may be named. By default all."),
    ] = None,
    minutes: Annotated[
        str | None,
        typer.Option(help="Lengths of whole songs to separate; 0 for none.  [default: 1,4,16,64]"),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all figures to this file.")
    ] = None,
) -> None:
    """Measure how fast this machine separates and trains."""
    from app.bench import run_bench

    raise typer.Exit(run_bench(json_file, gui, song, tuple(model or ()), minutes))


def _on_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("stemscope")
        except PackageNotFoundError:
            number = "unknown version"
        typer.echo(f"stemscope {number}")
        raise typer.Exit


@cli.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_on_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    pass


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; no exception leaves it."""
    command = typer.main.get_command(cli)
    try:
        code = command.main(
            args=list(arguments) if arguments is not None else None,
            prog_name="stemscope-cli",
            standalone_mode=False,
        )
    except (Cancelled, KeyboardInterrupt, typer.Abort):
        _complain("Stopped.")
        return EXIT_INTERRUPTED
    except StemscopeError as error:
        _complain(str(error))
        return EXIT_BAD_INPUT
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        sys.stderr.close()
        return EXIT_OK
    except Exception as error:
        # the parser's own errors, wherever its classes live in this version
        if hasattr(error, "format_message"):
            sentence = error.format_message().strip().replace("Value error, ", "")
            sentence = sentence if sentence.endswith((".", "?", "!")) else sentence + "."
            _complain(" ".join(sentence.split()))
            return EXIT_BAD_INPUT
        _complain(internal_sentence(error))
        return EXIT_INTERNAL
    return code if isinstance(code, int) else EXIT_OK


def _complain(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def main() -> None:
    """Entry point of ``stemscope-cli``."""
    sys.exit(run())


if __name__ == "__main__":
    main()
