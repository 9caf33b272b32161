"""The window: puts the parts together and passes on what they tell each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMainWindow, QVBoxLayout, QWidget

from app import commands, settings, theme, window_memory
from app.actions import Actions
from app.audio.player import Player
from app.availability import enable
from app.cache import ResultCache
from app.comparison.bench import ComparisonBench
from app.dialogs import Dialogs
from app.drops import local_paths
from app.editing.workbench import MaskWorkbench
from app.i18n import tr
from app.keys import KeyFilter
from app.outcomes import Failure
from app.pages import Pages
from app.panels.drop_overlay import DropOverlay
from app.panels.error_bar import ErrorBar
from app.panels.queue_drawer import QueueDrawer
from app.panels.status_line import StatusLine
from app.playback import Playback
from app.progress_display import ProgressDisplay
from app.project_window import ProjectWindow
from app.session import Session
from app.song import Song, SongState
from app.song_display import SongDisplay
from app.song_tempos import SongTempos
from app.stem_files import StemFiles
from app.window_choices import WindowChoices
from core.audio import AUDIO_SUFFIXES
from core.errors import StemscopeError
from core.project import SUFFIX


class MainWindow(QMainWindow):
    """One window with a rail of pages; everything in it talks through ``session`` and ``player``.

    The window owns neither's threads alone: closing it shuts both down.
    """

    def __init__(
        self,
        session: Session,
        player: Player,
        *,
        cache: ResultCache | None = None,
        demo: Path | None = None,
        log_file: Path | None = None,
    ) -> None:
        super().__init__()
        self.session, self.player, self.demo = session, player, demo
        self.setWindowTitle("Stemscope")
        self.setWindowIcon(theme.app_icon())
        self.setAcceptDrops(True)
        self.setMinimumSize(1040, 640)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.actions_ = Actions(self)
        self._make_layout(str(log_file or ""))
        page = self.page
        self.playback = Playback(session, player, page.view, page.transport, page.mixer, self)
        self.tempos = SongTempos(session, player, page.tempo, self)
        self.display = SongDisplay(session, page.view, page.inspector.view, self)
        self.progress = ProgressDisplay(
            session, page.toolbar.progress, self.queue, self.status, self
        )
        self.workbench = MaskWorkbench(
            session, page.inspector.edit, page.view, self.display, self.playback, self
        )
        page.inspector.view.pitch.toggled.connect(self.workbench.pitch.set_wanted)
        self.workbench.pitch.set_wanted(page.inspector.view.pitch.isChecked())
        self.choices = WindowChoices(session, page.toolbar, self.models, self.status, self)
        self.stem_files = StemFiles(session, page.mixer, self)
        self.projects = ProjectWindow(self)
        self.dialogs = Dialogs(self, session, player, page.mixer, cache, log_file)
        self.keys = KeyFilter(self)
        self.comparison = ComparisonBench(self)
        self._connect()
        commands.connect(self)
        window_memory.restore(self)
        self._on_recent_changed()
        self._on_current_changed()
        self.setFocus()

    def _make_layout(self, log_file: str) -> None:
        self.all_pages = pages = Pages(self.session, self.player, self)
        self.rail, self.pages = pages.rail, pages.stack
        self.page, self.models = pages.separate, pages.models
        self.errors = ErrorBar(log_file)
        self.queue = QueueDrawer()
        self.queue.hide()
        self.status = StatusLine()
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part, share in ((self.errors, 0), (self.pages, 1), (self.queue, 0), (self.status, 0)):
            column.addWidget(part, share)
        centre = QWidget()
        row = QHBoxLayout(centre)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(column, 1)
        self.setCentralWidget(centre)
        self.drop_overlay = DropOverlay(self.pages)

    def _connect(self) -> None:
        toolbar, page = self.page.toolbar, self.page
        toolbar.open_clicked.connect(self.choose_files)
        toolbar.demo_clicked.connect(self.open_demo)
        toolbar.recent_chosen.connect(self.open_recent)
        toolbar.export_clicked.connect(self.dialogs.export)
        page.empty.open_clicked.connect(self.choose_files)
        page.empty.demo_clicked.connect(self.open_demo)
        page.empty.recent_chosen.connect(self.open_recent)
        page.mixer.original_changed.connect(self.actions_["original"].setChecked)
        self.all_pages.failed.connect(self.show_failure)
        self.pages.currentChanged.connect(self._enable)
        self.all_pages.model_made.connect(self.choices.reload)
        self.rail.settings_clicked.connect(self.dialogs.settings)
        self.rail.help_clicked.connect(self.show_shortcuts)
        self.queue.close_clicked.connect(self._on_queue_closed)
        self.queue.remove_clicked.connect(self.remove)
        self.status.queue_toggled.connect(self.queue.setVisible)
        self.session.failed.connect(self.show_failure)
        self.session.current_changed.connect(self._on_current_changed)
        self.session.song_changed.connect(self._on_song_changed)
        self.session.song_added.connect(self._on_song_added)
        self.session.recent_changed.connect(self._on_recent_changed)
        self.playback.failed.connect(self.show_failure)
        self.stem_files.failed.connect(self.show_failure)
        self.page.view.failed.connect(self.show_failure)
        self.workbench.failed.connect(self.show_failure)
        self.workbench.adapting.kept.connect(self.choices.use)
        self.workbench.changed.connect(self._enable)
        self.workbench.desk.worked.connect(self._on_edited)
        self.display.song_shown.connect(self._on_song_shown)
        self.display.channels_known.connect(page.inspector.cursor.set_channels)
        page.failed.retry_clicked.connect(self.retry)
        page.failed.rest_clicked.connect(self.open_rest)
        page.failed.open_clicked.connect(self.choose_files)
        toolbar.progress.retry_clicked.connect(self.retry)
        self.keys.back_pressed.connect(self.playback.back)
        self.keys.forward_pressed.connect(self.playback.forward)
        self.keys.start_pressed.connect(self.playback.to_start)
        self.keys.original_pressed.connect(self.toggle_original)
        self.keys.original_released.connect(self.toggle_original)

    # opening

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open files and folders as if they had been dropped."""
        self.all_pages.choose("separate")
        self.session.open(self.projects.open_paths(paths))

    def choose_files(self) -> None:
        """Ask for songs."""
        suffixes = " ".join(f"*{suffix}" for suffix in (*sorted(AUDIO_SUFFIXES), SUFFIX))
        names, _ = QFileDialog.getOpenFileNames(
            self,
            tr("Open songs"),
            settings.get(settings.OPEN_FOLDER),
            f"{tr('Songs')} ({suffixes});;{tr('All files')} (*)",
        )
        if names:
            settings.set(settings.OPEN_FOLDER, str(Path(names[0]).parent))
            self.open_paths([Path(name) for name in names])

    def open_demo(self) -> None:
        """Open the song that comes along."""
        if self.demo is not None:
            self.open_paths([self.demo])

    def open_recent(self, path: Path) -> None:
        self.open_paths([path])

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.acceptProposedAction()  # also what is no file: the drop says so
        self._show_drag(True)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._show_drag(False)

    def _show_drag(self, over: bool) -> None:  # the empty page shows it itself
        self.page.empty.set_drag_over(over)
        self.drop_overlay.set_shown(over and not self.page.empty.isVisible())

    def dropEvent(self, event: QDropEvent) -> None:
        self._show_drag(False)
        event.acceptProposedAction()
        try:
            paths = local_paths(event.mimeData())
        except StemscopeError as error:
            self.errors.show_error(error)
            return
        settings.set(settings.OPEN_FOLDER, str(paths[0].parent))
        self.open_paths(paths)

    # what happened

    def show_failure(self, failure: object) -> None:
        """Say what went wrong; the program goes on."""
        if isinstance(failure, Failure):
            self.errors.show_error(failure.error, failure.details)
        elif isinstance(failure, BaseException):
            self.errors.show_error(failure)

    def _on_current_changed(self) -> None:
        song = self.session.current
        self._show_page(song)
        if song is not None and self.focusWidget() in (None, self):
            self.page.view.setFocus()
        self.projects.show_title(song)
        self._enable()

    def _on_song_changed(self, song_id: int) -> None:
        song = self.session.current
        if song is not None and song.song_id == song_id:
            self._show_page(song)
            self.projects.show_title(song)
            self._enable()

    def _show_page(self, song: Song | None) -> None:
        ended = song is not None and song.state in (SongState.FAILED, SongState.CANCELLED)
        if song is not None and ended and song.decoded is None:
            self.page.show_failed(song.title, song.error)
        else:
            self.page.show_song(song is not None)

    def _on_song_shown(self) -> None:
        self.playback.forget_loop()
        self.page.inspector.show_reading(None)

    def retry(self) -> None:
        """Try the song on screen again."""
        if self.session.current is not None:
            self.session.retry(self.session.current.song_id)

    def remove(self, song_id: int) -> None:
        """Take a song off the list; of one that was edited only if the user means it."""
        edited = [n for n in self.projects.desk.unsaved() if n == song_id]
        if self.dialogs.may_lose_edits(edited):
            self.session.remove(song_id)

    def open_rest(self) -> None:
        """Take what can be read of the damaged song on screen."""
        if self.session.current is not None:
            self.session.retry(self.session.current.song_id, accept_damaged=True)

    def _enable(self, *_args: object) -> None:
        enable(self)

    def _on_song_added(self, song_id: int) -> None:
        if len(self.session.songs) == 2:
            self.status.queue.setChecked(True)

    def _on_edited(self) -> None:
        self._enable()
        self.stem_files.refresh()

    def _on_recent_changed(self) -> None:
        recent = self.session.recent()
        self.page.empty.set_recent(recent)
        self.page.toolbar.set_recent(recent)
        self.actions_.recent_menu.clear()
        self.actions_.recent_menu.addActions(self.page.toolbar.recent_menu.actions())

    def toggle_original(self) -> None:
        """The untouched song in place of the stems, and back."""
        if not self.all_pages.hear("original") and self.page.mixer.original.isEnabled():
            self.page.mixer.original.toggle()

    def _on_queue_closed(self) -> None:
        self.status.queue.setChecked(False)

    def toggle_sound(self) -> None:
        """Play or pause what the page in front plays."""
        if not self.all_pages.toggle_sound():
            self.playback.toggle()

    def show_shortcuts(self) -> None:
        """The list of keys."""
        self.dialogs.shortcuts(self.actions_.all())

    # coming and going

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.dialogs.may_lose_edits(self.projects.desk.unsaved()):
            event.ignore()
            return
        self.projects.desk.forget()
        window_memory.remember(self)
        parts = (self.workbench.adapting, self.comparison, self.stem_files, self.playback)
        for part in (*parts, self.all_pages, self.session):
            part.shutdown()
        event.accept()

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.key() == Qt.Key.Key_Escape:
            (self.errors.dismiss if self.errors.isVisible() else self.page.view.escape)()
            return
        super().keyPressEvent(event)
