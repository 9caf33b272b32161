"""The model adapted to the song: what it learns from, how long, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app import settings
from app.formats import about_time, time_left
from app.i18n import bind, language_changed, mark, tip, tr
from app.panels.controls import label
from core.editing.marks import Marks, length_s

TIMES_S = (30, 60, 120, 300, 600)
NOTHING = mark(
    "Select a stretch in which only the voice, or only the music, sounds and say so here, or "
    "correct the mask: the model learns from it."
)
LEARNS_FROM = (
    ("voice", mark("voice alone {time}")),
    ("music", mark("music alone {time}")),
    ("corrected", mark("corrected {time}")),
)


class Stage(Enum):
    """How far an adaptation is."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True)
class AdaptView:
    """What the box shows of an adaptation."""

    stage: Stage = Stage.NONE
    can_start: bool = False
    fraction: float = 0.0
    seconds_left: float | None = None
    song: str = ""
    """The title of the song that it is of, where that is not on screen."""
    has_look: bool = False
    hears_after: bool = False
    is_being_kept: bool = False


class AdaptBox(QWidget):
    """Marks, a time, a start; progress; a comparison and what becomes of it."""

    voice_clicked = Signal()
    music_clicked = Signal()
    start_clicked = Signal(float)  # seconds
    enough_clicked = Signal()
    hear_clicked = Signal(bool)  # after?
    keep_clicked = Signal()
    drop_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._marks = Marks()
        self._left: float | None = None
        self._song = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label("Adapt to this song", "section"))
        self.learns = label("", "muted")
        self.learns.setWordWrap(True)
        column.addWidget(self.learns)
        self.voice = _button(mark("Voice alone"), mark("Only the voice sounds in the selection"))
        self.music = _button(mark("Music alone"), mark("Only the music sounds in the selection"))
        self.voice.clicked.connect(self.voice_clicked)
        self.music.clicked.connect(self.music_clicked)
        self.time = QComboBox()
        bind(self.time.setAccessibleName, "Time to learn")
        tip(self.time, "How long the model learns. The song is played meanwhile, and others too")
        self.start = _button(
            mark("Adapt"), mark("Let a copy of the model learn from what is marked in this song")
        )
        self.start.clicked.connect(self._on_start)
        grid = QGridLayout()
        grid.setSpacing(4)
        for number, part in enumerate((self.voice, self.music, self.time, self.start)):
            grid.addWidget(part, number // 2, number % 2)
            grid.setColumnStretch(number % 2, 1)
        self._before_start = QWidget()
        self._before_start.setLayout(grid)
        grid.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._before_start)
        self.attempt = self._make_attempt()
        column.addWidget(self.attempt)
        language_changed().connect(self._on_language)
        self._fill_times()
        self.show_marks(Marks())
        self.show_view(AdaptView())

    def _make_attempt(self) -> QWidget:
        """What is there while the model learns, and after."""
        attempt = QWidget()
        column = QVBoxLayout(attempt)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.what = label("", "muted")
        self.what.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        bind(self.bar.setAccessibleName, "Progress of the adaptation")
        column.addWidget(self.what)
        column.addWidget(self.bar)
        self.before = _button(mark("Before"), mark("The loop as the model made it"), checkable=True)
        self.after = _button(
            mark("After"), mark("The loop as the adapted model makes it by now"), checkable=True
        )
        self.hears = QButtonGroup(self)
        for button in (self.before, self.after):
            self.hears.addButton(button)
        self.before.clicked.connect(self._on_before)
        self.after.clicked.connect(self._on_after)
        self.enough = _button(mark("Enough"), mark("Stop learning and take what it came to so far"))
        self.enough.clicked.connect(self.enough_clicked)
        self.keep = _button(
            mark("Keep as model"), mark("Keep it as a model of its own, and use it for this song")
        )
        self.keep.clicked.connect(self.keep_clicked)
        self.drop = _button(mark("Drop"), mark("Forget what was learnt: all is as before"))
        self.drop.clicked.connect(self.drop_clicked)
        for parts in ((self.before, self.after), (self.enough, self.keep, self.drop)):
            row = QHBoxLayout()
            row.setSpacing(4)
            for part in parts:
                row.addWidget(part, 1)
            column.addLayout(row)
        return attempt

    @property
    def seconds(self) -> float:
        """How long the model is to learn."""
        return float(self.time.currentData())

    def set_selected(self, selected: bool) -> None:
        """Whether there is a selection to say something of."""
        self.voice.setEnabled(selected)
        self.music.setEnabled(selected)

    def show_marks(self, marks: Marks) -> None:
        """What there is to learn from."""
        self._marks = marks
        parts = [
            tr(text, time=about_time(length_s(getattr(marks, name))))
            for name, text in LEARNS_FROM
            if getattr(marks, name)
        ]
        self.learns.setText(tr("Learns from: {parts}", parts=", ".join(parts)) if parts else "")
        if not parts:
            self.learns.setText(tr(NOTHING))

    def show_view(self, view: AdaptView) -> None:
        """How an adaptation is getting on, if there is one."""
        is_there = view.stage is not Stage.NONE
        self._before_start.setVisible(not is_there)
        self.learns.setVisible(not is_there)
        self.attempt.setVisible(is_there)
        self.start.setEnabled(view.can_start)
        running = view.stage is Stage.RUNNING
        self._left, self._song = view.seconds_left if running else None, view.song
        self._say(running)
        self.bar.setVisible(running)
        self.bar.setValue(round(1000 * view.fraction))
        for button in (self.before, self.after):
            button.setEnabled(view.has_look)
        self.hears.setExclusive(view.has_look)
        self.after.setChecked(view.has_look and view.hears_after)
        self.before.setChecked(view.has_look and not view.hears_after)
        self.enough.setVisible(running)
        self.enough.setEnabled(view.has_look)
        self.keep.setVisible(not running)
        self.keep.setEnabled(not view.is_being_kept)
        self.drop.setEnabled(not view.is_being_kept)

    def _say(self, running: bool) -> None:
        if self._song:
            text = tr("Learns from “{name}”", name=self._song)
        else:
            text = tr("Learning") if running else tr("Learnt. Compare, then keep or drop it.")
        left = time_left(self._left)
        self.what.setText(f"{text}  {left}" if left else text)

    def _fill_times(self) -> None:
        usual = settings.get(settings.ADAPTATION_S)
        chosen = self.time.currentData() or usual
        self.time.clear()
        for seconds in TIMES_S:
            self.time.addItem(about_time(seconds), seconds)
        self.time.setCurrentIndex(max(0, self.time.findData(chosen)))

    def _on_start(self) -> None:
        settings.set(settings.ADAPTATION_S, int(self.seconds))
        self.start_clicked.emit(self.seconds)

    def _on_before(self) -> None:
        self.hear_clicked.emit(False)

    def _on_after(self) -> None:
        self.hear_clicked.emit(True)

    def _on_language(self) -> None:
        self._fill_times()
        self.show_marks(self._marks)
        self._say(self.bar.isVisibleTo(self))


def _button(text: str, help_text: str, checkable: bool = False) -> QPushButton:
    button = QPushButton()
    button.setAutoDefault(False)
    button.setCheckable(checkable)
    button.setProperty("small", True)
    button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
    bind(button.setText, text)
    tip(button, help_text)
    return button
