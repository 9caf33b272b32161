"""A few examples as the network will hear them, before training begins."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, mark, unbind
from app.panels.controls import label, text_button
from app.panels.training.examples_row import ExampleRow
from app.panels.training.heard_buttons import HeardButtons
from app.training.data import HeardExample
from app.training.sound import ClipSound
from core.audio import ArrayAudio

INVITE = mark("Hear some recordings as the network will: mixed anew, by the recipe at the right.")


class ExamplesCard(QWidget):
    """Draws examples on request, plays the one that is clicked."""

    draw_clicked = Signal()

    def __init__(self, sound: ClipSound) -> None:
        super().__init__()
        self._sound = sound
        self.rows: list[ExampleRow] = []
        self.draw = text_button("refresh", "Mix examples", "Mix a few examples to hear")
        self.draw.clicked.connect(self.draw_clicked)
        self.heard = HeardButtons()
        self.heard.chosen.connect(sound.hear)
        self.heard.hide()
        self.line = label(INVITE, "muted")
        self.line.setWordWrap(True)
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.draw)
        top.addStretch(1)
        below = QHBoxLayout()  # all four in a row are wider than the column of a small window
        below.addWidget(self.heard)
        below.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label("Examples", "section"))
        column.addWidget(self.line)
        column.addLayout(top)
        column.addLayout(below)
        column.addLayout(self._list)
        sound.playing_changed.connect(self._show_playing)
        sound.changed.connect(self._show_playing)
        sound.heard_changed.connect(self.heard.set_heard)

    def set_busy(self) -> None:
        """They are being mixed."""
        bind(self.line.setText, "Mixing examples")
        self.draw.setEnabled(False)

    def set_examples(self, examples: Sequence[HeardExample]) -> None:
        """Show these; none: say how to get some."""
        for row in self.rows:
            self._sound.clear(row)
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        for number, example in enumerate(examples, 1):
            row = ExampleRow(example, number)
            row.play_clicked.connect(self._on_play_clicked)
            self._list.addWidget(row)
            self.rows.append(row)
        self.draw.setEnabled(True)
        self.heard.setVisible(bool(examples))
        bind(self.draw.setText, "Mix others" if examples else "Mix examples")
        bind(self.line.setText, INVITE)
        self.line.setVisible(not examples)
        if examples:
            self._sound.hear("mixture")

    def set_problem(self, sentence: str) -> None:
        unbind(self.line.setText)
        self.line.setText(sentence)
        self.line.show()
        self.draw.setEnabled(True)

    def _on_play_clicked(self, row: ExampleRow) -> None:
        if self._sound.owner is not row:
            audio = row.example.audio
            stems = {"vocals": audio.vocals, "accompaniment": audio.accompaniment}
            rate = audio.sample_rate
            self._sound.put(
                row,
                ArrayAudio(audio.mixture, rate),
                {name: ArrayAudio(samples, rate) for name, samples in stems.items()},
            )
        self._sound.toggle()

    def _show_playing(self) -> None:
        for row in self.rows:
            row.set_playing(self._sound.playing and self._sound.owner is row)
