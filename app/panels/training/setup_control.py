"""Joins the form of a new training to the desk that looks through recordings."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app import settings
from app.i18n import tr_error
from app.outcomes import Failure
from app.panels.training.data_card import DataCard
from app.panels.training.examples_card import ExamplesCard
from app.panels.training.recipe_card import RecipeCard
from app.panels.training.setup_view import SetupView
from app.tasks import TaskPool
from app.training.data import DataDesk, DataFound, HeardExample
from app.training.desk import NewRun, TrainingDesk
from app.training.recipes import recipes
from app.training.sound import ClipSound
from core.errors import StemscopeError
from core.training.recipe import Recipe

RECOUNT_MS = 150


class SetupControl(QObject):
    """Owns the form; ``wanted`` carries a training that may begin."""

    wanted = Signal(object)  # NewRun

    def __init__(
        self, desk: TrainingDesk, pool: TaskPool, sound: ClipSound, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self.data = DataDesk(pool, self)
        self.data_card = DataCard()
        self.examples_card = ExamplesCard(sound)
        self.recipe_card = RecipeCard(recipes())
        self.view = SetupView(self.data_card, self.examples_card, self.recipe_card)
        self._folders: list[Path] = []
        self._backing: list[Path] = []
        self._layout: str | None = None
        self._named = False
        self._recount = QTimer(self)
        self._recount.setSingleShot(True)
        self._recount.setInterval(RECOUNT_MS)
        self._recount.timeout.connect(self._on_recount)
        self.data.progressed.connect(self._on_progressed)
        self.data.found.connect(self._on_found)
        self.data.failed.connect(self._on_failed)
        self.data.cancelled.connect(self._on_cancelled)
        self.data.examples_ready.connect(self._on_examples)
        self.data.examples_failed.connect(self._on_examples_failed)
        self.data_card.layout_chosen.connect(self._on_layout_chosen)
        self.data_card.folders.remove_clicked.connect(self.remove)
        self.data_card.cancel_clicked.connect(self.data.cancel)
        self.examples_card.draw_clicked.connect(self._on_draw)
        self.recipe_card.changed.connect(self._on_recipe_changed)
        self.recipe_card.title_wanted.connect(self.suggest_name)
        self.view.name.textEdited.connect(self._on_name_edited)
        self.view.start_clicked.connect(self._on_start)
        self.examples_card.hide()
        self.suggest_name()
        self._enable()

    @property
    def folder(self) -> Path | None:
        """The first folder with voices, if one was chosen."""
        return self._folders[0] if self._folders else None

    def choose(self, folder: Path) -> None:
        """Look through ``folder`` alone."""
        settings.set(settings.TRAINING_FOLDER, str(folder))
        self._folders, self._backing = [folder], []
        self._layout = None
        self.data_card.layouts.set_value("")
        self._on_folders_changed()

    def add(self, folder: Path, is_backing: bool = False) -> None:
        """Look through ``folder`` too; ``is_backing`` says that it holds music without voices."""
        self._folders = [other for other in self._folders if other != folder]
        self._backing = [other for other in self._backing if other != folder]
        (self._backing if is_backing else self._folders).append(folder)
        self._on_folders_changed()

    def remove(self, folder: Path) -> None:
        """Leave ``folder`` out."""
        self._folders = [other for other in self._folders if other != folder]
        self._backing = [other for other in self._backing if other != folder]
        self._on_folders_changed()

    def _on_folders_changed(self) -> None:
        if not self._folders:  # the one with voices was added again as music alone
            self._folders, self._backing = self._backing[-1:], self._backing[:-1]
        self.data_card.set_folders(self._folders, self._backing)
        self.suggest_name()
        self._look()

    def set_devices(self, devices: list[tuple[str, str]]) -> None:
        """Where one can train, as (what the settings call it, its name)."""
        self.view.device.set_choices(devices)

    def _look(self) -> None:
        recipe = self._recipe()
        if not self._folders or recipe is None:
            return
        self.examples_card.set_examples(())
        self.examples_card.hide()
        self.data.look(tuple(self._folders), self._layout, recipe, tuple(self._backing))
        self._on_progressed(0.0, "Looking through the recordings")
        self._enable()

    def _recipe(self) -> Recipe | None:
        try:
            return self.recipe_card.recipe(self.view.name.text().strip() or "training")
        except StemscopeError:
            return None

    # the name

    def suggest_name(self) -> None:
        """A name by recipe and folder that no other training has, until the user writes one."""
        if self._named or self.recipe_card.choice.count() == 0:
            return
        name = self.recipe_card.choice.currentText()
        if self._folders:
            name = f"{name}, {self._folders[0].name}"
        self.view.name.setText(self._desk.free_title(name))
        self.view.name.setCursorPosition(0)  # its beginning is seen where it is cut

    def _on_name_edited(self, text: str) -> None:
        self._named = bool(text.strip())
        self._enable()

    # slots

    def _on_progressed(self, fraction: float, stage: str) -> None:
        look = self.data.looking
        if look:
            self.data_card.show_progress(fraction, stage, self.data.seconds_left)

    def _on_found(self, data: DataFound) -> None:
        self.examples_card.show()
        self._on_recount()

    def _on_failed(self, failure: Failure) -> None:
        self.data_card.show_failure(failure)
        self._enable()

    def _on_cancelled(self) -> None:
        self.data_card.show_failure(None)
        self._enable()

    def _on_layout_chosen(self, layout: str) -> None:
        self._layout = layout or None
        self._look()

    def _on_recipe_changed(self) -> None:
        self._recount.start()
        self._enable()

    def _on_recount(self) -> None:
        data, recipe = self.data.data, self._recipe()
        if data is not None and recipe is not None:
            summary = data.under(recipe)
            self.data_card.show_summary(summary)
            parts = summary.split
            self.view.set_clips([clip.name for clip in (*parts.validation, *parts.training)])
        self._enable()

    def _on_draw(self) -> None:
        recipe = self._recipe()
        if recipe is not None:
            self.examples_card.set_busy()
            self.data.draw(recipe)

    def _on_examples(self, examples: list[HeardExample]) -> None:
        self.examples_card.set_examples(examples)

    def _on_examples_failed(self, failure: Failure) -> None:
        self.examples_card.set_problem(tr_error(failure.error))

    def _on_start(self) -> None:
        data, recipe = self.data.data, self._recipe()
        if data is None or recipe is None or self._reason():
            return
        new = NewRun(
            data.dataset.folders,
            data.dataset.layout,
            recipe,
            self.view.device.value() or "cpu",
            self.view.pinned.value() or None,
            data.dataset.backing_folders,
        )
        self._named = False
        self.wanted.emit(new)
        self.suggest_name()

    def _reason(self) -> str:
        if not self._folders:
            return "folder"
        if self.data.looking:
            return "looking"
        if self.data.data is None:
            return "data"
        if not self.recipe_card.complete() or self._recipe() is None:
            return "values"
        return "" if self.view.name.text().strip() else "title"

    def _enable(self) -> None:
        self.view.set_ready(self._reason())
        self.examples_card.draw.setEnabled(not self.data.drawing and self._recipe() is not None)

    def shutdown(self) -> None:
        self._recount.stop()
        self.data.drop()
