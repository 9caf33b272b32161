"""One training as the window knows it: what it is, how far, what is left of it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from core.errors import StemscopeError
from core.training.reports import EpochReport, StepReport
from core.training.run_folder import RunFolder, RunInfo

N_RECENT = 5


class RunState(Enum):
    WAITING = "waiting"
    """Begun, but something more urgent goes first."""
    RUNNING = "running"
    PAUSING = "pausing"
    STOPPING = "stopping"
    """Asked to stop; the model is made of what there is."""
    ELSEWHERE = "elsewhere"
    """Another program trains it."""
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_busy(self) -> bool:
        """A job of this window belongs to it."""
        return self in (self.WAITING, self.RUNNING, self.PAUSING, self.STOPPING)


@dataclass
class Run:
    """Changed by the desk alone, in the GUI thread."""

    folder: RunFolder
    info: RunInfo
    history: list[EpochReport] = field(default_factory=list)
    replay_epochs: list[int] = field(default_factory=list)
    state: RunState = RunState.PAUSED
    step: StepReport | None = None
    stage: str = ""  # English source text
    gave_way: bool = False
    seconds_left: float | None = None
    error: StemscopeError | None = None
    model_id: str = ""
    """The installed model made of it, "" if none is."""

    @property
    def key(self) -> str:
        """The folder's name: no two runs share it."""
        return self.folder.path.name

    @property
    def path(self) -> Path:
        return self.folder.path

    @property
    def title(self) -> str:
        return self.info.title

    def value(self, section: str, name: str, default: Any = None) -> Any:
        """A value of the recipe, as it was when the run began."""
        table = self.info.recipe.get(section, {})
        return table.get(name, default) if isinstance(table, dict) else default

    @property
    def n_epochs(self) -> int:
        if self.step is not None:
            return self.step.n_epochs
        if self.history:
            return self.history[-1].n_epochs
        return int(self.value("optimiser", "epochs", 0) or 0)

    @property
    def n_epochs_done(self) -> int:
        return self.history[-1].epoch if self.history else 0

    @property
    def fraction(self) -> float:
        """How much of the training is done, 0 to 1; one that ended early is done."""
        if self.state is RunState.FINISHED:
            return 1.0
        last = self.history[-1] if self.history else None
        steps = [(r.step, r.n_steps) for r in (self.step, last) if r is not None]
        return max((step / max(1, n_steps) for step, n_steps in steps), default=0.0)

    @property
    def best(self) -> EpochReport | None:
        return next((report for report in reversed(self.history) if report.is_best), None)

    @property
    def epoch_s(self) -> float | None:
        """Seconds that an epoch takes: the median of the last few."""
        recent = [report.seconds for report in self.history[-N_RECENT:] if report.seconds > 0]
        return statistics.median(recent) if recent else None

    def time_left_s(self) -> float | None:
        """Seconds to the end, from whole epochs where there are some."""
        epoch_s = self.epoch_s
        last = self.history[-1] if self.history else None
        if epoch_s is None or last is None or last.epoch == 0:
            return self.seconds_left
        return epoch_s * last.epoch / max(1, last.step) * (last.n_steps * (1 - self.fraction))

    @property
    def memory_bytes(self) -> int:
        return self.history[-1].memory_bytes if self.history else 0

    def take(self, report: EpochReport) -> None:
        """Add an epoch; one that is trained again after going on replaces what was there."""
        while self.history and self.history[-1].epoch >= report.epoch:
            self.history.pop()
        self.history.append(report)


def state_of(folder: RunFolder, info: RunInfo) -> RunState:
    """What a run on disk is while no job of this window belongs to it."""
    if folder.is_running:
        return RunState.ELSEWHERE
    known = {state.value: state for state in (RunState.FINISHED, RunState.STOPPED, RunState.FAILED)}
    return known.get(info.status, RunState.PAUSED)


def read_run(folder: RunFolder, info: RunInfo) -> Run:
    """A run with everything the window shows of it; reads files."""
    from app.training.models import models_of

    models = models_of(folder.path.name)
    return Run(
        folder,
        info,
        folder.history(),
        folder.replay_epochs(),
        state_of(folder, info),
        model_id=models[-1].model_id if models else "",
    )
