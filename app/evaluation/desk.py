"""Drives evaluations: looks through folders, runs jobs, gathers what comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.evaluation.board import Board, Means, Place, Scores, means_of
from app.evaluation.plan import (
    ClipPlan,
    ClipScored,
    Contestant,
    EvaluationNotice,
    EvaluationPlan,
    OpenedClip,
)
from app.jobs import JobHandle, JobProgress, JobRunner, Priority, Request
from app.outcomes import Failure
from app.tasks import TaskHandle, TaskPool
from core.datasets import Clip, Dataset, find_dataset

if TYPE_CHECKING:
    from typing import Protocol

    class Workplace(Protocol):
        """What the desk needs of ``app.session.Session``."""

        @property
        def jobs(self) -> JobRunner: ...
        @property
        def pool(self) -> TaskPool: ...
        @property
        def device(self) -> str: ...


MEANS_EVERY_MS = 250


class EvaluationDesk(QObject):
    """One evaluation at a time, over the session's threads. GUI thread only."""

    dataset_changed = Signal()  # found, failed or dropped
    contestants_changed = Signal()
    scores_changed = Signal(object)  # names of clips, or None for all of them
    means_changed = Signal()
    state_changed = Signal()  # running or not, looking or not
    progressed = Signal(object)  # JobProgress
    waiting_changed = Signal(bool)  # gave way to something more urgent
    clip_opened = Signal(object)  # OpenedClip
    clip_progressed = Signal(object)  # JobProgress
    clip_failed = Signal()  # it cannot be opened; ``failed`` says why
    failed = Signal(object)  # Failure

    def __init__(
        self,
        session: Workplace,
        make_evaluation: Callable[[EvaluationPlan], Request],
        make_opening: Callable[[ClipPlan], Request],
    ) -> None:
        super().__init__()
        self.board = Board()
        self.means = Means(())
        self.folder: Path | None = None
        self.layout: str | None = None  # what the user chose; None: guessed
        self.problem: Failure | None = None  # why the folder cannot be used
        self._session = session
        self._make_evaluation, self._make_opening = make_evaluation, make_opening
        self._look: TaskHandle | None = None
        self._job: JobHandle | None = None
        self._opening: JobHandle | None = None
        self._finding: TaskHandle | None = None
        self._place: Place | None = None
        self._cleared: Scores | None = None
        self._told = False  # a notice of the job that runs; one is enough
        self._means_due = QTimer(self)
        self._means_due.setSingleShot(True)
        self._means_due.setInterval(MEANS_EVERY_MS)
        self._means_due.timeout.connect(self._find_means)

    # -- references

    @property
    def looking(self) -> bool:
        """A folder is being looked through."""
        return self._look is not None

    def set_references(self, folder: Path | None, layout: str | None = None) -> None:
        """Take the clips in ``folder``; ``layout`` None has it guessed."""
        self.cancel()
        if self._look is not None:
            self._look.cancel()
            self._look = None
        self.folder, self.layout, self.problem = folder, layout, None
        self.board.dataset = None
        if folder is not None:
            self._look = self._session.pool.submit(
                lambda progress, should_stop: find_dataset(folder, layout), priority=9
            )
            self._look.finished.connect(self._on_found)
            self._look.failed.connect(self._on_not_found)
        self.dataset_changed.emit()
        self._renew()

    @Slot(object)
    def _on_found(self, dataset: Dataset) -> None:
        if self.sender() is self._look:
            self._look = None
            self.board.dataset = dataset
            self.dataset_changed.emit()
            self._renew()

    @Slot(object)
    def _on_not_found(self, failure: Failure) -> None:
        if self.sender() is self._look:
            self._look = None
            self.problem = failure
            self.dataset_changed.emit()
            self.state_changed.emit()

    # -- contestants

    def add(self, contestant: Contestant) -> None:
        """Compare one more; nothing happens if it is there already."""
        if all(contestant.key != other.key for other in self.board.contestants):
            titles = {other.title for other in self.board.contestants}
            self.board.contestants.append(contestant.distinct_from(titles))
            self.contestants_changed.emit()
            self._renew()

    def remove(self, key: str) -> None:
        """Leave one out. Its scores are kept, should it come back."""
        if self.running:
            self.cancel()
        self.board.contestants = [who for who in self.board.contestants if who.key != key]
        self.contestants_changed.emit()
        self._renew()

    # -- evaluation

    @property
    def running(self) -> bool:
        return self._job is not None

    @property
    def n_to_do(self) -> int:
        """Clips that are still to be measured, counted once per contestant."""
        return sum(len(who) for _, who in self.board.plan(self._session.device).work)

    def start(self) -> None:
        """Measure what has not been measured yet."""
        plan = self.board.plan(self._session.device)
        if self.running or not plan.work:
            return
        self._place, self._cleared = self.board.place, None
        self._job = self._session.jobs.submit(self._make_evaluation(plan), Priority.QUEUE)
        self._told = False
        self._job.progressed.connect(self._on_progressed)
        self._job.running_changed.connect(self._on_running_changed)
        self._job.finished.connect(self._on_ended)
        self._job.cancelled.connect(self._on_ended)
        self._job.failed.connect(self._on_failed)
        self.state_changed.emit()

    def cancel(self) -> None:
        """Stop measuring; what has been measured stays."""
        if self._job is not None:
            job, self._job = self._job, None
            job.cancel()
            self._renew()

    def clear(self) -> None:
        """Forget what has been measured; ``undo_clear`` brings it back until the next start."""
        self.cancel()
        self._cleared = self.board.take()
        self._renew()

    @property
    def can_undo_clear(self) -> bool:
        return self._cleared is not None

    def undo_clear(self) -> None:
        """As before ``clear``."""
        if self._cleared is not None:
            scores, self._cleared = self._cleared, None
            self.board.restore(scores)
            self._renew()

    @Slot(object)
    def _on_progressed(self, progress: JobProgress) -> None:
        if self.sender() is not self._job or self._place is None:
            return
        names = set()
        for detail in progress.details:
            if isinstance(detail, ClipScored):
                self.board.note(self._place, detail.key, detail.score)
                names.add(detail.score.name)
            elif isinstance(detail, EvaluationNotice) and not self._told:
                self._told = True
                self.failed.emit(Failure(detail.error, ""))
        if names:
            self.scores_changed.emit(names)
            if not self._means_due.isActive():
                self._means_due.start()
        self.progressed.emit(progress)

    @Slot(bool)
    def _on_running_changed(self, running: bool) -> None:
        if self.sender() is self._job:
            self.waiting_changed.emit(not running)

    @Slot()
    def _on_ended(self, _result: object = None) -> None:
        if self.sender() is self._job:
            self._job = None
            self._renew()

    @Slot(object)
    def _on_failed(self, failure: Failure) -> None:
        if self.sender() is self._job:
            self._job = None
            self._renew()
            self.failed.emit(failure)

    # -- means

    def _renew(self) -> None:
        """Something else is to be shown; its means follow, with intervals unless more comes."""
        self._means_due.stop()
        if self._finding is not None:
            self._finding.cancel()
            self._finding = None
        known = {who.key for who in self.board.contestants if self.board.scores(who.key)}
        self.means = Means(tuple(r for r in self.means.rows if r.contestant.key in known))
        self.means_changed.emit()
        self.scores_changed.emit(None)
        self.state_changed.emit()
        if known:
            self._find_means()

    def _find_means(self) -> None:
        """Work the means out beside the window."""
        if self._finding is not None:
            return
        scored = [(who, self.board.scores(who.key)) for who in self.board.contestants]
        scored = [(who, clips) for who, clips in scored if clips]
        protocol, layout = self.board.protocol, self._layout_of_now()
        whole = not self.running
        self._finding = self._session.pool.submit(
            lambda progress, should_stop: means_of(scored, protocol, layout, with_intervals=whole)
        )
        self._finding.finished.connect(self._on_means)
        self._finding.failed.connect(self._on_no_means)

    @Slot(object)
    def _on_means(self, means: Means) -> None:
        if self.sender() is self._finding:
            self._finding = None
            self.means = means
            self.means_changed.emit()

    @Slot(object)
    def _on_no_means(self, failure: Failure) -> None:
        if self.sender() is self._finding:
            self._finding = None
            self.failed.emit(failure)

    def _layout_of_now(self) -> str:
        return "" if self.board.dataset is None else self.board.dataset.layout

    # -- one clip

    @property
    def opening(self) -> bool:
        return self._opening is not None

    def open_clip(self, clip: Clip, contestant: Contestant | None) -> None:
        """Make what a clip sounds and looks like; ``clip_opened`` follows."""
        self.close_clip()
        plan = ClipPlan(clip, self.board.protocol, contestant, self._session.device)
        self._opening = self._session.jobs.submit(self._make_opening(plan), Priority.ON_SCREEN)
        self._opening.progressed.connect(self._on_opening_progressed)
        self._opening.finished.connect(self._on_opened)
        self._opening.cancelled.connect(self._on_opening_ended)
        self._opening.failed.connect(self._on_opening_failed)

    def close_clip(self) -> None:
        """What is being opened is no longer wanted."""
        if self._opening is not None:
            opening, self._opening = self._opening, None
            opening.cancel()

    @Slot(object)
    def _on_opening_progressed(self, progress: JobProgress) -> None:
        if self.sender() is self._opening:
            self.clip_progressed.emit(progress)

    @Slot(object)
    def _on_opened(self, opened: OpenedClip) -> None:
        if self.sender() is self._opening:
            self._opening = None
            self.clip_opened.emit(opened)

    @Slot()
    def _on_opening_ended(self) -> None:
        if self.sender() is self._opening:
            self._opening = None

    @Slot(object)
    def _on_opening_failed(self, failure: Failure) -> None:
        if self.sender() is self._opening:
            self._opening = None
            self.clip_failed.emit()
            self.failed.emit(failure)
