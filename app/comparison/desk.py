"""Which model the song on screen is compared with, how far that is, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.comparison.figures import DifferenceDesk
from app.comparison.second import SecondSeparation
from app.song import Song, SongResult, StemsAdvanced
from app.spectrogram.compared_view import Compared, ComparedView, MaskShown

if TYPE_CHECKING:
    from app.session import Session


class ComparisonDesk(QObject):
    """Keeps a second model beside that of the song on screen, which stays what it is.

    A is the song's own model, B the other one. Whatever song comes on screen is separated with B
    too once A is done; who chooses B for the song has both exchanged. Masks and stems are taken as
    they are, edits included.
    """

    changed = Signal()  # another B, another song, or its separation went on
    failed = Signal(object)  # Failure

    def __init__(self, session: Session, view: ComparedView, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._view = session, view
        self._first_id, self._second_id = session.model_id, ""
        self._work: SecondSeparation | None = None
        self._shown: tuple[object, object, object] | None = None  # song, A, B as the view has them
        self.known_titles: dict[str, str] = {}
        self.difference = DifferenceDesk(session.pool, self)
        session.current_changed.connect(self.refresh)
        session.model_changed.connect(self._on_model_changed)
        session.device_changed.connect(self._on_device_changed)
        session.song_changed.connect(self._on_song_changed)
        session.song_removed.connect(self._on_song_removed)

    # what there is

    @property
    def second_id(self) -> str:
        """The model that is B; empty while nothing is compared."""
        return self._second_id

    def title(self, model_id: str) -> str:
        """What a model is called."""
        return self.known_titles.get(model_id, model_id)

    @property
    def titles(self) -> tuple[str, str]:
        """Those of A and B."""
        return self.title(self._session.model_id), self.title(self._second_id)

    @property
    def work(self) -> SecondSeparation | None:
        """The separation with B, done or not; None where the result was there, or has to wait."""
        return self._work

    @property
    def first(self) -> SongResult | None:
        """What A made of the song on screen; None while it is not done."""
        song = self._session.current
        result = None if song is None or song.decoded is None else song.result
        return result if result is not None and result.complete else None

    @property
    def second(self) -> SongResult | None:
        """What B made of it, perhaps still being computed."""
        song = self._session.current
        if song is None or not self._second_id or self.first is None:
            return None
        found = song.results.get(self._second_id)
        if found is not None and found.complete:
            return found
        return None if self._work is None else self._work.result

    @property
    def is_ready(self) -> bool:
        """Whether both have separated the song on screen."""
        second = self.second
        return second is not None and second.complete and self._sources(second) is not None

    # what one can do

    def compare_with(self, model_id: str) -> None:
        """Compare with this model; with the song's own, or with "", nothing is compared."""
        if model_id == self._session.model_id:
            model_id = ""
        if model_id != self._second_id:
            self._drop_work()
            if not self._second_id:  # what it is chosen for
                self._view.show_mask(MaskShown.DIFFERENCE)
            self._second_id = model_id
            self.refresh()
            self.changed.emit()

    def show_mask(self, shown: MaskShown) -> None:
        self._view.show_mask(shown)
        self.changed.emit()

    def cancel(self) -> None:
        """Stop separating with B."""
        if self._work is not None:
            self._work.cancel()

    def retry(self) -> None:
        """Separate with B after all."""
        if self._work is not None and not self._work.state.is_busy:
            self._drop_work()
            self.refresh()
            self.changed.emit()

    # inside

    @Slot()
    def refresh(self) -> None:
        """Another song, model or result may be on screen."""
        song = self._session.current
        self._begin(song)
        first, second = self.first, self.second
        mixture = song.decoded.audio if song is not None and song.decoded is not None else None
        shown = None if second is None else (mixture, first, second)
        if shown == self._shown:
            return
        self._shown = shown
        sources = None if second is None else self._sources(second)
        if shown is None or first is None or second is None or sources is None:
            self._view.set_compared(None)
            self.difference.begin(None, None, None)
        else:
            is_narrow = second.mask.sample_rate < mixture.sample_rate
            band_hz = second.mask.band_hz if is_narrow else None
            compared = Compared(second.mask, *self.titles, sources, band_hz)
            self._view.set_compared(compared)
            self.difference.begin(mixture, first, second, sources)
            whole = [(0, second.mask.n_frames)] if second.complete else second.frames_ready
            for start, stop in whole:
                self._advance(start, stop)
        self.changed.emit()

    def _begin(self, song: Song | None) -> None:
        """Have the song on screen separated with B, unless that is done or had its turn."""
        work = self._work
        if work is not None and (song is None or work.work.song is not song):
            self._drop_work()
        if song is None or song.decoded is None or not self._second_id or self.first is None:
            return
        found = song.results.get(self._second_id)
        if self._work is not None or (found is not None and found.complete):
            return
        song_work = self._session.work(song.song_id)
        assert song_work is not None
        self._work = work = SecondSeparation(song_work, self._second_id, self._session.shop, self)
        work.begun.connect(self.refresh)
        work.advanced.connect(self._on_advanced)
        work.changed.connect(self._on_work_changed)
        work.failed.connect(self.failed)
        work.noticed.connect(self.failed)
        work.start(self._session.device)

    def _drop_work(self) -> None:
        work, self._work = self._work, None
        if work is not None:
            work.blockSignals(True)
            work.cancel()
            work.deleteLater()

    def _sources(self, second: SongResult) -> tuple[int, int] | None:
        """The voice (or what A calls its first source) in both masks; None if B has no such."""
        first = self.first
        if first is None or first.sources[0] not in second.sources[:-1]:
            return None
        return 0, second.sources.index(first.sources[0])

    def _advance(self, first_frame: int, last_frame: int) -> None:
        self._view.compared_advanced(first_frame, last_frame)
        self.difference.second_advanced(first_frame, last_frame)

    @Slot(object)
    def _on_advanced(self, advanced: StemsAdvanced) -> None:
        self.refresh()
        self._advance(advanced.first_frame, advanced.last_frame)

    @Slot()
    def _on_work_changed(self) -> None:
        if self._work is not None and not self._work.state.is_busy:
            self.refresh()
        self.changed.emit()

    @Slot(object)
    def on_edited(self, advanced: StemsAdvanced) -> None:
        """Frames of a mask of the song on screen are as the user's edits want them."""
        song, first, second = self._session.current, self.first, self.second
        if song is None or first is None or second is None or song.song_id != advanced.song_id:
            return
        frames = advanced.first_frame, advanced.last_frame
        if advanced.model_id == first.model_id:
            self.difference.first_advanced(*frames)
        elif advanced.model_id == second.model_id:
            self._view.exchange_compared(second.mask)
            self._advance(*frames)

    @Slot()
    def _on_model_changed(self) -> None:
        before, self._first_id = self._first_id, self._session.model_id
        if self._first_id == self._second_id:
            self._drop_work()
            self._second_id = before
        self.refresh()
        self.changed.emit()

    @Slot()
    def _on_device_changed(self) -> None:
        if self._work is not None and self._work.state.is_busy:
            self._drop_work()
            self.refresh()

    @Slot(object)
    def _on_song_changed(self, song_id: int) -> None:
        song = self._session.current
        if song is not None and song.song_id == song_id:
            self.refresh()

    @Slot(object)
    def _on_song_removed(self, song_id: int) -> None:
        if self._work is not None and self._work.work.song.song_id == song_id:
            self._drop_work()
            self.refresh()

    def shutdown(self) -> None:
        self._drop_work()
        self.difference.begin(None, None, None)
