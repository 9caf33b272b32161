"""Training as a job of the compute thread; torch is loaded in there alone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from app.i18n import mark
from app.jobs import JobStep
from app.torch_setup import prepare_torch
from core.training.recipe import Recipe
from core.training.reports import EpochReport, StageReport, StepReport, TrainingReport

LOADING = mark("Loading the recordings")
TRAINING = mark("Training")


@dataclass(frozen=True)
class TrainingRequest:
    """Everything the compute thread needs to begin a training, or to go on with one."""

    data: tuple[Path, ...]
    layout: str
    recipe: Recipe
    folder: Path
    device: str = "cpu"
    pinned: str | None = None
    resume: bool = False
    accompaniment: tuple[Path, ...] = ()
    weights: tuple[float, ...] = ()

    def run(self, should_stop: Callable[[], bool]) -> Generator[JobStep, None, Path]:
        """Yields the trainer's reports; returns the folder of the model it made."""
        yield JobStep(0.0, LOADING)
        prepare_torch()
        yield JobStep(0.0, LOADING)
        from core.training.run import TrainRequest, train
        from core.training.run_folder import RunFolder

        request = TrainRequest(
            data=self.data,
            recipe=self.recipe,
            folder=self.folder,
            layout=self.layout,
            resume=self.resume,
            device=self.device,
            validation_data=None,
            pinned=self.pinned,
            accompaniment=self.accompaniment,
            weights=self.weights,
        )
        fraction = 0.0
        # Closed between two batches when it is cancelled there: the training saves itself then.
        reports = cast("Generator[TrainingReport, None, None]", train(request, should_stop))
        with contextlib.closing(reports):
            for report in reports:
                if isinstance(report, StageReport):
                    yield JobStep(fraction, report.stage, report)
                    continue
                if isinstance(report, (StepReport, EpochReport)):
                    fraction = report.step / max(1, report.n_steps)
                yield JobStep(fraction, TRAINING, report)
        return RunFolder(self.folder).model_folder


@dataclass(frozen=True)
class FinishRequest:
    """Makes a model of the best that a training reached; returns the model's folder."""

    folder: Path

    def run(self, should_stop: Callable[[], bool]) -> Generator[JobStep, None, Path]:
        yield JobStep(0.0, "Making the model")
        prepare_torch()
        yield JobStep(0.2, "Making the model")
        from core.training.run import finish
        from core.training.run_folder import RunFolder

        finish(self.folder)
        return RunFolder(self.folder).model_folder
