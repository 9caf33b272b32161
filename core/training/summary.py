"""What a data set holds, before anything is trained on it: how much, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.audio import FloatArray
from core.datasets import Clip, Dataset, channels_error
from core.errors import Cancelled, DataError, StemscopeError
from core.metrics import is_silent
from core.training.examples import silence_error
from core.training.mixing import epoch_examples
from core.training.recipe import Recipe
from core.training.sources import BackingClip, Collection
from core.training.splits import Split, split

KINDS = ("unreadable", "silent", "mismatched", "clipped", "stray")

LENGTH_TOLERANCE_S = 0.1
"""Stems that differ in length by more are said to: coders add less."""

_FULL_SCALE = 0.99
_RUN_SAMPLES = 4
_FEWEST_RUNS = 3


@dataclass(frozen=True)
class ClipProblem:
    """Something about a clip or file that a person should know.

    ``kind`` is one of ``KINDS``: "unreadable", "silent" and "stray" ones are left out, clipped
    ones are used all the same, mismatched ones are where they can be.
    """

    name: str
    kind: str
    error: StemscopeError
    is_left_out: bool

    @property
    def reason(self) -> str:
        """The English sentence; ``error`` has it in parts, for translation."""
        return str(self.error)


@dataclass(frozen=True)
class FolderSummary:
    """What can be used of one of several folders; ``layout`` is ``BACKING`` without voices."""

    folder: Path
    layout: str
    n_clips: int
    minutes: float
    weight: float = 1.0


@dataclass(frozen=True)
class Summary:
    """A data set as a recipe would use it.

    ``n_clips`` and ``minutes`` count what can be used, ``n_examples`` the examples per epoch that
    the training clips become. ``sample_rates`` (Hz) and ``channels`` count clips by the rate and
    the channels of their voice. ``folders`` has the parts of a set of several folders, those
    without voices last; ``n_backing`` and ``backing_minutes`` count these.
    """

    layout: str
    n_clips: int
    minutes: float
    n_examples: int
    sample_rates: Mapping[int, int]
    channels: Mapping[int, int]
    problems: tuple[ClipProblem, ...]
    split: Split
    folders: tuple[FolderSummary, ...] = ()
    n_backing: int = 0
    backing_minutes: float = 0.0

    @property
    def n_left_out(self) -> int:
        return len({problem.name for problem in self.problems if problem.is_left_out})


@dataclass(frozen=True)
class _Look:
    """What was found in one clip's files."""

    n_seconds: float
    sample_rate: int
    n_channels: int
    problems: tuple[ClipProblem, ...]


def summarise(
    dataset: Dataset,
    recipe: Recipe,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Summary:
    """Read all of ``dataset`` and say what ``recipe`` would make of it.

    ``progress`` gets the fraction that is read. Raises ``Cancelled`` if asked to stop, and
    ``DataError`` if no clip can be used.
    """
    problems = [
        ClipProblem(p.path.name, "stray" if p.is_stray else "unreadable", p.reason, True)
        for p in dataset.problems
    ]
    looks: dict[str, _Look] = {}
    backing = list(dataset.backing) if isinstance(dataset, Collection) else []
    clips = [*dataset.clips, *backing]
    for index, clip in enumerate(clips):
        if should_stop is not None and should_stop():
            raise Cancelled
        look = _look_at(clip)
        problems += look.problems
        if not any(problem.is_left_out for problem in look.problems):
            looks[clip.name] = look
        if progress is not None:
            progress((index + 1) / len(clips))
    usable = [clip for clip in dataset.clips if clip.name in looks]
    if not usable:
        raise DataError(
            "No clip of “{name}” can be used. {why}",
            name=dataset.folder.name,
            why=problems[0].reason if problems else "",
        )
    parts = split(usable, recipe.validation)
    parts_of_set = _folders(dataset, looks) if isinstance(dataset, Collection) else ()
    heard = [looks[clip.name] for clip in usable]
    rate = recipe.sample_rate
    return Summary(
        layout=dataset.layout,
        n_clips=len(usable),
        minutes=sum(look.n_seconds for look in heard) / 60,
        n_examples=epoch_examples(
            [round(looks[clip.name].n_seconds * rate) for clip in parts.training],
            recipe.augmentation,
            rate,
        ),
        sample_rates=_counted([look.sample_rate for look in heard]),
        channels=_counted([look.n_channels for look in heard]),
        problems=tuple(sorted(problems, key=lambda p: KINDS.index(p.kind))),
        split=parts,
        folders=parts_of_set,
        n_backing=sum(clip.name in looks for clip in backing),
        backing_minutes=_minutes(backing, looks),
    )


def _folders(collection: Collection, looks: Mapping[str, _Look]) -> tuple[FolderSummary, ...]:
    """The parts of a set of several folders; none where there is one alone."""
    if len(collection.parts) < 2:
        return ()
    return tuple(
        FolderSummary(
            part.folder,
            part.layout,
            sum(clip.name in looks for clip in part.clips),
            _minutes(part.clips, looks),
            part.weight,
        )
        for part in collection.parts
    )


def _minutes(clips: Sequence[Clip], looks: Mapping[str, _Look]) -> float:
    return sum(looks[clip.name].n_seconds for clip in clips if clip.name in looks) / 60


def _look_at(clip: Clip) -> _Look:
    if isinstance(clip, BackingClip):
        return _look_at_backing(clip)
    try:
        signals = clip.read()
    except StemscopeError as error:
        return _Look(0, 0, 0, (ClipProblem(clip.name, "unreadable", error, True),))
    (voice, rate), others = signals[0], signals[1:]
    seconds = [samples.shape[1] / own for samples, own in signals]
    found = _mismatches(clip.name, signals, seconds)
    # A silent stem among several is nothing unusual: not every song has a bass.
    loudest = max((samples for samples, _ in others), key=lambda s: float(np.max(np.abs(s))))
    silent = silence_error(clip.name, voice, loudest)
    if silent is not None:
        found.append(ClipProblem(clip.name, "silent", silent, True))
    n_places = n_clipped_places(voice)
    if n_places:
        clipped = DataError(
            "The voice of “{name}” is clipped in {n_places} places.",
            name=clip.name,
            n_places=n_places,
        )
        found.append(ClipProblem(clip.name, "clipped", clipped, False))
    n_places = sum(n_clipped_places(samples) for samples, _ in others)
    if n_places:
        clipped = DataError(
            "The accompaniment of “{name}” is clipped in {n_places} places.",
            name=clip.name,
            n_places=n_places,
        )
        found.append(ClipProblem(clip.name, "clipped", clipped, False))
    n_seconds = min(seconds[0], max(seconds[1:]))
    return _Look(n_seconds, rate, len(voice), tuple(found))


def _look_at_backing(clip: BackingClip) -> _Look:
    try:
        samples, rate = clip.vocals.read()
    except StemscopeError as error:
        return _Look(0, 0, 0, (ClipProblem(clip.name, "unreadable", error, True),))
    silent = silence_error(clip.name, np.ones((1, 1), np.float32), samples)
    found = () if silent is None else (ClipProblem(clip.name, "silent", silent, True),)
    return _Look(samples.shape[1] / rate, rate, len(samples), found)


def _mismatches(
    name: str, signals: Sequence[tuple[FloatArray, int]], seconds: Sequence[float]
) -> list[ClipProblem]:
    found: list[tuple[StemscopeError, bool]] = []
    rates = sorted({rate for _, rate in signals})
    if len(rates) > 1:
        error = DataError(
            "The stems of “{name}” have sample rates of {first} and {second} Hz; they are brought "
            "to the model's.",
            name=name,
            first=rates[0],
            second=rates[-1],
        )
        found.append((error, False))
    if max(seconds) - min(seconds) > LENGTH_TOLERANCE_S:
        error = DataError(
            "The stems of “{name}” last {first:.2f} and {second:.2f} s; voice and accompaniment "
            "are cut to the shorter.",
            name=name,
            first=min(seconds),
            second=max(seconds),
        )
        found.append((error, False))
    counts = sorted({len(samples) for samples, _ in signals})
    several = [count for count in counts if count > 1]
    if len(several) > 1:
        found.append((channels_error(name, several[0], several[-1]), True))
    elif len(counts) > 1:
        error = DataError(
            "The stems of “{name}” have {first} and {second} channels; the mono ones are put on "
            "every channel.",
            name=name,
            first=counts[0],
            second=counts[-1],
        )
        found.append((error, False))
    return [ClipProblem(name, "mismatched", error, left_out) for error, left_out in found]


def n_clipped_places(samples: FloatArray) -> int:
    """How often ``samples`` ``(n_channels, n)`` stay at their peak, if that is full scale.

    0 where it happens fewer than a few times, which may be chance.
    """
    if is_silent(samples):
        return 0
    size = np.abs(samples)
    peak = float(size.max())
    if peak < _FULL_SCALE:
        return 0
    at_peak = size >= peak - 1e-4
    runs = at_peak[:, : 1 - _RUN_SAMPLES]
    for shift in range(1, _RUN_SAMPLES):
        end = at_peak.shape[1] - _RUN_SAMPLES + 1 + shift
        runs = runs & at_peak[:, shift:end]
    starts = np.count_nonzero(runs[:, 1:] & ~runs[:, :-1]) + np.count_nonzero(runs[:, :1])
    return int(starts) if starts >= _FEWEST_RUNS else 0


def _counted(values: Sequence[int]) -> dict[int, int]:
    return dict(sorted(Counter(values).items()))
