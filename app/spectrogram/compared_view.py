"""The view of a song that two models have separated: masks of both, and their difference."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from app.i18n import bind, mark
from app.spectrogram.colours import difference_table
from app.spectrogram.layers import DifferenceLayer, MaskLayer
from app.spectrogram.legend import DifferenceLegend
from app.spectrogram.pane_stack import MASK, TITLES
from app.spectrogram.reading import CursorReading
from app.spectrogram.view import SpectrogramView
from core.audio.source import Audio
from core.masks import Mask
from core.ranges import Ranges
from core.spectrogram.difference_pyramid import DifferencePyramid

OTHER, DIFFERENCE = "other mask", "difference"
NAMED = mark("Mask {letter}: {model}")
LONGEST_NAME = 28  # characters of a pane's title


class MaskShown(StrEnum):
    """What the pane of the mask shows."""

    FIRST = "first"
    SECOND = "second"
    DIFFERENCE = "difference"


@dataclass(frozen=True)
class Compared:
    """Another model's mask of the song on screen; ``sources`` are the first one's and its own.

    ``band_hz`` is where its own band ends, None where that is not below the song's.
    """

    mask: Mask
    first_title: str
    second_title: str
    sources: tuple[int, int] = (0, 0)
    band_hz: float | None = None


class ComparedView(SpectrogramView):
    """The pane of the mask shows the mask of the song's model, another's, or their difference."""

    behind = (OTHER, DIFFERENCE)

    def __init__(self) -> None:
        self._compared: Compared | None = None
        self._shown = MaskShown.FIRST
        self._there = Ranges()  # frames of the other mask
        self._first_band: float | None = None
        self._legend: DifferenceLegend | None = None
        super().__init__()
        self._legend = DifferenceLegend(self.pane(MASK))
        self._colour_panes()

    @property
    def mask_shown(self) -> MaskShown:
        """What is seen: the mask of the song's own model while there is nothing to compare."""
        return self._shown if self._compared is not None else MaskShown.FIRST

    def show_mask(self, shown: MaskShown) -> None:
        """Choose what the pane of the mask shows where there is something to compare."""
        self._shown = shown
        self._show_choice()

    def set_compared(self, compared: Compared | None) -> None:
        """Another mask; nothing of it is drawn until ``compared_advanced`` says so."""
        self._compared, self._there = compared, Ranges()
        other = None if compared is None else MaskLayer(OTHER, compared.mask)
        self._pictures.set_mask(OTHER, other)
        self._begin_difference()
        self._show_layers()
        self._show_choice()

    def compared_advanced(self, first_frame: int, last_frame: int) -> None:
        """Frames of the other mask are there now, or have changed."""
        other = self._pictures.layers.get(OTHER)
        if other is None or first_frame >= last_frame:
            return
        self._there = self._there.plus(first_frame, last_frame)
        self._pictures.request((OTHER,), first_frame, last_frame)
        # Its neighbours' columns are read between a frame of these and one of theirs.
        column_s = other.pyramid.column_s
        self._compare((first_frame - 1) * column_s, last_frame * column_s)

    def exchange_compared(self, mask: Mask) -> None:
        """Another mask of the same values in place of the other model's."""
        if self._compared is not None:
            self._compared = replace(self._compared, mask=mask)
            self._pictures.layers[OTHER].pyramid.mask = mask
            if DIFFERENCE in self._pictures.layers:
                self._pictures.layers[DIFFERENCE].pyramid.b = mask

    # -- the song's own mask

    def set_song(self, mixture: Audio | None, *args: object, **options: object) -> None:
        self._compared, self._there = None, Ranges()
        super().set_song(mixture, *args, **options)
        self._show_choice()

    def set_mask(self, mask: Mask | None) -> None:
        super().set_mask(mask)
        self._begin_difference()
        if self._compared is not None:
            self._show_layers()

    def exchange_mask(self, mask: Mask) -> None:
        super().exchange_mask(mask)
        if DIFFERENCE in self._pictures.layers:
            self._pictures.layers[DIFFERENCE].pyramid.a = mask

    def mask_advanced(self, first_frame: int, last_frame: int) -> None:
        super().mask_advanced(first_frame, last_frame)
        if DIFFERENCE in self._pictures.layers:
            column_s = self._pictures.layers[MASK].pyramid.column_s
            self._compare((first_frame - 1) * column_s, last_frame * column_s)

    def set_band(self, band_hz: float | None) -> None:
        self._first_band = band_hz
        self._show_choice()

    # -- inside

    def _begin_difference(self) -> None:
        self._pictures.set_mask(DIFFERENCE, None)
        own, compared = self._pictures.layers.get(MASK), self._compared
        if compared is not None and own is not None:
            pyramid = DifferencePyramid(own.pyramid.mask, compared.mask, compared.sources)
            self._pictures.set_mask(DIFFERENCE, DifferenceLayer(DIFFERENCE, pyramid))

    def _compare(self, start_s: float, stop_s: float) -> None:
        """Draw the difference between these times, as far as the other mask is there."""
        layer, other = self._pictures.layers.get(DIFFERENCE), self._pictures.layers.get(OTHER)
        if layer is None or other is None:
            return
        frame_s, column_s = other.pyramid.column_s, layer.pyramid.column_s
        for first, last in self._there:
            begin_s, end_s = max(first * frame_s, start_s), (last - 1) * frame_s
            if last >= other.pyramid.n_columns:  # columns behind the last frame read that one
                end_s = math.inf
            first_column = max(0, math.ceil(begin_s / column_s - 1e-6))
            end_s = min(end_s, stop_s, layer.pyramid.n_columns * column_s)
            last_column = min(math.floor(end_s / column_s + 1e-6) + 1, layer.pyramid.n_columns)
            if first_column < last_column:
                self._pictures.request((DIFFERENCE,), first_column, last_column)

    def _show_choice(self) -> None:
        """Title, legend, colours and band for what the pane of the mask shows."""
        shown, compared, pane = self.mask_shown, self._compared, self.pane(MASK)
        if compared is None:
            bind(pane.set_title, TITLES[MASK])
        elif shown is MaskShown.DIFFERENCE:
            bind(pane.set_title, "Mask: A − B")  # the legend has the names
        elif shown is MaskShown.FIRST:
            bind(pane.set_title, NAMED, letter="A", model=_short(compared.first_title))
        else:
            bind(pane.set_title, NAMED, letter="B", model=_short(compared.second_title))
        if self._legend is not None:
            self._legend.set_titles(
                (compared.first_title, compared.second_title)
                if compared is not None and shown is MaskShown.DIFFERENCE
                else None
            )
        super().set_band(self._band())
        self._colour_panes()

    def _band(self) -> float | None:
        """Where the band ends of the mask that is seen; of a difference, of the narrower one."""
        if self._compared is None or self.mask_shown is MaskShown.FIRST:
            return self._first_band
        bands = [self._compared.band_hz]
        if self.mask_shown is MaskShown.DIFFERENCE:
            bands.append(self._first_band)
        return min((band for band in bands if band is not None), default=None)

    def _colour_panes(self) -> None:
        super()._colour_panes()
        shown, colours = self.mask_shown, self._stage.colours
        self._scales.mask_bar.set_difference(shown is MaskShown.DIFFERENCE)
        if self._legend is not None:
            self._legend.set_colours(colours)
        if shown is MaskShown.SECOND:
            table = self._looks.masks(colours)
            self.pane(MASK).set_layer(self._pictures.layers.get(OTHER), table)
        elif shown is MaskShown.DIFFERENCE:
            self.pane(MASK).set_layer(
                self._pictures.layers.get(DIFFERENCE), difference_table(colours)
            )

    def _reading(self) -> CursorReading | None:
        reading, other = super()._reading(), self._pictures.layers.get(OTHER)
        if reading is None or other is None:
            return reading
        value = other.pyramid.value_at(reading.time_s, reading.frequency_hz)
        return replace(reading, other_mask=value)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"
