"""Computing one unit: training with resumption, then the figures of every test clip."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core.allocator import memory_kept
from core.audio import Audio
from core.card import CARD_FILE, read_card
from core.checkpoint import Model, load_model
from core.datasets import Clip, Dataset, find_dataset
from core.errors import DataError
from core.evaluation import Separate, score_clips
from core.models import find_model
from core.reproduction.machine import made_here
from core.reproduction.records import ClipFigures, Place, Record, Records
from core.reproduction.rows import MODEL, RPCA
from core.reproduction.unheard import clips_of
from core.reproduction.units import Unit, fingerprint
from core.rpca import RpcaSeparator
from core.separator import separate
from core.training.examples import ClipPair, load_pairs
from core.training.recipe import Recipe
from core.training.reports import EpochReport, StepReport
from core.training.run_folder import MODEL_FOLDER, RunFolder
from core.training.splits import split_by_singer
from core.training.trained_model import save_trained
from core.training.trainer import Trainer
from core.whole_file import write_json

CLOCK_FILE = "processor.json"
SAVE_EVERY_S = 60.0
TRAINING_SHARE = 0.85
"""How much of a unit's time training takes, for the progress alone."""

ShouldStop = Callable[[], bool]


@dataclass(frozen=True)
class Stage:
    """How far a unit is: what it does in words, and the fraction of all of it."""

    words: str
    fraction: float


class Worker:
    """Computes units one after another; training clips are read once."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._records = Records(place.folder)
        self._test = find_dataset(place.test_data)
        self._test_key = fingerprint(self._test)
        self._training: Dataset | None = None
        self._pairs: list[ClipPair] = []

    def run(self, unit: Unit, should_stop: ShouldStop | None = None) -> Iterator[Stage | Record]:
        """Train and measure what is missing of ``unit``, giving way often.

        Every record is written before it is given. On ``Cancelled`` the training's state is kept.
        """
        masks = self._records.missing(unit, self._test_key)
        facts: dict[str, Any] = {}
        begin = 0.0
        if masks and unit.recipe is not None:
            begin = TRAINING_SHARE
            for stage in self._train(unit, unit.recipe, should_stop):
                yield Stage(stage.words, stage.fraction * begin)
            facts = read_card(self._records.training_folder(unit) / MODEL_FOLDER).training
        for index, mask in enumerate(masks):
            first = begin + (1 - begin) * index / len(masks)
            for report in self._measure(unit, mask, facts, should_stop):
                if isinstance(report, Stage):
                    share = (1 - begin) / len(masks)
                    report = Stage(report.words, first + share * report.fraction)
                yield report

    def _train(self, unit: Unit, recipe: Recipe, should_stop: ShouldStop | None) -> Iterator[Stage]:
        folder = self._records.training_folder(unit)
        if (folder / MODEL_FOLDER / CARD_FILE).is_file():
            return
        if not self._pairs:
            yield Stage("reading the clips", 0.0)
            self._read_training_clips(recipe, should_stop)
        folder.mkdir(parents=True, exist_ok=True)
        pairs = self._pairs_without(unit.unheard)
        trainer = Trainer(recipe, pairs, folder)
        clock = _ProcessorClock(folder, goes_on=trainer.resume())
        started = saved = time.monotonic()
        fraction = 0.0  # L-BFGS learns only as it goes how many steps there are
        try:
            with memory_kept():
                for report in trainer.run(should_stop):
                    if isinstance(report, StepReport):
                        words = f"training, step {report.step} of {report.n_steps}"
                        fraction = max(fraction, report.step / max(1, report.n_steps))
                        yield Stage(words, fraction)
                    if time.monotonic() - saved > SAVE_EVERY_S:
                        trainer.save()
                        clock.save()
                        saved = time.monotonic()
        except BaseException:
            # Whatever ends it, the next call goes on from here; a state with numbers that are none
            # is never written by the trainer.
            with contextlib.suppress(DataError):
                trainer.save()
                clock.save()
            raise
        assert self._training is not None
        history: list[EpochReport] = RunFolder(folder).history()
        seconds = sum(report.seconds for report in history) or time.monotonic() - started
        training = {
            "data": self._training.folder.name,
            "clips": len(pairs),
            "steps": trainer.step,
            "epochs": trainer.epoch,
            "ending": trainer.ending,
            "loss": history[-1].loss if history else None,
            "seconds": round(seconds, 1),
            "processor_seconds": round(clock.seconds, 1),
            "n_threads": torch.get_num_threads(),
            "recipe": recipe.as_dict(),
        }
        save_trained(trainer.averaged_network(), recipe, training, folder / MODEL_FOLDER)
        for state in folder.glob("*.safetensors"):  # four times the weights, of no more use
            state.unlink(missing_ok=True)

    def _pairs_without(self, singer: str) -> list[ClipPair]:
        if not singer:
            return self._pairs
        assert self._training is not None
        heard = {clip.name for clip in split_by_singer(self._training.clips, singer).training}
        return [pair for pair in self._pairs if pair.name in heard]

    def _clips_for(self, unit: Unit) -> list[Clip]:
        """What the unit is measured on."""
        if not unit.unheard:
            return self._test.clips
        if self._training is None:
            self._training = find_dataset(self._place.training_data)
        return list(clips_of(self._training.clips, unit.unheard))

    def _read_training_clips(self, recipe: Recipe, should_stop: ShouldStop | None) -> None:
        self._training = find_dataset(self._place.training_data)
        pairs, _left_out = load_pairs(
            self._training.clips, recipe.sample_rate, should_stop=should_stop
        )
        # The paper's tables know one channel.
        self._pairs = [
            ClipPair(
                pair.name,
                pair.vocals.mean(axis=0, keepdims=True),
                pair.accompaniment.mean(axis=0, keepdims=True),
            )
            for pair in pairs
        ]

    def _measure(
        self, unit: Unit, mask: str, facts: dict[str, Any], should_stop: ShouldStop | None
    ) -> Iterator[Stage | Record]:
        started = time.monotonic()
        separate_clip = self._separator(unit, mask, should_stop)
        clips: list[ClipFigures] = []
        left_out: list[tuple[str, str]] = []
        todo = self._clips_for(unit)
        n_clips = len(todo)
        scores = score_clips(todo, separate_clip, protocol="paper", should_stop=should_stop)
        for index, score in enumerate(scores):
            if score.reason is None:
                voice = score.scores["vocals"]
                clips.append(
                    ClipFigures(
                        score.name, score.duration_s, voice.nsdr_db, voice.sir_db, voice.sar_db
                    )
                )
            else:
                left_out.append((score.name, score.reason))
            yield Stage(f"{mask} mask, clip {index + 1} of {n_clips}", (index + 1) / n_clips)
        if not clips:
            raise DataError(
                "None of the clips in “{name}” can be scored: {reason}.",
                name=self._place.training_data if unit.unheard else self._place.test_data,
                reason=left_out[0][1] if left_out else "there are none",
            )
        record = Record(
            method=unit.method,
            label=unit.label,
            seed=unit.seed,
            mask=mask,
            key=unit.key,
            clips=tuple(clips),
            left_out=tuple(left_out),
            training=facts,
            seconds=round(time.monotonic() - started, 1),
            made=made_here(),
            unheard=unit.unheard,
        )
        self._records.keep(unit, record, self._test_key)
        yield record

    def _separator(self, unit: Unit, mask: str, should_stop: ShouldStop | None) -> Separate:
        if unit.method == RPCA:
            return RpcaSeparator(mask, should_stop=should_stop)
        folder = self._records.training_folder(unit) / MODEL_FOLDER
        if unit.recipe is None:
            folder = find_model(unit.method.removeprefix(MODEL)).folder
        model = load_model(folder)
        model.mask_kind = mask
        return _with(model, should_stop)


def _with(model: Model, should_stop: ShouldStop | None) -> Separate:
    def with_model(clip: Clip, mixture: Audio) -> Mapping[str, Audio]:
        return separate(mixture, model, should_stop=should_stop).stems

    return with_model


class _ProcessorClock:
    """Processor time of a training, kept beside its state, over all calls that it took."""

    def __init__(self, folder: Path, goes_on: bool) -> None:
        self._path = folder / CLOCK_FILE
        self._before = 0.0
        self._begun = time.process_time()
        if goes_on:
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                self._before = float(json.loads(self._path.read_text(encoding="utf-8"))["seconds"])

    @property
    def seconds(self) -> float:
        return self._before + time.process_time() - self._begun

    def save(self) -> None:
        write_json(self._path, {"seconds": self.seconds})
