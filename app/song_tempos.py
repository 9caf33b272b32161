"""Speed and pitch of playback: each song its own, the usual ones for a new song."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.audio.player import Player
from app.audio.tempo import Tempo

if TYPE_CHECKING:
    from app.panels.tempo_controls import TempoControls
    from app.session import Session


class SongTempos(QObject):
    """Joins the fields of the transport to the player and to the song on screen."""

    def __init__(
        self,
        session: Session,
        player: Player,
        controls: TempoControls,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._player, self._controls = session, player, controls
        self._tempos: dict[int, Tempo] = {}
        session.current_changed.connect(self._on_current_changed)
        session.song_removed.connect(self._on_song_removed)
        controls.tempo_changed.connect(self._on_tempo_changed)
        self._on_current_changed()

    def _on_current_changed(self) -> None:
        song = self._session.current
        self._controls.set_tempo(
            Tempo() if song is None else self._tempos.get(song.song_id, Tempo())
        )

    def _on_tempo_changed(self, tempo: Tempo) -> None:
        song = self._session.current
        if song is not None:
            self._tempos[song.song_id] = tempo
        self._player.set_tempo(tempo)

    def _on_song_removed(self, song_id: int) -> None:
        self._tempos.pop(song_id, None)
