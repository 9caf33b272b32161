"""What a run is called, how it stands, what can be done with it, and its figures."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app import theme
from app.formats import clock, decibels, megabytes, time_left
from app.i18n import bind, language_changed, mark, tip, tr, tr_error
from app.panels.controls import ElidedLabel, icon_button, label, text_button
from app.panels.training.run_row import STATE_TEXTS
from app.training.runs import Run, RunState
from core.training.sources import names_of

BEST = mark(
    "GNSDR: by how many decibels the voice stands out more after separation than in the mixture, "
    "on songs that are kept out of training. Higher is better"
)
FIGURES = {
    "epoch": (mark("Epoch"), mark("Times that the network has gone through the recordings")),
    "left": (mark("Time left"), mark("By how long the last epochs took")),
    "pace": (mark("Time per epoch"), mark("The median of the last five epochs")),
    "best": (mark("Best GNSDR"), BEST),
    "speed": (mark("Speed"), mark("Frames of spectrogram that are trained in a second")),
    "memory": (mark("Memory"), mark("What the program takes while it trains")),
    "device": (mark("Device"), mark("Where this training computes")),
}
MADE = {
    RunState.FINISHED: mark("Finished. Its model is in the toolbar of the page “Separate”."),
    RunState.STOPPED: mark("Stopped. Its model is in the toolbar of the page “Separate”."),
}
WAITS = mark("Begins when “{title}” has ended or is paused")
RESUMABLE = (RunState.PAUSED, RunState.STOPPED, RunState.FAILED)
STOPPABLE = (RunState.WAITING, RunState.RUNNING, RunState.PAUSED, RunState.FAILED)


class RunHeader(QWidget):
    """Title, buttons, progress and figures of the run on the page."""

    pause_clicked = Signal()
    go_on_clicked = Signal()
    stop_clicked = Signal()
    use_clicked = Signal()
    folder_clicked = Signal()
    delete_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._run: Run | None = None
        self._in_use = False
        self._ahead = ""
        self._names: dict[str, str] = {}
        self.title = ElidedLabel()
        self.title.mode = Qt.TextElideMode.ElideRight
        self.title.setFont(theme.font(6, weight=QFont.Weight.DemiBold))
        self.about = ElidedLabel()
        self.about.setProperty("role", "muted")
        self.pause = text_button("pause", "Pause", "Save, and stop for now")
        self.go_on = text_button("play", "Go on", "Train on from where it was")
        self.go_on.setIcon(theme.icon("play", "on_accent"))
        self.go_on.setProperty("primary", True)
        self.stop = text_button("stop", "Stop", "End it here, and make a model of the best so far")
        self.use = QPushButton()
        self.use.setProperty("primary", True)
        self.use.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tip(self.use, "Separate songs with the model that came out of this")
        self.folder = icon_button("folder", "Show in folder", side=28)
        self.delete = icon_button("remove", "Delete this training…", side=28)
        for button, signal in (
            (self.pause, self.pause_clicked),
            (self.go_on, self.go_on_clicked),
            (self.stop, self.stop_clicked),
            (self.use, self.use_clicked),
            (self.folder, self.folder_clicked),
            (self.delete, self.delete_clicked),
        ):
            button.clicked.connect(signal)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.title)
        texts.addWidget(self.about)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addLayout(texts, 1)
        for part in (self.pause, self.go_on, self.stop, self.use, self.folder, self.delete):
            top.addWidget(part)
        self.stage = QLabel()
        self.rest = QLabel()
        self.rest.setFont(theme.figures_font())
        self.rest.setProperty("role", "muted")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        bind(self.bar.setAccessibleName, "Progress")
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.stage, 1)
        line.addWidget(self.rest)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setProperty("role", "error")
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.figures: dict[str, QLabel] = {}
        tiles = QHBoxLayout()
        tiles.setSpacing(16)
        for name, (caption, meaning) in FIGURES.items():
            tiles.addLayout(self._tile(name, caption, meaning), 2 if name == "best" else 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(top)
        column.addSpacing(4)
        column.addLayout(line)
        column.addWidget(self.bar)
        column.addWidget(self.sentence)
        column.addSpacing(4)
        column.addLayout(tiles)
        language_changed().connect(self._show)

    def _tile(self, name: str, caption: str, meaning: str) -> QVBoxLayout:
        head = label(caption, "muted")
        head.setFont(theme.font(-1))
        value = QLabel("–")
        value.setFont(theme.figures_font(1))
        tip(value, meaning)
        bind(head.setToolTip, meaning)
        value.setMinimumWidth(56)
        self.figures[name] = value
        tile = QVBoxLayout()
        tile.setSpacing(2)
        tile.addWidget(head)
        tile.addWidget(value)
        return tile

    def set_devices(self, names: dict[str, str]) -> None:
        """Names of devices by what the settings call them."""
        self._names = dict(names)
        self._show()

    def show_run(self, run: Run, in_use: bool, ahead: str = "") -> None:
        """``ahead`` is the title of the training that a waiting one waits for, if it does."""
        self._run, self._in_use, self._ahead = run, in_use, ahead
        self._show()

    def _show(self) -> None:
        run = self._run
        if run is None:
            return
        self.title.setText(run.title)
        self.about.setText(about_text(run))
        self.about.hint = "\n".join((*run.info.data, *run.info.accompaniment))
        state = run.state
        self.pause.setVisible(state in (RunState.RUNNING, RunState.WAITING, RunState.PAUSING))
        self.pause.setEnabled(state in (RunState.RUNNING, RunState.WAITING))
        self.go_on.setVisible(state in RESUMABLE)
        self._stress(self.go_on, state is not RunState.STOPPED)
        self.stop.setVisible(state in (*STOPPABLE, RunState.PAUSING, RunState.STOPPING))
        resumed = run.n_epochs_done > 0 or run.step is not None
        self.stop.setEnabled(state in STOPPABLE and (state.is_busy or resumed))
        lost = not run.model_id and state in MADE and run.folder.has_model
        self.use.setVisible(lost or (bool(run.model_id) and not state.is_busy))
        text = mark("Use this model") if not lost else mark("Add to the models")
        bind(self.use.setText, "In use" if self._in_use else text)
        self.use.setEnabled(not self._in_use)
        self.delete.setEnabled(not state.is_busy and state is not RunState.ELSEWHERE)
        self._show_progress(run)
        self._show_figures(run)

    @staticmethod
    def _stress(button: QPushButton, primary: bool) -> None:
        """At most one button stands out: what one is likely to want next."""
        if button.property("primary") != primary:
            button.setProperty("primary", primary)
            button.setIcon(theme.icon("play", "on_accent" if primary else "text"))
            button.style().unpolish(button)
            button.style().polish(button)

    def _show_progress(self, run: Run) -> None:
        text = STATE_TEXTS[run.state]
        if run.gave_way:
            text = mark("Waiting while a song is separated")
        elif run.state.is_busy and run.stage:
            text = run.stage
        elif run.model_id and run.state in (RunState.FINISHED, RunState.STOPPED):
            text = MADE[run.state]
        if run.state is RunState.WAITING and self._ahead:
            bind(self.stage.setText, WAITS, title=self._ahead)
        else:
            bind(self.stage.setText, text)
        self.bar.setValue(round(run.fraction * 1000))
        percent = f"{run.fraction * 100:.0f} %"
        if run.step is not None and run.state.is_busy:
            step = tr(
                "step {n} of {total}", n=grouped(run.step.step), total=grouped(run.step.n_steps)
            )
            percent = f"{step}   {percent}"
        self.rest.setText(percent if run.state is not RunState.FINISHED else "")
        sentence = tr_error(run.error) if run.error is not None else run.info.message
        self.sentence.setVisible(bool(sentence) and run.state is RunState.FAILED)
        self.sentence.setText(sentence)

    def _show_figures(self, run: Run) -> None:
        busy = run.state is RunState.RUNNING
        best, epoch_s = run.best, run.epoch_s
        left = time_left(run.time_left_s()) if busy else ""
        memory = run.memory_bytes
        step = run.step
        name = run.info.device
        values = {
            "epoch": f"{run.n_epochs_done} / {run.n_epochs}" if run.n_epochs else "–",
            "left": clock(run.time_left_s() or 0, hundredths=False) if left else "–",
            "pace": duration(epoch_s) if epoch_s is not None else "–",
            "best": best_text(run) if best is not None else "–",
            "speed": f"{grouped(round(step.frames_per_second))} /s" if step is not None else "–",
            "memory": megabytes(memory) if memory else "–",
            "device": self._names.get(name, name.upper() if name == "cpu" else name),
        }
        for key, text in values.items():
            figure = self.figures[key]
            figure.setText(text)
            # It gets wider with what it says, and never narrower again: nothing jumps.
            figure.setMinimumWidth(max(figure.minimumWidth(), figure.sizeHint().width()))


def about_text(run: Run) -> str:
    """What is trained on what: ``train · 171 clips, 23.1 minutes · 3 × 1000 units, …``."""
    parts = [names_of((*run.info.data, *run.info.accompaniment))]
    if run.info.training:
        parts.append(tr("{n} clips", n=len(run.info.training)))
    if run.info.minutes:
        parts.append(tr("{n} minutes", n=f"{run.info.minutes:.1f}"))
    if run.info.validation:
        parts.append(tr("{n} held out", n=len(run.info.validation)))
    return " · ".join(parts)


def best_text(run: Run) -> str:
    best = run.best
    if best is None:
        return "–"
    if best.gnsdr_db is None:
        return tr("epoch {n}", n=best.epoch)
    figure = decibels(best.gnsdr_db, digits=2, signed=False)
    return f"{figure} ({tr('epoch {n}', n=best.epoch)})"


def duration(seconds: float) -> str:
    """``0.19 s``, ``12.3 s`` or ``3:58``."""
    if seconds >= 60:
        return clock(seconds, hundredths=False)
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"


def grouped(number: int) -> str:
    """``12 345`` with thin spaces."""
    return f"{number:,}".replace(",", "\u202f")
