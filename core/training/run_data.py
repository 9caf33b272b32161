"""The data of one training: found, split and read, while other work goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, replace

from core.datasets import find_dataset
from core.errors import Cancelled, DataError
from core.training.mixing import ClipPair, load_pairs
from core.training.reports import StageReport
from core.training.request import TrainRequest, known_clip
from core.training.splits import split

# While files are read in a thread of their own, the compute thread gives way this often.
_GIVE_WAY_S = 0.05

ShouldStop = Callable[[], bool]
Progress = Callable[[float], None]


@dataclass(frozen=True)
class RunData:
    """Clips at the recipe's rate, and what was found about them.

    ``pinned`` is the clip that is followed; ``test_names`` those that the split keeps out.
    """

    layout: str
    validation_layout: str
    split_rule: str
    training: tuple[ClipPair, ...]
    validation: tuple[ClipPair, ...]
    pinned: ClipPair
    test_names: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    minutes: float

    @property
    def training_names(self) -> tuple[str, ...]:
        return tuple(pair.name for pair in self.training)


def loaded(request: TrainRequest, should_stop: ShouldStop) -> Generator[StageReport, None, RunData]:
    """Read the data in another thread, giving way meanwhile; ``Cancelled`` if asked to stop."""
    given_up = threading.Event()
    fraction = 0.0

    def progress(done: float) -> None:
        nonlocal fraction
        fraction = done

    def stopped() -> bool:
        return given_up.is_set()

    with ThreadPoolExecutor(1, thread_name_prefix="training-data") as pool:
        future = pool.submit(load, request, progress, stopped)
        try:
            while True:
                try:
                    return future.result(timeout=_GIVE_WAY_S)
                except NotYet:
                    if future.done():
                        raise
                yield StageReport("Reading the data", fraction)
                if should_stop():
                    raise Cancelled
        finally:
            given_up.set()


def load(
    request: TrainRequest,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> RunData:
    """Find, split and read the clips of ``request``.

    Raises ``DataError`` if nothing is left to train on, ``UsageError`` for a clip to follow that is
    not there.
    """
    recipe = request.recipe
    dataset = find_dataset(request.data, request.layout)
    layout = validation_layout = dataset.layout
    settings = recipe.validation
    if request.validation_data is not None:
        settings = replace(settings, share=0.0, singer="")
    parts = split(dataset.clips, settings)
    other = None if request.validation_data is None else find_dataset(request.validation_data)
    if request.pinned is not None:
        followable = [*parts.validation, *parts.training, *(other.clips if other else ())]
        known_clip(request.pinned, [clip.name for clip in followable])
    n_all = len(dataset.clips) - len(parts.test) + (len(other.clips) if other else 0)
    own_share = (len(dataset.clips) - len(parts.test)) / n_all
    pairs, left_out = load_pairs(
        [*parts.training, *parts.validation],
        recipe.sample_rate,
        _part(progress, 0.0, own_share),
        should_stop,
    )
    # Once more without what cannot be used: so a summary of the data shows it.
    bad = {clip.name for clip in left_out}
    parts = split([clip for clip in dataset.clips if clip.name not in bad], settings)
    by_name = {pair.name: pair for pair in pairs}
    trained = [by_name[clip.name] for clip in parts.training]
    held = [by_name[clip.name] for clip in parts.validation]
    if other is not None:
        validation_layout = other.layout
        held, more_left_out = load_pairs(
            other.clips, recipe.sample_rate, _part(progress, own_share, 1 - own_share), should_stop
        )
        left_out = [*left_out, *more_left_out]
    if not trained and left_out:
        raise DataError(
            "No clip of “{name}” can be used. {why}", name=request.data.name, why=left_out[0].reason
        )
    if not trained:
        raise DataError(
            "There is nothing to train on in “{name}”: voice and accompaniment must both be heard "
            "in at least one clip.",
            name=request.data,
        )
    minutes = sum(pair.vocals.shape[1] for pair in trained) / recipe.sample_rate / 60
    candidates = [*held, *trained]
    followed = request.pinned
    return RunData(
        layout=layout,
        validation_layout=validation_layout,
        split_rule=parts.rule,
        training=tuple(trained),
        validation=tuple(held),
        pinned=next((pair for pair in candidates if pair.name == followed), candidates[0]),
        test_names=tuple(clip.name for clip in parts.test),
        left_out=(
            *((p.path.name, str(p.reason)) for p in dataset.problems if not p.is_stray),
            *((clip.name, clip.reason) for clip in left_out),
        ),
        minutes=minutes,
    )


def _part(progress: Progress | None, first: float, share: float) -> Progress | None:
    """Reports of a part of the work as reports of the whole."""
    return None if progress is None else lambda done: progress(first + share * done)
