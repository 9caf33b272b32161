"""Projects in the window: its commands, questions and title, and what is offered after a crash."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QMessageBox

from app import settings
from app.editing.page_state import (
    mixer_state,
    set_mixer,
    show_view,
    tempo_of,
    tempo_state,
    view_state,
)
from app.editing.projects import Opened, ProjectDesk
from app.editing.recovery import AutosaveFolder
from app.editing.saving import PageState
from app.i18n import mark, tr
from app.song import Song
from core.audio.file_names import safe_file_name
from core.project import SUFFIX, Project

LEFT_ONE = mark("Stemscope did not end by itself the last time. The edits of “{name}” were kept.")
LEFT_MANY = mark("Stemscope did not end by itself the last time. The edits of {n} songs were kept.")

if TYPE_CHECKING:
    from app.actions import Handler
    from app.main_window import MainWindow


class ProjectWindow(QObject):
    """Joins a ``ProjectDesk`` to the window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        workbench = window.workbench
        root = platformdirs.user_data_path("stemscope", appauthor=False) / "autosave"
        self.desk = ProjectDesk(
            window.session, workbench.desk, self._page_state, AutosaveFolder(root), self
        )
        self.desk.failed.connect(window.show_failure)
        self.desk.said.connect(self._on_said)
        self.desk.saved.connect(self.refresh)
        self.desk.source_wanted.connect(self._on_source_wanted)
        workbench.desk.changed.connect(self.refresh)
        workbench.desk.project_taken.connect(self._on_taken)
        window.session.current_changed.connect(self.refresh)
        self._box: QMessageBox | None = None

    # commands

    def handlers(self) -> dict[str, Handler]:
        return {"save": self.save, "save_as": self.save_as, "save_packed": self.save_packed}

    def save(self) -> None:
        """Where the song was saved before, or ask."""
        song = self._window.session.current
        path = None if song is None else self.desk.path_of(song)
        if path is None:
            self.save_as()
        else:
            self.desk.save(path)

    def save_as(self) -> None:
        path = self._ask()
        if path is not None:
            self.desk.save(path)

    def save_packed(self) -> None:
        """With the song's file in it, for another computer."""
        path = self._ask()
        if path is not None:
            self.desk.save(path, pack=True)

    def open_paths(self, paths: Sequence[Path]) -> list[Path]:
        """Open the projects among ``paths``; the others are given back."""
        projects = [path for path in paths if path.suffix.lower() == SUFFIX]
        for path in projects:
            self.desk.open(path.absolute())
        return [path for path in paths if path not in projects]

    def offer_recovery(self) -> None:
        """Ask what is to become of work that a crash has left behind, if there is any."""
        found = self.desk.autosaves.left_behind()
        if not found:
            return
        names = [each.header.source.name for each in found if each.header is not None]
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(tr(LEFT_ONE if len(names) == 1 else LEFT_MANY, name=names[0], n=len(names)))
        restore = box.addButton(tr("Restore"), QMessageBox.ButtonRole.AcceptRole)
        later = box.addButton(tr("Later"), QMessageBox.ButtonRole.RejectRole)
        throw_away = box.addButton(tr("Throw away"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(restore)
        box.setEscapeButton(later)
        paths = [each.path for each in found]
        restore.clicked.connect(partial(self._on_restore, paths))
        throw_away.clicked.connect(self.desk.autosaves.discard_all)
        box.finished.connect(box.deleteLater)
        self._box = box
        box.open()

    def _on_restore(self, paths: list[Path], *_: object) -> None:
        for path in paths:
            self.desk.open(path, is_autosave=True)

    # what the window shows

    def refresh(self, *_: object) -> None:
        """Mark the title while there is something to save."""
        song = self._window.session.current
        unsaved = song is not None and song.song_id in self.desk.unsaved()
        self._window.setWindowModified(unsaved)

    def show_title(self, song: Song | None) -> None:
        """The name of the song on screen."""
        title = "Stemscope"
        if song is not None:  # Qt puts a mark of changes in place of [*]
            title = song.caption.replace("[*]", "[*][*]") + "[*] – Stemscope"
        if title != self._window.windowTitle():
            self._window.setWindowTitle(title)

    def _page_state(self) -> PageState:
        page, playback = self._window.page, self._window.playback
        return PageState(
            view_state(page.view, page.inspector.view),
            {**mixer_state(page.mixer), **tempo_state(page.tempo.tempo)},
            page.view.loop,
            playback.position_s,
        )

    def _on_taken(self, project: Project) -> None:
        page, playback = self._window.page, self._window.playback
        show_view(dict(project.view), page.view, page.inspector.view)
        set_mixer(dict(project.mixer), page.mixer)
        page.tempo.set_tempo(tempo_of(dict(project.mixer)))
        if project.loop_s is not None:
            playback.loop(project.loop_s)
        playback.seek_s(project.position_s)
        self.refresh()

    def _on_said(self, text: str, fields: dict[str, Any]) -> None:
        self._window.workbench.panel.say(text, **fields)
        self._window.status.say(text, **fields)

    def _on_source_wanted(self, opened: Opened) -> None:
        """The song is not where it was: ask for it."""
        source = opened.project.source
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(tr("The song “{name}” of this project is not where it was.", name=source.name))
        box.setInformativeText(source.path)
        choose = box.addButton(tr("Choose it…"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        choose.clicked.connect(partial(self._on_choose, opened))
        box.finished.connect(box.deleteLater)
        self._box = box
        box.open()

    def _on_choose(self, opened: Opened, *_: object) -> None:
        name, _kind = QFileDialog.getOpenFileName(
            self._window,
            tr("Choose “{name}”", name=opened.project.source.name),
            settings.get(settings.OPEN_FOLDER),
        )
        if name:
            self.desk.open_with(opened, Path(name))

    def _ask(self) -> Path | None:
        song = self._window.session.current
        if song is None or not self._window.workbench.desk.can_edit:
            return None
        known = self.desk.path_of(song)
        folder = settings.get(settings.PROJECT_FOLDER) or str(song.path.parent)
        start = known or Path(folder) / f"{safe_file_name(song.title)}{SUFFIX}"
        name, _kind = QFileDialog.getSaveFileName(
            self._window, tr("Save the project"), str(start), f"{tr('Projects')} (*{SUFFIX})"
        )
        if not name:
            return None
        path = Path(name) if name.lower().endswith(SUFFIX) else Path(name + SUFFIX)
        settings.set(settings.PROJECT_FOLDER, str(path.parent))
        return path
