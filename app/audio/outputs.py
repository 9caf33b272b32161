"""Which output a player plays on: the devices there are, the one chosen, rate and latency."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.audio.backend import Backend, OutputDevice
from app.audio.engine import Engine
from core.errors import StemscopeError


class Outputs(QObject):
    """The half of a player that minds its device. What plays is opened anew where need be."""

    devices_changed = Signal()

    def __init__(self, parent: QObject | None = None, backend: Backend | None = None) -> None:
        super().__init__(parent)
        self.backend = backend or Backend()
        self._engine = Engine(self.backend)
        self._stale_devices = False

    def load(self) -> None:
        """Look for devices now: the first play would have to wait for it, and the window too."""
        self._engine.backend.devices()

    @property
    def available(self) -> bool:
        return self.unavailable_reason is None

    @property
    def unavailable_reason(self) -> StemscopeError | None:
        return self._engine.backend.unavailable_reason

    def devices(self) -> list[OutputDevice]:
        """The outputs known since the start or the last ``refresh_devices``."""
        return self._engine.backend.devices()

    @property
    def active_device(self) -> OutputDevice | None:
        """The device that is playing now."""
        return None if self._engine.stream is None else self._engine.stream.device

    @property
    def latency_s(self) -> float:
        """What the open stream says of its latency; 0 while none is open."""
        return 0.0 if self._engine.stream is None else self._engine.stream.latency_s

    def set_device(self, name: str | None) -> None:
        """Play on the device of this ``key`` (or name); None, or one that is gone: the default."""
        if name != self._engine.device_key:
            self._engine.device_key = name
            self._reopen()

    def set_low_latency(self, low: bool) -> None:
        if low != self._engine.low_latency:
            self._engine.low_latency = low
            self._reopen()

    def set_sample_rate(self, rate: int | None) -> None:
        """Open devices at this rate; None: at the song's own, where the device takes it."""
        if rate != self._engine.fixed_rate:
            self._engine.fixed_rate = rate
            self._reopen()

    def refresh_devices(self) -> None:
        """Look for new devices. What plays is interrupted for a moment (PortAudio starts over)."""
        before = self.devices()
        self._reopen(self._engine.backend.refresh)
        self._stale_devices = False
        if self.devices() != before:
            self.devices_changed.emit()

    def _reopen(self, between: Callable[[], None] | None = None) -> None:
        """Close the stream, call ``between``, and play on if it was playing."""
        raise NotImplementedError
