"""Loads the pinned clip of the run on the page and the mask of the chosen epoch, in the pool."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtCore import QObject, Signal, Slot

from app.tasks import TaskHandle, TaskPool
from app.training.replay import ReplayClip, ReplayPicture, develop, open_clip
from app.training.runs import Run
from core.card import StftSettings

N_KEPT = 64


class ReplayDesk(QObject):
    """One run, one epoch at a time; only the latest question is answered. GUI thread only."""

    clip_ready = Signal(object)  # ReplayClip, or None while there is none
    picture_ready = Signal(object)  # ReplayPicture
    failed = Signal(object)  # Failure

    def __init__(self, pool: TaskPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._run: Run | None = None
        self._wanted: int | None = None
        self._handle: TaskHandle | None = None
        self._pictures: OrderedDict[int, ReplayPicture] = OrderedDict()
        self.clip: ReplayClip | None = None
        self.picture: ReplayPicture | None = None

    @property
    def run(self) -> Run | None:
        return self._run

    def show_run(self, run: Run | None) -> None:
        """Turn to ``run``; ``clip_ready`` follows at once with None if it is another one."""
        if run is self._run:
            return
        self._run, self._wanted = run, None
        self.clip = self.picture = None
        self._pictures.clear()
        self._drop()
        self.clip_ready.emit(None)

    def show_epoch(self, epoch: int) -> None:
        """Ask for the clip with the mask after ``epoch``."""
        self._wanted = epoch
        known = self._pictures.get(epoch)
        if known is not None:
            self._pictures.move_to_end(epoch)
            self._show(known)
        elif self._handle is None:
            self._load()

    def forget(self, epoch: int) -> None:
        """What is known of ``epoch`` is old: it was trained again."""
        self._pictures.pop(epoch, None)

    def _load(self) -> None:
        run, clip, epoch = self._run, self.clip, self._wanted
        if run is None or epoch is None:
            return
        folder = run.folder
        settings = StftSettings(**run.info.recipe.get("stft", {}))

        def task(_progress: object, _should_stop: object) -> tuple[ReplayClip, ReplayPicture]:
            opened = clip or open_clip(folder.pinned_clip(), settings)
            return opened, develop(opened, folder.replay_frame(epoch))

        self._handle = self._pool.submit(task, priority=7)
        self._handle.finished.connect(self._on_loaded)
        self._handle.failed.connect(self._on_failed)

    def _drop(self) -> None:
        if self._handle is not None:
            self._handle.finished.disconnect(self._on_loaded)
            self._handle.failed.disconnect(self._on_failed)
            self._handle.cancel()
            self._handle = None

    @Slot(object)
    def _on_loaded(self, loaded: tuple[ReplayClip, ReplayPicture]) -> None:
        self._handle = None
        clip, picture = loaded
        if self.clip is None:
            self.clip = clip
            self.clip_ready.emit(clip)
        self._pictures[picture.epoch] = picture
        while len(self._pictures) > N_KEPT:
            self._pictures.popitem(last=False)
        if self._wanted == picture.epoch:
            self._show(picture)
        elif self._wanted is not None:
            self.show_epoch(self._wanted)

    @Slot(object)
    def _on_failed(self, failure: object) -> None:
        self._handle = None
        self.failed.emit(failure)

    def _show(self, picture: ReplayPicture) -> None:
        if picture is not self.picture:
            self.picture = picture
            self.picture_ready.emit(picture)
