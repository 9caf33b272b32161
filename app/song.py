"""A song of the session, as widgets see it: its state, its sound, its results by model."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.audio import Audio, DifferenceAudio
from core.audio.patched import PatchedAudio
from core.errors import StemscopeError
from core.masks import Mask
from core.ranges import Ranges

if TYPE_CHECKING:
    from app.speed_memory import Run
    from core.audio import DecodedSong
    from core.project import Project


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
    """What one model made of a song; filled from where somebody listens while it is computed.

    The compute thread writes ``mask`` and the first stems in place; only what lies in
    ``frames_ready`` and ``samples_ready`` is final. These two are set in the GUI thread.
    """

    model_id: str
    sources: tuple[str, ...]
    mask: Mask
    stems: dict[str, Audio]
    samples_ready: Ranges = field(default_factory=Ranges)
    frames_ready: Ranges = field(default_factory=Ranges)
    complete: bool = False
    seek: Callable[[int], None] | None = None
    """Goes on with the computation at a sample of the song; while it is computed, any thread."""

    run: Run | None = None
    """What separating it took, once it is done."""

    network_mask: Mask | None = None
    """The mask as the network made it, where ``mask`` is a copy that is edited."""

    def note(self, advanced: StemsAdvanced) -> None:
        """More of it is final."""
        self.samples_ready = self.samples_ready.plus(advanced.start_sample, advanced.stop_sample)
        self.frames_ready = self.frames_ready.plus(advanced.first_frame, advanced.last_frame)

    @property
    def n_samples_ready(self) -> int:
        """How much of the beginning can be heard."""
        return self.samples_ready.until(0)

    @property
    def n_frames_ready(self) -> int:
        return self.frames_ready.until(0)


def editable_stems(
    mixture: Audio,
    sources: Sequence[str],
    synthesised: Sequence[Audio],
    scratch_dir: str | None = None,
) -> dict[str, Audio]:
    """The stems of a song by source, over which edits can be laid; the last is what is left."""
    patched = [PatchedAudio(stem, scratch_dir) for stem in synthesised]
    stems: dict[str, Audio] = dict(zip(sources, patched, strict=False))
    stems[sources[-1]] = DifferenceAudio(mixture, patched)
    return stems


def network_stem(stem: Audio) -> Audio:
    """A stem as the network made it, without edits over it."""
    return stem.base if isinstance(stem, PatchedAudio) else stem


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
    """As soon as its beginning can be read; ``core.audio.growing.n_there`` says how much can be."""
    is_decoding: bool = False
    results: dict[str, SongResult] = field(default_factory=dict)
    project: Project | None = None
    """Where it was opened from a project: the result of that project's model, and its edits."""
    is_storing: bool = False
    """Whether a result is on its way into the cache, and must not change."""
    edited_models: set[str] = field(default_factory=set)
    """Those on whose results the user has worked: they are not to be let go."""
    edits_pending: bool = False
    """Whether stems and mask lag behind what the user did."""
    n_edits: int = 0
    """How many times stems have been changed; what was made of them before is out of date."""

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

    @classmethod
    def beginning(cls, song_id: int, result: SongResult) -> StemsAdvanced:
        """All that is there of ``result``, from the start of the song on."""
        n_samples, n_frames = result.n_samples_ready, result.n_frames_ready
        return cls(song_id, result.model_id, 0, n_samples, 0, n_frames)

    @property
    def is_any(self) -> bool:
        """Whether there is anything new."""
        return self.start_sample < self.stop_sample or self.first_frame < self.last_frame


def joined(parts: Iterable[StemsAdvanced]) -> list[StemsAdvanced]:
    """Those of one result that follow upon each other as one."""
    whole: list[StemsAdvanced] = []
    for part in parts:
        last = whole[-1] if whole else None
        if last is not None and (last.stop_sample, last.last_frame) == (
            part.start_sample,
            part.first_frame,
        ):
            whole[-1] = replace(last, stop_sample=part.stop_sample, last_frame=part.last_frame)
        else:
            whole.append(part)
    return whole
