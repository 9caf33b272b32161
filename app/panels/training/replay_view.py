"""Training replay: how the pinned clip is separated after each epoch, to see and to hear."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from app import theme
from app.formats import decibels
from app.i18n import bind, language_changed, mark, tip, tr
from app.panels.controls import ElidedLabel, icon_button, label
from app.panels.training.heard_buttons import HeardButtons
from app.panels.training.replay_panes import ReplayPanes
from app.training.replay import ReplayClip, ReplayPicture
from app.training.replay_desk import ReplayDesk
from app.training.runs import Run
from app.training.sound import ClipSound

FRAME_MS = 33


class ReplayView(QWidget):
    """A slider over the epochs, the pictures of the one chosen, and a small transport."""

    epoch_shown = Signal(object)  # int, or None while there is none

    def __init__(self, desk: ReplayDesk, sound: ClipSound) -> None:
        super().__init__()
        self._desk, self._sound = desk, sound
        self._run: Run | None = None
        self._epochs: list[int] = []
        self._follows = True
        self.clip_name = ElidedLabel()
        self.clip_name.setProperty("role", "muted")
        self.panes = ReplayPanes()
        self.play = icon_button("play", "Play the clip, round and round", "Space", side=32)
        self.heard = HeardButtons()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setPageStep(5)
        tip(self.slider, "Epoch whose mask is shown and heard")
        self.epoch = QLabel()
        self.epoch.setFont(theme.figures_font())
        self.epoch.setMinimumWidth(184)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(label("Training replay", "section"))
        head.addWidget(self.clip_name, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        for part in (self.play, self.heard):
            row.addWidget(part)
        row.addSpacing(8)
        row.addWidget(self.slider, 1)
        row.addSpacing(8)
        row.addWidget(self.epoch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.panes, 1)
        column.addLayout(row)
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._on_frame)
        self.play.clicked.connect(self.toggle)
        self.heard.chosen.connect(sound.hear)
        self.slider.valueChanged.connect(self._on_moved)
        self.panes.seek_requested.connect(self._on_seek)
        desk.clip_ready.connect(self._on_clip_ready)
        desk.picture_ready.connect(self._on_picture_ready)
        sound.playing_changed.connect(self._on_playing_changed)
        sound.heard_changed.connect(self.heard.set_heard)
        sound.changed.connect(self._show_transport)
        language_changed().connect(self._show_texts)
        self._show_transport()

    @property
    def shown_epoch(self) -> int | None:
        """The epoch that the slider stands on."""
        index = self.slider.value()
        return self._epochs[index] if index < len(self._epochs) else None

    def show_run(self, run: Run | None) -> None:
        """Turn to ``run``, at its last epoch."""
        if run is not self._run:
            self._run, self._follows = run, True
            self._sound.clear(self)
            self._desk.show_run(run)
        self.refresh()

    def refresh(self) -> None:
        """There may be more epochs now; the slider goes along if it stood on the last."""
        run = self._run
        epochs = list(run.replay_epochs) if run is not None else []
        shown = self.shown_epoch
        self._epochs = epochs
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, max(0, len(epochs) - 1))
            if self._follows or shown not in epochs:
                self.slider.setValue(max(0, len(epochs) - 1))
            else:
                self.slider.setValue(epochs.index(shown))
        self.slider.setEnabled(len(epochs) > 1)
        if epochs:
            self._desk.show_epoch(epochs[self.slider.value()])
        self._show_texts()

    def show_epoch(self, epoch: int) -> None:
        """Go to ``epoch``, or the nearest of which there is a mask."""
        if self._epochs:
            nearest = min(self._epochs, key=lambda known: abs(known - epoch))
            self.slider.setValue(self._epochs.index(nearest))

    def toggle(self) -> None:
        """Play or pause the clip."""
        if self._desk.picture is not None:
            if self._sound.owner is not self:
                self._hand_over(self._desk.picture)
            self._sound.toggle()

    # slots

    def _on_moved(self, index: int) -> None:
        self._follows = index == len(self._epochs) - 1
        if index < len(self._epochs):
            self._desk.show_epoch(self._epochs[index])
        self._show_texts()

    def _on_seek(self, seconds: float) -> None:
        if self._desk.picture is not None:
            if self._sound.owner is not self:
                self._hand_over(self._desk.picture)
            self._sound.seek_s(seconds)
            self._on_frame()

    def _on_clip_ready(self, clip: ReplayClip | None) -> None:
        self.panes.set_clip(clip)
        self.panes.set_playhead(None)
        self._show_texts()

    def _on_picture_ready(self, picture: ReplayPicture) -> None:
        self.panes.set_picture(picture)
        if self._sound.owner in (self, None):
            self._hand_over(picture)
        self._show_transport()

    def _hand_over(self, picture: ReplayPicture) -> None:
        if self._desk.clip is not None:
            self._sound.put(self, self._desk.clip.mixture, picture.stems)

    def _on_playing_changed(self, playing: bool) -> None:
        mine = playing and self._sound.owner is self
        if mine:
            self._timer.start()
        else:
            self._timer.stop()
        self._show_transport()

    def _on_frame(self) -> None:
        mine = self._sound.owner is self
        self.panes.set_playhead(self._sound.position_s if mine else None)

    # texts

    def _show_transport(self) -> None:
        playing = self._sound.playing and self._sound.owner is self
        self.play.setIcon(theme.icon("pause" if playing else "play"))
        text = mark("Pause the clip") if playing else mark("Play the clip, round and round")
        tip(self.play, text, "Space")
        ready = self._desk.picture is not None
        self.play.setEnabled(ready)
        self.heard.setEnabled(ready)

    def _show_texts(self) -> None:
        run, epoch = self._run, self.shown_epoch
        clip = self._desk.clip
        self.clip_name.setText(clip.pinned.name if clip is not None else "")
        self.epoch_shown.emit(epoch)
        if epoch is None or run is None:
            bind(self.epoch.setText, "No epoch yet")
            self.panes.set_empty(
                tr("After each epoch the clip is separated again, and shown here.")
            )
            return
        self.panes.set_empty("")
        if epoch == 0:
            bind(self.epoch.setText, "Before training")
        else:
            figure = next((r.gnsdr_db for r in run.history if r.epoch == epoch), None)
            if figure is not None:
                text = decibels(figure, digits=2, signed=False)
                bind(self.epoch.setText, "Epoch {n}   GNSDR {figure}", n=epoch, figure=text)
            else:
                bind(self.epoch.setText, "Epoch {n}", n=epoch)
        self.slider.setAccessibleDescription(self.epoch.text())
