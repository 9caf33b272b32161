"""The line at the bottom: model and its band, the sum's exactness, device, what is running."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from app import theme
from app.formats import decibels, hertz
from app.i18n import bind, tip, unbind
from app.panels.controls import ElidedLabel

NOTE_MS = 8000


class StatusLine(QWidget):
    """Facts, each with its unit; the list of songs opens from here."""

    queue_toggled = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("statusline")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(28)
        self.file = ElidedLabel()
        self.model = _fact("Model and the band it was trained for")
        self.sum = _fact("How far voice and accompaniment together are from the song")
        self.device = _fact("Device that computes")
        self.running = ElidedLabel()
        self.running.mode = Qt.TextElideMode.ElideRight
        self.note = ElidedLabel()
        self.note.hide()
        self._note_timer = QTimer(self)
        self._note_timer.setSingleShot(True)
        self._note_timer.setInterval(NOTE_MS)
        self._note_timer.timeout.connect(self.note.hide)
        self.queue = QToolButton()
        self.queue.setCheckable(True)
        self.queue.setProperty("flat", True)
        self.queue.setProperty("small", True)
        self.queue.setIcon(theme.icon("queue"))
        self.queue.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.queue.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tip(self.queue, "List of songs", "Ctrl+L")
        self.queue.toggled.connect(self.queue_toggled)
        self.set_queue(0, 0)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(24)
        for part in (self.file, self.note, self.running, self.model, self.sum, self.device):
            part.setProperty("role", "muted")
            row.addWidget(part, 3 if isinstance(part, ElidedLabel) else 0)
        row.addWidget(self.queue)

    def set_file(self, text: str) -> None:
        self.file.setText(text)

    def set_model(self, title: str, band_hz: float | None) -> None:
        if band_hz is None:
            unbind(self.model.setText)
            self.model.setText(title)
        else:
            band = hertz_short(band_hz)
            bind(self.model.setText, "{model} · up to {band}", model=title, band=band)

    def set_sum(self, level_db: float | None) -> None:
        """Level of (voice + accompaniment − song) against the song."""
        self.sum.setVisible(level_db is not None)
        if level_db is not None:
            bind(self.sum.setText, "Sum to mix {level}", level=decibels(level_db, digits=0))

    def set_device(self, name: str) -> None:
        self.device.setText(name)

    def set_running(self, text: str, **fields: object) -> None:
        bind(self.running.setText, text, **fields)
        self.running.setVisible(bool(text))  # its place belongs to the file meanwhile

    def say(self, text: str, **fields: object) -> None:
        """Tell of something that was done, for a while; an English source text."""
        bind(self.note.setText, text, **fields)
        self.note.show()
        self._note_timer.start()

    def set_queue(self, done: int, total: int) -> None:
        if done < total and total > 1:
            bind(self.queue.setText, "{done} of {total} songs", done=done, total=total)
        else:
            bind(self.queue.setText, "Songs: {total}", total=total)


def hertz_short(freq_hz: float) -> str:
    """``8 kHz`` without needless digits."""
    return f"{freq_hz / 1000:g} kHz" if freq_hz >= 1000 else hertz(freq_hz)


def _fact(text: str) -> QLabel:
    result = QLabel()
    result.setTextFormat(Qt.TextFormat.PlainText)
    tip(result, text)
    return result
