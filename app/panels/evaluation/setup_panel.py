"""The left side: which references, what is compared, and the button that starts it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.evaluation.plan import Contestant
from app.formats import clock
from app.i18n import bind, language_changed, mark, tip, tr, tr_error
from app.outcomes import Failure
from app.panels.controls import ElidedLabel, icon_button, label, rule, text_button
from app.panels.evaluation.colours import Swatch
from app.panels.progress_block import ProgressBlock
from core.datasets import LAYOUTS, Dataset
from core.models import list_models

WIDTH = 288
N_NAMED = 12  # files that cannot be used, in the tooltip
LAYOUT_TITLES = {
    "mir1k": mark("MIR-1K"),
    "musdb18": mark("MUSDB18"),
    "pairs": mark("Voice and accompaniment"),
}
LAYOUT_TEXTS = {
    "mir1k": mark("A stereo file per clip: music left, voice right"),
    "musdb18": mark("A folder of stems per song, or .stem.mp4 files"),
    "pairs": mark("A folder per song with vocals and accompaniment"),
}


class SetupPanel(QWidget):
    """Says what the user chose; the page does it."""

    folder_clicked = Signal()
    layout_chosen = Signal(object)  # a layout, or None to have it guessed
    model_chosen = Signal(object)  # ModelEntry
    model_folder_clicked = Signal()
    estimates_clicked = Signal()
    remove_clicked = Signal(str)  # key of a contestant
    start_clicked = Signal()
    cancel_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH)
        self.folder = text_button(
            "folder",
            "Choose references…",
            "Folder of songs whose voice and accompaniment are known",
        )
        self.path = ElidedLabel()
        self.path.mode = Qt.TextElideMode.ElideLeft
        self.found = label("", "muted")
        self.left_out = label("", "warning")
        for text in (self.found, self.left_out):
            text.setWordWrap(True)
        self.layouts = QComboBox()
        self.layouts.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tip(self.layouts, "How voice and accompaniment lie in the folder")
        self.layouts.activated.connect(self._on_layout_activated)
        self.add_model = text_button("models", "Add a model", "Measure one more model")
        self.models_menu = QMenu(self.add_model)
        self.models_menu.aboutToShow.connect(self._fill_models)
        self.add_model.setMenu(self.models_menu)
        self.add_estimates = text_button(
            "folder", "Add estimates…", "Measure finished stems that lie in a folder"
        )
        self.rows = QVBoxLayout()
        self.rows.setSpacing(4)
        self.nobody = label("Add one or more models, or folders of finished stems.", "muted")
        self.nobody.setWordWrap(True)
        self.progress = ProgressBlock()
        self.progress.setMaximumWidth(WIDTH)
        self.progress.retry.hide()
        self.start = QPushButton()
        self.start.setProperty("primary", True)
        self.start.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bind(self.start.setText, "Evaluate")
        tip(self.start, "Measure every clip that has not been measured yet")
        self.start.setMinimumHeight(36)
        self.folder.clicked.connect(self.folder_clicked)
        self.add_estimates.clicked.connect(self.estimates_clicked)
        self.start.clicked.connect(self.start_clicked)
        self.progress.cancel_clicked.connect(self.cancel_clicked)
        for button in (self.folder, self.add_model, self.add_estimates, self.start):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 24, 16, 16)
        column.setSpacing(8)
        column.addWidget(label("References", "section"))
        column.addWidget(self.folder)
        column.addWidget(self.path)
        column.addWidget(self.layouts)
        column.addWidget(self.found)
        column.addWidget(self.left_out)
        column.addSpacing(8)
        column.addWidget(rule())
        column.addSpacing(8)
        column.addWidget(label("Compared", "section"))
        column.addLayout(self.rows)
        column.addWidget(self.nobody)
        column.addWidget(self.add_model)
        column.addWidget(self.add_estimates)
        column.addStretch(1)
        column.addWidget(self.progress)
        column.addWidget(self.start)
        self._fraction = 0.0
        self._dataset: Dataset | None = None
        self._state: tuple[Path | None, str | None, bool, Failure | None] = (None,) * 2 + (
            False, None,
        )  # fmt: skip
        language_changed().connect(self._show_references)
        self._show_references()

    # -- references

    def show_references(
        self,
        folder: Path | None,
        layout: str | None,
        looking: bool,
        dataset: Dataset | None,
        problem: Failure | None,
    ) -> None:
        """``layout`` None: it is guessed; ``problem`` says why the folder cannot be used."""
        self._state, self._dataset = (folder, layout, looking, problem), dataset
        self._show_references()

    def _show_references(self) -> None:
        folder, layout, looking, problem = self._state
        dataset = self._dataset
        self.path.setText(str(folder) if folder is not None else "")
        self.path.setVisible(folder is not None)
        guessed = dataset.layout if dataset is not None and layout is None else None
        self.layouts.clear()
        automatic = tr("Layout: automatic")
        if guessed is not None:
            automatic = tr("Layout: automatic ({layout})", layout=tr(LAYOUT_TITLES[guessed]))
        self.layouts.addItem(automatic, None)
        for known in LAYOUTS:
            self.layouts.addItem(tr(LAYOUT_TITLES[known]), known)
            self.layouts.setItemData(
                self.layouts.count() - 1, tr(LAYOUT_TEXTS[known]), Qt.ItemDataRole.ToolTipRole
            )
        self.layouts.setCurrentIndex(0 if layout is None else 1 + LAYOUTS.index(layout))
        self.layouts.setVisible(folder is not None)
        self.found.setText(self._found_text(looking, problem))
        role = "error" if problem is not None else "muted"
        if self.found.property("role") != role:
            self.found.setProperty("role", role)
            self.found.style().unpolish(self.found)
            self.found.style().polish(self.found)
        problems = [p for p in dataset.problems if not p.is_stray] if dataset is not None else []
        self.left_out.setVisible(bool(problems))
        if problems:
            self.left_out.setText(tr("Files that cannot be used: {n}", n=len(problems)))
            named = [tr_error(p.reason) for p in problems[:N_NAMED]]
            more = ["…"] if len(problems) > N_NAMED else []
            self.left_out.setToolTip("\n".join(named + more))

    def _found_text(self, looking: bool, problem: Failure | None) -> str:
        if problem is not None:
            return tr_error(problem.error)
        if looking:
            return tr("Looking through the folder…")
        if self._dataset is None:
            return tr("Songs whose voice and accompaniment are known one by one.")
        clips = self._dataset.clips
        rates = sorted({clip.sample_rate for clip in clips})
        text = tr(
            "{n} clips, {length}, {rate} kHz", n=len(clips),
            length=clock(sum(clip.duration_s for clip in clips), hundredths=False),
            rate=" / ".join(f"{rate / 1000:g}" for rate in rates),
        )  # fmt: skip
        return f"{text}\n{tr(LAYOUT_TEXTS[self._dataset.layout])}"

    def _on_layout_activated(self, index: int) -> None:
        self.layout_chosen.emit(self.layouts.itemData(index))

    # -- what is compared

    def show_contestants(self, contestants: Sequence[Contestant]) -> None:
        while (item := self.rows.takeAt(0)) is not None:
            widget = item.widget()
            widget.hide()
            widget.deleteLater()
        for place, who in enumerate(contestants):
            row = _ContestantRow(place, who)
            row.remove_clicked.connect(self.remove_clicked)
            self.rows.addWidget(row)
        self.nobody.setVisible(not contestants)

    def _fill_models(self) -> None:
        self.models_menu.clear()
        for entry in list_models():
            action = self.models_menu.addAction(entry.card.title)
            action.setToolTip(tr(entry.card.description))
            action.setData(entry)
            action.triggered.connect(self._on_model_triggered)
        self.models_menu.addSeparator()
        other = self.models_menu.addAction(tr("Model folder…"))
        other.triggered.connect(self.model_folder_clicked)

    def _on_model_triggered(self) -> None:
        self.model_chosen.emit(self.sender().data())

    # -- the work

    def show_progress(self, stage: str, fraction: float | None, seconds_left: float | None) -> None:
        """How far it is; None: as far as before."""
        self._fraction = self._fraction if fraction is None else fraction
        self.progress.show_progress(stage, self._fraction, seconds_left)
        self.progress.retry.hide()

    def show_state(self, running: bool, n_to_do: int, has_references: bool, anybody: bool) -> None:
        """What can be done now, and what is missing for it."""
        self.progress.setVisible(running)
        self.start.setVisible(not running)
        self.start.setEnabled(n_to_do > 0)
        if not has_references:
            tip(self.start, "Choose a folder of references first")
        elif not anybody:
            tip(self.start, "Add a model first")
        elif n_to_do == 0:
            tip(self.start, "Everything has been measured")
        else:
            tip(self.start, "Measure every clip that has not been measured yet")


class _ContestantRow(QWidget):
    """Dot, name, and the button that takes it away."""

    remove_clicked = Signal(str)

    def __init__(self, place: int, who: Contestant) -> None:
        super().__init__()
        self._key = who.key
        name = ElidedLabel(who.title)
        name.hint = str(who.folder)
        name.setText(who.title)
        kind = label("Model" if who.is_model else "Estimates", "muted")
        remove = icon_button("close", mark("Leave out {model}"), side=24, icon_side=12)
        tip(remove, "Leave out {model}", model=who.title)
        remove.clicked.connect(self._on_remove)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(Swatch(place))
        row.addWidget(name, 1)
        row.addWidget(kind)
        row.addWidget(remove)

    def _on_remove(self) -> None:
        self.remove_clicked.emit(self._key)
