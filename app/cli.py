"""The command line: ``stemscope-cli``, also ``python -m app.cli``.

Everything heavy is imported inside the commands, so that help and mistakes answer at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli_errors import (
    EXIT_BAD_INPUT,
    EXIT_INTERNAL,
    EXIT_INTERRUPTED,
    EXIT_OK,
    internal_sentence,
)
from core.errors import Cancelled, StemscopeError

cli = typer.Typer(
    help="Separates the singing voice from the music of a song.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class AudioFormat(StrEnum):
    """File formats for stems."""

    WAV = "wav"
    FLAC = "flac"
    MP3 = "mp3"
    OGG = "ogg"


class BitDepth(StrEnum):
    """Sample formats for WAV and FLAC."""

    SIXTEEN = "16"
    TWENTY_FOUR = "24"
    FLOAT = "float"


class Layout(StrEnum):
    """Layouts of data sets."""

    MIR1K = "mir1k"
    MUSDB18 = "musdb18"
    PAIRS = "pairs"


class MaskKind(StrEnum):
    """How masks are made of what a network estimates."""

    SOFT = "soft"
    BINARY = "binary"


Model = Annotated[
    str | None, typer.Option(help="Name or folder of a model; see the command models.")
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")]
Data = Annotated[Path, typer.Option(help="Folder of a data set.")]


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
    )
    raise typer.Exit(evaluate_folder(request))


@cli.command()
def models() -> None:
    """List the models that can separate."""
    from app.cli_models import list_all

    raise typer.Exit(list_all())


@cli.command()
def train(
    data: Annotated[Path | None, typer.Option(help="Folder of a data set.")] = None,
    recipe: Annotated[str | None, typer.Option(help="Name of a recipe, or a TOML file.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the training.")
    ] = None,
    layout: Annotated[
        Layout | None, typer.Option(help="Layout of the data set, if the guess is wrong.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the training in the output folder.")
    ] = False,
    device: Annotated[
        str | None, typer.Option(help="auto, cpu, cuda or cuda:N; as before with --resume.")
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="Validate on this data set, not on a part of the data.")
    ] = None,
    follow: Annotated[
        str | None, typer.Option(help="Name of the clip that is separated after every epoch.")
    ] = None,
    leave_out: Annotated[
        str | None, typer.Option(help="Validate on this singer; train on the others (MIR-1K).")
    ] = None,
    begin_with: Annotated[
        str | None, typer.Option(help="Begin with the weights of this model, name or folder.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say what the data hold; train nothing.")
    ] = False,
    cross_validate: Annotated[
        int | None,
        typer.Option(help="First choose a learning rate over this many parts of the songs."),
    ] = None,
    learning_rates: Annotated[
        str | None, typer.Option(help="Rates to choose from, with commas between.")
    ] = None,
    trial_steps: Annotated[
        int | None, typer.Option(min=1, help="Batches of each trial in the choice.")
    ] = None,
) -> None:
    """Train a model; it lies in DIR/model in the end, and can be used from there.

    Ctrl-C keeps the state, and --resume -o DIR goes on with it. Several processes train together
    under torchrun.
    """
    from app.cli_train import Request, train_model

    request = Request(
        data=data,
        recipe=recipe,
        folder=output,
        layout=layout.value if layout is not None else None,
        resume=resume,
        device=device,
        validation=validation,
        follow=follow,
        leave_out=leave_out,
        begin_with=begin_with,
        check=check,
        n_folds=cross_validate,
        learning_rates=learning_rates,
        trial_steps=trial_steps,
    )
    raise typer.Exit(train_model(request))


@cli.command()
def reproduce(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the results.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder of MIR-1K with the folders train and test.")
    ] = None,
    tables: Annotated[
        str | None,
        typer.Option(help="Such as 1,4: 1 to 5, optimiser, beyond (these are the usual), choice."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(help="Budget of the paper's rows; else 1000.")
    ] = None,
    seeds: Annotated[int, typer.Option(help="Trainings where an order is claimed.")] = 3,
    jobs: Annotated[int, typer.Option(min=1, help="Rows at once, on one core each.")] = 1,
    only_report: Annotated[
        bool, typer.Option("--only-report", help="Only write the results again.")
    ] = False,
    tiny: Annotated[
        bool, typer.Option("--tiny", help="Try the command: figures that mean nothing.")
    ] = False,
) -> None:
    """Make the tables of Huang et al. 2014 again; call it again to go on."""
    from app.cli_reproduce import Request, reproduce

    names = None if tables is None else tuple(tables.split(","))
    raise typer.Exit(reproduce(Request(output, data, names, steps, seeds, jobs, only_report, tiny)))


@cli.command()
def bench(
    gui: Annotated[
        bool, typer.Option("--gui", help="Measure how late the window is while it works.")
    ] = False,
    song: Annotated[
        Path | None, typer.Option(help="With --gui: the song to take instead of a long demo.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all figures to this file.")
    ] = None,
) -> None:
    """Measure how fast this machine separates and trains."""
    from app.bench import run_bench

    raise typer.Exit(run_bench(json_file, gui, song))


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
