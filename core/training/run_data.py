"""The data of one training: found, split and read, while other work goes on."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, replace

from core.datasets import Clip, find_dataset
from core.errors import Cancelled, DataError
from core.training.examples import ClipPair, LeftOut
from core.training.recordings import Recording, read_recordings
from core.training.reports import StageReport
from core.training.request import TrainRequest, known_clip
from core.training.shelf import Shelf
from core.training.splits import split

# While files are read in a thread of their own, the compute thread gives way this often.
_GIVE_WAY_S = 0.05

ShouldStop = Callable[[], bool]
Progress = Callable[[float], None]


@dataclass(frozen=True)
class RunData:
    """Clips at the recipe's rate, and what was found about them.

    ``training`` has accompaniments without a voice at its end, if there are any; ``minutes`` counts
    voices. ``pinned`` is the clip that is followed; ``test_names`` those that the split keeps out.
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
    collection = request.collection()
    settings = recipe.validation
    if request.validation_data is not None:
        settings = replace(settings, share=0.0, singer="")
    parts = split(collection.clips, settings)
    other = None if request.validation_data is None else find_dataset(request.validation_data)
    if request.pinned is not None:
        followable = [*parts.validation, *parts.training, *(other.clips if other else ())]
        known_clip(request.pinned, [clip.name for clip in followable])
    measured = parts.validation if other is None else tuple(other.clips)
    n_all = len(parts.training) + len(measured) + len(collection.backing)
    rate, shelf = recipe.sample_rate, Shelf()
    n_read = 0
    left_out: list[LeftOut] = []

    def read(clips: Sequence[Clip], keep_voiceless: bool = False) -> list[Recording]:
        nonlocal n_read
        part = _part(progress, n_read / n_all, len(clips) / n_all)
        n_read += len(clips)
        found, bad = read_recordings(
            clips, rate, shelf, collection.weights, part, should_stop, keep_voiceless
        )
        left_out.extend(bad)
        return found

    trained = read(parts.training, recipe.augmentation.drawn)
    held = read(measured)
    backing = read(collection.backing)
    # Once more without what cannot be used: so a summary of the data shows it.
    bad = {clip.name for clip in left_out}
    parts = split([clip for clip in collection.clips if clip.name not in bad], settings)
    by_name = {pair.name: pair for pair in (*trained, *(held if other is None else ()))}
    trained = [by_name[clip.name] for clip in parts.training if clip.name in by_name]
    if other is None:
        held = [pair for clip in parts.validation if (pair := by_name[clip.name]).vocals.size]
    voiced = [pair for pair in trained if pair.vocals.size]
    if not voiced and left_out:
        raise DataError(
            "No clip of “{name}” can be used. {why}", name=collection.name, why=left_out[0].reason
        )
    if not voiced:
        raise DataError(
            "There is nothing to train on in “{name}”: voice and accompaniment must both be heard "
            "in at least one clip.",
            name=", ".join(str(folder) for folder in request.data),
        )
    candidates = [*held, *voiced]
    followed = request.pinned
    return RunData(
        layout=collection.layout,
        validation_layout=_commonest(measured) or collection.layout,
        split_rule=parts.rule,
        training=(*trained, *backing),
        validation=tuple(held),
        pinned=next((pair for pair in candidates if pair.name == followed), candidates[0]),
        test_names=tuple(clip.name for clip in parts.test),
        left_out=(
            *((p.path.name, str(p.reason)) for p in collection.problems if not p.is_stray),
            *((clip.name, clip.reason) for clip in left_out),
        ),
        minutes=sum(pair.vocals.shape[1] for pair in trained) / rate / 60,
    )


def _commonest(clips: Sequence[Clip]) -> str:
    """The layout that most of ``clips`` have, whose way of measuring goes for all of them."""
    counts = Counter(clip.layout for clip in clips)
    return counts.most_common(1)[0][0] if counts else ""


def _part(progress: Progress | None, first: float, share: float) -> Progress | None:
    """Reports of a part of the work as reports of the whole."""
    return None if progress is None else lambda done: progress(first + share * done)
