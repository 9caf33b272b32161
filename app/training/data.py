"""Recordings to train on: looked through, and a few examples made of them. In the pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from app.tasks import TaskHandle, TaskPool
from core.datasets import Clip
from core.errors import Cancelled, DataError
from core.training.examples import DrawnAudio
from core.training.mixing import Mixer, epoch_examples
from core.training.recipe import Recipe
from core.training.recordings import read_recordings
from core.training.shelf import Shelf
from core.training.sources import Collection, find_collection
from core.training.splits import split
from core.training.summary import Summary, summarise

N_EXAMPLES = 4
N_LOADED = 6
N_BACKING = 2


@dataclass(frozen=True)
class DataFound:
    """Folders that were looked through."""

    dataset: Collection
    summary: Summary

    def under(self, recipe: Recipe) -> Summary:
        """The summary with the parts and examples that another recipe makes of the same clips."""
        parts = self.summary.split
        clips = sorted((*parts.training, *parts.validation, *parts.test), key=lambda c: c.name)
        parts = split(clips, recipe.validation)
        rate = recipe.sample_rate
        lengths = [round(clip.duration_s * rate) for clip in parts.training]
        n_made = epoch_examples(lengths, recipe.augmentation, rate)
        return replace(self.summary, split=parts, n_examples=n_made)


@dataclass(frozen=True)
class HeardExample:
    """An example as the network will hear it: whose voice, whose accompaniment, the sound."""

    voice_name: str
    music_name: str
    audio: DrawnAudio


class DataDesk(QObject):
    """Looks through one set of folders at a time; only the latest question is answered."""

    began = Signal()
    progressed = Signal(float, str)  # fraction, stage
    found = Signal(object)  # DataFound
    failed = Signal(object)  # Failure
    cancelled = Signal()
    examples_ready = Signal(object)  # list[HeardExample]
    examples_failed = Signal(object)  # Failure

    def __init__(self, pool: TaskPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._look: TaskHandle | None = None
        self._draw: TaskHandle | None = None
        self._n_drawn = 0
        self.data: DataFound | None = None

    @property
    def looking(self) -> bool:
        return self._look is not None

    @property
    def seconds_left(self) -> float | None:
        return None if self._look is None else self._look.seconds_left

    @property
    def drawing(self) -> bool:
        return self._draw is not None

    def look(
        self,
        folders: Sequence[Path],
        layout: str | None,
        recipe: Recipe,
        backing: Sequence[Path] = (),
    ) -> None:
        """Look through ``folders``, and ``backing`` for accompaniments without a voice; ``found``,
        ``failed`` or ``cancelled`` follows.
        """
        self.drop()
        self.data = None
        self._n_drawn = 0

        def task(progress, should_stop) -> DataFound:  # type: ignore[no-untyped-def]
            progress(0.0)
            dataset = find_collection(folders, layout, backing)
            summary = summarise(dataset, recipe, progress, should_stop)
            return DataFound(dataset, summary)

        self._look = self._pool.submit(task, stage="Looking through the recordings", priority=6)
        self._look.progressed.connect(self.progressed)
        self._look.finished.connect(self._on_found)
        self._look.failed.connect(self._on_failed)
        self._look.cancelled.connect(self._on_cancelled)
        self.began.emit()

    def cancel(self) -> None:
        """Stop looking; ``cancelled`` follows."""
        if self._look is not None:
            self._look.cancel()

    def draw(self, recipe: Recipe) -> None:
        """Make some examples of the recordings by ``recipe``, others each time."""
        data = self.data
        if data is None or self._draw is not None:
            return
        clips = _some(data.summary.split.training or data.dataset.clips, N_LOADED)
        clips += _some(data.dataset.backing, N_BACKING)
        self._n_drawn += 1
        epoch = self._n_drawn

        def task(progress, should_stop) -> list[HeardExample]:  # type: ignore[no-untyped-def]
            pairs, left_out = read_recordings(
                clips,
                recipe.sample_rate,
                Shelf(),
                progress=lambda done: progress(0.7 * done),
                should_stop=should_stop,
            )
            if not any(pair.vocals.size for pair in pairs):
                raise left_out[0].error if left_out else DataError("There are no recordings here.")
            mixer = Mixer(pairs, recipe)
            examples = []
            for item in np.random.default_rng(epoch).permutation(len(mixer))[:N_EXAMPLES].tolist():
                if should_stop():
                    raise Cancelled
                names = mixer.names(mixer.draw(epoch, item))
                examples.append(HeardExample(*names, mixer.audio(epoch, item).playable()))
                progress(0.7 + 0.3 * len(examples) / N_EXAMPLES)
            return examples

        self._draw = self._pool.submit(task, stage="Mixing examples", priority=6)
        self._draw.finished.connect(self._on_drawn)
        self._draw.failed.connect(self._on_draw_failed)
        self._draw.cancelled.connect(self._on_draw_cancelled)

    def drop(self) -> None:
        """Answer no earlier question."""
        if self._look is not None:
            self._look.progressed.disconnect(self.progressed)
            self._look.finished.disconnect(self._on_found)
            self._look.failed.disconnect(self._on_failed)
            self._look.cancelled.disconnect(self._on_cancelled)
            self._look.cancel()
            self._look = None
        if self._draw is not None:
            self._draw.finished.disconnect(self._on_drawn)
            self._draw.failed.disconnect(self._on_draw_failed)
            self._draw.cancelled.disconnect(self._on_draw_cancelled)
            self._draw.cancel()
            self._draw = None

    @Slot(object)
    def _on_found(self, data: DataFound) -> None:
        self._look = None
        self.data = data
        self.found.emit(data)

    @Slot(object)
    def _on_failed(self, failure: object) -> None:
        self._look = None
        self.failed.emit(failure)

    @Slot()
    def _on_cancelled(self) -> None:
        self._look = None
        self.cancelled.emit()

    @Slot(object)
    def _on_drawn(self, examples: list[HeardExample]) -> None:
        self._draw = None
        self.examples_ready.emit(examples)

    @Slot(object)
    def _on_draw_failed(self, failure: object) -> None:
        self._draw = None
        self.examples_failed.emit(failure)

    @Slot()
    def _on_draw_cancelled(self) -> None:
        self._draw = None


def _some(clips: Sequence[Clip], n_wanted: int) -> list[Clip]:
    """A few clips from all over the set."""
    places = np.linspace(0, len(clips) - 1, min(n_wanted, len(clips)))
    return [clips[int(place)] for place in places]
