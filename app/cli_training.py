"""The options of ``train`` and ``reproduce``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli_choices import Layout


def train(
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIR[=WEIGHT]",
            help="Folder of a data set; name several for all of them. With DIR=2 it is heard twice "
            "as often.",
        ),
    ] = None,
    accompaniment: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIR[=WEIGHT]", help="Folder of music without voices, mixed under the others'."
        ),
    ] = None,
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
        data=tuple(data or ()),
        accompaniment=tuple(accompaniment or ()),
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
