"""Shows the song on screen in the spectrogram view, and keeps the view's looks."""

from __future__ import annotations

import shutil
import tempfile
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app import settings
from app.formats import megabytes
from app.i18n import mark
from app.panels.picture_options import OVERLAPS
from app.song import SongResult, SongState, StemsAdvanced
from app.spectrogram import Ruler, SpectrogramView
from core.audio.growing import n_there
from core.ranges import Ranges
from core.spectrogram import Analysis

if TYPE_CHECKING:
    from app.panels.view_options import ViewOptions
    from app.session import Session

TOO_LARGE = mark(
    "With {wanted} overlap the pictures of a song as long as this would take {size} of disk. They "
    "are made with {given}."
)
NO_ROOM = mark(
    "There is not enough room on the disk: new pictures take {size}, and {free} are free. Those "
    "there are stay."
)
RESERVE_BYTES = 500_000_000
"""Of the disk, for the rest of the program."""
_UNKNOWN_LENGTH_S = 240.0  # an axis to look at while a song is decoded
_WINDOW_SAMPLES = 16384  # a picture of a sample looks at no more than this behind it


class SongDisplay(QObject):
    """Hands song, stems and mask to the view as they become known."""

    song_shown = Signal()  # another song is on the screen
    channels_known = Signal(int)  # how many that song has

    def __init__(
        self,
        session: Session,
        view: SpectrogramView,
        options: ViewOptions,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._view, self._options = session, view, options
        self._song_id: int | None = None
        self._mixture: Any = None
        self._result: SongResult | None = None
        self._n_shown = 0  # samples of the mixture that the view has been told of
        session.current_changed.connect(self.refresh)
        session.model_changed.connect(self.refresh)
        session.mixture_ready.connect(self._on_mixture_ready)
        session.mixture_advanced.connect(self._on_mixture_advanced)
        session.song_changed.connect(self._on_song_changed)
        session.stems_advanced.connect(self._on_stems_advanced)
        options.changed.connect(self._on_options_changed)
        view.level_range_changed.connect(options.set_levels)
        view.pictures_advanced.connect(options.pictures.show_progress)
        view.analysis_given_up.connect(self._on_analysis_given_up)
        view.panes_arranged.connect(options.set_pane_order)
        view.pane_hidden.connect(options.hide_pane)
        options.set_state(settings.get(settings.VIEW))

    def refresh(self) -> None:
        """Show what there is of the song on screen; what is shown already stays untouched."""
        song = self._session.current
        song_id = song.song_id if song is not None else None
        mixture = song.decoded.audio if song is not None and song.decoded is not None else None
        if song_id != self._song_id or mixture is not self._mixture:
            moved = song_id != self._song_id
            self._song_id, self._mixture, self._result = song_id, mixture, None
            self._n_shown = 0
            if mixture is not None:
                self.channels_known.emit(mixture.n_channels)
                self._options.pictures.set_sample_rate(mixture.sample_rate)
                self._set_analysis()
                self._view.set_song(mixture, n_samples_there=0)
                self._show_decoded()
            elif song is not None and song.state not in (SongState.FAILED, SongState.CANCELLED):
                self._view.set_song(None, _UNKNOWN_LENGTH_S, 44100)
            else:
                self._view.set_song(None)
            if moved:
                self.song_shown.emit()
        if song is not None and mixture is not None and song.result is not self._result:
            self._show_result(song.result)

    def _show_result(self, result: SongResult | None) -> None:
        sources = result.sources if result is not None else ("vocals", "accompaniment")
        self._result = result
        for source in sources:
            self._view.set_stem(source, result.stems[source] if result is not None else None)
        self._view.set_mask(result.mask if result is not None else None)
        reaches = result is None or result.mask.sample_rate >= self._mixture.sample_rate
        self._view.set_band(None if reaches or result is None else result.mask.band_hz)
        if result is None:
            return
        n_frames = result.mask.n_frames
        samples, frames = result.samples_ready, result.frames_ready
        if result.complete:
            samples, frames = Ranges([(0, self._n_shown)]), Ranges([(0, n_frames)])
        for start, stop in samples:
            self._view.advance(sources, start, stop)
        for start, stop in frames:
            self._view.mask_advanced(start, stop)

    def _show_decoded(self) -> None:
        """More of the song can be read, and of what a result from the cache leaves of it."""
        there = n_there(self._mixture)
        if there < self._mixture.n_samples:
            there = max(0, there - _WINDOW_SAMPLES)
        if there > self._n_shown:
            names = ["mixture"]
            if self._result is not None and self._result.complete:
                names += self._result.sources
            self._view.advance(names, self._n_shown, there)
            self._n_shown = there

    def _on_mixture_advanced(self, song_id: int) -> None:
        if song_id == self._song_id and self._mixture is not None:
            self._show_decoded()

    def _on_mixture_ready(self, song_id: int) -> None:
        if song_id == self._song_id:
            self.refresh()

    def _on_song_changed(self, song_id: int) -> None:
        if song_id == self._song_id:
            self.refresh()

    def _on_stems_advanced(self, advanced: StemsAdvanced) -> None:
        if advanced.song_id != self._song_id or advanced.model_id != self._session.model_id:
            return
        song = self._session.current
        if song is None or song.result is None:
            return
        if song.result is not self._result:
            self.refresh()  # hands over all that is ready, this part included
            return
        self._view.advance(song.result.sources, advanced.start_sample, advanced.stop_sample)
        self._view.mask_advanced(advanced.first_frame, advanced.last_frame)

    def on_edited(self, advanced: StemsAdvanced) -> None:
        """A part of mask and stems is as the user's edits want it."""
        song = self._session.current
        result = None if song is None else song.result
        if result is not None and result is self._result:
            self._view.exchange_mask(result.mask)
        self._on_stems_advanced(advanced)

    def _on_options_changed(self) -> None:
        state = self._options.state()
        self._view.set_frequency_scale(state["scale"])
        self._view.set_ruler(Ruler(state["ruler"]))
        self._view.set_colour_map(state["map"])
        self._view.set_mask_map(state["mask_map"])
        self._view.set_level_range(float(state["floor_db"]), float(state["ceiling_db"]))
        self._view.set_scales_shown(state["scales"])
        self._set_analysis()
        panes = ("mixture",) if state["overlay"] else ()
        colour = None if state["colour"] == "stem" else state["colour"]
        self._view.set_overlay(panes, state["opacity"] / 100, colour)
        self._view.set_pane_order(state["order"])
        for name in self._view.pane_names():
            self._view.set_pane_visible(name, name not in state["hidden"])
        settings.set(settings.VIEW, state)

    def _set_analysis(self) -> None:
        """Compute the pictures as they are asked for, or as far as the disk allows it."""
        pictures, mixture = self._options.pictures, self._mixture
        wanted = pictures.analysis()
        if mixture is None:
            self._view.set_analysis(wanted)
            pictures.say()
            return
        n_signals = len(self._view.pane_names()) - 1  # all but the mask
        given = wanted.fitting(mixture.n_samples, n_signals)
        if given != self._view.analysis:
            n_bytes = given.n_bytes(mixture.n_samples, n_signals)
            free = shutil.disk_usage(tempfile.gettempdir()).free
            if n_bytes > free - RESERVE_BYTES:
                pictures.say(NO_ROOM, size=_size(n_bytes), free=_size(free))
                return
        self._view.set_analysis(given)
        if given == wanted:
            pictures.say()
            return
        pictures.say(
            TOO_LARGE,
            wanted=_unbroken(OVERLAPS[wanted.steps]),
            size=_size(wanted.n_bytes(mixture.n_samples, n_signals)),
            given=_unbroken(OVERLAPS[given.steps]),
        )

    def _on_analysis_given_up(self, analysis: Analysis) -> None:
        """The disk was full: the pictures are those from before."""
        self._options.pictures.set_analysis(analysis)


def _size(n_bytes: float) -> str:
    return _unbroken(megabytes(n_bytes))


def _unbroken(value: str) -> str:
    """A number that stays on one line with its unit."""
    return value.replace(" ", "\u00a0")
