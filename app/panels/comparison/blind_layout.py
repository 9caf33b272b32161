"""The controls of the blind test in their places."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
)

from app import theme
from app.comparison.trials import MOST_TRIALS, Heard
from app.formats import stem_text
from app.i18n import bind, language_changed, mark, tip, tr
from app.panels.controls import ElidedLabel, NumberBox, icon_button, label, rule

BUTTON_HEIGHT, NAME_WIDTH = 48, 130
UNKNOWN = mark("A or B?")


class BlindLayout(QVBoxLayout):
    """Everything that the dialog shows, by name."""

    def __init__(
        self, dialog: QDialog, song: str, models: tuple[str, str], sources: tuple[str, ...]
    ) -> None:
        super().__init__(dialog)
        bind(dialog.setWindowTitle, "Blind test")
        dialog.setMinimumWidth(560)
        self.setContentsMargins(24, 24, 24, 16)
        self.setSpacing(12)
        title = ElidedLabel(song)
        title.setFont(theme.font(3))
        self.addWidget(title)
        self.addLayout(self._make_setup(sources))
        self.addWidget(rule())
        self.addLayout(self._make_heard(models))
        self.addLayout(self._make_answers())
        self.count = label("", "heading")
        self.verdict = label("", "muted")
        for text in (self.count, self.verdict):
            text.setWordWrap(True)
            self.addWidget(text)
        self.count.setMinimumHeight(2 * self.count.fontMetrics().lineSpacing())
        self.count.setAlignment(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft)
        self.addWidget(rule())
        self.addLayout(self._make_ends())
        language_changed().connect(self._on_language)

    def _make_setup(self, sources: tuple[str, ...]) -> QFormLayout:
        self._sources = sources
        self.stem = QComboBox()
        for source in sources:
            self.stem.addItem(tr(stem_text(source)), source)
        tip(self.stem, "What is heard of both models")
        self.loop = label()
        self.trials = NumberBox(1, MOST_TRIALS, "")
        self.trials.setFixedWidth(64)
        tip(self.trials, "How many answers make the test; decided before the first one")
        self.tell = QCheckBox()
        bind(self.tell.setText, "Say after each answer whether it was right")
        tip(self.tell, "Otherwise nothing is said before the end of the test")
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.trials)
        row.addWidget(self.tell, 1)
        self.level = label("", "muted")
        self.level.setWordWrap(True)
        self.level.setMinimumHeight(2 * self.level.fontMetrics().lineSpacing())
        self.level.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.addRow(label("Stem", "muted"), self.stem)
        form.addRow(label("Loop", "muted"), self.loop)
        form.addRow(label("Trials", "muted"), row)
        name = label("Level", "muted")
        name.setAlignment(self.level.alignment())
        name.setMinimumHeight(self.level.minimumHeight())
        form.addRow(name, self.level)
        return form

    def _make_heard(self, models: tuple[str, str]) -> QHBoxLayout:
        self.play = icon_button("play", "Play or pause", "Space", side=40, icon_side=20)
        self.heard: dict[Heard, QPushButton] = {}
        group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.play)
        for heard, name in zip(Heard, (*models, ""), strict=True):
            button = QPushButton()
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setStyleSheet(f"min-height: {BUTTON_HEIGHT}px;")
            button.setProperty("heard", str(heard))
            metrics = QFontMetrics(button.font())
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, NAME_WIDTH)
            if name:
                button.setText(f"{heard}\n{short}".replace("&", "&&"))
                tip(button, "Hear {letter}: {model}", str(heard), letter=str(heard), model=name)
            else:
                bind(button.setText, "X\n{question}", question=lambda: tr(UNKNOWN))
                tip(button, "Hear X, which is A or B", str(heard))
            group.addButton(button)
            row.addWidget(button, 1)
            self.heard[heard] = button
        return row

    def _make_answers(self) -> QHBoxLayout:
        self.answers: dict[Heard, QPushButton] = {}
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addSpacing(48)
        texts = ((Heard.A, mark("X is A"), "1"), (Heard.B, mark("X is B"), "2"))
        for heard, text, keys in texts:
            button = QPushButton()
            button.setAutoDefault(False)
            button.setProperty("heard", str(heard))
            bind(button.setText, text)
            tip(button, text, keys)
            row.addWidget(button, 1)
            self.answers[heard] = button
        return row

    def _make_ends(self) -> QHBoxLayout:
        self.copy, self.save, self.again, self.end = (QPushButton() for _ in range(4))
        bind(self.copy.setText, "Copy")
        bind(self.save.setText, "Save…")
        bind(self.again.setText, "Start again")
        tip(self.copy, "Copy the result as text")
        tip(self.save, "Save the result with every answer, as JSON or CSV")
        tip(self.again, "Begin a new test")
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.copy, self.save):
            row.addWidget(button)
        row.addStretch(1)
        for button in (self.again, self.end):
            row.addWidget(button)
        for button in (self.copy, self.save, self.again, self.end):
            button.setAutoDefault(False)
        return row

    def show_playing(self, playing: bool) -> None:
        """The button for playing offers the other thing."""
        self.play.setIcon(theme.icon("pause" if playing else "play"))

    def _on_language(self) -> None:
        for index, source in enumerate(self._sources):
            self.stem.setItemText(index, tr(stem_text(source)))
