"""Short clips heard on the training page: a small player on the sound device of the songs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from weakref import WeakSet

from PySide6.QtCore import QObject, Signal, Slot
from shiboken6 import isValid

from app import settings
from app.audio.player import Player, PlayerState
from core.audio import Audio
from core.errors import StemscopeError

HEARD = ("mixture", "vocals", "accompaniment")


class SidePlayer(Player):
    """A player beside that of the songs, on the same device.

    One sounds at a time: the others pause, and their songs, places and loops stay as they are. It
    never looks for devices: PortAudio would start over while a song plays.
    """

    _all: ClassVar[WeakSet[SidePlayer]] = WeakSet()

    def __init__(self, main: Player, parent: QObject | None = None) -> None:
        super().__init__(parent, main.backend)
        self._main = main
        self._all.add(self)
        main.backend.before_refresh.append(self.close)
        main.state_changed.connect(self._on_main_state)
        self.state_changed.connect(self._on_own_state)

    def _start(self) -> None:
        engine = self._engine
        engine.device_key = settings.get(settings.AUDIO_DEVICE) or None
        engine.low_latency = settings.get(settings.AUDIO_LOW_LATENCY)
        engine.start()
        self._poll.start()

    @Slot(object)
    def _on_own_state(self, state: PlayerState) -> None:
        if state is not PlayerState.STOPPED:
            self._main.pause()
            for other in list(self._all):
                if other is not self and isValid(other) and other.backend is self.backend:
                    other.pause()

    def leave(self) -> None:
        """Give the device back for good."""
        self.close()
        if self.close in self.backend.before_refresh:
            self.backend.before_refresh.remove(self.close)

    @Slot(object)
    def _on_main_state(self, state: PlayerState) -> None:
        if state is not PlayerState.STOPPED:
            self.pause()


class ClipSound(QObject):
    """A clip with its voice and accompaniment, one of the three heard, round and round."""

    playing_changed = Signal(bool)
    changed = Signal()  # another clip, or another owner
    heard_changed = Signal(str)
    failed = Signal(object)  # StemscopeError

    def __init__(self, main: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.player = SidePlayer(main, self)
        self.player.state_changed.connect(self._on_state_changed)
        self.player.failed.connect(self._on_failed)
        self.player.device_lost.connect(self._on_failed)
        self.owner: object = None
        self.heard = "vocals"
        self._mixture: Audio | None = None

    @property
    def playing(self) -> bool:
        return self.player.playing

    @property
    def position_s(self) -> float:
        mixture = self._mixture
        return 0.0 if mixture is None else self.player.position() / mixture.sample_rate

    @property
    def length_s(self) -> float:
        mixture = self._mixture
        return 0.0 if mixture is None else mixture.n_samples / mixture.sample_rate

    def put(self, owner: object, mixture: Audio, stems: Mapping[str, Audio]) -> None:
        """Take this clip; the same mixture with other stems goes on where it is."""
        same = mixture is self._mixture
        self.owner, self._mixture = owner, mixture
        self.player.set_sources(mixture, stems, mixture.n_samples)
        if not same:
            self.player.set_loop((0, mixture.n_samples))
        self._choose()
        self.changed.emit()

    def clear(self, owner: object) -> None:
        """Fall silent and forget the clip, if it is this owner's."""
        if self.owner is owner:
            self.player.set_sources(None, {})
            self.owner, self._mixture = None, None
            self.changed.emit()

    def hear(self, heard: str) -> None:
        """Hear "mixture", "vocals" or "accompaniment"."""
        if heard != self.heard:
            self.heard = heard
            self._choose()
            self.heard_changed.emit(heard)

    def toggle(self) -> None:
        if self._mixture is not None:
            self.player.toggle()

    def seek_s(self, seconds: float) -> None:
        mixture = self._mixture
        if mixture is not None:
            self.player.seek(round(seconds * mixture.sample_rate))

    def _choose(self) -> None:
        self.player.set_original(self.heard == "mixture")
        for stem in HEARD[1:]:
            self.player.set_soloed(stem, stem == self.heard)

    @Slot(object)
    def _on_state_changed(self, state: PlayerState) -> None:
        self.playing_changed.emit(state is not PlayerState.STOPPED)

    @Slot(object)
    def _on_failed(self, error: StemscopeError) -> None:
        self.failed.emit(error)

    def shutdown(self) -> None:
        self.player.leave()
