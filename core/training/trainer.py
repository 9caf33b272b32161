"""The training loop: epochs, validation, checkpoints that outlive it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from safetensors import SafetensorError
from torch import Tensor

from core.errors import DataError
from core.networks.base import SourceNetwork
from core.training.blocks import Preparation
from core.training.descent import Descent
from core.training.full_batch import FullBatch
from core.training.history import append_line, cut_back
from core.training.learner import Learner, make_network
from core.training.mixing import ClipPair, Mixer
from core.training.recipe import Recipe
from core.training.reports import EpochReport, StageReport, StepReport, ValidationFigures
from core.training.run_folder import BEST_FILE, HISTORY_FILE, STATE_FILE
from core.training.share import Share
from core.training.state import part, read_facts, read_state, write_state
from core.training.stopwatch import Stopwatch, memory_bytes

__all__ = ["BEST_FILE", "HISTORY_FILE", "STATE_FILE", "Share", "Trainer", "Validator"]

FORMAT = 1

Reports = Iterator[StepReport | EpochReport | StageReport]


class Validator(Protocol):
    """Measures a network on clips that it is not trained on.

    One that also has ``steps(network)``, a generator of fractions that returns the figures, gives
    way meanwhile.
    """

    def __call__(self, network: SourceNetwork, epoch: int) -> ValidationFigures: ...


class Trainer:
    """Trains the network of ``recipe`` on ``clips``; everything it keeps lies in ``folder``.

    ``share`` makes it one of several that train together, each with a folder of its own;
    ``weights`` are what the network begins with instead of random ones. Raises
    ``DataError`` where there are no clips, ``UsageError`` where the network cannot be made or
    shared.
    """

    def __init__(
        self,
        recipe: Recipe,
        clips: Sequence[ClipPair],
        folder: Path,
        *,
        device: str = "cpu",
        validator: Validator | None = None,
        share: Share | None = None,
        weights: Mapping[str, Tensor] | None = None,
    ) -> None:
        if not clips:
            raise DataError("There is nothing to train on: the folder holds no usable clips.")
        mixer = Mixer(clips, recipe)
        self._begin(recipe, mixer, folder, device, validator, share or Share(), weights)

    @classmethod
    def of_state(cls, recipe: Recipe, folder: Path) -> Trainer:
        """What lies in ``folder``, to take the networks from; it cannot run without clips.

        ``DataError`` if there is no state, or it is damaged or another recipe's.
        """
        trainer = cls.__new__(cls)
        trainer._begin(recipe, None, folder, "cpu", None, Share())
        if not trainer.resume():
            raise DataError(
                "The training in “{name}” has not learnt anything yet. Let it go on for a while.",
                name=folder,
            )
        return trainer

    def _begin(
        self,
        recipe: Recipe,
        mixer: Mixer | None,
        folder: Path,
        device: str,
        validator: Validator | None,
        share: Share,
        weights: Mapping[str, Tensor] | None = None,
    ) -> None:
        self.device = device
        self.epoch = 0
        self.ending: str | None = None
        """Why training ended before its last epoch, as a sentence; None if it did not."""
        self._recipe = recipe
        self._folder = folder
        self._mixer = mixer
        self._validator = validator
        self._learner = Learner(recipe, device, share, weights)
        self._is_full_batch = recipe.optimiser.method == "lbfgs"
        method = FullBatch if self._is_full_batch else Descent
        self._method: Descent | FullBatch = method(self._learner, len(mixer or ()))
        self._best_epoch = 0
        self._best_figure = -math.inf  # GNSDR in dB; without one, minus the loss
        self._seconds_before = 0.0  # of this epoch, before training went on within it
        self._watch = Stopwatch()

    @property
    def network(self) -> SourceNetwork:
        return self._learner.network

    @property
    def step(self) -> int:
        """Batches done."""
        return self._method.step

    @property
    def is_finished(self) -> bool:
        """Whether there is nothing left to do."""
        if self.ending is not None:
            return True
        if self._method.is_inside_epoch:
            return False
        return self._method.has_ended or self.epoch >= self._method.n_epochs(self.epoch)

    def run(self, should_stop: Callable[[], bool] | None = None) -> Reports:
        """Train to the end, giving way after every batch and whenever there is waiting to do.

        Raises ``Cancelled`` if asked to stop; ``DataError``, naming batch and clips, if loss or
        gradient are no longer finite. Both leave the weights as after the last good batch.
        """
        assert self._mixer is not None
        stop = should_stop or (lambda: False)
        cut_back(self._folder / HISTORY_FILE, self.epoch)
        with Preparation(self._mixer, self._recipe, fixed=self._is_full_batch) as preparation:
            while not self.is_finished:
                watch = self._watch = Stopwatch()
                watch.go()
                yield from self._method.run_epoch(self.epoch, preparation, watch, stop)
                if self._method.ending is not None:
                    self.ending = self._method.ending
                    return
                figures = None
                if self._is_validation_due():
                    watch.pause()
                    figures = yield from self._validate()
                    watch.go()
                watch.pause()
                report = self._end_epoch(figures)
                append_line(self._folder / HISTORY_FILE, json.dumps(asdict(report)))
                yield report

    def _is_validation_due(self) -> bool:
        if self._validator is None:
            return False
        ended = self.epoch + 1
        is_last = self._method.has_ended or ended >= self._method.n_epochs(self.epoch)
        return is_last or ended % self._recipe.validation.every_epochs == 0

    def _validate(self) -> Generator[StageReport, None, ValidationFigures]:
        """Reports while it validates; returns the figures of the averaged network."""
        assert self._validator is not None
        network = self.averaged_network().to(self.device)
        steps = getattr(self._validator, "steps", None)
        if steps is None:
            yield StageReport("Validating", 0.0)
            return self._validator(network, self.epoch + 1)
        going = steps(network)
        while True:
            try:
                fraction = next(going)
            except StopIteration as stop:
                figures: ValidationFigures = stop.value
                return figures
            yield StageReport("Validating", fraction)

    def _end_epoch(self, figures: ValidationFigures | None) -> EpochReport:
        method = self._method
        n_epochs, n_steps = method.n_epochs(self.epoch), method.n_steps(self.epoch)
        loss = method.loss
        if method.has_ended:
            n_epochs, n_steps = self.epoch + 1, method.step
        self.epoch += 1
        is_best = self._note_best(figures, loss)
        if is_best and figures is not None:
            facts = {"epoch": self.epoch, "gnsdr_db": figures.gnsdr_db, "loss": figures.loss}
            write_state(self._folder / BEST_FILE, method.average.tensors, facts)
        # The plateau goes by what is measured; in between, where measuring is rarer, it waits.
        if self._validator is None:
            method.end_epoch(loss)
        else:
            method.end_epoch(None if figures is None else figures.loss)
        patience = self._recipe.optimiser.early_stopping_epochs
        if patience and self.epoch - self._best_epoch >= patience and self.epoch < n_epochs:
            self.ending = (
                f"Training ended early, after {self.epoch} epochs: none was better than epoch "
                f"{self._best_epoch}."
            )
        seconds = self._seconds_before + self._watch.seconds
        self._seconds_before, self._watch = 0.0, Stopwatch()
        return EpochReport(
            self.epoch,
            n_epochs,
            method.step,
            n_steps,
            loss,
            seconds,
            method.rate,
            figures.loss if figures else None,
            figures.gnsdr_db if figures else None,
            figures.gsir_db if figures else None,
            figures.gsar_db if figures else None,
            is_best,
            memory_bytes(self.device),
        )

    def _note_best(self, figures: ValidationFigures | None, loss: float) -> bool:
        """Whether the epoch that ended now is the best so far."""
        if self._validator is not None and figures is None:
            return False
        figure = -loss
        if figures is not None:
            figure = -figures.loss if figures.gnsdr_db is None else figures.gnsdr_db
        if not figure > self._best_figure:
            return False
        self._best_epoch, self._best_figure = self.epoch, figure
        return True

    def save(self) -> None:
        """Keep everything that ``resume`` needs, whole or not at all; ``OutputError`` if full."""
        tensors = {f"method/{k}": v for k, v in self._method.tensors().items()}
        for name, value in self.network.state_dict().items():
            tensors[f"network/{name}"] = value
        for name, value in self._method.average.tensors.items():
            tensors[f"average/{name}"] = value
        facts = {
            "format": FORMAT,
            "method": self._recipe.optimiser.method,
            "epoch": self.epoch,
            "ending": self.ending,
            "best_epoch": self._best_epoch,
            "best_figure": self._best_figure if self._best_epoch else None,
            "seconds": self._seconds_before + self._watch.seconds,
            **self._method.facts(),
        }
        write_state(self._folder / STATE_FILE, tensors, facts)

    def resume(self) -> bool:
        """Go on from the folder's checkpoint; False if there is none.

        ``DataError`` if it is damaged or of another recipe.
        """
        path = self._folder / STATE_FILE
        if not path.exists():
            return False
        try:
            self._restore(*read_state(path))
        except (SafetensorError, RuntimeError, KeyError, TypeError, ValueError, OSError) as error:
            raise DataError(
                "The training in “{name}” cannot go on: its state is damaged or belongs to another "
                "recipe. Take the recipe it was begun with, or another folder.",
                name=self._folder,
            ) from error
        return True

    def _restore(self, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
        if facts["format"] != FORMAT or facts["method"] != self._recipe.optimiser.method:
            raise ValueError("another format or method")
        self.network.load_state_dict(part(tensors, "network"))
        self._method.average.restore(part(tensors, "average"))
        self._method.restore(part(tensors, "method"), facts)
        self.epoch, self.ending = int(facts["epoch"]), facts["ending"]
        self._best_epoch = int(facts["best_epoch"])
        self._best_figure = float(facts["best_figure"]) if self._best_epoch else -math.inf
        self._seconds_before = float(facts["seconds"])

    def averaged_network(self) -> SourceNetwork:
        """The network with the running mean of its weights, in evaluation mode on the CPU."""
        return self._network_of(self._method.average.tensors)

    def best_network(self) -> SourceNetwork:
        """The network of the epoch with the highest GNSDR; without validation, the averaged one."""
        path = self._folder / BEST_FILE
        if not path.exists() or not self._best_epoch:
            return self.averaged_network()
        try:
            # A later one than the state's best: the run was cut off and is not there again yet.
            if int(read_facts(path)["epoch"]) > self.epoch:
                return self.averaged_network()
            return self._network_of(read_state(path)[0])
        except (SafetensorError, RuntimeError, KeyError, ValueError, OSError) as error:
            raise DataError(
                "The best weights in “{name}” are damaged. Remove the file to take the last ones.",
                name=path,
            ) from error

    def _network_of(self, tensors: Mapping[str, Tensor]) -> SourceNetwork:
        network = make_network(self._recipe)
        network.load_state_dict(dict(tensors))
        return network.eval()
