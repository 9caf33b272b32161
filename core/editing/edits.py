"""Edits of a mask: what is done to a region of it, one after the other.

Values are the voice's; every edit keeps them between 0 and 1, and the accompaniment's are one minus
them. What an edit does to a cell depends on that cell alone, so that a mask that is edited in parts
equals one that is edited at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from core.editing.checks import number, refuse, whole
from core.editing.grid import Grid
from core.editing.odds import with_gain_db
from core.editing.patch import MAX_CHANNELS, Patch
from core.editing.regions import Axis, Region
from core.errors import UsageError
from core.masks import FloatArray, HalfArray

AMOUNT_DB = (-120.0, 120.0)
N_ABOVE = 16
"""At how many frequencies above the model's band a region is read."""


class Action(StrEnum):
    """What an edit does where its weight is 1."""

    GAIN = "gain"
    """Raises the odds by ``amount`` decibels."""
    TO_VOICE = "to voice"
    TO_ACCOMPANIMENT = "to accompaniment"
    TO_NETWORK = "to network"
    """Brings back what the network and the shape gave, whatever edits before this one did."""
    INVERT = "invert"
    """Gives the voice what was the accompaniment's, and the other way round."""
    PASTE = "paste"
    """Puts the edit's ``patch`` there; where that has no values nothing changes."""


@dataclass(frozen=True)
class Edit:
    """One step of editing: ``action`` in ``region``, as far as ``strength``, 0 to 1, says.

    ``channel`` is the only channel that is changed, None for all; one that the mask does not have
    changes nothing. ``edit_id`` tells edits that are alike apart. Hidden edits do nothing.
    """

    region: Region
    action: Action
    amount: float = 0.0
    strength: float = 1.0
    channel: int | None = None
    name: str = ""
    hidden: bool = False
    edit_id: int = field(kw_only=True)
    patch: Patch | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.action not in list(Action):
            refuse("action", self.action, ", ".join(Action), Action.GAIN)
        object.__setattr__(self, "action", Action(self.action))
        object.__setattr__(self, "amount", number("amount", self.amount, *AMOUNT_DB))
        object.__setattr__(self, "strength", number("strength", self.strength, 0.0, 1.0))
        object.__setattr__(self, "edit_id", whole("edit_id", self.edit_id))
        if self.channel is not None:
            channel = whole("channel", self.channel, 0, MAX_CHANNELS - 1)
            object.__setattr__(self, "channel", channel)
        if (self.action is Action.PASTE) != (self.patch is not None):
            raise UsageError("An edit that pastes needs a patch, and others take none.")

    @property
    def effect(self) -> tuple[object, ...]:
        """All of the edit that the mask depends on."""
        return self.region, self.action, self.amount, self.strength, self.channel, self.patch


def apply_edits(
    base_values: HalfArray | FloatArray,
    base_above: HalfArray | FloatArray,
    edits: Iterable[Edit],
    first: int,
    grid: Grid,
    top_hz: float,
) -> tuple[HalfArray, HalfArray]:
    """The values after all ``edits``, in order, of a mask of two sources on ``grid``.

    ``base_values`` are all bins of the frames from ``first`` on, ``(1, n_channels or 1, n_bins,
    n_frames)``; ``base_above`` the values above the band, ``(1, n_channels or 1, n_frames)``. There
    an edit's weight is the mean of its region over the frequencies from half the model's rate to
    ``top_hz``, half the song's rate; of a song that has none its weight at the end of the band,
    since masks fade into what lies above. Returns new arrays of the same shapes, float16.
    """
    values, above = np.array(base_values, np.float32), np.array(base_above, np.float32)
    last = first + values.shape[-1]
    bins, higher = grid.freqs_hz(), above_freqs_hz(grid, top_hz)
    for edit in edits:
        begin, end = grid.frames(edit.region.span_s, first, last)
        if edit.hidden or begin >= end:
            continue
        channel = edit.channel
        channels = slice(None) if channel is None else slice(channel, channel + 1)
        part = (0, channels, ..., slice(begin - first, end - first))
        times = grid.times_s(begin, end)
        weights = _weights(edit, times, bins)
        values[part] = _edited(edit, values[part], base_values[part], weights, begin, False)
        weights = _mean(_weights(edit, times, higher))[None]
        above[part] = _edited(
            edit, above[part][:, None], base_above[part][:, None], weights, begin, True
        )[:, 0]
    return values.astype(np.float16), above.astype(np.float16)


def above_freqs_hz(grid: Grid, top_hz: float) -> Axis:
    """Where regions are read above the band: the middles of 16 parts of it; its end if it is none.

    The ends are left out, so that a region up to the end of the band does not reach above it.
    """
    low = grid.sample_rate / 2
    if top_hz <= low:
        return np.array([low], np.float64)
    parts = (np.arange(N_ABOVE) + 0.5) / N_ABOVE
    return np.asarray(low + parts * (top_hz - low), np.float64)


def _weights(edit: Edit, times_s: Axis, freqs_hz: Axis) -> FloatArray:
    return edit.region.weights(times_s, freqs_hz) * np.float32(edit.strength)


def _mean(weights: FloatArray) -> FloatArray:
    """Over the first axis; added up in the same order however many frames there are."""
    total = np.zeros_like(weights[0])
    for row in weights:
        total += row
    return total / np.float32(len(weights))


def _edited(
    edit: Edit,
    mask: FloatArray,
    base: HalfArray | FloatArray,
    weights: FloatArray,
    first: int,
    is_above: bool,
) -> FloatArray:
    """``mask`` ``(n_channels, n_rows, n_frames)`` after one edit; frames count from ``first``.

    Rows are bins, or the only one above the band.
    """
    match edit.action:
        case Action.GAIN:
            return with_gain_db(mask, np.float32(edit.amount) * weights)
        case Action.TO_VOICE:
            return _towards(mask, np.ones_like(mask), weights)
        case Action.TO_ACCOMPANIMENT:
            return _towards(mask, np.zeros_like(mask), weights)
        case Action.TO_NETWORK:
            return _towards(mask, np.asarray(base, np.float32), weights)
        case Action.INVERT:
            return _towards(mask, 1 - mask, weights)
        case Action.PASTE:
            return _pasted(edit, mask, weights, first, is_above)


def _towards(mask: FloatArray, target: FloatArray, weights: FloatArray) -> FloatArray:
    # In this form the weights 0 and 1 give exactly the one and the other.
    return np.asarray((1 - weights) * mask + weights * target, np.float32)


def _pasted(
    edit: Edit, mask: FloatArray, weights: FloatArray, first: int, is_above: bool
) -> FloatArray:
    patch = edit.patch
    if patch is None or (is_above and patch.above is None):
        return mask
    values = patch.values if patch.above is None or not is_above else patch.above[:, None]
    # Where the patch and the rows and frames of the mask meet, on both.
    low = 0 if is_above else patch.first_bin
    rows, patch_rows = _shared(low, values.shape[1], mask.shape[1])
    frames, patch_frames = _shared(patch.first_frame - first, values.shape[2], mask.shape[2])
    target = values[:, patch_rows, patch_frames].astype(np.float32)
    if edit.channel is not None and edit.channel < len(target):
        target = target[edit.channel : edit.channel + 1]
    elif len(target) != len(mask):
        target = target.mean(axis=0, keepdims=True)
    result = mask.copy()
    result[:, rows, frames] = _towards(mask[:, rows, frames], target, weights[rows, frames])
    return result


def _shared(start: int, size: int, whole_size: int) -> tuple[slice, slice]:
    """The part of ``whole_size`` places that ``size`` places from ``start`` on cover, on both."""
    begin = min(max(start, 0), whole_size)
    end = max(begin, min(start + size, whole_size))
    return slice(begin, end), slice(begin - start, end - start)
