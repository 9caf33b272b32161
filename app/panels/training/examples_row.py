"""One example to hear before training: whose voice and accompaniment, and what it looks like."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import theme
from app.i18n import mark, tip, tr
from app.panels.controls import ElidedLabel, icon_button
from app.training.data import HeardExample


class MiniWave(QWidget):
    """The outline of an example's voice and accompaniment, one over the other."""

    def __init__(self, example: HeardExample) -> None:
        super().__init__()
        self.setFixedSize(104, 36)
        self._voice = _outline(example.audio.vocals)
        self._music = _outline(example.audio.accompaniment)
        theme.theme_changed().connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = theme.current()
        middle, n = self.height() / 2, len(self._voice)
        loudest = max(float(self._voice.max()), float(self._music.max()), 1e-6)
        for heights, colour in ((self._music, colours.accompaniment), (self._voice, colours.voice)):
            fill = QColor(colour)
            fill.setAlphaF(0.75)
            for index, height in enumerate(heights.tolist()):
                half = max(0.5, height / loudest * (middle - 1))
                left = index * self.width() / n
                painter.fillRect(QRectF(left, middle - half, self.width() / n - 1, 2 * half), fill)


def _outline(samples: np.ndarray, n_bars: int = 52) -> np.ndarray:
    mono = np.abs(samples).max(axis=0)
    if len(mono) < n_bars:
        return np.resize(mono, n_bars) if len(mono) else np.zeros(n_bars)
    edges = np.linspace(0, len(mono), n_bars + 1).astype(int)[:-1]
    return np.maximum.reduceat(mono, edges)


class ExampleRow(QWidget):
    """Play button, outline and names."""

    play_clicked = Signal(object)  # itself

    def __init__(self, example: HeardExample, number: int) -> None:
        super().__init__()
        self.example = example
        self._number = number
        self.setFixedHeight(40)
        self.play = icon_button("play", "Hear example {n}", side=28, icon_side=16)
        self.play.clicked.connect(self._on_clicked)
        names = QVBoxLayout()
        names.setSpacing(0)
        voice, music = ElidedLabel(example.voice_name), ElidedLabel("")
        own = example.music_name == example.voice_name
        music.setText(
            tr("over its own accompaniment") if own else tr("over {name}", name=example.music_name)
        )
        for part, role in ((voice, ""), (music, "muted")):
            part.mode = Qt.TextElideMode.ElideRight
            part.setProperty("role", role)
            names.addWidget(part)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.play)
        row.addWidget(MiniWave(example))
        row.addLayout(names, 1)
        self.set_playing(False)

    def set_playing(self, playing: bool) -> None:
        self.play.setIcon(theme.icon("pause" if playing else "play"))
        text = mark("Pause example {n}") if playing else mark("Hear example {n}")
        tip(self.play, text, n=self._number)

    def _on_clicked(self) -> None:
        self.play_clicked.emit(self)
