"""The command ``train``: from a data set and a recipe to a model."""

from __future__ import annotations

import contextlib
import shlex
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli_console import Display, progress_display
from app.cli_errors import EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_OK, Interrupt, interruptible
from app.cli_train_check import shortened
from app.cli_train_data import folders_said
from app.cli_train_progress import TrainingProgress
from app.torch_setup import prepare_torch
from core.errors import Cancelled, DataError, OutputError, StemscopeError, UsageError
from core.training.reports import StageReport

if TYPE_CHECKING:
    from core.training.request import TrainRequest
    from core.training.share import Share

PROGRAM = "stemscope-cli"


@dataclass(frozen=True)
class Request:
    """What the user asked for, as the options say it; None where nothing was said."""

    data: tuple[str, ...] = ()
    accompaniment: tuple[str, ...] = ()
    recipe: str | None = None
    folder: Path | None = None
    layout: str | None = None
    resume: bool = False
    device: str | None = None
    validation: Path | None = None
    follow: str | None = None
    leave_out: str | None = None
    begin_with: str | None = None
    check: bool = False
    n_folds: int | None = None
    learning_rates: str | None = None
    trial_steps: int | None = None


def train_model(request: Request) -> int:
    """Train to the end of the recipe, or only look at the data, or choose a learning rate first.

    Ctrl-C keeps the state for ``--resume``. With several processes only the first says anything.
    """
    _refuse_odd_options(request)
    if request.check:
        from app.cli_train_check import check

        wanted = _wanted(request)
        return check(wanted)
    prepare_torch()  # one core is left to prepare the examples
    from core.training.distribution import share_of_environment

    share = share_of_environment()
    if share is None:
        return _train_alone(request)
    return _train_together(request, share)


def _refuse_odd_options(request: Request) -> None:
    if request.n_folds is None and (request.learning_rates or request.trial_steps):
        raise UsageError(
            "Learning rates are compared with --cross-validate K. Say into how many parts the "
            "songs are divided, such as --cross-validate 3."
        )
    if request.n_folds is not None and (request.resume or request.check):
        raise UsageError(
            "--cross-validate chooses a learning rate before training begins; leave out {other}.",
            other="--resume" if request.resume else "--check",
        )
    others = {
        "check": request.check or None,
        "leave-out": request.leave_out,
        "begin-with": request.begin_with,
    }
    for name, value in others.items():
        if value is not None and request.resume:
            raise UsageError("Take either --{name} or --resume.", name=name)
    if request.resume and request.folder is None:
        raise UsageError("Say which training goes on: --resume -o DIR.")
    if not request.resume:
        for name, value in (("--data", request.data), ("--recipe", request.recipe)):
            if not value:
                raise UsageError("Training needs {name}; see train --help.", name=name)
    if request.accompaniment and not request.data:
        raise UsageError("Take --accompaniment together with --data.")
    if request.folder is None and not request.check and request.n_folds is None:
        raise UsageError("Say where the training is to be kept: -o DIR.")


def _wanted(request: Request) -> TrainRequest:
    """The request with what is not said taken from the run to go on with."""
    from core.devices import resolve_device
    from core.training.recipe import find_recipe
    from core.training.request import TrainRequest, request_of
    from core.training.run_folder import RunFolder

    folder = request.folder or Path()
    if request.resume and RunFolder(folder).has_info:
        wanted = request_of(folder)
        if request.recipe is not None:
            wanted = replace(wanted, recipe=find_recipe(request.recipe))
    else:
        if not request.data or request.recipe is None:
            raise DataError(
                "There is no training in “{name}” to go on with. Begin one with --data and "
                "--recipe.",
                name=folder,
            )
        folders = folders_said(request.data, request.accompaniment)
        wanted = TrainRequest(recipe=find_recipe(request.recipe), folder=folder, **folders)
    said = {
        "layout": request.layout,
        "validation_data": request.validation,
        "pinned": request.follow,
    }
    wanted = replace(
        wanted,
        resume=request.resume,
        **folders_said(request.data, request.accompaniment),
        **{name: value for name, value in said.items() if value is not None},
    )
    wanted = _with_beginning(request, wanted)
    for path in (*wanted.folders, *([wanted.validation_data] if wanted.validation_data else [])):
        if not path.is_dir():
            raise DataError(
                "There is no folder “{name}”. Choose the folder of a data set.", name=path
            )
    if request.check:
        return wanted
    device = request.device or (wanted.device if request.resume else "auto")
    return replace(wanted, device=resolve_device(device))


def _with_beginning(request: Request, wanted: TrainRequest) -> TrainRequest:
    """With the singer to leave out and the weights to begin with."""
    if request.leave_out is not None:
        validation = replace(wanted.recipe.validation, singer=request.leave_out)
        wanted = replace(wanted, recipe=replace(wanted.recipe, validation=validation))
    if request.begin_with is not None:
        from core.models import find_model

        wanted = replace(wanted, begin_with=find_model(request.begin_with).folder)
    return wanted


def _train_alone(request: Request) -> int:
    wanted = _wanted(request)
    if request.folder is not None:
        _refuse_taken(wanted)
    with interruptible() as interrupt, progress_display(1) as display:
        try:
            if request.n_folds is not None:
                from app.cli_train_rates import choose_rate

                wanted = choose_rate(
                    wanted,
                    request.n_folds,
                    request.learning_rates,
                    request.trial_steps,
                    display,
                    interrupt.is_set,
                    keep=request.folder is not None,
                )
                if request.folder is None:
                    return EXIT_OK
            _train(wanted, None, display, interrupt)
        except Cancelled:
            display.complain(_how_to_go_on(wanted))
            return EXIT_INTERRUPTED
        _say_the_end(wanted, display)
    return EXIT_OK


def _train_together(request: Request, share: Share) -> int:
    """One of several processes; all but the first are silent."""
    from core.training.distribution import joined, refuse_undistributable

    is_first = share.rank == 0
    try:
        if request.n_folds is not None:
            raise UsageError("--cross-validate runs in one process. Start it without torchrun.")
        wanted = _wanted(request)
        refuse_undistributable(wanted.recipe, share.n_ranks)
        if is_first:
            _refuse_taken(wanted)
        # Until the others are there, a signal ends this process at once.
        with (
            joined(wanted.device) as device,
            interruptible() as interrupt,
            _display(is_first) as display,
        ):
            _insist(interrupt)
            wanted = replace(wanted, device=device)
            try:
                _train(wanted, share, display, interrupt)
            except Cancelled:
                display.complain(_how_to_go_on(wanted))
                return EXIT_INTERRUPTED
            _say_the_end(wanted, display)
    except StemscopeError:
        if is_first:
            raise
        return EXIT_BAD_INPUT
    except RuntimeError:
        # What the others meet when the first one ends early; it has said why.
        if is_first:
            raise
        return EXIT_BAD_INPUT
    return EXIT_OK


def _train(
    wanted: TrainRequest, share: Share | None, display: Display, interrupt: Interrupt
) -> None:
    from core.training.run import train

    progress = TrainingProgress(display, wanted.recipe.title)
    is_said = False
    with contextlib.closing(train(wanted, interrupt.is_set, share)) as reports:
        for report in reports:
            if not (is_said or isinstance(report, StageReport)):
                is_said = True
                _say_the_data(wanted, display)
            progress.show(report)


def _say_the_data(wanted: TrainRequest, display: Display) -> None:
    """How the data were split, and what of them cannot be used."""
    from core.training.run_folder import RunFolder

    run = RunFolder(wanted.folder)
    if not run.has_info:  # one of several processes, on a machine that does not write
        return
    info = run.info()
    display.say(info.split_rule)
    for line in shortened([f"Left out: {reason}" for _, reason in info.left_out]):
        display.say(line)


def _say_the_end(wanted: TrainRequest, display: Display) -> None:
    from core.training.run_folder import RunFolder

    run = RunFolder(wanted.folder)
    if run.has_info and (message := run.info().message):
        display.say(message)
    display.say(f"The model was written to “{run.model_folder}”.")


def _refuse_taken(wanted: TrainRequest) -> None:
    from core.training.run_folder import RunFolder

    if not wanted.resume and RunFolder(wanted.folder).holds_a_training:
        raise OutputError(
            "“{name}” holds a training already. Go on with --resume, or choose another folder.",
            name=wanted.folder,
        )


def _how_to_go_on(wanted: TrainRequest) -> str:
    from core.training.run_folder import RunFolder

    if not RunFolder(wanted.folder).has_info:
        return "Stopped before training began; nothing was kept."
    again = shlex.join([PROGRAM, "train", "--resume", "-o", str(wanted.folder)])
    return f"Stopped; the state is kept. Go on with: {again}"


class _Silence:
    """A display that shows nothing."""

    def item(self, name: str) -> object:
        return lambda stage, fraction: None

    def say(self, text: str) -> None:
        pass

    def complain(self, text: str) -> None:
        pass


@contextlib.contextmanager
def _display(is_first: bool) -> Iterator[Display]:
    if is_first:
        with progress_display(1) as display:
            yield display
    else:
        yield _Silence()  # type: ignore[misc]


def _insist(interrupt: Interrupt) -> None:
    """Ctrl-C reaches a process from the terminal and from torchrun: the second is no new wish."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupt.set())
