"""What the user does to masks, and the work that follows from it. GUI thread only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.editing.work import EditedSong, PieceDone
from app.i18n import mark
from app.song import Song, StemsAdvanced
from app.tasks import TaskHandle
from app.urgency import URGENCY
from core.editing.edited import MaskState
from core.editing.edits import Edit
from core.editing.history import EditHistory

if TYPE_CHECKING:
    from app.session import Session

PRIORITY = 20  # in the pool: before tiles and decoding
PREPARING = 1
FROM_PROJECT = mark("Edits of the project")
CARRIED = mark("Edits of the model before")


class EditingDesk(QObject):
    """The edits of the song on screen, and of those that were; one piece of work at a time.

    A change is in the history at once; mask and sound follow piece by piece, from ``focus_s`` on.
    Edits belong to a song and a model, and stay while the song is open.
    """

    changed = Signal()  # another song or model, another state, or edits are possible now
    advanced = Signal(object)  # StemsAdvanced: mask and stems are as the history wants them there
    worked = Signal()  # more, or all, of the work is done: see ``fraction``
    failed = Signal(object)  # Failure
    project_taken = Signal(object)  # Project: the song on screen goes on from it

    def __init__(
        self, session: Session, focus_s: Callable[[], float], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._focus_s = focus_s
        self._songs: dict[tuple[int, str], EditedSong] = {}
        self._carried: dict[tuple[int, str], MaskState] = {}
        self._none = EditHistory()
        self._handle: TaskHandle | None = None
        self._at_work: tuple[EditedSong, int, int] | None = None
        self._n_behind_most = 0
        session.current_changed.connect(self._on_current_changed)
        session.model_changed.connect(self._on_current_changed)
        session.song_changed.connect(self._on_song_changed)
        session.song_removed.connect(self._on_song_removed)
        self._could_edit = False

    # what there is

    @property
    def song(self) -> EditedSong | None:
        """The edits of the song on screen with the model in use; None while there are none."""
        song = self._session.current
        return None if song is None else self._of(song)

    @property
    def history(self) -> EditHistory:
        song = self.song
        return self._none if song is None else song.history

    @property
    def state(self) -> MaskState:
        return self.history.state

    @property
    def is_bypassed(self) -> bool:
        song = self.song
        return song is not None and song.is_bypassed

    @property
    def can_edit(self) -> bool:
        """Whether the song on screen is separated, and into two stems."""
        song = self._session.current
        result = song.result if song is not None else None
        return (
            song is not None
            and song.decoded is not None
            and result is not None
            and result.complete
            and len(result.sources) == 2
            and not song.is_decoding
            and not song.is_storing
        )

    @property
    def fraction(self) -> float:
        """How much of the work that the last changes asked for is done."""
        song = self.song
        if song is None or not self._n_behind_most:
            return 1.0
        busy = 0 if self._at_work is None else self._at_work[2] - self._at_work[1]
        return 1 - (song.behind.size + busy) / max(1, self._n_behind_most)

    @property
    def idle(self) -> bool:
        return self._handle is None and not any(song.behind for song in self._songs.values())

    def states(self) -> dict[tuple[int, str], MaskState]:
        """What was done to each song and model so far."""
        return {
            key: song.history.state for key, song in self._songs.items() if song.history.was_used
        }

    def forget(self) -> None:
        """Let go of all edits, as if nobody had made them: the program ends."""
        self._songs.clear()

    # what one can do

    def push(self, label: str, state: MaskState, merge_key: object = None) -> None:
        """Make ``state`` the present one; ``label`` is an English source text for the list."""
        song = self.song_for_edits()
        if song is None or state == song.history.state:
            return
        before = song.state
        song.is_bypassed = False
        song.history.push(label, state, merge_key)
        self._follow(song, before)

    def prepare(self) -> None:
        """The user is about to edit: copy the mask ahead of the first stroke."""
        song = self._edited_song()
        if song is not None and not song.is_prepared:
            song.is_prepared = True
            self._session.pool.submit(
                lambda progress, should_stop: song.prepare(), priority=PREPARING
            )

    def seal(self) -> None:
        """What is pushed from here on is an entry of its own."""
        self.history.seal()

    def undo(self) -> None:
        self._move(lambda history: history.undo(), self.history.can_undo)

    def redo(self) -> None:
        self._move(lambda history: history.redo(), self.history.can_redo)

    def go_to(self, index: int) -> None:
        """The state after entry ``index`` of the history."""
        self._move(lambda history: history.go_to(index), index != self.history.index)

    # inside

    def set_bypassed(self, bypassed: bool) -> None:
        """Hear and see the network's own mask for the moment, or the edited one again."""
        song = self.song
        if song is None or song.is_bypassed == bypassed:
            return
        before = song.state
        song.is_bypassed = bypassed
        self._follow(song, before)

    def look(self, song: EditedSong, look: Edit | None) -> None:
        """Hear and see another network's mask under the edits for the moment; None: the song's."""
        if look is song.look:
            return
        before = song.state
        song.look, song.is_bypassed = look, False
        self._follow(song, before)

    def carry(self, song_id: int, model_id: str, state: MaskState) -> None:
        """Begin with ``state`` once the song is separated with that model, if it has no edits."""
        self._carried[song_id, model_id] = state

    def _move(self, step: Callable[[EditHistory], object], possible: bool) -> None:
        song = self.song
        if song is None or not possible:
            return
        before = song.state
        song.is_bypassed = False
        step(song.history)
        self._follow(song, before)

    def _follow(self, song: EditedSong, before: MaskState) -> None:
        song.note(before)
        self._note_pending()
        self._n_behind_most = max(self._n_behind_most, song.behind.size)
        self.changed.emit()
        self._work()

    def _of(self, song: Song) -> EditedSong | None:
        key = song.song_id, song.model_id
        found = self._songs.get(key)
        if found is not None and song.results.get(song.model_id) is not found.result:
            del self._songs[key]  # it was separated again
            found = None
        return found

    def song_for_edits(self) -> EditedSong | None:
        """The song on screen, about to be edited; None if it is not ready for it."""
        song, edited = self._session.current, self._edited_song()
        if song is not None and edited is not None:
            song.edited_models.add(song.model_id)
        return edited

    def _edited_song(self) -> EditedSong | None:
        song = self._session.current
        if song is None or not self.can_edit:
            return None
        found = self._of(song)
        if found is None:
            assert song.decoded is not None
            assert song.result is not None
            found = EditedSong(song.song_id, song.decoded.audio, song.result)
            self._songs[song.song_id, song.model_id] = found
        return found

    def _work(self) -> None:
        """Begin the next piece unless one is being done: of the song on screen first."""
        if self._handle is not None:
            return
        current = self.song
        for song in [current, *self._songs.values()]:
            piece = None if song is None else song.take(self._focus_frame(song, song is current))
            if song is not None and piece is not None:
                self._begin(song, *piece)
                return
        self._n_behind_most = 0
        self._note_pending()
        self.worked.emit()

    def _forget_unused(self) -> None:
        """Let go of copies of masks that were made ahead, for edits that never came."""
        current = self.song
        for key, song in list(self._songs.items()):
            if song is not current and not song.history.was_used and song.look is None:
                del self._songs[key]

    def _note_pending(self) -> None:
        """Say of each song whether its stems are what the user wants by now."""
        busy = None if self._at_work is None else self._at_work[0]
        for (song_id, model_id), edited in self._songs.items():
            song = self._session.song(song_id)
            if song is not None and song.model_id == model_id:
                lags = bool(edited.behind) or edited is busy
                song.edits_pending = lags or edited.is_bypassed

    def _focus_frame(self, song: EditedSong, is_current: bool) -> int:
        if not is_current:
            return 0
        return max(0, int(self._focus_s() * song.frames_per_s) - 1)

    def _begin(self, song: EditedSong, first: int, last: int) -> None:
        state = song.state
        self._at_work = song, first, last
        URGENCY.claim()
        self._handle = self._session.pool.submit(
            lambda progress, should_stop: song.bring_up_to_date(state, first, last),
            stage="Editing",
            priority=PRIORITY,
        )
        self._handle.finished.connect(self._on_done)
        self._handle.failed.connect(self._on_failed)
        self._handle.cancelled.connect(self._on_cancelled)

    def _end(self) -> None:
        self._handle = self._at_work = None
        URGENCY.release()

    @Slot(object)
    def _on_done(self, done: PieceDone) -> None:
        assert self._at_work is not None
        song = self._at_work[0]
        self._end()
        result = song.result
        if result.network_mask is None:
            result.network_mask, result.mask = result.mask, done.mask
        owner = self._session.song(song.song_id)
        if owner is not None:
            owner.n_edits += 1
        spans = (*done.samples, *done.frames)
        self.advanced.emit(StemsAdvanced(song.song_id, result.model_id, *spans))
        self._work()
        if self._handle is not None:
            self.worked.emit()

    @Slot(object)
    def _on_failed(self, failure: object) -> None:
        """The disk is full, for example: what lags behind stays so until the next change."""
        assert self._at_work is not None
        song, first, last = self._at_work
        self._end()
        song.put_back(first, last)
        self.failed.emit(failure)
        self.worked.emit()

    @Slot()
    def _on_cancelled(self) -> None:  # the program is closing
        self._end()

    def _on_current_changed(self) -> None:
        self._could_edit = self.can_edit
        self._forget_unused()
        self._take_project()
        song = self.song
        self._n_behind_most = 0 if song is None else song.behind.size
        self.changed.emit()
        self._work()

    @Slot(object)
    def _on_song_changed(self, song_id: int) -> None:
        song = self._session.current
        if song is not None and song.song_id == song_id and self.can_edit != self._could_edit:
            self._could_edit = not self._could_edit
            self._take_project()
            self.changed.emit()

    def _take_project(self) -> None:
        """Go on from the edits of the project that the song on screen came from, once."""
        song = self._session.current
        if song is not None and self.can_edit:
            state = self._carried.pop((song.song_id, song.model_id), None)
            if state is not None and not self.history.was_used:
                self.push(CARRIED, state)
                self.seal()
        if song is None or song.project is None or not self.can_edit:
            return
        project = song.project
        if project.model.model_id != song.model_id:
            return
        song.project = None
        if project.state.edits or not project.state.is_neutral:
            self.push(FROM_PROJECT, project.state)
            self.seal()
        self.project_taken.emit(project)

    @Slot(object)
    def _on_song_removed(self, song_id: int) -> None:
        for key in [key for key in self._songs if key[0] == song_id]:
            del self._songs[key]
