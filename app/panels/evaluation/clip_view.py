"""One clip: its mixture, and reference and estimate of both sources, to see and to hear."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from app import theme
from app.evaluation.plan import Contestant, OpenedClip
from app.i18n import bind, mark, tip, tr
from app.panels.controls import ElidedLabel, label, text_button
from app.panels.evaluation.colours import swatch
from app.panels.evaluation.figures import FIGURES, figure_title, note_of, number
from app.panels.evaluation.segments import Segments
from app.panels.progress_block import ProgressBlock
from app.panels.transport import TransportPanel
from app.spectrogram import SpectrogramView
from core.audio import Audio
from core.evaluation import SOURCES, ClipScore

MIXTURE, MASK = "mixture", "mask"
LANES = {
    MIXTURE: mark("Mixture"),
    "vocals:reference": mark("Voice, reference"),
    "vocals:estimate": mark("Voice, estimate"),
    "accompaniment:reference": mark("Accompaniment, reference"),
    "accompaniment:estimate": mark("Accompaniment, estimate"),
}
BUTTONS = {
    MIXTURE: mark("Mixture"),
    "vocals:reference": mark("Reference"),
    "vocals:estimate": mark("Estimate"),
    "accompaniment:reference": mark("Reference"),
    "accompaniment:estimate": mark("Estimate"),
}
STEMS = tuple(name for name in LANES if name != MIXTURE)
LEVEL_RANGE_DB = (-90.0, -15.0)


class ClipView(QWidget):
    """Five spectrograms on one time and one frequency axis, and what is heard of them."""

    back_clicked = Signal()
    contestant_chosen = Signal(object)  # Contestant
    lane_chosen = Signal(str)
    play_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("centre")
        self.setProperty("own_keys", True)
        self.back = text_button("chevron-left", "All clips", "Back to the table", "Esc")
        self.back.clicked.connect(self.back_clicked)
        self.title = ElidedLabel()
        self.title.setFont(theme.font(2, weight=QFont.Weight.DemiBold))
        self.estimate = QComboBox()
        self.estimate.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.estimate.setMinimumWidth(160)
        self.estimate.setIconSize(QSize(10, 10))
        tip(self.estimate, "Whose estimate is shown and heard")
        self.estimate.activated.connect(self._on_estimate_activated)
        self.progress = ProgressBlock()
        self.progress.retry.hide()
        self.progress.cancel_clicked.connect(self.back_clicked)
        bar = _bar("toolbar", 48)
        row = QHBoxLayout(bar)
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(8)
        row.addWidget(self.back)
        row.addSpacing(8)
        row.addWidget(self.title, 1)
        row.addWidget(self.progress)
        row.addSpacing(8)
        row.addWidget(label("Estimate", "muted"))
        row.addWidget(self.estimate)
        self.view = SpectrogramView()
        self.view.set_level_range(*LEVEL_RANGE_DB)
        self.view.installEventFilter(self)
        self.transport = TransportPanel()
        self.lanes = Segments(
            tuple((name, text, LANES[name], "") for name, text in BUTTONS.items())
        )
        self.lanes.put_label("vocals:reference", "Voice")
        self.lanes.put_label("accompaniment:reference", "Accompaniment")
        for key, (name, text) in enumerate(LANES.items(), 1):
            button = self.lanes.button(name)
            tip(button, "Hear: {lane} (key {key})", lane=lambda text=text: tr(text), key=key)
        self.lanes.chosen.connect(self.lane_chosen)
        self.figures = ElidedLabel()
        self.figures.mode = Qt.TextElideMode.ElideRight
        self.figures.setFont(theme.figures_font())
        self.fitted = label("", "muted")
        bottom = _bar("transport", 0)
        row = QHBoxLayout(bottom)
        row.setContentsMargins(0, 1, 16, 0)
        row.setSpacing(8)
        row.addWidget(self.transport)
        side = QVBoxLayout()
        side.setContentsMargins(0, 8, 0, 8)
        side.setSpacing(6)
        hear = QHBoxLayout()
        hear.setSpacing(8)
        hear.addWidget(label("Hear", "muted"))
        hear.addWidget(self.lanes)
        hear.addStretch(1)
        below = QHBoxLayout()
        below.setSpacing(16)
        below.addWidget(self.figures, 1)
        below.addWidget(self.fitted)
        side.addLayout(hear)
        side.addLayout(below)
        row.addLayout(side, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self.view, 1)
        column.addWidget(bottom)
        self._scores: dict[str, ClipScore | None] = {}
        self._contestants: Sequence[Contestant] = ()
        self.show_waiting("", (), None)

    def show_waiting(
        self, name: str, contestants: Sequence[Contestant], chosen: Contestant | None
    ) -> None:
        """The clip is being separated; panes are there from the start."""
        self.title.setText(name)
        self._contestants = contestants
        self.estimate.clear()
        for place, who in enumerate(contestants):
            self.estimate.addItem(swatch(place), who.title)
        self.estimate.setEnabled(bool(contestants))
        if not contestants:
            self.estimate.addItem(tr("None"))
        if chosen in contestants:
            self.estimate.setCurrentIndex(list(contestants).index(chosen))
        self.transport.set_available(False)
        self.lanes.setEnabled(False)
        self.fitted.setText("")
        self.figures.setText("")

    def show_axes(self, duration_s: float, sample_rate: int) -> None:
        """Empty panes, as long as the clip will be."""
        self.view.set_song(None, duration_s, sample_rate, stems=STEMS)
        self._name_panes(STEMS)

    def _name_panes(self, stems: Sequence[str]) -> None:
        self.view.set_pane_visible(MASK, False)
        for name in (MIXTURE, *stems):
            bind(self.view.pane(name).set_title, LANES[name])

    def show_progress(self, stage: str, fraction: float, seconds_left: float | None) -> None:
        self.progress.show_progress(stage, fraction, seconds_left)
        self.progress.retry.hide()

    def show_clip(self, opened: OpenedClip, score: ClipScore | None) -> dict[str, Audio]:
        """Show it; returns all signals by lane."""
        audio: dict[str, Audio] = {MIXTURE: opened.mixture}
        for source in SOURCES:
            audio[f"{source}:reference"] = opened.references[source]
            if source in opened.estimates:
                audio[f"{source}:estimate"] = opened.estimates[source]
        self.progress.hide()
        stems = tuple(name for name in STEMS if name in audio)
        self.view.set_song(opened.mixture, stems=stems)
        self._name_panes(stems)
        for name in stems:
            self.view.set_stem(name, audio[name])
        self.view.advance(stems, 0, opened.mixture.n_samples)
        for name in LANES:
            self.lanes.button(name).setEnabled(name in audio)
        self.lanes.setEnabled(True)
        self.transport.set_available(True)
        if self.lanes.value not in audio:
            self.lanes.choose(MIXTURE)
        self._show_figures(score)
        bind(
            self.fitted.setText,
            "Estimates at the level that fits best" if opened.fitted else "",
        )
        return audio

    def _show_figures(self, score: ClipScore | None) -> None:
        if score is None:
            self.figures.setText("")
        elif not score.scores:
            self.figures.setText(note_of(score))
        else:
            parts = []
            for source, title in (("vocals", "Voice"), ("accompaniment", "Accompaniment")):
                values = [
                    f"{figure_title(name)} {number(value)}"
                    for name in FIGURES
                    if (value := score.figure(source, name)) is not None
                ]
                parts.append(f"{tr(title)}  {'  '.join(values)}")
            self.figures.setText("     ".join(parts) + "  dB")

    def _on_estimate_activated(self, index: int) -> None:
        if 0 <= index < len(self._contestants):
            self.contestant_chosen.emit(self._contestants[index])

    # -- keys: those of the window mean the song of another page

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._action(event) is not None
        ):
            event.accept()
            return True
        return super().event(event)

    def eventFilter(self, target: QObject, event: QEvent) -> bool:
        """Arrows seek, as they do with a song, rather than move the spectrograms."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            action = self._action(event)
            if action is not None:
                action()
                return True
        return super().eventFilter(target, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self._action(event)
        if action is None:
            super().keyPressEvent(event)
        else:
            action()

    def _action(self, event: QKeyEvent):  # type: ignore[no-untyped-def]
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if modifiers != Qt.KeyboardModifier.NoModifier:
            return None
        key = event.key()
        lanes = list(LANES)
        number_ = key - Qt.Key.Key_1
        if 0 <= number_ < len(lanes):
            button = self.lanes.button(lanes[number_])
            return button.click if button.isEnabled() and self.lanes.isEnabled() else None
        transport = self.transport
        actions = {
            Qt.Key.Key_Space: self.play_pressed.emit,
            Qt.Key.Key_Escape: self.back_clicked.emit,
            Qt.Key.Key_Left: transport.back_clicked.emit,
            Qt.Key.Key_Right: transport.forward_clicked.emit,
            Qt.Key.Key_Home: transport.start_clicked.emit,
            Qt.Key.Key_L: transport.loop.toggle,
            Qt.Key.Key_P: transport.follow.toggle,
        }
        return next((action for wanted, action in actions.items() if wanted == key), None)


def _bar(name: str, height: int) -> QWidget:
    bar = QWidget()
    bar.setObjectName(name)
    bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    if height:
        bar.setFixedHeight(height)
    return bar
