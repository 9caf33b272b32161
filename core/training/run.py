"""From a folder of recordings and a recipe to a model, in a run's folder that outlives a crash."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from core.allocator import memory_kept
from core.audio import ArrayAudio
from core.card import Card
from core.checkpoint import load_model
from core.errors import Cancelled, DataError, OutputError, StemscopeError, UsageError
from core.networks.growth import grown
from core.separator import Separator
from core.training.distribution import SharedValidator, agreed, hand_out
from core.training.learner import check_network, make_network
from core.training.recipe import recipe_from_dict
from core.training.replay import pinned_clip, quantised
from core.training.reports import (
    CheckpointReport,
    EpochReport,
    StageReport,
    StepReport,
    TrainingReport,
)
from core.training.request import (
    TrainRequest,
    differences,
    refuse_other_clips,
    refuse_other_recipe,
)
from core.training.run_data import RunData, loaded
from core.training.run_facts import run_info, training_facts
from core.training.run_folder import (
    BEST_FILE,
    HISTORY_FILE,
    LOCK_FILE,
    MODEL_FOLDER,
    REPLAY_FOLDER,
    STATE_FILE,
    PinnedClip,
    ReplayFrame,
    RunFolder,
)
from core.training.share import Share
from core.training.trained_model import model_of, save_trained
from core.training.trainer import Trainer, Validator
from core.training.validation import ClipValidator

__all__ = ["MODEL_FOLDER", "SAVE_EVERY_S", "TrainRequest", "finish", "train"]

SAVE_EVERY_S = 180.0
"""The state is saved at least this often, and after every epoch."""

ShouldStop = Callable[[], bool]


def train(
    request: TrainRequest, should_stop: ShouldStop | None = None, share: Share | None = None
) -> Iterator[TrainingReport]:
    """Train as asked, giving way after every batch and beside everything that takes long.

    The folder receives the state after each epoch and every few minutes, the history, the replay
    of the pinned clip, and in the end the model. On ``Cancelled``, or when the iterator is closed,
    the state is saved and the run is "paused"; any other error makes it "failed" and leaves the
    last checkpoint. Raises ``OutputError`` if the folder holds a training and ``resume`` is not
    asked for, ``DataError`` if another process trains in it or it cannot go on with this request.

    With ``share`` this is one of several processes (see ``core.training.distribution``), of which
    only the first writes into the folder.
    """
    stop = should_stop or (lambda: False)
    check_network(request.recipe)  # before an hour of data is read
    if share is not None and share.rank > 0:
        yield from _follow(request, stop, share)
        return
    run = RunFolder(request.folder)
    if not request.resume and run.holds_a_training:
        raise OutputError(
            "“{name}” holds a training already. Go on with it, or choose another folder.",
            name=request.folder,
        )
    there_before = request.folder.exists()
    try:
        with run.locked():
            yield from _Leader(request, run, share).steps(stop)
    finally:
        if not run.holds_a_training:  # it was refused before it began: leave nothing behind
            with contextlib.suppress(OSError):
                (request.folder / LOCK_FILE).unlink(missing_ok=True)
                if not there_before:
                    request.folder.rmdir()


def finish(folder: Path) -> Card:
    """Make a model of a run that was stopped: of its best epoch, or of the last state.

    The run is "stopped" then, unless it is "finished". ``DataError`` if nothing was learnt yet or
    it still runs.
    """
    run = RunFolder(folder)
    run.info()  # a folder that holds no training gets no lock either
    with run.locked():
        info = run.info()
        recipe = recipe_from_dict(info.recipe, "The recipe of this training")
        trainer = Trainer.of_state(recipe, folder)
        if not trainer.step:
            raise DataError(
                "The training in “{name}” has not learnt anything yet. Let it go on for a while.",
                name=folder,
            )
        card = save_trained(
            trainer.best_network(), recipe, training_facts(info, run, trainer), run.model_folder
        )
        if info.status != "finished":
            run.set_status("stopped")
        return card


class _Leader:
    """The process that writes."""

    def __init__(self, request: TrainRequest, run: RunFolder, share: Share | None) -> None:
        self._request, self._run, self._share = request, run, share

    def steps(self, stop: ShouldStop) -> Iterator[TrainingReport]:
        request, run = self._request, self._run
        before = run.info() if request.resume and run.has_info else None
        if before is not None:
            refuse_other_recipe(before, request.recipe, request.folder)
        data = yield from loaded(request, stop)
        if before is not None:
            refuse_other_clips(before, data.training_names, request.folder)
        trainer = _trainer(request, data, request.folder, self._share)
        if self._share is not None:
            hand_out(run.state_file, run.state_file, trainer.device)
        resumed = request.resume and trainer.resume()
        if not resumed:
            _clear(run)
            # Before run.json: what can be gone on with has its first weights, whatever they are.
            trainer.save()
        run.write(run_info(request, data, before))
        try:
            pinned = self._pin(data)
            if not resumed:
                yield from self._checkpoint(trainer, pinned)
            with memory_kept():
                yield from self._train(trainer, pinned, stop)
            self._end(trainer)
        except (Cancelled, GeneratorExit):
            with self._noted("paused"):
                trainer.save()
            raise
        except StemscopeError as error:
            self._note("failed", str(error))
            raise
        except Exception as error:
            self._note("failed", f"Something went wrong inside Stemscope ({type(error).__name__}).")
            raise

    def _train(
        self, trainer: Trainer, pinned: PinnedClip, stop: ShouldStop
    ) -> Iterator[TrainingReport]:
        saved = time.monotonic()
        for report in trainer.run(_asked(stop, trainer, self._share)):
            yield report
            is_epoch = isinstance(report, EpochReport)
            is_due = time.monotonic() - saved > SAVE_EVERY_S and isinstance(report, StepReport)
            if is_epoch or is_due:
                yield from self._checkpoint(trainer, pinned if is_epoch else None)
                saved = time.monotonic()

    def _checkpoint(
        self, trainer: Trainer, pinned: PinnedClip | None
    ) -> Iterator[CheckpointReport | StageReport]:
        trainer.save()
        replay_file = None
        if pinned is not None:
            model = model_of(self._request.recipe, trainer.averaged_network(), trainer.device)
            separator = Separator(model)
            mixture = ArrayAudio(pinned.mixture, pinned.sample_rate)
            separation = separator.start(mixture)
            try:
                for step in separator.run(separation):
                    yield StageReport("Separating the pinned clip", step.fraction)
                frame = ReplayFrame(trainer.epoch, trainer.step, quantised(separation.mask))
            finally:
                separation.close()
            path = self._run.write_replay_frame(frame)
            replay_file = path.relative_to(self._run.path).as_posix()
        yield CheckpointReport(trainer.epoch, trainer.step, replay_file)

    def _pin(self, data: RunData) -> PinnedClip:
        """The pinned clip, kept in the folder so that it can be heard without the data set."""
        if self._request.resume:
            with contextlib.suppress(DataError):
                kept = self._run.pinned_clip()
                if kept.name == data.pinned.name:
                    return kept
        pair, rate = data.pinned, self._request.recipe.sample_rate
        clip = pinned_clip(pair.name, pair.vocals, pair.accompaniment, rate)
        self._run.write_pinned_clip(clip)
        return clip

    def _end(self, trainer: Trainer) -> None:
        trainer.save()
        run = self._run
        facts = training_facts(run.info(), run, trainer)
        save_trained(trainer.best_network(), self._request.recipe, facts, run.model_folder)
        run.set_status("finished", trainer.ending or "")

    @contextlib.contextmanager
    def _noted(self, status: str) -> Iterator[None]:
        """Set ``status`` after the body, or "failed" if the disk refuses it."""
        try:
            yield
        except StemscopeError as error:
            self._note("failed", str(error))
        else:
            self._note(status, "")

    def _note(self, status: str, message: str) -> None:
        # A full disk must not hide what went wrong; a dead run is offered as paused anyway.
        with contextlib.suppress(StemscopeError):
            self._run.set_status(status, message)


def _follow(request: TrainRequest, stop: ShouldStop, share: Share) -> Iterator[TrainingReport]:
    """What the other processes do: the same, in a folder of their own that goes away."""
    own = Path(tempfile.mkdtemp(prefix="stemscope-train-"))
    try:
        data = yield from loaded(request, stop)
        trainer = _trainer(request, data, own, share)
        hand_out(request.folder / STATE_FILE, own / STATE_FILE, trainer.device)
        if request.resume:
            trainer.resume()
        with memory_kept():
            yield from trainer.run(_asked(stop, trainer, share))
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _asked(stop: ShouldStop, trainer: Trainer, share: Share | None) -> ShouldStop:
    return stop if share is None else agreed(stop, lambda: trainer.step, trainer.device)


def _trainer(request: TrainRequest, data: RunData, folder: Path, share: Share | None) -> Trainer:
    validator: Validator | None = None
    if data.validation:
        validator = ClipValidator(
            request.recipe, data.validation, data.validation_layout, request.device
        )
        if share is not None:
            validator = SharedValidator(validator if share.rank == 0 else None, request.device)
    return Trainer(
        request.recipe,
        data.training,
        folder,
        device=request.device,
        validator=validator,
        share=share,
        weights=None if request.resume else _first_weights(request),
    )


def _first_weights(request: TrainRequest) -> dict[str, Tensor] | None:
    if request.begin_with is None:
        return None
    model = load_model(request.begin_with)
    ours, theirs = request.recipe.network, model.card.network
    if ours.name == theirs.name and ours.arguments != theirs.arguments:
        torch.manual_seed(request.recipe.seed)
        larger = grown(make_network(request.recipe), model.weights)
        if larger is not None:
            return larger
    for name, wanted, there in differences(asdict(ours), asdict(theirs)):
        raise UsageError(
            "The training cannot begin with the model “{model}”: {name} is {there} in its network "
            "and {wanted} in the recipe. Take a model with the same network, or none.",
            model=model.card.title,
            name=name,
            there=there,
            wanted=wanted,
        )
    return model.weights


def _clear(run: RunFolder) -> None:
    """A run that begins anew where one was begun before its first checkpoint."""
    for name in (HISTORY_FILE, BEST_FILE, STATE_FILE):
        (run.path / name).unlink(missing_ok=True)
    shutil.rmtree(run.path / REPLAY_FOLDER, ignore_errors=True)
