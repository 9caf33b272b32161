"""A device that asks for nothing any more does not hold the window up."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QObject

from app.audio.backend import Backend, OutputDevice
from app.audio.player import Player
from core.audio import ArrayAudio
from core.errors import StemscopeError

DEVICE = OutputDevice(0, "Test output", "Test", 2, 44100, True)


class StalledStream:
    """Active, and silent."""

    device, rate, n_channels, latency_s, active = DEVICE, 44100, 2, 0.0, True

    def __init__(self, fill) -> None:
        self._fill = fill(self)

    def pump(self) -> None:
        self._fill(np.zeros((1024, 2), np.float32), time.perf_counter())

    def close(self) -> bool:
        self.active = False
        return True


class StalledBackend(Backend):
    stream: StalledStream | None = None

    @property
    def unavailable_reason(self) -> StemscopeError | None:
        return None

    def devices(self) -> list[OutputDevice]:
        return [DEVICE]

    def refresh(self) -> None:
        pass

    def open(self, key, song_rate, fixed_rate, low_latency, fill):
        self.stream = StalledStream(fill)
        return self.stream


def test_it_is_left_within_50_ms(qapp: QObject, qtbot) -> None:
    backend = StalledBackend()
    player = Player(backend=backend)
    song = np.full((2, 44100), 0.5, np.float32)
    player.set_sources(ArrayAudio(song, 44100), {})
    player.play()
    mixer = player._engine.mixer
    assert mixer is not None
    qtbot.waitUntil(lambda: mixer.upcoming is not None, timeout=5000)
    assert backend.stream is not None
    backend.stream.pump()
    assert not mixer.silent
    begun = time.perf_counter()
    player.close()
    assert time.perf_counter() - begun < 0.15  # 50 ms, and what a busy machine takes
    assert not backend.stream.active
