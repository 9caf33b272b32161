"""``train --cross-validate``: learning rates compared on parts of the data."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from app.cli_console import Display
from core.errors import UsageError
from core.training.reports import StageReport, StepReport

if TYPE_CHECKING:
    from core.training.cross_validation import CrossValidation, Trial
    from core.training.request import TrainRequest

RESULT_FILE = "cross_validation.json"


def choose_rate(
    wanted: TrainRequest,
    n_folds: int,
    rates: str | None,
    n_steps: int | None,
    display: Display,
    should_stop: Callable[[], bool],
    keep: bool,
) -> TrainRequest:
    """Compare the rates, print the table and return ``wanted`` with the best one.

    With ``keep`` the table also goes into the folder of the training.
    """
    from core.training.cross_validation import RATE_STEPS, TRIAL_STEPS, cross_validate
    from core.whole_file import write_json

    values = parse_rates(rates) if rates else ()
    n_steps = n_steps or TRIAL_STEPS
    n_trials = n_folds * len(values or RATE_STEPS)
    update = display.item("Learning rates")
    steps = cross_validate(wanted, n_folds, values, n_steps, should_stop)
    trials: list[Trial] = []
    while True:
        try:
            report = next(steps)
        except StopIteration as end:
            result: CrossValidation = end.value
            break
        done = len(trials) / n_trials
        match report:
            case StageReport():
                update(report.stage, done)
            case StepReport():
                part = report.step / max(1, report.n_steps)
                stage = f"trial {len(trials) + 1} of {n_trials}"
                update(stage, done + part / n_trials)
            case _ if hasattr(report, "fold"):
                trials.append(report)
    for line in rate_lines(result):
        display.say(line)
    best = result.best.learning_rate
    display.say(f"Best learning rate: {best:g}")
    if keep:
        table = {"n_folds": n_folds, "n_steps": n_steps, "best": best}
        table["trials"] = [
            {name: _json_number(value) for name, value in asdict(trial).items()} for trial in trials
        ]
        write_json(wanted.folder / RESULT_FILE, table)
    optimiser = replace(wanted.recipe.optimiser, learning_rate=best)
    return replace(wanted, recipe=replace(wanted.recipe, optimiser=optimiser))


def parse_rates(text: str) -> tuple[float, ...]:
    """Numbers with commas between; ``UsageError`` names what is none."""
    values = []
    for word in text.replace(" ", ",").split(","):
        if not word:
            continue
        try:
            value = float(word)
        except ValueError:
            value = math.nan
        if not 0 < value <= 10:
            raise UsageError(
                "“{word}” is no learning rate; give numbers above 0 such as 1e-4,3e-4,1e-3.",
                word=word,
            )
        values.append(value)
    if not values:
        raise UsageError("Give learning rates such as 1e-4,3e-4,1e-3.")
    return tuple(dict.fromkeys(values))


def rate_lines(result: CrossValidation) -> list[str]:
    """The table for people."""
    head = "".join(f"{f'part {k + 1}':>10}" for k in range(result.n_folds))
    lines = [
        f"{result.n_steps} batches per trial; GNSDR in dB on the part left out",
        f"{'rate':>10}{head}{'mean':>10}{'loss':>12}",
    ]
    for rate in result.rates:
        cells = [_cell(trial.gnsdr_db) for trial in rate.trials]
        loss = f"{rate.loss:12.4g}" if math.isfinite(rate.loss) else f"{'diverged':>12}"
        lines.append(f"{rate.learning_rate:10g}{''.join(cells)}{_cell(rate.gnsdr_db)}{loss}")
    return lines


def _cell(value: float | None) -> str:
    return f"{'–':>10}" if value is None else f"{value:10.2f}"


def _json_number(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
