"""The transport: where the song is, and the buttons that move it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app import theme
from app.formats import clock
from app.i18n import bind, tip
from app.panels.controls import icon_button, label

PLAY_SIDE = 40


class TransportPanel(QWidget):
    """Time, to start, back, play or pause, forward, loop and follow.

    ``tempo`` are the fields for speed and pitch, where there are any.
    """

    start_clicked = Signal()
    back_clicked = Signal()
    play_clicked = Signal()
    forward_clicked = Signal()
    loop_toggled = Signal(bool)
    follow_toggled = Signal(bool)

    def __init__(self, tempo: QWidget | None = None) -> None:
        super().__init__()
        self._tempo = tempo
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._shown: tuple[str, str] = ("", "")
        self.position = QLabel()
        self.position.setFont(theme.figures_font(6))
        self.position.setTextFormat(Qt.TextFormat.PlainText)
        self.length = QLabel()
        self.length.setFont(theme.figures_font(0))
        self.length.setProperty("role", "muted")
        self.waiting = label(role="warning")
        self.waiting.setFixedHeight(20)
        bind(self.position.setAccessibleName, "Position")
        bind(self.length.setAccessibleName, "Length")

        self.to_start = icon_button("to-start", "To the start", "Home")
        self.back = icon_button("back", "Back 5 seconds", "←")
        self.play = icon_button("play", "Play", "Space", flat=False, side=PLAY_SIDE, icon_side=20)
        self.forward = icon_button("forward", "Forward 5 seconds", "→")
        self.loop = icon_button("loop", "Loop the selection", "L", checkable=True)
        self.follow = icon_button("follow", "Follow the playhead", "P", checkable=True)
        self.to_start.clicked.connect(self.start_clicked)
        self.back.clicked.connect(self.back_clicked)
        self.play.clicked.connect(self.play_clicked)
        self.forward.clicked.connect(self.forward_clicked)
        self.loop.toggled.connect(self.loop_toggled)
        self.follow.toggled.connect(self.follow_toggled)

        times = QHBoxLayout()
        times.setSpacing(8)
        times.addWidget(self.position)
        times.addWidget(self.length, 0, Qt.AlignmentFlag.AlignBottom)
        times.addStretch(1)
        times.addWidget(self.waiting)
        self.length.setContentsMargins(0, 0, 0, 3)
        buttons = QHBoxLayout()
        buttons.setSpacing(4 if tempo is None else 2)
        for button in (self.to_start, self.back, self.play, self.forward):
            buttons.addWidget(button)
        buttons.addSpacing(8 if tempo is None else 4)
        buttons.addWidget(self.loop)
        buttons.addWidget(self.follow)
        buttons.addStretch(1)
        if tempo is not None:
            buttons.addWidget(tempo)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 4, 16 if tempo is None else 8, 8)
        column.setSpacing(4)
        column.addLayout(times)
        column.addLayout(buttons)
        self.setFixedWidth(264 if tempo is None else 288)
        self.set_time(0.0, 0.0)
        self.set_playing(False)

    def set_available(self, available: bool) -> None:
        for button in (self.to_start, self.back, self.play, self.forward, self.loop, self.follow):
            button.setEnabled(available)
        if self._tempo is not None:
            self._tempo.setEnabled(available)

    def set_time(self, position_s: float, length_s: float) -> None:
        shown = (clock(position_s), f"/ {clock(length_s)}")
        if shown != self._shown:
            self._shown = shown
            self.position.setText(shown[0])
            self.length.setText(shown[1])

    def set_playing(self, playing: bool) -> None:
        self.play.setIcon(theme.icon("pause" if playing else "play"))
        tip(self.play, "Pause" if playing else "Play", "Space")

    def set_waiting(self, waiting: bool) -> None:
        """Say that what is to be heard is still being computed."""
        bind(self.waiting.setText, "Waiting…" if waiting else "")
        bind(self.waiting.setToolTip, "This part is still being separated." if waiting else "")
