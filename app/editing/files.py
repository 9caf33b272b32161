"""Masks leave for other programs and come back; what was corrected leaves as training data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from app import settings
from app.editing.desk import EditingDesk
from app.editing.tools import EVERYTHING, box_of
from app.i18n import mark, tr
from app.song import Song
from app.tasks import TaskFunction, TaskHandle
from core.audio.file_names import safe_file_name
from core.editing.edits import Action, Edit
from core.editing.patch import Patch
from core.editing.regions import Region
from core.errors import ModelError, UsageError
from core.masks import Mask

if TYPE_CHECKING:
    from app.session import Session
    from core.mask_files import MaskFacts

PRIORITY = 5
LOADED = mark("Mask from a file")


class MaskFiles(QObject):
    """The commands of the menu “Edit” that save and load; one at a time, in the pool."""

    said = Signal(str, object)  # an English source text and its fields: what was done
    failed = Signal(object)  # Failure
    progressed = Signal(float)

    def __init__(
        self,
        session: Session,
        desk: EditingDesk,
        selection: Callable[[], Region | None],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._desk = session, desk
        self._selection = selection
        self._window = window
        self._handle: TaskHandle | None = None
        self._said: tuple[str, Mapping[str, object]] = ("", {})
        self._like: Mask | None = None

    @property
    def idle(self) -> bool:
        return self._handle is None

    def save_mask(self) -> None:
        """Ask for a file, and write the mask as it is now as NPZ or PNG."""
        song = self._ready()
        if song is None:
            return
        kinds = f"{tr('Mask')} (*.npz);;{tr('Picture of the mask')} (*.png)"
        path = self._ask(song, tr("Save the mask"), "npz", kinds)
        if path is None:
            return
        assert song.result is not None
        mask = song.result.mask

        def task(progress: Callable[..., None], should_stop: Callable[[], bool]) -> object:
            from core.mask_files import write_npz, write_png

            facts = _facts(song)
            if path.suffix.lower() == ".png":
                write_png(path, mask, facts=facts, progress=progress, should_stop=should_stop)
            else:
                write_npz(path, mask, facts, progress=progress, should_stop=should_stop)
            return None

        self._begin(task, mark("“{name}” is saved."), name=path.name)

    def save_table(self) -> None:
        """Ask for a file, and write the mask of the selection as CSV."""
        song, region = self._ready(), self._selection()
        if song is None or region is None:
            return
        kinds = f"{tr('Table')} (*.csv)"
        path = self._ask(song, tr("Save the selection as a table"), "csv", kinds)
        if path is None:
            return
        assert song.result is not None
        mask = song.result.mask

        def task(progress: Callable[..., None], should_stop: Callable[[], bool]) -> object:
            from core.mask_files import write_csv

            facts = _facts(song)
            write_csv(path, mask, region, 0, facts, progress, should_stop)
            return None

        self._begin(task, mark("“{name}” is saved."), name=path.name)

    def save_pair(self) -> None:
        """Ask for a folder, and write the stems of the selected time as training data."""
        song, region = self._ready(), self._selection()
        if song is None or region is None or song.decoded is None:
            return
        chosen = QFileDialog.getExistingDirectory(
            self._window,
            tr("Folder of training pairs"),
            settings.get(settings.PAIRS_FOLDER) or settings.get(settings.EXPORT_FOLDER),
        )
        if not chosen:
            return
        settings.set(settings.PAIRS_FOLDER, chosen)
        audio = song.decoded.audio
        span_s = box_of(region, audio.n_samples / audio.sample_rate)
        assert song.result is not None
        stems, source = dict(song.result.stems), str(song.path)

        def task(progress: Callable[..., None], should_stop: Callable[[], bool]) -> object:
            from core.mask_files import write_pair

            folder = Path(chosen)
            return write_pair(
                folder, song.title, stems, span_s, _facts(song), source, progress, should_stop
            )

        self._begin(task, mark("A training pair is saved in “{name}”."), name=Path(chosen).name)

    def save_pitch(self) -> None:
        """Ask for a file, and write the pitch of the voice as CSV or its notes as MIDI."""
        song = self._ready()
        if song is None:
            return
        kinds = f"{tr('Notes as MIDI')} (*.mid);;{tr('Table')} (*.csv)"
        path = self._ask(song, tr("Save the pitch of the voice"), "mid", kinds)
        if path is None:
            return
        assert song.result is not None
        audio = song.result.stems[song.result.sources[0]]

        def task(progress: Callable[..., None], should_stop: Callable[[], bool]) -> object:
            from core.pitch import find_pitch, notes_of
            from core.pitch_files import write_midi, write_pitch_csv

            line = find_pitch(audio, should_stop, progress)
            if path.suffix.lower() == ".csv":
                write_pitch_csv(path, line)
            else:
                write_midi(path, notes_of(line), name=song.title)
            return None

        self._begin(task, mark("“{name}” is saved."), name=path.name)

    def load_mask(self) -> None:
        """Ask for a file, and lay its mask over the song's as an edit."""
        song = self._ready()
        edited = self._desk.song_for_edits()
        if song is None or edited is None:
            return
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            tr("Load a mask"),
            settings.get(settings.MASK_FOLDER),
            f"{tr('Mask')} (*.npz)",
        )
        if not name:
            return
        settings.set(settings.MASK_FOLDER, str(Path(name).parent))
        self._like = like = edited.network_mask

        def task(progress: Callable[..., None], should_stop: Callable[[], bool]) -> object:
            from core.mask_files import read_npz

            mask = read_npz(Path(name), like)
            return Patch.of(mask.values[0], 0, 0, mask.above[0])

        self._begin(task, mark("The mask of “{name}” is an edit now."), name=Path(name).name)

    # inside

    def _ready(self) -> Song | None:
        """The song on screen, if nothing else is being written and its mask is not changing."""
        song = self._session.current
        if self._handle is not None or song is None or not self._desk.can_edit:
            return None
        return None if song.edits_pending else song

    def _ask(self, song: Song, title: str, suffix: str, kinds: str) -> Path | None:
        folder = settings.get(settings.MASK_FOLDER) or settings.get(settings.EXPORT_FOLDER)
        start = str(Path(folder) / f"{safe_file_name(song.title)}.{suffix}")
        name, kind = QFileDialog.getSaveFileName(self._window, title, start, kinds)
        if not name:
            return None
        path = Path(name)
        if not path.suffix:
            chosen = next((s for s in ("png", "csv") if f"*.{s}" in kind), suffix)
            path = path.with_name(f"{path.name}.{chosen}")
        settings.set(settings.MASK_FOLDER, str(path.parent))
        return path

    def _begin(self, task: TaskFunction, said: str, **fields: object) -> None:
        self._said = said, fields
        self._handle = self._session.pool.submit(task, stage="Exporting", priority=PRIORITY)
        self._handle.progressed.connect(self._on_progressed)
        self._handle.finished.connect(self._on_finished)
        self._handle.failed.connect(self._on_failed)
        self._handle.cancelled.connect(self._on_over)

    @Slot(float, str)
    def _on_progressed(self, fraction: float, _stage: str) -> None:
        self.progressed.emit(fraction)

    @Slot(object)
    def _on_finished(self, found: object) -> None:
        self._on_over()
        edited = self._desk.song
        if isinstance(found, Patch):
            if edited is None or edited.network_mask is not self._like:
                return  # another song has come on screen
            try:
                self._lay(found)
            except UsageError as error:
                self.failed.emit(error)
                return
        self.said.emit(*self._said)

    def _lay(self, patch: Patch) -> None:
        state = self._desk.state
        edit_id = 1 + max((edit.edit_id for edit in state.edits), default=0)
        edit = Edit(EVERYTHING, Action.PASTE, name=LOADED, edit_id=edit_id, patch=patch)
        self._desk.push(LOADED, replace(state, edits=(*state.edits, edit)))
        self._desk.seal()

    @Slot(object)
    def _on_failed(self, failure: object) -> None:
        self._on_over()
        self.failed.emit(failure)

    @Slot()
    def _on_over(self) -> None:
        self._handle = None
        self.progressed.emit(1.0)


def _facts(song: Song) -> MaskFacts:
    """What goes with a mask into a file; reads the model's card."""
    from importlib.metadata import PackageNotFoundError, version

    from core.mask_files import MaskFacts
    from core.models import find_model

    assert song.result is not None
    model_id = song.result.model_id
    try:
        card = find_model(model_id).card
        title, sha256 = card.title, card.sha256
    except ModelError:  # it is not there any more
        title, sha256 = model_id, ""
    try:
        program = version("stemscope")
    except PackageNotFoundError:
        program = ""
    return MaskFacts(model_id, title, sha256, song.title, program, song.result.sources)
