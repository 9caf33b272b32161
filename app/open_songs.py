"""Which songs of a session stay open, and what is found in folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.song import SongState
from core.audio import find_audio_files, no_songs_error

if TYPE_CHECKING:
    from app.song_work import SongWork

N_KEPT_OPEN = 4


class OpenSongs:
    """Songs by last use. Few stay in memory: the cache brings the others back."""

    def __init__(self, works: Mapping[int, SongWork]) -> None:
        """``works`` are the session's, by song; they may change."""
        self._works = works
        self._used: list[int] = []  # the latest at the end

    def touch(self, song_id: int) -> None:
        """The song was shown, or read."""
        self.forget(song_id)
        self._used.append(song_id)

    def forget(self, song_id: int) -> None:
        """The song is no longer in the session."""
        if song_id in self._used:
            self._used.remove(song_id)

    def release(self, current: int | None) -> None:
        """Let go of songs not used lately whose results the cache can bring back."""
        idle = [
            song_id
            for song_id in self._used
            if song_id != current and self._works[song_id].song.decoded is not None
        ]
        for song_id in idle[: max(0, len(idle) - (N_KEPT_OPEN - 1))]:
            work = self._works[song_id]
            can_return = work.stored_models >= set(work.song.results)
            if work.song.state is SongState.DONE and can_return and not work.song.edited_models:
                work.song.decoded = None
                work.song.results.clear()


def songs_in(paths: Sequence[Path]) -> list[Path]:
    """The audio files among ``paths`` and in their folders; raises if there are none."""
    files = find_audio_files(paths)
    if not files:
        raise no_songs_error(paths[0])
    return files
