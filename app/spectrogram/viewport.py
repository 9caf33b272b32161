"""Which part of the song is on screen, in seconds and on the frequency axis."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from core.spectrogram import FrequencyScale
from core.spectrogram.frequency import ScaleKind

MIN_SPAN_S = 0.05
MIN_SPAN_UNITS = 1 / 64


@dataclass(frozen=True)
class ViewRange:
    """What is visible: seconds and hertz."""

    start_s: float
    stop_s: float
    low_hz: float
    high_hz: float


class Viewport(QObject):
    """The visible range shared by all panes; never leaves the song.

    The frequency range is kept as positions on the scale (0 bottom, 1 top).
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.duration_s = 1.0
        self.sample_rate = 44100
        self.scale = FrequencyScale.of_kind("mel", 44100)
        self.start_s, self.stop_s = 0.0, 1.0
        self.low, self.high = 0.0, 1.0

    @property
    def span_s(self) -> float:
        return self.stop_s - self.start_s

    @property
    def range(self) -> ViewRange:
        return ViewRange(
            self.start_s,
            self.stop_s,
            float(self.scale.to_hz(self.low)),
            float(self.scale.to_hz(self.high)),
        )

    def reset(self, duration_s: float, sample_rate: int) -> None:
        """Another song: all of it is shown."""
        self.duration_s = max(duration_s, 1e-3)
        self.sample_rate = sample_rate
        self.scale = FrequencyScale.of_kind(self.scale.kind, sample_rate)
        self.start_s, self.stop_s, self.low, self.high = 0.0, self.duration_s, 0.0, 1.0
        self.changed.emit()

    def set_scale(self, kind: ScaleKind) -> None:
        """Another frequency scale; the visible hertz stay as far as the scale has them."""
        low_hz, high_hz = self.scale.to_hz(self.low), self.scale.to_hz(self.high)
        whole = (self.low, self.high) == (0.0, 1.0)
        self.scale = FrequencyScale.of_kind(kind, self.sample_rate)
        if whole:
            self.changed.emit()
        else:
            self.set_units(self.scale.to_unit(low_hz), self.scale.to_unit(high_hz))

    def set_time(self, start_s: float, stop_s: float) -> None:
        """Show a range of seconds, moved and limited so that it lies inside the song."""
        span = min(max(stop_s - start_s, MIN_SPAN_S), self.duration_s)
        start = min(max(start_s, 0.0), self.duration_s - span)
        self._apply(start, start + span, self.low, self.high)

    def set_units(self, low: float, high: float) -> None:
        """Show a range of positions on the frequency axis."""
        span = min(max(high - low, MIN_SPAN_UNITS), 1.0)
        bottom = min(max(low, 0.0), 1.0 - span)
        self._apply(self.start_s, self.stop_s, bottom, bottom + span)

    def zoom_time(self, factor: float, anchor_s: float) -> None:
        """Show ``factor`` times as much time; the anchor stays where it is on screen."""
        span = min(max(self.span_s * factor, MIN_SPAN_S), self.duration_s)
        share = (anchor_s - self.start_s) / self.span_s
        self.set_time(anchor_s - share * span, anchor_s + (1 - share) * span)

    def pan_time(self, seconds: float) -> None:
        self.set_time(self.start_s + seconds, self.stop_s + seconds)

    def zoom_units(self, factor: float, anchor: float) -> None:
        """Show ``factor`` times as much of the frequency axis around an anchor on it."""
        old = self.high - self.low
        span = min(max(old * factor, MIN_SPAN_UNITS), 1.0)
        share = (anchor - self.low) / old
        self.set_units(anchor - share * span, anchor + (1 - share) * span)

    def pan_units(self, units: float) -> None:
        self.set_units(self.low + units, self.high + units)

    def fit(self) -> None:
        """Show the whole song and every frequency."""
        self._apply(0.0, self.duration_s, 0.0, 1.0)

    def _apply(self, start_s: float, stop_s: float, low: float, high: float) -> None:
        if (start_s, stop_s, low, high) != (self.start_s, self.stop_s, self.low, self.high):
            self.start_s, self.stop_s, self.low, self.high = start_s, stop_s, low, high
            self.changed.emit()
