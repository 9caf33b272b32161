"""What is heard live, how late, how loud: the bar at the bottom of the page."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.audio.meters import FLOOR_DB
from app.formats import gain, stem_text
from app.i18n import bind, mark, tip, tr
from app.live.figures import Latency, LiveFigures
from app.panels.controls import label, share_tab_stop
from app.panels.fader import Fader
from app.panels.gain_value import GainValue
from app.panels.meter import Meter

HEARD = (
    ("voice", mark("Voice"), "1", mark("Hear the voice alone")),
    ("accompaniment", mark("Accompaniment"), "2", mark("Hear the accompaniment alone")),
    ("balance", mark("Balance"), "3", mark("Hear both, by their faders")),
    ("mixture", mark("Original"), "O", mark("Hear what comes in, as late as the stems")),
)
STEMS = ("vocals", "accompaniment")


class LiveStrip(QWidget):
    """A name and a level; stems have a fader too."""

    gain_changed = Signal(str, float)  # source, dB

    def __init__(self, source: str, text: str, has_fader: bool) -> None:
        super().__init__()
        self.source = source
        self.setMinimumWidth(120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        bind(self.setAccessibleName, text)
        name = label(text)
        name.setFont(theme.font(weight=QFont.Weight.DemiBold))
        self.meter = Meter(source if source in STEMS else "")
        bind(self.meter.setAccessibleName, "{stem} level", stem=lambda: tr(text))
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 8, 8, 8)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(3)
        grid.setRowMinimumHeight(0, 24)
        grid.addWidget(name, 0, 0, 1, 2)
        self.fader: Fader | None = None
        if has_fader:
            self.fader = Fader(source)
            tip(self.fader, "{stem} gain; double click for 0 dB", stem=lambda: tr(text))
            self.value = GainValue()
            self.value.gain_entered.connect(self.fader.set_gain_db)
            self.value.setText(gain(0.0))
            self.fader.number_wanted.connect(self.value.edit)
            self.fader.gain_changed.connect(self._on_gain_changed)
            grid.addWidget(self.fader, 1, 0)
            grid.addWidget(self.value, 1, 1)
        grid.setRowMinimumHeight(1, 24)
        grid.addWidget(self.meter, 2, 0, 1, 2)

    def _on_gain_changed(self, gain_db: float) -> None:
        self.value.setText(gain(gain_db))
        self.gain_changed.emit(self.source, gain_db)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.current()
        painter = QPainter(self)
        painter.fillRect(0, 0, 1, self.height(), QColor(colours.line))
        edge = colours.stem(self.source) if self.source in STEMS else colours.mixture
        painter.fillRect(8, 12, 3, self.height() - 21, QColor(edge))


class LatencyFigure(QWidget):
    """The latency in large figures, its parts in the tooltip, and the dropouts below."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(184)
        self.figure = QLabel("–")
        self.figure.setFont(theme.figures_font(11))
        bind(self.figure.setAccessibleName, "Latency")
        self.unit = label("ms latency", "muted")
        self.dropouts = QLabel()
        self.dropouts.setProperty("role", "muted")
        self.dropouts.setFont(theme.figures_font(-0.5))
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self.figure, 0, Qt.AlignmentFlag.AlignBaseline)
        line.addWidget(self.unit, 0, Qt.AlignmentFlag.AlignBaseline)
        line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 8, 8, 8)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.dropouts)
        self.show_figures(LiveFigures())

    def show_figures(self, figures: LiveFigures) -> None:
        known = figures.seconds > 0
        self.figure.setText(str(round(1000 * figures.latency.total_s)) if known else "–")
        if known:
            parts = figures.latency
            bind(self.setToolTip, "{parts}", parts=lambda: latency_text(parts))
            bind(self.figure.setAccessibleDescription, "{parts}", parts=lambda: latency_text(parts))
        else:
            bind(self.setToolTip, "Time from the input to the output; known while it runs")
        lost = figures.dropouts
        bind(
            self.dropouts.setText,
            "{n} dropouts · {percent} % of a core" if lost.total != 1 else
            "1 dropout · {percent} % of a core",
            **({"n": lost.total} if lost.total != 1 else {}),
            percent=round(100 * figures.load),
        )  # fmt: skip
        bind(
            self.dropouts.setToolTip,
            "Sound that was lost: {underruns} times at the output, {overruns} times on the way, "
            "{device} times by a device",
            underruns=lost.underruns,
            overruns=lost.overruns,
            device=lost.device,
        )


class SoundBar(QWidget):
    """Latency, dropouts, what is heard, and the strips."""

    changed = Signal()  # what is to be heard

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("transport")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.latency = LatencyFigure()
        self._group = QButtonGroup(self)
        buttons = QGridLayout()
        buttons.setContentsMargins(8, 8, 16, 8)
        buttons.setSpacing(4)
        self.buttons: dict[str, QToolButton] = {}
        for place, (name, text, keys, help_text) in enumerate(HEARD):
            button = QToolButton()
            button.setCheckable(True)
            button.setMinimumWidth(104)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            bind(button.setText, text)
            tip(button, help_text, keys)
            self._group.addButton(button)
            self.buttons[name] = button
            buttons.addWidget(button, place // 2, place % 2)
        self.buttons["voice"].setChecked(True)
        share_tab_stop(self._group)
        self._group.buttonToggled.connect(self._on_toggled)
        self.source = LiveStrip("input", mark("Input"), False)
        self.stems = {name: LiveStrip(name, stem_text(name), True) for name in STEMS}
        self.sink = LiveStrip("output", mark("Output"), False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.latency)
        row.addLayout(buttons)
        for strip, share in (
            (self.source, 2),
            (self.stems["vocals"], 3),
            (self.stems["accompaniment"], 3),
            (self.sink, 2),
        ):
            row.addWidget(strip, share)
            strip.gain_changed.connect(self._on_gain_changed)

    def heard(self) -> str:
        return next(name for name, button in self.buttons.items() if button.isChecked())

    def faders_db(self) -> dict[str, float]:
        return {n: s.fader.gain_db() for n, s in self.stems.items() if s.fader is not None}

    def restore(self, heard: str, faders_db: dict[str, object]) -> None:
        """What was heard last."""
        for name, strip in self.stems.items():
            value = faders_db.get(name)
            if strip.fader is not None and isinstance(value, int | float):
                strip.fader.set_gain_db(float(value))
        self.buttons[heard].setChecked(True)

    def show_figures(self, figures: LiveFigures) -> None:
        self.latency.show_figures(figures)
        silent = (FLOOR_DB, FLOOR_DB)
        for name, strip in (
            ("input", self.source),
            *self.stems.items(),
            ("output", self.sink),
        ):
            strip.meter.set_level(*figures.levels.get(name, silent))

    def _on_toggled(self, _button: QToolButton, checked: bool) -> None:
        share_tab_stop(self._group)
        if checked:
            self.changed.emit()

    def _on_gain_changed(self, _source: str, _gain_db: float) -> None:
        if self.heard() == "balance":
            self.changed.emit()
        else:
            self.buttons["balance"].setChecked(True)  # a fader is moved to be heard


def latency_text(latency: Latency) -> str:
    """The parts of the latency, line by line."""
    lines = (
        (mark("Input device"), latency.input_s),
        (mark("The model's window"), latency.window_s),
        (mark("Blocks on their way, and what is kept back"), latency.buffers_s),
        (mark("Output device"), latency.output_s),
        (mark("Together"), latency.total_s),
    )
    return "\n".join(f"{tr(text)}: {1000 * seconds:.0f} ms" for text, seconds in lines)
