"""How the spectrograms are computed: length of the window, overlap, and how far new ones are."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.i18n import bind, language_changed, tip, tr, unbind
from app.panels.controls import label, named_row, share_tab_stop
from core.spectrogram.analysis import STEPS, USUAL_STEPS, WINDOWS, Analysis

PATIENCE_MS = 300
"""New pictures that take longer tell how far they are."""
OVERLAPS = {2: "50 %", 4: "75 %", 8: "87.5 %"}


class PictureOptions(QWidget):
    """Controls for an ``Analysis``, with a bar of the work under way and a line for refusals.

    ``stage`` is a label that says in words what the bar shows, to be put where there is room.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._sample_rate = 44100
        self.stage = QLabel()
        self.stage.setProperty("role", "muted")
        self.stage.setFont(theme.figures_font())
        self.window_length = self._make_windows()
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        bind(self.bar.setAccessibleName, "New pictures")
        policy = self.bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing moves when it appears
        self.bar.setSizePolicy(policy)
        self.bar.hide()
        self.note = label(role="muted")
        self.note.setWordWrap(True)
        self.note.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(named_row("Window", self.window_length))
        column.addLayout(self._make_overlaps())
        column.addWidget(self.bar)
        column.addWidget(self.note)
        self._share = 0.0
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._show_share)
        language_changed().connect(self._name_windows)
        self._name_windows()
        self.set_analysis(Analysis())
        self.window_length.currentIndexChanged.connect(self.changed)
        self.overlap.idToggled.connect(self._on_overlap)

    def _make_windows(self) -> QComboBox:
        box = QComboBox()
        for window in (0, *WINDOWS):
            box.addItem("", window)
        box.setMinimumContentsLength(6)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tip(
            box,
            "How much sound a column of a spectrogram is made of. Longer windows tell tones apart, "
            "shorter ones moments. The mask stays as it is.",
        )
        bind(box.setAccessibleName, "Length of the window")
        return box

    def _make_overlaps(self) -> QHBoxLayout:
        self.overlap = QButtonGroup(self)
        buttons = []
        for steps in STEPS:
            button = QToolButton()
            button.setCheckable(True)
            button.setProperty("segment", True)
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setText(OVERLAPS[steps])
            tip(
                button,
                "Windows overlap by {share}: the more, the finer the picture in time, and the "
                "longer it takes",
                share=OVERLAPS[steps],
            )
            self.overlap.addButton(button, steps)
            buttons.append(button)
        row = named_row("Overlap", *buttons)
        row.setSpacing(4)
        return row

    # what is chosen

    def analysis(self) -> Analysis:
        return Analysis(self.window_length.currentData(), self.overlap.checkedId())

    def set_analysis(self, analysis: Analysis) -> None:
        """Choose it; what there is no choice for gets the usual."""
        index = self.window_length.findData(analysis.window)
        self.window_length.setCurrentIndex(max(index, 0))
        button = self.overlap.button(analysis.steps) or self.overlap.button(USUAL_STEPS)
        button.setChecked(True)
        share_tab_stop(self.overlap)

    def set_sample_rate(self, sample_rate: int) -> None:
        """That of the song, to name windows by what they last."""
        if sample_rate != self._sample_rate:
            self._sample_rate = sample_rate
            self._name_windows()

    def _name_windows(self) -> None:
        for index in range(self.window_length.count()):
            window = self.window_length.itemData(index)
            samples = Analysis(window).grid(self._sample_rate)[0]
            name = f"{window}" if window else tr("Auto")
            self.window_length.setItemText(
                index, f"{name} · {1000 * samples / self._sample_rate:.0f} ms"
            )

    def _on_overlap(self, _steps: int, on: bool) -> None:
        if on:
            share_tab_stop(self.overlap)
            self.changed.emit()

    # what is under way, or refused

    def show_progress(self, share: float | None) -> None:
        """How much of the new pictures is there; None for no work."""
        if share is None:
            self._patience.stop()
            self.bar.hide()
            unbind(self.stage.setText)
            self.stage.clear()
            return
        self._share = share
        if not self.bar.isHidden():
            self._show_share()
        elif not self._patience.isActive():
            self._patience.start()

    def _show_share(self) -> None:
        self.bar.setValue(round(1000 * self._share))
        bind(self.stage.setText, "New pictures {n} %", n=int(100 * self._share))
        self.bar.show()

    def say(self, text: str = "", **fields: object) -> None:
        """An English source text on why the pictures are not as they were asked for."""
        if text:
            bind(self.note.setText, text, **fields)
        else:
            unbind(self.note.setText)
            self.note.clear()
        self.note.setVisible(bool(text))
