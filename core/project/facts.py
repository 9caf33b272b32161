"""What a project holds: the song, the model, the network's mask and what a user made of it.

All of it is checked when it is made, so that whatever can be saved can be opened again. A value
that does not fit is an ``UnfitError``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.editing import MaskState
from core.errors import UsageError
from core.masks import Mask
from core.project import values as check
from core.project.values import Table, UnfitError
from core.stft import Stft

MAX_BYTES = 1 << 62
MAX_SAMPLES = 1 << 40
MAX_RATE = 1_000_000
MAX_CHANNELS = 64
MAX_SOURCES = 16
MAX_WINDOW = 1 << 16
MAX_SECONDS = 1e6
MAX_MASK_BYTES = 8 << 30
"""Six hours of a window of 2048 and a hop of 512 at 44.1 kHz, in stereo, take 7.6 GB."""

FIT_S = 1.0
"""So much may a mask end before or after its song; rounding alone makes a frame or two."""


@dataclass(frozen=True)
class SourceFile:
    """The song's file, by its place and by its content.

    ``path`` is absolute and in the notation of the system that saved it; ``relative_path``, with
    slashes, is seen from the project's folder, empty where there is no way (another drive).
    ``sha256`` and ``n_bytes`` are those of the whole file; ``n_samples`` per channel,
    ``sample_rate`` and ``n_channels`` those of the sound that was separated, which was sound track
    ``track`` (None: the one that its container marks). ``packed``: the project holds the file.
    """

    path: str
    relative_path: str
    name: str
    n_bytes: int
    sha256: str
    n_samples: int
    sample_rate: int
    n_channels: int
    track: int | None
    packed: bool

    def __post_init__(self) -> None:
        track = self.track
        _put(
            self,
            path=check.text(self.path, "source.path"),
            relative_path=check.text(self.relative_path, "source.relative_path"),
            name=check.text(self.name, "source.name", 1, 1024),
            n_bytes=check.whole(self.n_bytes, "source.n_bytes", 0, MAX_BYTES),
            sha256=check.sha256(self.sha256, "source.sha256"),
            n_samples=check.whole(self.n_samples, "source.n_samples", 0, MAX_SAMPLES),
            sample_rate=check.whole(self.sample_rate, "source.sample_rate", 1, MAX_RATE),
            n_channels=check.whole(self.n_channels, "source.n_channels", 1, MAX_CHANNELS),
            track=None if track is None else check.whole(track, "source.track", 0, 9999),
            packed=check.flag(self.packed, "source.packed"),
        )
        if "/" in self.name or self.name in (".", ".."):
            raise UnfitError("source.name")

    @property
    def duration_s(self) -> float:
        return self.n_samples / self.sample_rate


@dataclass(frozen=True)
class ModelFacts:
    """Which model made the mask; ``card`` is its card as plain values, to be shown."""

    model_id: str
    title: str
    sha256: str
    card: Table

    def __post_init__(self) -> None:
        _put(
            self,
            model_id=check.text(self.model_id, "model.model_id", 1, 1024),
            title=check.text(self.title, "model.title"),
            sha256=check.sha256(self.sha256, "model.sha256"),
            card=check.plain_table(self.card, "model.card"),
        )


@dataclass(frozen=True)
class MaskGrid:
    """All of a mask but its values; ``shape`` is that of ``Mask.values``."""

    shape: tuple[int, int, int, int]
    sample_rate: int
    hop_samples: int
    window_samples: int
    window: str

    def __post_init__(self) -> None:
        n_masks, n_channels, n_bins, n_frames = self.shape
        most = MAX_MASK_BYTES // 2
        shape = (
            check.whole(n_masks, "mask.shape", 1, MAX_SOURCES - 1),
            check.whole(n_channels, "mask.shape", 1, MAX_CHANNELS),
            check.whole(n_bins, "mask.shape", 1, most),
            check.whole(n_frames, "mask.shape", 1, most),
        )
        if math.prod(shape) > most:
            raise UnfitError("mask.shape")
        _put(
            self,
            shape=shape,
            sample_rate=check.whole(self.sample_rate, "mask.sample_rate", 1, MAX_RATE),
            hop_samples=check.whole(self.hop_samples, "mask.hop_samples", 1, MAX_WINDOW),
            window_samples=check.whole(self.window_samples, "mask.window_samples", 2, MAX_WINDOW),
            window=check.text(self.window, "mask.window", 1, 100),
        )
        try:
            stft = Stft(self.window_samples, self.hop_samples, self.window)
        except UsageError as error:
            raise UnfitError("mask.window") from error
        if n_bins != stft.n_bins:
            raise UnfitError("mask.shape")

    @classmethod
    def of(cls, mask: Mask) -> MaskGrid:
        if mask.values.ndim != 4 or mask.above.shape != (*mask.values.shape[:2], mask.n_frames):
            raise UnfitError("mask.shape")
        n_masks, n_channels, n_bins, n_frames = mask.values.shape
        return cls(
            (n_masks, n_channels, n_bins, n_frames),
            mask.sample_rate,
            mask.hop_samples,
            mask.window_samples,
            mask.window,
        )

    @property
    def above_shape(self) -> tuple[int, int, int]:
        return (self.shape[0], self.shape[1], self.shape[3])

    def check(self, sources: tuple[str, ...], source: SourceFile) -> None:
        """Whether it is the grid of a mask of ``sources`` that is as long as the song."""
        if self.shape[0] != len(sources) - 1:
            raise UnfitError("mask.shape")
        hop_s = self.hop_samples / self.sample_rate
        end_s = (self.shape[3] - 1) * hop_s
        if abs(end_s - source.duration_s) > FIT_S + 2 * hop_s:
            raise UnfitError("mask.shape")

    def empty(self, scratch_dir: str | None) -> Mask:
        """A mask of zeros on this grid; see ``Mask.empty``."""
        n_masks, n_channels, _, n_frames = self.shape
        return Mask.empty(
            n_masks + 1,
            n_frames,
            self.sample_rate,
            self.hop_samples,
            self.window_samples,
            n_channels,
            scratch_dir,
            self.window,
        )


@dataclass(frozen=True, eq=False)
class Project:
    """A song's separation as its user left it.

    ``mask`` is the network's own, complete; ``state`` what is done to it. ``view`` and ``mixer``
    are plain values that only the window knows: see ``values.plain_table``. ``loop_s`` is from
    when to when sound is repeated, ``position_s`` where playback stood, in seconds of the song.
    """

    source: SourceFile
    model: ModelFacts
    sources: tuple[str, ...]
    mask: Mask
    state: MaskState
    view: Table
    mixer: Table
    loop_s: tuple[float, float] | None
    position_s: float

    def __post_init__(self) -> None:
        _put(
            self,
            sources=source_names(self.sources),
            view=check.plain_table(self.view, "view"),
            mixer=check.plain_table(self.mixer, "mixer"),
            loop_s=loop(self.loop_s),
            position_s=check.number(self.position_s, "position_s", 0.0, MAX_SECONDS),
        )
        MaskGrid.of(self.mask).check(self.sources, self.source)


def source_names(value: object) -> tuple[str, ...]:
    """What is separated: two names or more, all different."""
    if not isinstance(value, (list, tuple)):
        raise UnfitError("sources")
    names = tuple(check.text(name, "sources", 1, 200) for name in value)
    if not 2 <= len(names) <= MAX_SOURCES or len(set(names)) != len(names):
        raise UnfitError("sources")
    return names


def loop(value: object) -> tuple[float, float] | None:
    """From when to when, in this order, or None."""
    if value is None:
        return None
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise UnfitError("loop_s")
    start, stop = (check.number(edge, "loop_s", 0.0, MAX_SECONDS) for edge in value)
    if start >= stop:
        raise UnfitError("loop_s")
    return start, stop


def _put(facts: object, **values: object) -> None:
    for name, value in values.items():
        object.__setattr__(facts, name, value)
