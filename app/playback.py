"""Joins the player to the song on screen, the transport, the mixer and the playhead."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app import settings
from app.audio.player import Player, PlayerState
from app.song import Song, SongResult, StemsAdvanced
from app.spectrogram import SpectrogramView
from core.audio import Audio
from core.audio.growing import n_there
from core.ranges import Ranges

if TYPE_CHECKING:
    from app.panels.mixer import MixerPanel
    from app.panels.transport import TransportPanel
    from app.session import Session

_FRAME_MS = 33
_JUMP_S = 5.0
_LEVELS_FALL_S = 3.0


class Playback(QObject):
    """What is heard is what is seen: one song, its stems, one position."""

    failed = Signal(object)  # StemscopeError

    def __init__(
        self,
        session: Session,
        player: Player,
        view: SpectrogramView,
        transport: TransportPanel,
        mixer: MixerPanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._player, self._view = session, player, view
        self._transport, self._mixer = transport, mixer
        self._song: Song | None = None
        self._result: SongResult | None = None
        self._mixture: Any = None
        self._part: Mapping[str, Audio] | None = None
        self._last_loop: tuple[float, float] | None = None
        self._path: Path | None = None
        self._frames_after_stop = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._on_frame)

        session.current_changed.connect(self.refresh)
        session.model_changed.connect(self.refresh)
        session.mixture_ready.connect(self._on_mixture_ready)
        session.mixture_advanced.connect(self._on_mixture_advanced)
        session.stems_advanced.connect(self._on_stems_advanced)
        session.song_changed.connect(self._on_song_changed)
        player.state_changed.connect(self._on_state_changed)
        player.waiting_changed.connect(self._on_waiting_changed)
        player.device_lost.connect(self.failed)
        player.failed.connect(self.failed)
        view.seek_requested.connect(self.seek_s)
        view.loop_changed.connect(self._on_loop_changed)
        transport.start_clicked.connect(self.to_start)
        transport.back_clicked.connect(self.back)
        transport.forward_clicked.connect(self.forward)
        transport.play_clicked.connect(self.toggle)
        transport.loop_toggled.connect(self._on_loop_toggled)
        transport.follow_toggled.connect(self._on_follow_toggled)
        mixer.gain_changed.connect(player.set_gain_db)
        mixer.muted_changed.connect(player.set_muted)
        mixer.soloed_changed.connect(player.set_soloed)
        mixer.master_changed.connect(player.set_master_db)
        mixer.original_changed.connect(player.set_original)
        transport.follow.setChecked(settings.get(settings.FOLLOW))
        self.refresh()

    # the song

    def refresh(self) -> None:
        """Take over the song on screen and the result of the model in use."""
        song = self._session.current
        self._song = song
        decoded = song.decoded if song is not None else None
        mixture = decoded.audio if decoded is not None else None
        result = song.result if song is not None and mixture is not None else None
        if result is not None and not result.samples_ready and not result.complete:
            result = None  # the song itself can be heard until the first stems are there
        if mixture is not self._mixture or result is not self._result:
            self._mixture, self._result, self._part = mixture, result, None
            self._player.set_sources(mixture, result.stems if result is not None else {})
        if result is not None:
            self._mixer.set_sources(result.sources)
            self._player.set_ready(self._ready(result))
        self._transport.set_available(mixture is not None)
        self._mixer.set_available(mixture is not None, result is not None)
        self._on_frame()

    def hear(self, part: Mapping[str, Audio] | None) -> None:
        """Play these stems in place of the song's own, until another song comes; None for those."""
        result = self._result
        if result is None or (part is None and self._part is None):
            return
        self._part = part
        stems = result.stems if part is None else part
        self._player.set_sources(self._mixture, stems, self._ready(result))

    def _ready(self, result: SongResult) -> Ranges:
        """What of the stems can be heard: a song from the cache may still be being decoded."""
        there = n_there(self._mixture)
        ready = Ranges([(0, there)]) if result.complete else result.samples_ready
        return Ranges((start, min(stop, there)) for start, stop in ready)

    def _is_current(self, song_id: int) -> bool:
        return self._song is not None and self._song.song_id == song_id

    def _on_mixture_ready(self, song_id: int) -> None:
        if self._is_current(song_id):
            self.refresh()

    def _on_song_changed(self, song_id: int) -> None:
        if self._is_current(song_id) and self._song is not None:
            result, decoded = self._song.result, self._song.decoded
            mixture = decoded.audio if decoded is not None else None
            if (
                mixture is not self._mixture
                or result is not self._result
                or (result is not None and result.complete)
            ):
                self.refresh()

    def _on_mixture_advanced(self, song_id: int) -> None:
        if self._is_current(song_id) and self._result is not None and self._result.complete:
            self._player.set_ready(self._ready(self._result))

    def _on_stems_advanced(self, advanced: StemsAdvanced) -> None:
        if self._is_current(advanced.song_id) and advanced.model_id == self._session.model_id:
            self.refresh()

    def on_edited(self, advanced: StemsAdvanced) -> None:
        """A part of the stems is as the user's edits want it."""
        if self._is_current(advanced.song_id) and advanced.model_id == self._session.model_id:
            self._player.refresh(advanced.start_sample, advanced.stop_sample)

    # transport

    @property
    def _rate(self) -> int:
        return self._mixture.sample_rate if self._mixture is not None else 44100

    @property
    def length_s(self) -> float:
        return self._mixture.n_samples / self._rate if self._mixture is not None else 0.0

    @property
    def position_s(self) -> float:
        return self._player.position() / self._rate if self._mixture is not None else 0.0

    def toggle(self) -> None:
        """Play or pause."""
        if self._mixture is not None:
            self._player.toggle()

    def seek_s(self, seconds: float) -> None:
        """Go to a place of the song."""
        if self._mixture is not None:
            sample = round(min(max(seconds, 0.0), self.length_s) * self._rate)
            self._player.seek(sample)
            self._tell_place(sample)
            self._on_frame()

    def _tell_place(self, sample: int) -> None:
        """What is heard from here on is to be separated next."""
        if self._song is not None:
            self._session.seek(self._song.song_id, sample)

    def to_start(self) -> None:
        self.seek_s(0.0)

    def back(self) -> None:
        self.seek_s(self.position_s - _JUMP_S)

    def forward(self) -> None:
        self.seek_s(self.position_s + _JUMP_S)

    def _on_loop_changed(self, loop: tuple[float, float] | None) -> None:
        """The user marked a part of the song (or took the mark away)."""
        samples = None
        if loop is not None:
            self._last_loop = loop
            samples = (round(loop[0] * self._rate), round(loop[1] * self._rate))
        self._player.set_loop(samples)
        self._transport.loop.blockSignals(True)
        self._transport.loop.setChecked(loop is not None)
        self._transport.loop.blockSignals(False)

    def loop(self, loop: tuple[float, float]) -> None:
        """Play this part of the song over and over."""
        self._view.set_loop(loop)
        self._on_loop_changed(self._view.loop)

    def _on_loop_toggled(self, on: bool) -> None:
        if not on:
            self._view.set_loop(None)
            self._player.set_loop(None)
            return
        loop = self._last_loop
        if loop is None or loop[0] >= self.length_s:
            loop = self._view.viewport.start_s, self._view.viewport.stop_s
        loop = loop[0], min(loop[1], self.length_s)
        self._view.set_loop(loop)
        self._player.set_loop((round(loop[0] * self._rate), round(loop[1] * self._rate)))

    def _on_follow_toggled(self, on: bool) -> None:
        settings.set(settings.FOLLOW, on)
        self._view.set_follow(on)

    def forget_loop(self) -> None:
        """Another song: its loop is another one."""
        self._last_loop = None
        self._transport.loop.blockSignals(True)
        self._transport.loop.setChecked(False)
        self._transport.loop.blockSignals(False)

    # what moves

    def _on_state_changed(self, state: PlayerState) -> None:
        self._transport.set_playing(state is not PlayerState.STOPPED)
        self._frames_after_stop = round(_LEVELS_FALL_S * 1000 / _FRAME_MS)
        self._timer.start()

    def _on_waiting_changed(self, waiting: bool) -> None:
        self._transport.set_waiting(waiting)
        if waiting:  # a loop may have led there, or the song on the way of an older wish
            self._tell_place(self._player.position())

    def _on_frame(self) -> None:
        position = self.position_s
        self._transport.set_time(position, self.length_s)
        self._view.set_playhead(position if self._mixture is not None else None)
        self._mixer.set_levels(self._player.levels())
        if not self._player.playing:
            self._frames_after_stop -= 1  # the meters fall on for a while
            if self._frames_after_stop <= 0:
                self._timer.stop()
                self._mixer.clear_levels()

    def shutdown(self) -> None:
        self._timer.stop()
        self._player.close()
