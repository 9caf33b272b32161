"""A song of the session, as widgets see it: its state, its sound, its results by model."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.audio import Audio
from core.errors import StemscopeError
from core.masks import Mask

if TYPE_CHECKING:
    from core.audio import DecodedSong


class SongState(enum.Enum):
    QUEUED = "queued"
    DECODING = "decoding"
    WAITING = "waiting"  # decoded; its separation has not begun or gave way
    SEPARATING = "separating"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_busy(self) -> bool:
        """Whether there is something to cancel."""
        return self in (
            SongState.QUEUED,
            SongState.DECODING,
            SongState.WAITING,
            SongState.SEPARATING,
        )


@dataclass(eq=False)
class SongResult:
    """What one model made of a song; filled from left to right while it is computed.

    The compute thread writes ``mask`` and the first stems in place; only what lies before
    ``n_frames_ready`` and ``n_samples_ready`` is final. These two are set in the GUI thread.
    """

    model_id: str
    sources: tuple[str, ...]
    mask: Mask
    stems: dict[str, Audio]
    n_samples_ready: int = 0
    n_frames_ready: int = 0
    complete: bool = False


@dataclass(eq=False)
class Song:
    """One row of the queue. Owned and changed by the session alone, in the GUI thread."""

    song_id: int
    path: Path
    title: str
    model_id: str  # the session's current one
    state: SongState = SongState.QUEUED
    stage: str = "Waiting"  # English source text
    fraction: float = 0.0
    seconds_left: float | None = None
    error: StemscopeError | None = None
    error_details: str = ""
    decoded: DecodedSong | None = None
    results: dict[str, SongResult] = field(default_factory=dict)

    @property
    def caption(self) -> str:
        """Title and artist, where the file names them."""
        artist = self.decoded.tags.artist if self.decoded is not None else None
        return f"{self.title} – {artist}" if artist else self.title

    @property
    def result(self) -> SongResult | None:
        """That of the session's current model, perhaps still being computed."""
        return self.results.get(self.model_id)


@dataclass(frozen=True)
class StemsAdvanced:
    """More of a song's stems and mask is final: samples and frames, the last ones exclusive."""

    song_id: int
    model_id: str
    start_sample: int
    stop_sample: int
    first_frame: int
    last_frame: int
