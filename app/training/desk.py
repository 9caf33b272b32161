"""All trainings: begun, paused, gone on with, stopped, made into models. No widgets."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.i18n import mark
from app.jobs import JobHandle, JobProgress, JobRunner, Priority
from app.outcomes import Failure, failure_from
from app.tasks import TaskPool
from app.training.job import FinishRequest, TrainingRequest
from app.training.models import free_name, install, slug
from app.training.relay import RunJob
from app.training.runs import Run, RunState, read_run, state_of
from core.errors import StemscopeError
from core.models import ModelEntry
from core.training.recipe import Recipe, recipe_from_dict
from core.training.reports import CheckpointReport, EpochReport, StepReport
from core.training.run_folder import RunFolder, RunInfo, list_runs, now, runs_root

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NewRun:
    """What is to be trained on what."""

    data: tuple[Path, ...]
    layout: str
    recipe: Recipe
    device: str = "cpu"
    pinned: str | None = None
    accompaniment: tuple[Path, ...] = ()
    weights: tuple[float, ...] = ()


class TrainingDesk(QObject):
    """Knows every run and drives those that train here. GUI thread only."""

    loaded = Signal()  # the runs on disk are known now
    run_added = Signal(str)  # key
    run_removed = Signal(str)  # key
    run_changed = Signal(str)  # key: state, progress, model
    history_changed = Signal(str)  # key: an epoch ended
    replay_grew = Signal(str)  # key: the pinned clip was separated again
    model_made = Signal(object, str)  # ModelEntry, key
    failed = Signal(object)  # Failure

    def __init__(
        self,
        jobs: JobRunner,
        pool: TaskPool,
        root: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._pool = jobs, pool
        self.root = root or runs_root()
        self.runs: dict[str, Run] = {}  # newest first
        self._jobs_of: dict[str, RunJob] = {}
        self.is_loaded = False

    def run(self, key: str) -> Run | None:
        return self.runs.get(key)

    @property
    def busy(self) -> list[Run]:
        return [run for run in self.runs.values() if run.state.is_busy]

    def ahead_of(self, key: str) -> Run | None:
        """The training that has to end or to pause before a waiting one begins."""
        run = self.runs.get(key)
        if run is None or run.state is not RunState.WAITING:
            return None
        others = [other for other in self.runs.values() if other is not run and other.state.is_busy]
        running = [other for other in others if other.state is not RunState.WAITING]
        return next(iter(running or others), None)

    # What one can do

    def load(self) -> None:
        """Look for the runs on disk; ``loaded`` follows."""
        root = self.root

        def task(_progress: object, _should_stop: object) -> list[Run]:
            return [read_run(folder, info) for folder, info in list_runs(root)]

        handle = self._pool.submit(task, priority=4)
        handle.finished.connect(self._on_loaded)
        handle.failed.connect(self.failed)

    def free_title(self, wanted: str) -> str:
        """``wanted``, or with a number where a run is called that already."""
        return free_name(wanted, (run.title for run in self.runs.values()))

    def start(self, new: NewRun) -> Run:
        """Begin a training."""
        names = {path.name for path in self.root.iterdir()} if self.root.is_dir() else set()
        key = slug(free_name(slug(new.recipe.title), {*names, *self.runs}))
        info = RunInfo(
            title=new.recipe.title,
            created=now(),
            data=tuple(str(folder) for folder in new.data),
            layout=new.layout,
            recipe=new.recipe.as_dict(),
            device=new.device,
            pinned=new.pinned,
            accompaniment=tuple(str(folder) for folder in new.accompaniment),
            weights=new.weights,
        )
        run = Run(RunFolder(self.root / key), info)
        self.runs = {key: run, **self.runs}
        self.run_added.emit(key)
        self._submit(run, new, resume=False)
        return run

    def go_on(self, key: str) -> None:
        """Train on from the last checkpoint."""
        run = self.runs.get(key)
        if run is None or run.state.is_busy or run.state is RunState.ELSEWHERE:
            return
        info = run.info
        try:
            recipe = recipe_from_dict(dict(info.recipe))
        except StemscopeError as error:
            self.failed.emit(failure_from(error))
            return
        data, backing = (
            tuple(Path(folder) for folder in folders) for folders in (info.data, info.accompaniment)
        )
        new = NewRun(data, info.layout, recipe, info.device, info.pinned, backing, info.weights)
        # One that was killed before its first checkpoint begins anew, in the same folder.
        self._submit(run, new, resume=True)

    def pause(self, key: str) -> None:
        """Stop at the next batch, saved; ``go_on`` takes it up again."""
        self._end(key, RunState.PAUSING)

    def stop(self, key: str) -> None:
        """End it here and make a model of the best so far."""
        run = self.runs.get(key)
        if run is None:
            return
        if run.state in (RunState.PAUSED, RunState.FAILED, RunState.STOPPED):
            self._finish(run)
        else:
            self._end(key, RunState.STOPPING)

    def delete(self, key: str) -> None:
        """Remove a run that does not train, with all it left but the models made of it."""
        run = self.runs.get(key)
        if run is None or run.state.is_busy or run.state is RunState.ELSEWHERE:
            return
        del self.runs[key]
        self.run_removed.emit(key)

        def task(_progress: object, _should_stop: object) -> None:
            shutil.rmtree(run.path)

        handle = self._pool.submit(task, priority=3)
        handle.failed.connect(self.failed)

    def install(self, key: str) -> None:
        """Put the model of a run among the user's; ``model_made`` follows."""
        run = self.runs.get(key)
        if run is None:
            return
        model, title = run.folder.model_folder, run.title

        def task(_progress: object, _should_stop: object) -> tuple[str, ModelEntry]:
            return key, install(model, title, key)

        handle = self._pool.submit(task, stage="Making the model", priority=6)
        handle.finished.connect(self._on_installed)
        handle.failed.connect(self.failed)

    # How it goes

    def _submit(self, run: Run, new: NewRun, resume: bool) -> None:
        request = TrainingRequest(
            new.data,
            new.layout,
            new.recipe,
            run.path,
            new.device,
            new.pinned,
            resume,
            new.accompaniment,
            new.weights,
        )
        run.state, run.error, run.stage = RunState.WAITING, None, "Waiting"
        run.gave_way = False
        job = self._follow(run, self._jobs.submit(request, Priority.TRAINING))
        job.finished.connect(self._on_finished)
        self.run_changed.emit(run.key)

    def _follow(self, run: Run, handle: JobHandle) -> RunJob:
        job = RunJob(run.key, handle, self)
        self._jobs_of[run.key] = job
        job.progressed.connect(self._on_progressed)
        job.running_changed.connect(self._on_running_changed)
        job.failed.connect(self._on_failed)
        job.cancelled.connect(self._on_cancelled)
        return job

    def _end(self, key: str, state: RunState) -> None:
        run, job = self.runs.get(key), self._jobs_of.get(key)
        if run is None or job is None or not run.state.is_busy:
            return
        run.state = state
        run.stage = mark("Saving")
        self.run_changed.emit(key)
        job.cancel()

    def _finish(self, run: Run) -> None:
        run.state, run.stage = RunState.STOPPING, mark("Making the model")
        job = self._follow(run, self._jobs.submit(FinishRequest(run.path), Priority.QUEUE))
        job.finished.connect(self._on_stopped)
        self.run_changed.emit(run.key)

    @Slot(object)
    def _on_loaded(self, runs: list[Run]) -> None:
        for run in runs:
            known = self.runs.get(run.key)
            if known is None:
                self.runs[run.key] = run
            elif known.state is RunState.ELSEWHERE:  # whoever trains it has gone on
                known.info, known.state, known.model_id = run.info, run.state, run.model_id
                known.history, known.replay_epochs = run.history, run.replay_epochs
        newest_first = sorted(self.runs.values(), key=lambda run: run.info.created, reverse=True)
        self.runs = {run.key: run for run in newest_first}
        self.is_loaded = True
        self.loaded.emit()

    def _on_progressed(self, key: str, progress: JobProgress) -> None:
        run = self.runs.get(key)
        if run is None:
            return
        if run.state is RunState.WAITING:
            run.state = RunState.RUNNING
        if run.state is RunState.RUNNING:
            run.stage = progress.stage
        run.seconds_left = progress.seconds_left
        if run.step is None and any(isinstance(r, StepReport) for r in progress.details):
            self._reread(run)
        epochs = replay = False
        for report in progress.details:
            match report:
                case StepReport():
                    run.step = report
                case EpochReport():
                    run.take(report)
                    epochs = True
                case CheckpointReport(epoch=epoch, replay_file=file):
                    if file is not None and epoch not in run.replay_epochs:
                        run.replay_epochs = sorted({*run.replay_epochs, epoch})
                        replay = True
        if epochs:
            self.history_changed.emit(key)
        if replay:
            self.replay_grew.emit(key)
        self.run_changed.emit(key)

    def _on_running_changed(self, key: str, running: bool) -> None:
        run = self.runs.get(key)
        if run is not None and run.state in (RunState.WAITING, RunState.RUNNING):
            run.state = RunState.RUNNING
            run.gave_way = not running
            self.run_changed.emit(key)

    def _on_finished(self, key: str, _model: object) -> None:
        run = self._ended(key)
        if run is not None:
            self._settle(run, RunState.FINISHED)
            self.install(key)

    def _on_stopped(self, key: str, _model: object) -> None:
        run = self._ended(key)
        if run is not None:
            self._settle(run, RunState.STOPPED)
            self.install(key)

    def _on_cancelled(self, key: str) -> None:
        run = self._ended(key)
        if run is None:
            return
        if run.state is RunState.STOPPING:
            self._finish(run)
        else:
            self._settle(run, RunState.PAUSED)

    def _on_failed(self, key: str, failure: Failure) -> None:
        run = self._ended(key)
        if run is not None:
            run.error = failure.error
            self._settle(run, RunState.FAILED)
        self.failed.emit(failure)

    @Slot(object)
    def _on_installed(self, made: tuple[str, ModelEntry]) -> None:
        key, entry = made
        run = self.runs.get(key)
        if run is not None:
            run.model_id = entry.model_id
            self.run_changed.emit(key)
        self.model_made.emit(entry, key)

    def _ended(self, key: str) -> Run | None:
        job = self._jobs_of.pop(key, None)
        if job is not None:
            job.deleteLater()
        return self.runs.get(key)

    @staticmethod
    def _reread(run: Run) -> bool:
        """Take over what the disk says of the clips and how it stands; False if nothing."""
        try:
            run.info = run.folder.info()
        except StemscopeError:
            logger.info("The run %s has left nothing on disk", run.key)
            return False
        return True

    def _settle(self, run: Run, state: RunState) -> None:
        """Take over what the disk says of a run whose job has ended."""
        run.gave_way = False
        run.stage, run.seconds_left = "", None
        if self._reread(run):
            run.replay_epochs = run.folder.replay_epochs()
            on_disk = state_of(run.folder, run.info)
            if state is RunState.PAUSED and on_disk is RunState.FINISHED:
                state = on_disk
        run.state = state
        self.run_changed.emit(run.key)
        self.history_changed.emit(run.key)
