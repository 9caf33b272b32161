"""Joins a player to the clip that is shown: one lane at a time, at one place."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app import settings
from app.audio.player import Player, PlayerState
from app.panels.evaluation.clip_view import MIXTURE, ClipView
from core.audio import Audio

_FRAME_MS = 33
_JUMP_S = 5.0


class ClipPlayback(QObject):
    """What is heard is the lane that is chosen; changing lanes goes on at the same place."""

    failed = Signal(object)  # StemscopeError

    def __init__(self, view: ClipView, player: Player) -> None:
        super().__init__()
        self._view, self._player = view, player
        self._mixture: Audio | None = None
        self._stems: tuple[str, ...] = ()
        self._loop: tuple[float, float] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._on_frame)
        player.state_changed.connect(self._on_state_changed)
        player.failed.connect(self.failed)
        player.device_lost.connect(self.failed)
        view.lane_chosen.connect(self._on_lane_chosen)
        view.play_pressed.connect(self.toggle)
        view.view.seek_requested.connect(self.seek_s)
        view.view.loop_changed.connect(self._on_loop_changed)
        transport = view.transport
        transport.play_clicked.connect(self.toggle)
        transport.start_clicked.connect(self._on_start_clicked)
        transport.back_clicked.connect(self._on_back_clicked)
        transport.forward_clicked.connect(self._on_forward_clicked)
        transport.loop_toggled.connect(self._on_loop_toggled)
        transport.follow_toggled.connect(view.view.set_follow)
        transport.follow.setChecked(True)

    def set_clip(self, audio: dict[str, Audio]) -> None:
        """Play these lanes; one of another estimate goes on where the last one was."""
        position_s = self.position_s
        self._mixture = audio[MIXTURE]
        self._stems = tuple(name for name in audio if name != MIXTURE)
        stems = {name: audio[name] for name in self._stems}
        self._player.set_sources(self._mixture, stems, self._mixture.n_samples)
        self._on_lane_chosen(self._view.lanes.value)
        self.seek_s(position_s if position_s < self.length_s else 0.0)

    def forget(self) -> None:
        """Stop, and let go of the clip."""
        self._player.pause()
        self._mixture, self._stems, self._loop = None, (), None
        self._player.set_sources(None, {})
        self._show_loop(False)
        self._on_frame()

    @property
    def length_s(self) -> float:
        mixture = self._mixture
        return 0.0 if mixture is None else mixture.n_samples / mixture.sample_rate

    @property
    def position_s(self) -> float:
        mixture = self._mixture
        return 0.0 if mixture is None else self._player.position() / mixture.sample_rate

    def toggle(self) -> None:
        """Play or pause."""
        if self._mixture is not None:
            self._player.set_master_db(settings.get(settings.MASTER_DB))
            self._player.toggle()

    def seek_s(self, seconds: float) -> None:
        if self._mixture is not None:
            inside = min(max(seconds, 0.0), self.length_s)
            self._player.seek(round(inside * self._mixture.sample_rate))
            self._on_frame()

    def pause(self) -> None:
        self._player.pause()

    def shutdown(self) -> None:
        self._timer.stop()
        self._player.close()

    def _on_lane_chosen(self, lane: str) -> None:
        self._player.set_original(lane == MIXTURE)
        for name in self._stems:
            self._player.set_soloed(name, name == lane)

    def _on_start_clicked(self) -> None:
        self.seek_s(0.0)

    def _on_back_clicked(self) -> None:
        self.seek_s(self.position_s - _JUMP_S)

    def _on_forward_clicked(self) -> None:
        self.seek_s(self.position_s + _JUMP_S)

    def _on_loop_changed(self, loop: tuple[float, float] | None) -> None:
        if self._mixture is None:
            return
        rate = self._mixture.sample_rate
        self._loop = loop or self._loop
        self._player.set_loop(
            None if loop is None else (round(loop[0] * rate), round(loop[1] * rate))
        )
        self._show_loop(loop is not None)

    def _on_loop_toggled(self, on: bool) -> None:
        if not on or self._mixture is None:
            loop = None
        else:
            viewport = self._view.view.viewport
            loop = self._loop or (viewport.start_s, viewport.stop_s)
            loop = (loop[0], min(loop[1], self.length_s))
        self._view.view.set_loop(loop)
        self._on_loop_changed(loop)

    def _show_loop(self, on: bool) -> None:
        button = self._view.transport.loop
        button.blockSignals(True)
        button.setChecked(on)
        button.blockSignals(False)

    def _on_state_changed(self, state: PlayerState) -> None:
        self._view.transport.set_playing(state is not PlayerState.STOPPED)
        self._timer.start()

    def _on_frame(self) -> None:
        position_s = self.position_s
        self._view.transport.set_time(position_s, self.length_s)
        self._view.view.set_playhead(position_s if self._mixture is not None else None)
        if not self._player.playing:
            self._timer.stop()
