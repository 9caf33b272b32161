"""The training page: the list of runs, a new one, the one that is shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMessageBox, QStackedWidget, QWidget

from app import settings
from app.audio.player import Player
from app.i18n import tr
from app.panels.controls import scrolling
from app.panels.training.empty import NoRun, TrainEmpty
from app.panels.training.replay_view import ReplayView
from app.panels.training.run_view import RunView
from app.panels.training.runs_list import RunsList
from app.panels.training.setup_control import SetupControl
from app.training.desk import NewRun, TrainingDesk
from app.training.replay_desk import ReplayDesk
from app.training.runs import Run, RunState
from app.training.sound import ClipSound

if TYPE_CHECKING:
    from app.separation_job import DevicesFound
    from app.session import Session


class TrainPage(QWidget):
    """``TrainPage(session, player)``, both of the window.

    Connect ``failed`` to what shows failures and ``model_made`` to what lists models, and call
    ``shutdown`` before the session's.
    """

    failed = Signal(object)  # Failure or StemscopeError
    model_made = Signal(str)  # model id: it is installed now

    def __init__(self, session: Session, player: Player, runs_folder: Path | None = None) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)
        self._session = session
        self.desk = TrainingDesk(session.jobs, session.pool, runs_folder, self)
        self.sound = ClipSound(player, self)
        self.replay_desk = ReplayDesk(session.pool, self)
        self.setup = SetupControl(self.desk, session.pool, self.sound, self)
        self.list = RunsList()
        self.empty = TrainEmpty()
        self.replay = ReplayView(self.replay_desk, self.sound)
        self.run_view = RunView(self.replay)
        self._run_area = scrolling(self.run_view)
        self._no_run = NoRun()
        self.stack = QStackedWidget()
        for part in (self.empty, self.setup.view, self._run_area, self._no_run):
            self.stack.addWidget(part)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.list)
        row.addWidget(self.stack, 1)
        self.current: str | None = None
        self._compared: list[str] = []  # in the order they were ticked
        self._colours: dict[str, int] = {}
        self._connect()
        self.list.set_runs(())
        self.desk.load()

    def _connect(self) -> None:
        desk, header = self.desk, self.run_view.header
        desk.loaded.connect(self._on_loaded)
        desk.run_added.connect(self._on_run_added)
        desk.run_removed.connect(self._on_run_removed)
        desk.run_changed.connect(self._on_run_changed)
        desk.history_changed.connect(self._on_history_changed)
        desk.replay_grew.connect(self._on_replay_grew)
        desk.model_made.connect(self._on_model_made)
        desk.failed.connect(self.failed)
        self.replay_desk.failed.connect(self.failed)
        self.sound.failed.connect(self.failed)
        self.empty.folder_clicked.connect(self.choose_folder)
        self.setup.data_card.folder_clicked.connect(self.choose_folder)
        self.setup.data_card.folders.add_clicked.connect(self._on_add_clicked)
        self.setup.data_card.folders.add_backing_clicked.connect(self._on_add_backing_clicked)
        self.setup.wanted.connect(self._on_wanted)
        self.list.new_clicked.connect(self.show_setup)
        self.list.chosen.connect(self.show_run)
        self.list.compared.connect(self._on_compared)
        self.list.delete_pressed.connect(self.delete)
        header.pause_clicked.connect(self._on_pause)
        header.go_on_clicked.connect(self._on_go_on)
        header.stop_clicked.connect(self._on_stop)
        header.use_clicked.connect(self._on_use)
        header.folder_clicked.connect(self._on_folder)
        header.delete_clicked.connect(self._on_delete)
        self._session.devices_found.connect(self._on_devices_found)
        self._session.model_changed.connect(self._show_header)

    @property
    def run(self) -> Run | None:
        """The run that is shown."""
        return None if self.current is None else self.desk.run(self.current)

    # what is on the page

    def show_setup(self) -> None:
        """The form of a new training, or the invitation while there is no folder."""
        self.current = None
        self.list.set_current(None)
        self.replay.show_run(None)
        chosen = self.setup.folder is not None
        self.stack.setCurrentWidget(self.setup.view if chosen else self.empty)

    def show_run(self, key: str) -> None:
        """One run, its curves beside those that are ticked."""
        run = self.desk.run(key)
        if run is None:
            return
        self.current = key
        self.list.set_current(key)
        self.stack.setCurrentWidget(self._run_area)
        self.run_view.show_run(run)
        self._show_header()
        self._show_curves()

    def _show_header(self) -> None:
        run = self.run
        if run is not None:
            used = bool(run.model_id) and run.model_id == self._session.model_id
            ahead = self.desk.ahead_of(run.key)
            self.run_view.header.show_run(run, used, ahead.title if ahead is not None else "")

    def _show_curves(self) -> None:
        """The ticked runs and the one on the page, each in its own colour."""
        keys = [key for key in self._compared if key in self.desk.runs and key != self.current]
        if self.current is not None:
            keys.append(self.current)
        for key in keys:
            if key not in self._colours:
                taken = set(self._colours.values())
                self._colours[key] = next(n for n in range(len(taken) + 1) if n not in taken)
        shown = [(self.desk.runs[key], self._colours[key]) for key in keys]
        self.run_view.set_compared(shown)
        self.list.set_colours({key: self._colours[key] for key in keys})

    def choose_folder(self) -> None:
        """Ask for a folder of recordings."""
        folder = self._asked_for(tr("Choose a folder of recordings"))
        if folder is not None:
            self.open_folder(folder)

    def _asked_for(self, title: str) -> Path | None:
        folder = QFileDialog.getExistingDirectory(
            self, title, settings.get(settings.TRAINING_FOLDER)
        )
        return Path(folder) if folder else None

    def _on_add_clicked(self) -> None:
        folder = self._asked_for(tr("Choose another folder of recordings"))
        if folder is not None:
            self.setup.add(folder)

    def _on_add_backing_clicked(self) -> None:
        folder = self._asked_for(tr("Choose a folder of music without voices"))
        if folder is not None:
            self.setup.add(folder, is_backing=True)

    def open_folder(self, folder: Path) -> None:
        """Look through ``folder`` for a new training."""
        self.setup.choose(folder)
        self.show_setup()

    def toggle_sound(self) -> bool:
        """Play or pause what can be heard on this page; False if nothing can."""
        if self.sound.owner is not None:
            self.sound.toggle()
            return True
        return False

    def delete(self, key: str) -> None:
        """Ask, then remove a run."""
        run = self.desk.run(key)
        if run is None or run.state.is_busy:
            return
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(tr("Delete training"))
        box.setText(tr("Delete the training “{title}”?", title=run.title))
        box.setInformativeText(
            tr("Its curves, its replay and its state are removed. A model made of it stays.")
        )
        delete = box.addButton(tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.exec()
        if box.clickedButton() is delete:
            self.desk.delete(key)

    # slots

    def _on_loaded(self) -> None:
        self.list.set_runs(self.desk.runs.values())
        if self.current is None and self.setup.folder is None:
            first = next(iter(self.desk.runs), None)
            if first is not None:
                self.show_run(first)
            else:
                self.show_setup()
        elif self.current is not None:
            self._show_header()
            self._show_curves()
        self.setup.suggest_name()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.desk.is_loaded:
            self.desk.load()  # what other programs trained meanwhile

    def _on_wanted(self, new: NewRun) -> None:
        self.show_run(self.desk.start(new).key)

    def _on_run_added(self, key: str) -> None:
        self.list.set_runs(self.desk.runs.values())
        self.list.set_current(self.current)

    def _on_run_removed(self, key: str) -> None:
        self.list.set_runs(self.desk.runs.values())
        self._compared = [other for other in self._compared if other != key]
        self._colours.pop(key, None)
        if self.current == key:
            self.current = None
            self.replay.show_run(None)
            if self.desk.runs:
                self.stack.setCurrentWidget(self._no_run)
            else:
                self.show_setup()
        self._show_curves()

    def _on_run_changed(self, key: str) -> None:
        run = self.desk.run(key)
        if run is None:
            return
        self.list.show_run(run)
        shown = self.run
        if key == self.current or (shown is not None and shown.state is RunState.WAITING):
            self._show_header()

    def _on_history_changed(self, key: str) -> None:
        if key == self.current or key in self._compared:
            self._show_curves()
        if key == self.current:
            self.replay.refresh()

    def _on_replay_grew(self, key: str) -> None:
        if key == self.current:
            self.replay.refresh()

    def _on_compared(self, key: str, on: bool) -> None:
        self._compared = [other for other in self._compared if other != key]
        if on:
            self._compared.append(key)
        if self.current is None:
            self.show_run(key)
        self._show_curves()

    def _on_model_made(self, entry: object, key: str) -> None:
        self.model_made.emit(entry.model_id)  # type: ignore[attr-defined]

    def _on_pause(self) -> None:
        if self.current is not None:
            self.desk.pause(self.current)

    def _on_go_on(self) -> None:
        if self.current is not None:
            self.desk.go_on(self.current)

    def _on_stop(self) -> None:
        if self.current is not None:
            self.desk.stop(self.current)

    def _on_use(self) -> None:
        run = self.run
        if run is not None and run.model_id:
            self._session.set_model(run.model_id)
        elif run is not None:
            self.desk.install(run.key)

    def _on_folder(self) -> None:
        run = self.run
        if run is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(run.path)))

    def _on_delete(self) -> None:
        if self.current is not None:
            self.delete(self.current)

    def _on_devices_found(self, found: DevicesFound) -> None:
        devices = [(device.id, device.name) for device in found.devices]
        self.setup.set_devices(devices)
        self.run_view.header.set_devices(dict(devices))

    # dropping a folder of recordings; everything else is for the window

    def _dragged_folder(self, event: QDropEvent) -> Path | None:
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile():
            path = Path(urls[0].toLocalFile())
            return path if path.is_dir() else None
        return None

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._dragged_folder(event) is None:
            event.ignore()
            return
        self.empty.set_drag_over(True)
        event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.empty.set_drag_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.empty.set_drag_over(False)
        folder = self._dragged_folder(event)
        if folder is not None:
            event.acceptProposedAction()
            self.open_folder(folder)

    def shutdown(self) -> None:
        """Silence; what trains is saved by the session's shutdown."""
        self.setup.shutdown()
        self.sound.shutdown()
