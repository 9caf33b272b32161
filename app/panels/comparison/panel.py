"""The inspector's part in which a second model is chosen and compared with the song's own."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.i18n import bind, language_changed, mark, tip, tr
from app.panels.controls import icon_button, label, rule, share_tab_stop, text_button
from app.panels.progress_block import ProgressBlock
from app.spectrogram.compared_view import MaskShown

CHOICES = (
    (MaskShown.FIRST, "A", mark("Show the mask of A")),
    (MaskShown.SECOND, "B", mark("Show the mask of B")),
    (MaskShown.DIFFERENCE, "A − B", mark("Show where the masks differ")),
)


class ComparePanel(QWidget):
    """Lays the controls out; knows nothing of songs."""

    model_chosen = Signal(str)  # empty: nothing is to be compared
    shown_chosen = Signal(object)  # MaskShown
    cancel_clicked = Signal()
    retry_clicked = Signal()
    next_clicked = Signal()
    previous_clicked = Signal()
    blind_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label("Compare two models", "section"))
        self.first = label("", "muted")
        self.first.setWordWrap(True)
        column.addWidget(self.first)
        self.model = QComboBox()
        self.model.setMinimumContentsLength(6)
        self.model.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.model.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tip(self.model, "The model to compare with; the song keeps its own", "Ctrl+M")
        self.model.activated.connect(self._on_model_activated)
        row = QHBoxLayout()
        row.setSpacing(8)
        name = label("B is", "muted")
        row.addWidget(name)
        row.addWidget(self.model, 1)
        column.addLayout(row)
        self.progress = ProgressBlock()
        self.progress.setMinimumWidth(0)
        tip(self.progress.cancel, "Stop separating with the second model")
        self.progress.cancel.clicked.connect(self.cancel_clicked)
        self.progress.retry.clicked.connect(self.retry_clicked)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(False)
        self.progress.setSizePolicy(policy)
        column.addWidget(self.progress)
        self.rest = QWidget()
        self._make_rest()
        column.addWidget(self.rest)
        self.hint = label(
            "Choose a second model: the song is separated with it too, and the pane of the mask "
            "shows where the two differ.",
            "muted",
        )
        self.hint.setWordWrap(True)
        column.addWidget(self.hint)
        column.addStretch(1)
        self._models: list[tuple[str, str]] = []
        language_changed().connect(self._on_language_changed)

    def _make_rest(self) -> None:
        column = QVBoxLayout(self.rest)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(rule())
        column.addWidget(label("In the mask's pane", "section"))
        self.shown = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(4)
        for number, (_, text, help_text) in enumerate(CHOICES):
            button = QToolButton()
            button.setCheckable(True)
            button.setProperty("segment", True)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setText(text)
            tip(button, help_text, "Shift+K")
            self.shown.addButton(button, number)
            row.addWidget(button, 1)
        self.shown.idClicked.connect(self._on_shown)
        column.addLayout(row)
        column.addWidget(rule())
        column.addWidget(label("How much they differ", "section"))
        self.over, self.mean, self.balance = label(), label("", "muted"), label("", "muted")
        for text in (self.over, self.mean, self.balance):
            text.setWordWrap(True)
            column.addWidget(text)
        self.previous = icon_button("chevron-left", "Previous place where they differ", "Shift+C")
        self.next = icon_button("chevron-right", "Next place where they differ", "C")
        self.previous.clicked.connect(self.previous_clicked)
        self.next.clicked.connect(self.next_clicked)
        self.places = label("", "muted")
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.places, 1)
        row.addWidget(self.previous)
        row.addWidget(self.next)
        column.addLayout(row)
        column.addWidget(rule())
        self.blind = text_button(
            "speaker", "Blind test…", "Hear whether you can tell the models apart", "Ctrl+B"
        )
        self.blind.clicked.connect(self.blind_clicked)
        column.addWidget(self.blind)

    def set_models(self, models: Sequence[tuple[str, str]], own: str, chosen: str) -> None:
        """``models`` as (id, title); ``own`` is the song's, and cannot be chosen."""
        self._models = [(name, title) for name, title in models if name != own]
        self.model.clear()
        self.model.addItem(tr("No model"), "")
        for model_id, title in self._models:
            self.model.addItem(title, model_id)
        self.model.setCurrentIndex(max(0, self.model.findData(chosen)))
        title = dict(models).get(own, own)
        bind(self.first.setText, "A is {model}, the model of the song.", model=title)
        self.hint.setVisible(not chosen)
        self.rest.setVisible(bool(chosen))

    def show_choice(self, shown: MaskShown) -> None:
        """Mark what the pane of the mask shows."""
        self.shown.button([each for each, _, _ in CHOICES].index(shown)).setChecked(True)
        share_tab_stop(self.shown)

    def _on_model_activated(self, index: int) -> None:
        self.model_chosen.emit(self.model.itemData(index))

    def _on_shown(self, number: int) -> None:
        share_tab_stop(self.shown)
        self.shown_chosen.emit(CHOICES[number][0])

    def _on_language_changed(self) -> None:
        self.model.setItemText(0, tr("No model"))
