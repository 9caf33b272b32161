"""Projects: saved, opened, and saved by themselves against a crash."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.editing.desk import EditingDesk
from app.editing.recovery import AutosaveFolder
from app.editing.saving import PageState, Saving
from app.i18n import mark
from app.song import Song
from app.tasks import TaskHandle
from core.editing.edited import MaskState
from core.errors import StemscopeError
from core.project import Project, SourceFile, discard, find_source, read_project, unpack_source

if TYPE_CHECKING:
    from app.session import Session

AUTOSAVE_S = 5.0
PATIENCE = 5.0
"""Saving by itself takes at most one part in so many of the time."""
PRIORITY, AUTOSAVE_PRIORITY = 6, -3
SAVED = mark("“{name}” is saved.")


@dataclass(frozen=True)
class Opened:
    """A project that was read, and where its song is; None if it has to be asked for."""

    path: Path
    project: Project
    source: Path | None
    is_autosave: bool


@dataclass
class _Kept:
    """What of a song is on disk."""

    path: Path | None = None
    state: MaskState | None = None
    autosaved: MaskState | None = None
    autosave: Path | None = None


class ProjectDesk(QObject):
    """Saves and opens projects in the pool. GUI thread only."""

    said = Signal(str, object)  # an English source text and its fields: what was done
    failed = Signal(object)  # Failure or StemscopeError
    saved = Signal(object)  # song_id
    source_wanted = Signal(object)  # Opened, whose song is not where it was
    opened = Signal(object)  # Opened: its song is being opened

    def __init__(
        self,
        session: Session,
        desk: EditingDesk,
        page_state: Callable[[], PageState],
        autosaves: AutosaveFolder,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._desk, self._page_state = session, desk, page_state
        self.autosaves = autosaves
        self._kept: dict[tuple[int, str], _Kept] = {}
        self._hashes: dict[tuple[str, int, int], SourceFile] = {}
        self._waiting: dict[Path, Opened] = {}  # songs that are about to be opened
        self._saving: tuple[tuple[int, str], Path, MaskState, bool] | None = None
        self._handle: TaskHandle | None = None
        self._wanted: tuple[Song, Path, bool] | None = None
        self._began_s = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(round(1000 * AUTOSAVE_S))
        self._timer.timeout.connect(self._on_autosave_due)
        desk.changed.connect(self._on_changed)
        session.song_added.connect(self._on_song_added)
        session.song_removed.connect(self._on_song_removed)

    # what there is

    @property
    def idle(self) -> bool:
        return self._handle is None

    def path_of(self, song: Song) -> Path | None:
        """The project that the song was saved in or opened from."""
        kept = self._kept.get((song.song_id, song.model_id))
        return None if kept is None else kept.path

    def unsaved(self) -> list[int]:
        """Songs with edits that no project holds."""
        found = []
        for key, state in self._desk.states().items():
            kept = self._kept.get(key)
            if state != (MaskState() if kept is None or kept.state is None else kept.state):
                found.append(key[0])
        return list(dict.fromkeys(found))

    # what one can do

    def save(self, path: Path, pack: bool = False) -> None:
        """Write the song on screen as a project; ``said`` or ``failed`` follows.

        With ``pack`` the song's file is in it.
        """
        song = self._session.current
        if song is None or not self._desk.can_edit:
            return
        if self._handle is not None:  # it is being saved by itself: right after that
            self._wanted = song, path, pack
            return
        self._begin(song, path, pack=pack, is_autosave=False)

    def open(self, path: Path, is_autosave: bool = False) -> None:
        """Read a project, find its song and open that."""
        folder = self.autosaves.songs

        def task(progress: Callable[..., None], should_stop: Callable[[], bool]) -> Opened:
            scratch = self._session.shop.scratch_dir
            project = read_project(path, scratch_dir=scratch, should_stop=should_stop)
            source = find_source(project, path, should_stop)
            if source is None and project.source.packed:
                source = unpack_source(path, folder, should_stop=should_stop)
            return Opened(path, project, source, is_autosave)

        handle = self._session.pool.submit(task, stage="Opening", priority=PRIORITY)
        handle.finished.connect(self._on_read)
        handle.failed.connect(self.failed)

    def open_with(self, opened: Opened, source: Path) -> None:
        """Open a project whose song the user has found; its content decides whether it is it."""

        def task(progress: Callable[..., None], should_stop: Callable[[], bool]) -> Opened:
            there = replace(opened.project.source, path=str(source), relative_path="")
            found = find_source(there, opened.path, should_stop)
            if found is None:
                raise StemscopeError(
                    "“{name}” is another file than the one of the project, “{wanted}”. Choose the "
                    "file that was separated.",
                    name=source.name,
                    wanted=opened.project.source.name,
                )
            return replace(opened, source=found)

        handle = self._session.pool.submit(task, stage="Opening", priority=PRIORITY)
        handle.finished.connect(self._on_read)
        handle.failed.connect(self.failed)

    def forget(self) -> None:
        """The program ends, and nothing is to be offered again."""
        self._timer.stop()
        for kept in self._kept.values():
            if kept.autosave is not None:
                discard(kept.autosave)
        self.autosaves.close()

    # saving

    def _begin(self, song: Song, path: Path | None, *, pack: bool, is_autosave: bool) -> None:
        assert song.decoded is not None
        result, audio = song.results[song.model_id], song.decoded.audio
        key = song.song_id, song.model_id
        state = self._desk.states().get(key, MaskState())
        page = self._page_state() if song is self._session.current else PageState({}, {}, None, 0.0)
        mask = result.network_mask or result.mask
        saving = Saving(self._hashes, song.path, key[1], audio, mask, result.sources, state, page)
        make_folder, shop = self.autosaves.make, self._session.shop

        def task(progress: Callable[..., None], should_stop: Callable[[], bool]) -> Path:
            card = shop.find_model(saving.model_id).card
            return saving.write(path, make_folder, card, pack, progress, should_stop)

        self._began_s = time.monotonic()
        self._saving = key, path or Path(), state, is_autosave
        priority = AUTOSAVE_PRIORITY if is_autosave else PRIORITY
        self._handle = self._session.pool.submit(task, stage="Saving", priority=priority)
        self._handle.finished.connect(self._on_saved)
        self._handle.failed.connect(self._on_save_failed)
        self._handle.cancelled.connect(self._on_save_over)

    @Slot(object)
    def _on_saved(self, written: Path) -> None:
        assert self._saving is not None
        key, _path, state, is_autosave = self._saving
        took_s = time.monotonic() - self._began_s
        self._on_save_over()
        kept = self._kept.setdefault(key, _Kept())
        if is_autosave:
            kept.autosave, kept.autosaved = written, state
            pause_s = max(AUTOSAVE_S, PATIENCE * took_s)
            self._timer.setInterval(round(1000 * pause_s))
            self._on_changed()
            return
        kept.path, kept.state = written, state
        if kept.autosave is not None and discard(kept.autosave):
            kept.autosave = None
        self.said.emit(SAVED, {"name": written.name})
        self.saved.emit(key[0])

    @Slot(object)
    def _on_save_failed(self, failure: object) -> None:
        self._on_save_over()
        self.failed.emit(failure)

    @Slot()
    def _on_save_over(self) -> None:
        self._handle = self._saving = None
        wanted, self._wanted = self._wanted, None
        if wanted is not None and wanted[0].decoded is not None:
            self._begin(wanted[0], wanted[1], pack=wanted[2], is_autosave=False)

    # by itself

    def _on_changed(self) -> None:
        if not self._timer.isActive() and self._next_autosave() is not None:
            self._timer.start()

    def _on_autosave_due(self) -> None:
        song = self._next_autosave()
        if song is None:
            return
        if self._handle is not None or song.decoded is None or song.is_decoding:
            self._timer.start()
            return
        self._begin(song, None, pack=False, is_autosave=True)

    def _next_autosave(self) -> Song | None:
        """A song whose edits are neither in a project nor saved by themselves."""
        for key, state in self._desk.states().items():
            kept = self._kept.get(key, _Kept())
            on_disk = [each for each in (kept.state, kept.autosaved) if each is not None]
            is_kept = state in (on_disk or [MaskState()])
            song = self._session.song(key[0])
            if song is not None and song.model_id == key[1] and not is_kept:
                return song
        return None

    # opening

    @Slot(object)
    def _on_read(self, opened: Opened) -> None:
        if opened.source is None:
            self.source_wanted.emit(opened)
            return
        source = opened.source.absolute()
        for song in [song for song in self._session.songs if song.path == source]:
            self._session.remove(song.song_id)
        self._session.set_model(opened.project.model.model_id)
        if self._session.model_id != opened.project.model.model_id:
            return  # it was said that there is no such model
        self._waiting[source] = opened
        self._session.shop.projects[source] = opened.project
        self.opened.emit(opened)
        self._session.open([source])

    @Slot(object)
    def _on_song_added(self, song_id: int) -> None:
        song = self._session.song(song_id)
        opened = self._waiting.pop(song.path, None) if song is not None else None
        if opened is None:
            return
        kept = self._kept.setdefault((song_id, opened.project.model.model_id), _Kept())
        if opened.is_autosave:
            kept.autosave, kept.autosaved = opened.path, opened.project.state
        else:
            kept.path, kept.state = opened.path, opened.project.state

    @Slot(object)
    def _on_song_removed(self, song_id: int) -> None:
        for key in [key for key in self._kept if key[0] == song_id]:
            kept = self._kept.pop(key)
            if kept.autosave is not None:
                discard(kept.autosave)
