"""The open songs: which is on screen, which comes next, with what model and device."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from app.cache import ResultCache
from app.jobs import JobRunner, Priority
from app.open_songs import OpenSongs, songs_in
from app.outcomes import failure_from
from app.recent import Memory, RecentSongs
from app.separation_job import LoadedSeparators, SeparatorFactory, WarmUp
from app.song import Song, SongResult, SongState, StemsAdvanced
from app.song_decoding import Decode
from app.song_work import SongWork
from app.speed_memory import SpeedMemory
from app.tasks import TaskHandle, TaskPool
from app.workshop import Workshop
from core.audio import decode
from core.errors import StemscopeError
from core.models import DEFAULT_MODEL, ModelEntry, find_model

__all__ = ["Session", "Song", "SongResult", "SongState", "StemsAdvanced"]

MODEL_KEY, DEVICE_KEY = "model", "device"


class Session(QObject):
    """Opens songs, separates the one on screen first and the others in order. GUI thread only."""

    song_added = Signal(object)  # song_id
    song_removed = Signal(object)  # song_id
    song_changed = Signal(object)  # song_id: state, progress or title
    current_changed = Signal()
    mixture_ready = Signal(object)  # song_id: decoded, a long one as far as it can be played
    mixture_advanced = Signal(object)  # song_id: more of it is decoded, see n_there
    stems_advanced = Signal(object)  # StemsAdvanced
    model_changed = Signal()
    device_changed = Signal()
    recent_changed = Signal()
    devices_found = Signal(object)  # DevicesFound, some time after warm_up()
    speed_noted = Signal()  # a run is over: ``speeds`` knows more
    failed = Signal(object)  # Failure that belongs to no row

    def __init__(
        self,
        settings: Memory | None = None,
        *,
        cache: ResultCache | None = None,
        separator_factory: SeparatorFactory | None = None,
        decode: Decode = decode,
        find_model: Callable[[str], ModelEntry] = find_model,
        scratch_dir: str | None = None,
        speeds: SpeedMemory | None = None,
        parent: QObject | None = None,
    ) -> None:
        """Without ``cache``, ``settings`` or ``speeds``, which learns how long songs take, nothing
        is kept of these."""
        super().__init__(parent)
        self._settings: Memory = {} if settings is None else settings
        self._recent = RecentSongs(self._settings)
        self._pool = TaskPool()
        self._runner = JobRunner()
        factory = separator_factory or LoadedSeparators()
        self._shop = Workshop(
            self._pool, self._runner, cache, factory, decode, find_model, scratch_dir, speeds
        )
        self._works: dict[int, SongWork] = {}
        self._ids = itertools.count(1)
        self._current_id: int | None = None
        self._open = OpenSongs(self._works)
        self._closing = self._stopped = False
        self._model_id = str(self._settings.get(MODEL_KEY, "") or DEFAULT_MODEL)
        self._device = str(self._settings.get(DEVICE_KEY, "") or "auto")

    # What there is

    @property
    def songs(self) -> list[Song]:
        return [work.song for work in self._works.values()]

    @property
    def current(self) -> Song | None:
        return None if self._current_id is None else self._works[self._current_id].song

    def song(self, song_id: int) -> Song | None:
        work = self._works.get(song_id)
        return None if work is None else work.song

    def work(self, song_id: int) -> SongWork | None:
        """What drives a song, for others who make something of it."""
        return self._works.get(song_id)

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def device(self) -> str:
        return self._device

    @property
    def speeds(self) -> SpeedMemory | None:
        return self._shop.speeds

    @property
    def shop(self) -> Workshop:
        """What songs are made with, and the projects that they are about to be opened from."""
        return self._shop

    @property
    def pool(self) -> TaskPool:
        """For other work that needs no torch (tiles)."""
        return self._pool

    @property
    def jobs(self) -> JobRunner:
        """For other work in the compute thread (training, edits)."""
        return self._runner

    def recent(self) -> list[Path]:
        """Songs opened lately that are still there, the latest first."""
        return self._recent.paths()

    # What one can do

    def open(self, paths: Sequence[Path]) -> None:
        """Open files and folders: the first song comes on screen, the others queue."""
        if self._closing or not paths:
            return
        paths = [Path(path).absolute() for path in paths]
        if not any(path.is_dir() for path in paths):
            self._add(paths)
            return
        # A big folder takes a while to look through.
        handle = self._pool.submit(lambda progress, should_stop: songs_in(paths), priority=9)
        handle.finished.connect(self._on_found)
        handle.failed.connect(self.failed)

    def set_current(self, song_id: int) -> None:
        """Bring a song on screen; it is decoded and separated before the others."""
        if song_id not in self._works or song_id == self._current_id or self._closing:
            return
        self._current_id = song_id
        for other_id, work in self._works.items():
            work.set_shown(other_id == song_id)
        self._open.touch(song_id)
        work = self._works[song_id]
        incomplete = work.song.result is None or work.song.decoded is None
        if work.song.state is SongState.DONE and incomplete:
            work.start(True, self._device)
        self.current_changed.emit()
        self._schedule()

    def seek(self, song_id: int, sample: int) -> None:
        """Somebody listens there: what is heard from ``sample`` on is separated next."""
        work = self._works.get(song_id)
        if work is not None:
            work.seek(sample)

    def cancel(self, song_id: int) -> None:
        """Stop whatever is done or planned for a song."""
        work = self._works.get(song_id)
        if work is not None and work.song.state.is_busy:
            work.cancel()

    def retry(self, song_id: int, accept_damaged: bool = False) -> None:
        """Try a failed or cancelled song again, on request taking what is left of a broken file."""
        work = self._works.get(song_id)
        if work is None or work.song.state not in (SongState.FAILED, SongState.CANCELLED):
            return
        work.accept_damaged = work.accept_damaged or accept_damaged
        work.song.error, work.song.error_details = None, ""
        work.hold()
        self._schedule()

    def remove(self, song_id: int) -> None:
        """Take a song off the list; the next one comes on screen if it was there."""
        work = self._works.get(song_id)
        if work is None:
            return
        order = list(self._works)
        work.close()
        del self._works[song_id]
        self._open.forget(song_id)
        was_current = song_id == self._current_id
        if was_current:
            self._current_id = None
        self.song_removed.emit(song_id)
        if was_current:
            after = [other for other in order[order.index(song_id) + 1 :] if other in self._works]
            rest = after or list(self._works)[-1:]
            if rest:
                self.set_current(rest[0])
            else:
                self.current_changed.emit()
        self._schedule()

    def set_model(self, model_id: str) -> None:
        """Use another model from now on. Results of the old one are kept."""
        if model_id == self._model_id:
            return
        try:
            entry = self._shop.find_model(model_id)
        except StemscopeError as error:
            self.failed.emit(failure_from(error))
            return
        self._model_id = self._settings[MODEL_KEY] = entry.model_id
        for work in self._works.values():
            work.song.model_id = entry.model_id
        self.model_changed.emit()
        self._restart(want_current=True)

    def set_device(self, device: str) -> None:
        """Compute elsewhere from now on, also what is being separated. Results are kept."""
        if device == self._device:
            return
        self._device = self._settings[DEVICE_KEY] = device
        self.device_changed.emit()
        self._restart(want_current=False)

    def warm_up(self, modules: Callable[[], Iterable[str]] = tuple) -> None:
        """Load torch, the model and ``modules`` ahead of the first song; ``devices_found`` follows.

        ``modules`` imports something at each step.
        """
        shop, model, device = self._shop, self._model_id, self._device
        request = WarmUp(shop.make_separator, shop.find_model, model, device, modules)
        handle = self._runner.submit(request, Priority.QUEUE)
        handle.finished.connect(self.devices_found)
        handle.failed.connect(self.failed)

    def export(self, song_id: int, options: Any) -> TaskHandle:
        """Write stems (``core.export.ExportOptions``); the handle finishes with the report."""
        work = self._works.get(song_id)
        song, key = (None, None) if work is None else (work.song, work.cache_key)
        return self._shop.export(song, key, options)

    def shutdown(self) -> bool:
        """Stop everything and join the threads; False if one was too busy to stop in time."""
        if self._closing:
            return self._stopped
        self._closing = True
        for work in self._works.values():
            work.close()
        stopped = self._runner.shutdown()
        # Never more than three seconds in all, however stuck both are.
        self._stopped = self._pool.shutdown(2.5 if stopped else 0.4) and stopped
        return self._stopped

    # The order of things

    def _add(self, paths: Sequence[Path]) -> None:
        known = {work.song.path: song_id for song_id, work in self._works.items()}
        first: int | None = None
        for path in paths:
            song_id = known.get(path)
            if song_id is None:
                song_id = known[path] = self._add_one(path)
            elif self._works[song_id].song.state in (SongState.FAILED, SongState.CANCELLED):
                self.retry(song_id)
            first = song_id if first is None else first
        if first is not None:
            self.set_current(first)
        self._schedule()

    def _add_one(self, path: Path) -> int:
        song_id = next(self._ids)
        work = SongWork(Song(song_id, path, path.stem or path.name, self._model_id), self._shop)
        work.changed.connect(self.song_changed)
        work.advanced.connect(self.stems_advanced)
        work.decoded.connect(self._on_decoded)
        work.arrived.connect(self._on_arrived)
        work.ended.connect(self._on_ended)
        work.stored.connect(self._on_stored)
        work.noticed.connect(self.failed)
        work.speed_noted.connect(self.speed_noted)
        self._works[song_id] = work
        self.song_added.emit(song_id)
        return song_id

    def _schedule(self) -> None:
        """Decode the song on screen, or else at most one ahead; the rest follows by itself."""
        if self._closing:
            return
        current = None if self._current_id is None else self._works[self._current_id]
        if current is not None and current.song.state is SongState.QUEUED:
            current.start(True, self._device)
        if current is not None and current.song.is_decoding:
            return
        others = [work for work in self._works.values() if work is not current]
        ahead = (SongState.DECODING, SongState.WAITING)
        if any(work.song.state in ahead for work in others):
            return
        for work in others:
            if work.song.state is SongState.QUEUED:
                work.start(False, self._device)
                return

    def _restart(self, want_current: bool) -> None:
        """Begin again what is unfinished, with the model and device of now."""
        for song_id, work in list(self._works.items()):
            shown = song_id == self._current_id
            if work.song.state in (SongState.WAITING, SongState.SEPARATING):
                work.hold()
            elif shown and want_current and work.song.decoded is not None:
                work.start(True, self._device)
            else:
                self.song_changed.emit(song_id)
        self._schedule()

    # Answers

    @Slot(object)
    def _on_found(self, paths: list[Path]) -> None:
        if not self._closing:
            self._add(paths)

    @Slot(object)
    def _on_decoded(self, song_id: int) -> None:
        work = self._works.get(song_id)
        if work is None:
            return
        self._open.touch(song_id)
        self._recent.add(work.song.path)
        self.recent_changed.emit()
        self.mixture_ready.emit(song_id)
        self._schedule()

    @Slot(object)
    def _on_arrived(self, song_id: int) -> None:
        self.mixture_advanced.emit(song_id)
        work = self._works.get(song_id)
        if work is not None and not work.song.is_decoding:
            self._schedule()

    @Slot(object)
    def _on_ended(self, song_id: int) -> None:
        self._open.release(self._current_id)
        self._schedule()

    @Slot(object)
    def _on_stored(self, song_id: int) -> None:
        self._open.release(self._current_id)
        self.song_changed.emit(song_id)
