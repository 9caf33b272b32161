"""The page that measures models: references at the left, figures at the right, clips to hear."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QStackedWidget, QWidget

from app import settings
from app.audio.player import Player
from app.drops import local_paths
from app.evaluation.desk import EvaluationDesk
from app.evaluation.plan import Contestant, OpenedClip
from app.i18n import mark, tr
from app.jobs import JobProgress
from app.panels.controls import scrolling
from app.panels.evaluation.clip_playback import ClipPlayback
from app.panels.evaluation.clip_view import ClipView
from app.panels.evaluation.invitation import Invitation
from app.panels.evaluation.results import Results
from app.panels.evaluation.setup_panel import WIDTH, SetupPanel
from app.training.sound import SidePlayer
from core.errors import StemscopeError
from core.models import ModelEntry, find_model
from core.scores import csv_text
from core.whole_file import whole_file


class EvaluatePage(QWidget):
    """``EvaluatePage(evaluation_desk(session), player)``, both of the window.

    Connect ``failed`` to what shows failures, and call ``shutdown`` before the session's. Clips are
    heard through ``clip_player``, by default one beside the window's ``player``, which pauses then.
    """

    failed = Signal(object)  # Failure or StemscopeError

    def __init__(
        self, desk: EvaluationDesk, player: Player, clip_player: Player | None = None
    ) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)
        self.desk = desk
        self.setup = SetupPanel()
        self.invitation = Invitation()
        self.results = Results(desk.board)
        self.clip = ClipView()
        self.playback = ClipPlayback(self.clip, clip_player or SidePlayer(player, self))
        self._clip_place: int | None = None
        self._contestant: Contestant | None = None
        self._restored = False
        self.right = QStackedWidget()
        self.right.addWidget(self.invitation)
        self.right.addWidget(self.results)
        line = QFrame()
        line.setProperty("rule", True)
        line.setFixedWidth(1)
        line.setStyleSheet("max-height: 16777215px;")
        area = scrolling(self.setup)
        area.setFixedWidth(WIDTH)
        overview = QWidget()
        row = QHBoxLayout(overview)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(area)
        row.addWidget(line)
        row.addWidget(self.right, 1)
        self.stack = QStackedWidget()
        self.stack.addWidget(overview)
        self.stack.addWidget(self.clip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.stack)
        self._connect()
        self._on_state_changed()

    def _connect(self) -> None:
        desk, setup, results = self.desk, self.setup, self.results
        setup.folder_clicked.connect(self.choose_references)
        self.invitation.folder_clicked.connect(self.choose_references)
        setup.layout_chosen.connect(self._on_layout_chosen)
        setup.model_chosen.connect(self.add_model)
        setup.model_folder_clicked.connect(self.choose_model_folder)
        setup.estimates_clicked.connect(self.choose_estimates)
        setup.remove_clicked.connect(desk.remove)
        setup.start_clicked.connect(self.start)
        setup.cancel_clicked.connect(desk.cancel)
        results.clip_chosen.connect(self.open_clip)
        results.export_clicked.connect(self.choose_csv)
        results.clear_clicked.connect(desk.clear)
        results.undo_clicked.connect(desk.undo_clear)
        desk.dataset_changed.connect(self._on_dataset_changed)
        desk.contestants_changed.connect(self._on_contestants_changed)
        desk.scores_changed.connect(self._on_scores_changed)
        desk.means_changed.connect(self._on_means_changed)
        desk.state_changed.connect(self._on_state_changed)
        desk.progressed.connect(self._on_progressed)
        desk.waiting_changed.connect(self._on_waiting_changed)
        desk.clip_progressed.connect(self._on_clip_progressed)
        desk.clip_opened.connect(self._on_clip_opened)
        desk.clip_failed.connect(self.close_clip)
        desk.failed.connect(self.failed)
        self.playback.failed.connect(self.failed)
        self.clip.view.failed.connect(self.failed)
        self.clip.back_clicked.connect(self.close_clip)
        self.clip.contestant_chosen.connect(self._on_contestant_chosen)

    def showEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().showEvent(event)
        if not self._restored:  # looking through folders waits until the page is looked at
            self._restored = True
            self._restore()

    def hideEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().hideEvent(event)
        self.playback.pause()

    def toggle_sound(self) -> bool:
        """Play or pause the clip on screen; False where there is none."""
        if self.stack.currentWidget() is not self.clip:
            return False
        self.playback.toggle()
        return True

    def shutdown(self) -> None:
        """Stop what plays and what is drawn in the background."""
        self.playback.shutdown()
        self.clip.view.shutdown()

    # -- what is measured

    def choose_references(self) -> None:
        """Ask for the folder of references."""
        folder = self._ask_folder(tr("Folder of references"), settings.EVALUATION_DATA)
        if folder is not None:
            self.set_references(folder)

    def set_references(self, folder: Path, layout: str | None = None) -> None:
        """Measure against what is in ``folder``."""
        settings.set(settings.EVALUATION_DATA, str(folder))
        settings.set(settings.EVALUATION_LAYOUT, layout or "")
        self.desk.set_references(folder, layout)

    def _on_layout_chosen(self, layout: str | None) -> None:
        if self.desk.folder is not None and layout != self.desk.layout:
            self.set_references(self.desk.folder, layout)

    def add_model(self, entry: ModelEntry) -> None:
        """Compare one more model."""
        self.desk.add(Contestant.of_model(entry))

    def start(self) -> None:
        """Measure what has not been measured yet."""
        self.setup.show_progress(mark("Waiting"), 0.0, None)
        self.desk.start()

    def choose_model_folder(self) -> None:
        """Ask for the folder of a model."""
        folder = self._ask_folder(tr("Folder of a model"), settings.EVALUATION_MODELS)
        if folder is None:
            return
        settings.set(settings.EVALUATION_MODELS, str(folder.parent))
        try:
            self.add_model(find_model(str(folder)))
        except StemscopeError as error:
            self.failed.emit(error)

    def choose_estimates(self) -> None:
        """Ask for a folder of finished stems."""
        folder = self._ask_folder(tr("Folder of finished stems"), settings.EVALUATION_ESTIMATES)
        if folder is not None:
            settings.set(settings.EVALUATION_ESTIMATES, str(folder.parent))
            self.desk.add(Contestant.of_estimates(folder))

    def _ask_folder(self, title: str, setting: settings.Setting[str]) -> Path | None:
        name = QFileDialog.getExistingDirectory(self, title, settings.get(setting))
        return Path(name) if name else None

    def _restore(self) -> None:
        """What was measured last, as far as it is still there."""
        folder = settings.get(settings.EVALUATION_DATA)
        if folder and self.desk.folder is None:
            self.desk.set_references(Path(folder), settings.get(settings.EVALUATION_LAYOUT) or None)
        if self.desk.board.contestants:
            return
        for word in settings.get(settings.EVALUATION_COMPARED):
            kind, _, name = word.partition(":")
            if kind == "estimates":
                self.desk.add(Contestant.of_estimates(Path(name)))
                continue
            try:
                self.add_model(find_model(name))
            except StemscopeError:
                continue  # it is gone

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        folders = [Path(url.toLocalFile()) for url in event.mimeData().urls()]
        if len(folders) == 1 and folders[0].is_dir():
            event.acceptProposedAction()
            self.invitation.set_drag_over(True)
        else:
            event.ignore()  # songs are for the window

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.invitation.set_drag_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.invitation.set_drag_over(False)
        event.acceptProposedAction()
        self.set_references(local_paths(event.mimeData())[0])

    # -- the table as a file

    def choose_csv(self) -> None:
        """Ask for a name and save all figures."""
        folder = settings.get(settings.EVALUATION_EXPORT)
        start = str(Path(folder) / "evaluation.csv")
        name, _ = QFileDialog.getSaveFileName(self, tr("Save figures"), start, "CSV (*.csv)")
        if name:
            path = Path(name)
            self.save_csv(path if path.suffix else path.with_suffix(".csv"))

    def save_csv(self, path: Path) -> None:
        """Write all figures of everything that is compared; the folder is remembered."""
        board = self.desk.board
        text = csv_text({who.title: board.scores(who.key) for who in board.contestants})
        try:
            with whole_file(path) as temporary:
                temporary.write_text(text, encoding="utf-8")
        except StemscopeError as error:
            self.failed.emit(error)
            return
        settings.set(settings.EVALUATION_EXPORT, str(path.parent))

    # -- one clip

    def open_clip(self, place: int) -> None:
        """Show and hear a clip: the estimate seen last, or else the first."""
        self._clip_place = place
        compared = self.desk.board.contestants
        if self._contestant not in compared:
            self._contestant = compared[0] if compared else None
        self._open()
        self.stack.setCurrentWidget(self.clip)
        self.clip.view.setFocus()

    def close_clip(self) -> None:
        """Back to the table."""
        self.desk.close_clip()
        self.playback.forget()
        self.clip.view.set_song(None)
        self._clip_place = None
        self.stack.setCurrentIndex(0)
        self.results.table.setFocus()

    def _open(self) -> None:
        dataset = self.desk.board.dataset
        if dataset is None or self._clip_place is None:
            return
        clip = dataset.clips[self._clip_place]
        self.clip.show_waiting(clip.name, self.desk.board.contestants, self._contestant)
        if self.playback.length_s == 0:
            self.clip.show_axes(clip.duration_s, clip.sample_rate)
        self.desk.open_clip(clip, self._contestant)

    def _on_contestant_chosen(self, contestant: Contestant) -> None:
        self._contestant = contestant
        self._open()

    def _on_clip_progressed(self, progress: JobProgress) -> None:
        self.clip.show_progress(progress.stage, progress.fraction, progress.seconds_left)

    def _on_clip_opened(self, opened: OpenedClip) -> None:
        who = opened.plan.contestant
        score = None if who is None else self.desk.board.score(who.key, opened.plan.clip.name)
        self.playback.set_clip(self.clip.show_clip(opened, score))

    # -- what the desk tells

    def _on_dataset_changed(self) -> None:
        desk = self.desk
        if self._clip_place is not None:
            self.close_clip()
        self.setup.show_references(
            desk.folder, desk.layout, desk.looking, desk.board.dataset, desk.problem
        )
        self.results.rebuild()
        self._on_state_changed()

    def _on_contestants_changed(self) -> None:
        compared = self.desk.board.contestants
        self.setup.show_contestants(compared)
        self.results.rebuild()
        words = [f"{'model' if who.is_model else 'estimates'}:{who.folder}" for who in compared]
        settings.set(settings.EVALUATION_COMPARED, words)
        self._on_state_changed()

    def _on_scores_changed(self, names: set[str] | None) -> None:
        self.results.refresh(names)
        self.results.set_available(self.desk.board.has_scores)

    def _on_means_changed(self) -> None:
        self.results.show_means(self.desk.means)

    def _on_state_changed(self) -> None:
        desk, board = self.desk, self.desk.board
        anybody, references = bool(board.contestants), board.dataset is not None
        self.setup.show_state(desk.running, desk.n_to_do, references, anybody)
        self.results.set_available(board.has_scores)
        self.results.show_undo(desk.can_undo_clear)
        self.invitation.show_step(references, anybody)
        shown = references and anybody
        self.right.setCurrentWidget(self.results if shown else self.invitation)

    def _on_progressed(self, progress: JobProgress) -> None:
        self.setup.show_progress(progress.stage, progress.fraction, progress.seconds_left)

    def _on_waiting_changed(self, waiting: bool) -> None:
        """Something more urgent runs, or no longer does."""
        if waiting:
            self.setup.show_progress(mark("Waiting"), None, None)
