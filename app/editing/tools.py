"""From strokes and selections to edits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from app.editing.desk import EditingDesk
from app.i18n import mark
from app.panels.editing.selection_box import Act
from app.panels.editing.tool_box import Paint, ToolSettings
from app.spectrogram import Painted, Tool
from core.editing.cells import Cells
from core.editing.edits import Action, Edit
from core.editing.grid import Grid
from core.editing.patch import Patch
from core.editing.regions import Moved, Outside, Rectangle, Region
from core.editing.wand import connected
from core.masks import Mask
from core.spectrogram import SpectrogramPyramid
from core.spectrogram.codes import levels_of

WAND_REACH_S = 4.0
"""To either side of the place that is clicked."""

PAINT_ACTIONS = {
    Paint.VOICE: (Action.TO_VOICE, 0, mark("Painted voice")),
    Paint.ACCOMPANIMENT: (Action.TO_ACCOMPANIMENT, 0, mark("Painted accompaniment")),
    Paint.MORE: (Action.GAIN, 1, mark("Painted more voice")),
    Paint.LESS: (Action.GAIN, -1, mark("Painted less voice")),
}
ACT_ACTIONS = {
    Act.VOICE: (Action.TO_VOICE, 0, mark("To voice")),
    Act.ACCOMPANIMENT: (Action.TO_ACCOMPANIMENT, 0, mark("To music")),
    Act.NETWORK: (Action.TO_NETWORK, 0, mark("To network")),
    Act.SWAP: (Action.INVERT, 0, mark("Swap")),
    Act.MORE: (Action.GAIN, 1, mark("More voice")),
    Act.LESS: (Action.GAIN, -1, mark("Less voice")),
}
EVERYTHING = Rectangle(-math.inf, math.inf, 0.0, math.inf)
VOICE_ALONE, MUSIC_ALONE = mark("Voice alone"), mark("Music alone")
ERASED = mark("Erased")
PASTED = mark("Pasted")
HIDDEN = mark("An edit hidden or shown")
CHANGED = mark("An edit changed")
REMOVED = mark("An edit removed")
MOVED = mark("Order of the edits")


class MaskTools:
    """Makes edits of what is drawn, and puts them into the history of ``desk``."""

    def __init__(self, desk: EditingDesk, settings: Callable[[], ToolSettings]) -> None:
        self._desk = desk
        self._settings = settings
        self._ids = itertools.count(1)
        self._stroke: tuple[int, int] | None = None  # its number, and the edit that it is
        self._copied: tuple[Patch, Region] | None = None

    @property
    def can_paste(self) -> bool:
        return self._copied is not None

    def paint(self, painted: Painted) -> None:
        """A stroke has begun, gone on or ended: it is one edit, and one step of the history."""
        edits = self._desk.state.edits
        if self._stroke is not None and self._stroke[0] == painted.number:
            edit_id = self._stroke[1]
            if edits and edits[-1].edit_id == edit_id:
                edits = edits[:-1]
        else:
            edit_id = self._new_id()
            self._stroke = painted.number, edit_id
            self._desk.seal()
        if painted.region is None:
            self._stroke = None
            if self._desk.state.edits and self._desk.state.edits[-1].edit_id == edit_id:
                self._desk.undo()
            return
        settings = self._settings()
        if painted.tool is Tool.ERASER:
            action, sign, name = Action.TO_NETWORK, 0, ERASED
        else:
            action, sign, name = PAINT_ACTIONS[settings.paint]
        edit = Edit(
            painted.region,
            action,
            amount=sign * settings.gain_db,
            strength=settings.strength,
            name=name,
            edit_id=edit_id,
        )
        state = replace(self._desk.state, edits=(*edits, edit))
        self._desk.push(name, state, merge_key=("stroke", painted.number))
        if painted.final:
            self._desk.seal()

    def act(self, act: Act, region: Region, gain_db: float) -> None:
        """Do something with the bins of ``region``."""
        action, sign, name = ACT_ACTIONS[act]
        self._add(Edit(region, action, amount=sign * gain_db, name=name, edit_id=self._new_id()))

    def mark(self, region: Region, is_voice: bool) -> None:
        """Nothing but the voice, or but the music, sounds at the times of ``region``."""
        action = Action.TO_VOICE if is_voice else Action.TO_ACCOMPANIMENT
        name = VOICE_ALONE if is_voice else MUSIC_ALONE
        self._add(Edit(all_frequencies(region), action, name=name, edit_id=self._new_id()))

    def copy(self, region: Region) -> None:
        """Keep the mask of ``region`` as it is now."""
        song = self._desk.song_for_edits()
        if song is None:
            return
        mask = song.result.mask
        start, stop = region.span_s
        first = max(0, int(start * song.frames_per_s)) if start > 0 else 0
        last = mask.n_frames
        if stop < mask.n_frames / song.frames_per_s:
            last = min(last, int(np.ceil(stop * song.frames_per_s)) + 1)
        above = mask.above[0, :, first:last]
        self._copied = Patch.of(mask.values[0, :, :, first:last], first, 0, above), region

    def paste(self, place_s: float) -> Region | None:
        """Lay what was copied at ``place_s``, at its own frequencies; the region it covers now."""
        song = self._desk.song_for_edits()
        if self._copied is None or song is None:
            return None
        patch, region = self._copied
        start = max(region.span_s[0], 0.0)
        frames = round((place_s - start) * song.frames_per_s)
        moved = Moved(region, frames / song.frames_per_s)
        self._add(
            Edit(
                moved,
                Action.PASTE,
                patch=patch.moved(frames),
                name=PASTED,
                edit_id=self._new_id(),
            )
        )
        return moved

    def hide(self, edit_id: int) -> None:
        """Hide an edit, or show it again."""
        self._change(edit_id, lambda edit: replace(edit, hidden=not edit.hidden), HIDDEN)

    def remove(self, edit_id: int) -> None:
        self._change(edit_id, lambda edit: None, REMOVED)

    def move(self, edit_id: int, places: int) -> None:
        """Lay an edit over or under others."""
        edits = list(self._desk.state.edits)
        place = next((n for n, edit in enumerate(edits) if edit.edit_id == edit_id), None)
        if place is None:
            return
        edit = edits.pop(place)
        edits.insert(min(max(place + places, 0), len(edits)), edit)
        self._desk.push(MOVED, replace(self._desk.state, edits=tuple(edits)))
        self._desk.seal()

    def change(self, changed: Edit) -> None:
        """Put ``changed`` in the place of the edit of its number; changes in a row are one step."""
        edits = tuple(
            changed if edit.edit_id == changed.edit_id else edit for edit in self._desk.state.edits
        )
        state = replace(self._desk.state, edits=edits)
        self._desk.push(CHANGED, state, merge_key=("edit", changed.edit_id))

    def _change(self, edit_id: int, change: Callable[[Edit], Edit | None], label: str) -> None:
        edits = self._desk.state.edits
        changed = (change(edit) if edit.edit_id == edit_id else edit for edit in edits)
        kept = tuple(edit for edit in changed if edit is not None)
        self._desk.push(label, replace(self._desk.state, edits=kept))
        self._desk.seal()

    def _add(self, edit: Edit) -> None:
        state = self._desk.state
        self._desk.push(edit.name, replace(state, edits=(*state.edits, edit)))
        self._desk.seal()

    def _new_id(self) -> int:
        """One that no edit of the song has had."""
        used = max((edit.edit_id for edit in self._desk.state.edits), default=0)
        number = next(self._ids)
        while number <= used:
            number = next(self._ids)
        return number


def box_of(region: Region, duration_s: float) -> tuple[float, float]:
    """The time that a region takes, held inside a song."""
    start, stop = region.span_s
    return max(start, 0.0), min(stop, duration_s)


def all_frequencies(region: Region) -> Region:
    """Every frequency at the times of ``region``."""
    start, stop = region.span_s
    return Rectangle(start, stop, 0.0, math.inf)


def all_times(region: Region, mask: Mask) -> Region:
    """Every time at the frequencies of ``region``, to the nearest bins of ``mask``."""
    grid = Grid.of(mask)
    first, last = grid.frames(region.span_s, 0, mask.n_frames)
    freqs_hz = grid.freqs_hz()
    inside = region.weights(grid.times_s(first, last), freqs_hz).max(axis=1, initial=0) >= 0.5
    bins = np.flatnonzero(inside)
    if not len(bins):
        return region
    high = math.inf if bins[-1] == len(inside) - 1 else float(freqs_hz[bins[-1]])
    return Rectangle(-math.inf, math.inf, float(freqs_hz[bins[0]]), high)


def outside(region: Region) -> Region:
    """All but ``region``; of that, the region itself again."""
    return region.region if isinstance(region, Outside) else Outside(region)


def wand_region(
    pyramid: SpectrogramPyramid, place: tuple[float, float], tolerance_db: float
) -> Region | None:
    """What is connected with ``place``, in seconds and hertz, and about as loud there.

    None where the spectrogram is not computed.
    """
    column = round(place[0] / pyramid.column_s)
    reach = round(WAND_REACH_S / pyramid.column_s)
    first, last = max(0, column - reach), min(pyramid.n_columns, column + reach + 1)
    if not first <= column < last:
        return None
    levels = levels_of(pyramid.tile(0, first, last - first))
    seed = min(round(place[1] / pyramid.bin_hz), pyramid.n_bins - 1), column - first
    if not np.isfinite(levels[seed]):
        return None
    found = connected(levels, seed, tolerance_db)
    grid = pyramid.sample_rate, pyramid.hop_samples, pyramid.window_samples
    return Cells.of(found, first, 0, *grid)
