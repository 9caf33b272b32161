"""The command ``evaluate``: figures of models or of finished estimates on a data set."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.cli_console import Update, progress_display
from app.cli_errors import EXIT_BAD_INPUT, EXIT_OK, Interrupt, interruptible
from core.audio import Audio
from core.baselines import IdealRatioMask, untouched
from core.datasets import Clip, Dataset, find_dataset
from core.errors import DataError, UsageError
from core.estimates import EstimateFolder
from core.evaluation import ClipScore, Evaluation, Separate, protocol_of, score_clips, summary
from core.intervals import Interval, Median
from core.models import ModelEntry, find_model
from core.scores import FIGURES, SOURCES, csv_text, difference
from core.training.recipe import RECIPES_FOLDER
from core.training.song_lists import song_list
from core.whole_file import whole_file, write_json

COLUMNS = (
    ("GNSDR", "gnsdr_db"),
    ("GSIR", "gsir_db"),
    ("GSAR", "gsar_db"),
    ("GSDR", "gsdr_db"),
    ("plain SDR", "plain_sdr_db"),
)


MEDIANS = ("nsdr_db", "sir_db", "sar_db", "sdr_db", "plain_sdr_db")
"""The figures of songs in the order of the columns."""


@dataclass(frozen=True)
class Request:
    """What the user asked for, as the options say it."""

    data: Path
    models: tuple[str, ...] = ()
    estimates: tuple[Path, ...] = ()
    layout: str | None = None
    gain_db: float = 0.0
    device: str = "auto"
    mask: str | None = None
    json_file: Path | None = None
    csv_file: Path | None = None
    songs: str | None = None
    baselines: bool = False


@dataclass(frozen=True)
class Contestant:
    """What is measured: ``load`` makes the separation, which may take a while."""

    title: str
    what: str
    load: Callable[[Interrupt], Separate]
    free_level: bool = False


@dataclass(frozen=True)
class Outcome:
    """What was measured of one contestant."""

    contestant: Contestant
    result: Evaluation


def evaluate_folder(request: Request) -> int:
    """Score and print. Clips that cannot be read are named and give exit code 2."""
    _check(request)
    dataset = find_dataset(request.data, request.layout)
    if request.songs is not None:
        dataset = _only(dataset, request.songs)
    protocol = protocol_of(dataset.layout)
    contestants = _contestants(request, protocol)
    outcomes = []
    with interruptible() as interrupt, progress_display(len(contestants), "Models") as display:
        for problem in dataset.problems:
            display.complain(str(problem.reason))
        for contestant in contestants:
            name = dataset.folder.name or str(dataset.folder)
            if len(contestants) > 1:
                name = f"{contestant.title} on {name}"
            update = display.item(name)
            update("Loading", 0.0)
            outcomes.append(_measure(contestant, dataset, request.gain_db, interrupt, update))
    print("\n\n".join(report(outcome, dataset) for outcome in outcomes))
    if len(outcomes) > 1:
        print("\n" + differences_report(outcomes, dataset.layout))
    named = len(outcomes) > 1
    for outcome in outcomes:
        start = f"{outcome.contestant.title}: " if named else ""
        for clip in outcome.result.undefined:
            print(f"{start}“{clip.name}” has no figures: {clip.reason}", file=sys.stderr)
    _write(request, outcomes, dataset)
    broken = any(not problem.is_stray for problem in dataset.problems)
    failed = any(clip.failed for outcome in outcomes for clip in outcome.result.clips)
    return EXIT_BAD_INPUT if broken or failed else EXIT_OK


def _check(request: Request) -> None:
    if request.estimates and request.gain_db:
        raise UsageError("--gain-db is for models: finished estimates have their level.")
    if request.estimates and request.mask is not None and not request.models:
        raise UsageError("--mask is for models: finished estimates have no masks.")
    for option, path in (("--json", request.json_file), ("--csv", request.csv_file)):
        if path is not None and path.is_dir():
            raise UsageError("“{name}” is a folder. Name a file for {option}.", name=path,
                             option=option)  # fmt: skip


def _only(dataset: Dataset, name: str) -> Dataset:
    """The clips of ``dataset`` whose names are in a list: a text file, or one that is shipped."""
    shipped = RECIPES_FOLDER / f"{name}.txt"
    path = Path(name) if Path(name).is_file() else shipped
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in RECIPES_FOLDER.glob("*.txt")))
        raise UsageError(
            "There is no list of songs “{name}”. Give a text file with a name in each line, or "
            "one of {known}.",
            name=name,
            known=known,
        )
    wanted = set(song_list(path.stem, [path.parent], path.name))
    clips = [clip for clip in dataset.clips if clip.name in wanted]
    if not clips:
        raise DataError(
            "None of the songs of “{list}” is in “{name}”. Choose the folder that holds them.",
            list=path.name,
            name=dataset.folder,
        )
    return replace(dataset, clips=clips)


def _contestants(request: Request, protocol: str) -> list[Contestant]:
    """Models in the order of the command, then estimates and baselines.

    The usual model if none is named.
    """
    names: list[str | None] = [*request.models]
    if not names and not request.estimates and not request.baselines:
        names = [None]
    found = [_model(find_model(name), request) for name in names]
    for folder in request.estimates:
        maker = EstimateFolder(folder)
        what = f"Estimates in {folder}"
        free_level = protocol == "paper"
        found.append(
            Contestant(folder.name or str(folder), what, lambda _, made=maker: made, free_level)
        )
    if request.baselines:
        ideal = IdealRatioMask(protocol)
        found.append(Contestant("mixture", "The untouched mixture", lambda _: untouched))
        found.append(Contestant("ideal-mask", "The ideal ratio mask", lambda _: ideal))
    titles: list[str] = []
    for contestant in found:  # the same name twice: the folder tells them apart
        title, number = contestant.title, 2
        while title in titles:
            title, number = f"{contestant.title} ({number})", number + 1
        titles.append(title)
    return [
        Contestant(title, contestant.what, contestant.load, contestant.free_level)
        for title, contestant in zip(titles, found, strict=True)
    ]


def _model(entry: ModelEntry, request: Request) -> Contestant:
    def load_it(interrupt: Interrupt) -> Separate:
        from app.cli_separate import load
        from core.separator import separate

        model = load(entry.folder, request.device)
        if request.mask is not None:
            model.mask_kind = request.mask  # type: ignore[attr-defined,unused-ignore]

        def with_model(clip: Clip, mixture: Audio) -> Mapping[str, Audio]:
            return separate(mixture, model, should_stop=interrupt.is_set).stems

        return with_model

    mask = f", {request.mask} mask" if request.mask is not None else ""
    return Contestant(entry.model_id, f"Model {entry.model_id}{mask}", load_it)


def _measure(
    contestant: Contestant, dataset: Dataset, gain_db: float, interrupt: Interrupt, update: Update
) -> Outcome:
    separate = contestant.load(interrupt)
    protocol = protocol_of(dataset.layout)
    scores: list[ClipScore] = []
    for score in score_clips(
        dataset.clips,
        separate,
        protocol=protocol,
        gain_db=gain_db,
        free_level=contestant.free_level,
        should_stop=interrupt.is_set,
    ):
        scores.append(score)
        update(f"{len(scores)} of {len(dataset.clips)}", len(scores) / len(dataset.clips))
    return Outcome(contestant, summary(scores, protocol, gain_db))


def report(outcome: Outcome, dataset: Dataset) -> str:
    """The figures for people, one line per source, its 95 % intervals under it."""
    result = outcome.result
    n_scored = len(result.clips) - len(result.undefined)
    seconds = sum(clip.duration_s for clip in result.clips)
    lines = [
        f"{outcome.contestant.what} on {dataset.folder} ({dataset.layout}): "
        f"{n_scored} of {len(result.clips)} clips, {seconds / 60:.1f} minutes"
        + (f", input {result.gain_db:+g} dB" if result.gain_db else "")
    ]
    if result.means:
        lines.append(f"{'dB':<14}" + "".join(f"{name:>15}" for name, _ in COLUMNS))
    unit, intervals = result.intervals(dataset.layout)
    for source, mean in result.means.items():
        values = [getattr(mean, key) for _, key in COLUMNS]
        cells = [f"{value:15.2f}" if value is not None else f"{'-':>15}" for value in values]
        lines.append(f"{source:<14}" + "".join(cells))
        ranges = [_range(intervals[source][key]) for _, key in COLUMNS]
        if any(ranges):
            lines.append(f"{'  95 %':<14}" + "".join(f"{text:>15}" for text in ranges))
        if result.protocol == "songs":
            lines += _median_lines(result.medians()[source])
    n_groups = max((i.n_groups for of in intervals.values() for i in of.values() if i), default=0)
    if n_groups:
        lines.append(f"Intervals: percentile bootstrap over {n_groups} {unit}")
    n_silent = len(result.undefined) - sum(clip.failed for clip in result.undefined)
    if n_silent:
        lines.append(f"Left out, since BSS Eval is undefined for a silent reference: {n_silent}")
    for clip in result.with_silent_estimates:
        lines.append(f"Silent estimate in “{clip.name}”: {', '.join(clip.silent_estimates)}")
    return "\n".join(lines)


def _median_lines(medians: Mapping[str, Median]) -> list[str]:
    """The medians of a source over songs, and their intervals under them."""
    found = [medians.get(name) for name in MEDIANS]
    values = "".join(f"{'-':>15}" if each is None else f"{each.value:15.2f}" for each in found)
    ranges = "".join(f"{_range(each.interval) if each else '':>15}" for each in found)
    return [f"{'  median':<14}{values}"] + ([f"{'  95 %':<14}{ranges}"] if ranges.strip() else [])


def differences_report(outcomes: list[Outcome], layout: str) -> str:
    """How much better the others are than the first, paired clip by clip, for the voice."""
    first = outcomes[0]
    lines = [f"Less {first.contestant.title}, clip by clip, vocals"]
    lines.append(f"{'dB':<14}" + "".join(f"{name:>24}" for name in ("GNSDR", "GSIR", "GSAR")))
    for other in outcomes[1:]:
        cells = []
        for name in ("nsdr_db", "sir_db", "sar_db"):
            found = difference(other.result.clips, first.result.clips, "vocals", name, layout)
            text = "-" if found is None else f"{found.mean_db:+.2f}"
            if found is not None and found.interval is not None:
                text += f" [{_range(found.interval)}]"
            cells.append(f"{text:>24}")
        lines.append(f"{other.contestant.title:<14}" + "".join(cells))
    return "\n".join(lines)


def _range(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.low:.2f}..{interval.high:.2f}"


def as_table(outcome: Outcome, dataset: Dataset) -> dict[str, Any]:
    """All figures of one contestant for a JSON file."""
    unit, intervals = outcome.result.intervals(dataset.layout)
    return {
        "estimates_of": outcome.contestant.what,
        "data": str(dataset.folder),
        "layout": dataset.layout,
        "problems": [str(problem.reason) for problem in dataset.problems],
        "intervals_over": unit,
        "intervals": {
            source: {name: _as_dict(interval) for name, interval in of.items()}
            for source, of in intervals.items()
        },
        "medians": {
            source: {
                name: {"median": median.value, "interval": _as_dict(median.interval)}
                for name, median in of.items()
            }
            for source, of in outcome.result.medians().items()
        },
        **outcome.result.as_dict(),
    }


def differences_table(outcomes: list[Outcome], layout: str) -> list[dict[str, Any]]:
    """The differences to the first contestant, for a JSON file."""
    first = outcomes[0]
    rows: list[dict[str, Any]] = []
    for other in outcomes[1:]:
        values: dict[str, Any] = {}
        for source in SOURCES:
            values[source] = {}
            for name in FIGURES:
                found = difference(other.result.clips, first.result.clips, source, name, layout)
                values[source][name] = found and {
                    "mean_db": found.mean_db,
                    "interval": _as_dict(found.interval),
                    "n_clips": found.n_clips,
                }
        rows.append(
            {"model": other.contestant.title, "less": first.contestant.title, "figures": values}
        )
    return rows


def _as_dict(interval: Interval | None) -> dict[str, Any] | None:
    return None if interval is None else dict(vars(interval))


def _write(request: Request, outcomes: list[Outcome], dataset: Dataset) -> None:
    if request.json_file is not None:
        tables = {o.contestant.title: as_table(o, dataset) for o in outcomes}
        if len(outcomes) == 1:
            write_json(request.json_file, next(iter(tables.values())))
        else:
            differences = differences_table(outcomes, dataset.layout)
            write_json(request.json_file, {"models": tables, "differences": differences})
    if request.csv_file is not None:
        text = csv_text({o.contestant.title: o.result.clips for o in outcomes})
        with whole_file(request.csv_file) as temporary:
            temporary.write_text(text, encoding="utf-8")
