"""A separation's mask beside the network's own: shaped and edited, as it is heard and shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.editing.edits import Edit, apply_edits
from core.editing.grid import Grid
from core.editing.shape import MaskShape
from core.errors import UsageError
from core.masks import Mask
from core.ranges import Ranges

BLOCK_FRAMES = 512
"""So many frames are computed at a time, so that a long song needs little memory."""


@dataclass(frozen=True)
class MaskState:
    """All that is done to a network's mask: its shape, then the edits in their order."""

    shape: MaskShape = field(default_factory=MaskShape)
    edits: tuple[Edit, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "edits", tuple(self.edits))

    @property
    def visible_edits(self) -> tuple[Edit, ...]:
        return tuple(edit for edit in self.edits if not edit.hidden)

    @property
    def is_neutral(self) -> bool:
        """Whether the mask is the network's own; edits that are hidden do not count."""
        return self.shape.is_neutral and not self.visible_edits


class EditedMask:
    """The network's mask of two sources, and ``result``, what a ``MaskState`` makes of it.

    ``result`` is at first a copy of ``network``. It is changed in place, a stretch at a time, so
    that what reads it (sound, pictures, export) goes on reading the same arrays. Where the network
    is still at work, bring the frames it finished up to date, and ``shape.reach_frames`` of them
    on both sides. ``top_hz`` is half the song's rate. ``scratch_dir`` is where a copy too large
    for memory lies; ``OSError`` if there is no room for it.
    """

    def __init__(self, network: Mask, top_hz: float, scratch_dir: str | None = None) -> None:
        n_sources = len(network.values) + 1
        if n_sources != 2:
            raise UsageError(
                "Masks of {n} sources cannot be edited, only those of two.", n=n_sources
            )
        self.network = network
        self.top_hz = top_hz
        self.result = Mask.empty(
            n_sources,
            network.n_frames,
            network.sample_rate,
            network.hop_samples,
            network.window_samples,
            network.n_channels,
            scratch_dir,
            network.window,
        )
        self.update(MaskState(), 0, network.n_frames)

    def update(self, state: MaskState, first: int, last: int) -> None:
        """Bring frames ``first`` to ``last`` of ``result`` up to date with ``state``.

        Where the state is neutral they are the network's, bit for bit. Frames beyond the song are
        left out.
        """
        first, last = max(0, first), min(last, self.network.n_frames)
        for begin in range(first, last, BLOCK_FRAMES):
            self._update_block(state, begin, min(begin + BLOCK_FRAMES, last))

    def _update_block(self, state: MaskState, first: int, last: int) -> None:
        values, above = state.shape.apply(self.network, first, last)
        edits = state.visible_edits
        if edits:
            grid = Grid.of(self.network)
            values, above = apply_edits(values, above, edits, first, grid, self.top_hz)
        self.result.values[..., first:last] = values
        self.result.above[..., first:last] = above


def touched(before: MaskState, after: MaskState, mask: Mask) -> Ranges:
    """The frames of ``mask`` that may differ between two states: those to bring up to date.

    All of them if the shapes differ; else those of the edits that came, went, changed or changed
    places, one more on both sides. What does not alter the mask, such as a new name or a hidden
    edit that moves, touches nothing.
    """
    n_frames = mask.n_frames
    if before.shape != after.shape:
        return Ranges([(0, n_frames)])
    old, new = list(before.visible_edits), list(after.visible_edits)
    # What is done in the same way at the beginning gives the same values to go on from; what is
    # done in the same way at the end changes cells one by one, and none where they were the same.
    for end in (0, -1):
        while old and new and old[end].effect == new[end].effect:
            del old[end], new[end]
    grid = Grid.of(mask)
    return Ranges(grid.frames(edit.region.span_s, 0, n_frames) for edit in (*old, *new))
