"""A new training: recordings at the left, the recipe at the right, the button to begin below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app import theme
from app.i18n import bind, mark, tip
from app.panels.controls import label, rule, scrolling, text_button
from app.panels.training.data_card import DataCard
from app.panels.training.examples_card import ExamplesCard
from app.panels.training.fields import ChoiceField
from app.panels.training.recipe_card import RecipeCard

WHY_NOT = {
    "folder": mark("Choose a folder of recordings first."),
    "looking": mark("The recordings are being looked through."),
    "data": mark("These recordings cannot be used."),
    "values": mark("A value of the recipe cannot be used."),
    "title": mark("Give the training a name."),
}


class SetupView(QWidget):
    """Everything that decides a training, on one page."""

    start_clicked = Signal()

    def __init__(self, data: DataCard, examples: ExamplesCard, recipe: RecipeCard) -> None:
        super().__init__()
        self.setObjectName("page")
        self.data, self.examples, self.recipe = data, examples, recipe
        left = QWidget()
        left.setObjectName("page")
        column = QVBoxLayout(left)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(24)
        column.addWidget(data)
        column.addWidget(examples)
        column.addStretch(1)
        right = QWidget()
        right.setObjectName("page")
        column = QVBoxLayout(right)
        column.setContentsMargins(24, 24, 24, 16)
        column.addWidget(recipe)
        line = QFrame()
        line.setProperty("rule", True)
        line.setFixedWidth(1)
        line.setStyleSheet("max-height: 16777215px;")
        middle = QHBoxLayout()
        middle.setSpacing(0)
        area = scrolling(left)
        area.setMinimumWidth(344)
        area.setMaximumWidth(392)
        middle.addWidget(area, 9)
        middle.addWidget(line)
        middle.addWidget(scrolling(right), 13)
        self.name = QLineEdit()
        self.name.setMaxLength(80)
        self.name.setMinimumWidth(112)
        tip(self.name, "Name of the training, and of the model that it makes")
        self.device = ChoiceField([("cpu", "CPU")], 136, least=80)
        tip(self.device, "Device that trains")
        self.pinned = ChoiceField([("", mark("Automatic"))], 152, least=96)
        tip(self.pinned, "Clip that is separated again after every epoch, for the replay")
        self.start = text_button("play", "Start training", "Begin with these recordings")
        self.start.setIcon(theme.icon("play", "on_accent"))
        self.start.setProperty("primary", True)
        self.start.setFixedHeight(36)
        self.start.setStyleSheet("min-height: 34px; padding: 0 16px;")
        self.start.clicked.connect(self.start_clicked)
        self.why_not = QLabel()
        self.why_not.setProperty("role", "muted")
        self.why_not.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.why_not.setFixedHeight(20)
        bar = QWidget()
        bar.setObjectName("page")
        both = QVBoxLayout(bar)
        both.setContentsMargins(24, 12, 24, 6)
        both.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(8)
        both.addLayout(row)
        below = QHBoxLayout()
        below.setSpacing(16)
        below.addWidget(recipe.meaning, 1)
        below.addWidget(self.why_not)
        both.addLayout(below)
        row.addWidget(label("Name", "muted"))
        row.addWidget(self.name, 1)
        row.addSpacing(8)
        row.addWidget(label("Device", "muted"))
        row.addWidget(self.device)
        row.addSpacing(8)
        row.addWidget(label("Replay", "muted"))
        row.addWidget(self.pinned)
        row.addSpacing(16)
        row.addWidget(self.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(middle, 1)
        column.addWidget(rule())
        column.addWidget(bar)
        self.set_ready("folder")

    def set_ready(self, reason: str) -> None:
        """``reason`` why it cannot begin, a key of ``WHY_NOT``; "" if it can."""
        self.start.setEnabled(not reason)
        bind(self.why_not.setText, "{error}" if not reason else WHY_NOT[reason], **_none(reason))

    def set_clips(self, names: Sequence[str]) -> None:
        """What can be pinned, the first being taken unless another is chosen."""
        self.pinned.set_choices([("", mark("Automatic")), *((name, name) for name in names)])


def _none(reason: str) -> dict[str, str]:
    return {} if reason else {"error": ""}
