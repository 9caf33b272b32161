"""Shows the session's work: rows of the queue, progress in the toolbar, facts below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.i18n import language_changed, tr
from app.panels.progress_block import ProgressBlock
from app.panels.queue_drawer import QueueDrawer
from app.panels.queue_row import QueueEntry
from app.panels.status_line import StatusLine
from app.queue_estimates import QueueEstimates
from app.song import Song, SongState
from app.speed_memory import Estimate
from app.stem_sum import StemSum

if TYPE_CHECKING:
    from app.session import Session

_WAITING = (SongState.QUEUED, SongState.WAITING)
_WORKING = (SongState.DECODING, SongState.SEPARATING)


def queue_entry(song: Song, estimates: QueueEstimates | None = None) -> QueueEntry:
    """What the row of ``song`` shows."""
    waits = song.state in _WAITING and estimates is not None
    estimate = estimates.estimate(song) if waits and estimates is not None else None
    state = "waiting" if song.state in _WAITING else "working"
    if not song.state.is_busy:
        state = song.state.value
    return QueueEntry(
        song_id=song.song_id,
        title=song.caption,
        path=str(song.path),
        stage=song.stage,
        state=state,
        fraction=song.fraction,
        seconds_left=song.seconds_left,
        error=song.error,
        work_s=estimate.work_s if estimate is not None else None,
        n_bytes=estimate.n_bytes if estimate is not None else None,
        is_first_run=waits and estimates is not None and estimates.is_first_run(song),
    )


class ProgressDisplay(QObject):
    """Listens to the session; holds no state of its own but what it has counted."""

    def __init__(
        self,
        session: Session,
        block: ProgressBlock,
        drawer: QueueDrawer,
        line: StatusLine,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._block, self._drawer, self._line = session, block, drawer, line
        self._states: dict[int, SongState] = {}
        self._stages: dict[int, str] = {}
        self.estimates: QueueEstimates | None = None
        if session.speeds is not None:
            self.estimates = QueueEstimates(session, session.speeds, self)
            self.estimates.changed.connect(self._on_estimate_changed)
            self.estimates.total_changed.connect(self._on_total_changed)
        self.sum = StemSum(self)
        self.sum.measured.connect(line.set_sum)
        self._count_timer = QTimer(self)
        self._count_timer.setSingleShot(True)
        self._count_timer.setInterval(0)
        self._count_timer.timeout.connect(self._count)
        session.song_added.connect(self._on_song_added)
        session.song_removed.connect(self._on_song_removed)
        session.song_changed.connect(self._on_song_changed)
        session.current_changed.connect(self.refresh)
        session.model_changed.connect(self.refresh)
        block.cancel_clicked.connect(self.cancel_current)
        drawer.cancel_clicked.connect(session.cancel)
        drawer.retry_clicked.connect(session.retry)
        drawer.chosen.connect(session.set_current)
        language_changed().connect(self.refresh)
        for song in session.songs:
            self._on_song_added(song.song_id)
        self.refresh()

    def song(self, song_id: int) -> Song | None:
        return next((song for song in self._session.songs if song.song_id == song_id), None)

    def cancel_current(self) -> None:
        """Stop what is done for the song on screen."""
        current = self._session.current
        if current is not None and current.state.is_busy:
            self._session.cancel(current.song_id)

    def refresh(self) -> None:
        """Another song on screen, or another language."""
        current = self._session.current
        self._drawer.set_current(current.song_id if current is not None else None)
        self._show_current()
        self._count_timer.start()

    def _on_song_added(self, song_id: int) -> None:
        self._on_song_changed(song_id)

    def _on_song_removed(self, song_id: int) -> None:
        self._states.pop(song_id, None)
        self._stages.pop(song_id, None)
        self._drawer.remove_entry(song_id)
        self._count_timer.start()

    def _on_song_changed(self, song_id: int) -> None:
        song = self.song(song_id)
        if song is None:
            return
        self._drawer.set_entry(queue_entry(song, self.estimates))
        if self._states.get(song_id) is not song.state or self._stages.get(song_id) != song.stage:
            self._states[song_id], self._stages[song_id] = song.state, song.stage
            self._count_timer.start()
        if song is self._session.current:
            self._show_current()

    def _on_estimate_changed(self, song_id: int) -> None:
        song = self.song(song_id)
        if song is not None:
            self._drawer.set_entry(queue_entry(song, self.estimates))

    def _on_total_changed(self, estimate: Estimate | None) -> None:
        if estimate is None:
            self._drawer.set_total(None)
        else:
            self._drawer.set_total(estimate.work_s, estimate.n_bytes)

    def _show_current(self) -> None:
        song = self._session.current
        self._line.set_file(_describe(song) if song is not None else "")
        if song is not None and song.state.is_busy:
            self._block.show_progress(song.stage, song.fraction, song.seconds_left)
        elif song is not None and song.state in (SongState.FAILED, SongState.CANCELLED):
            self._block.show_ended(song.stage, song.error)
        else:
            self._block.hide()
        result = song.result if song is not None else None
        complete = result is not None and result.complete
        mixture = song.decoded.audio if song is not None and song.decoded is not None else None
        self.sum.measure(mixture, list(result.stems.values()) if complete and result else [])

    def _count(self) -> None:
        busy = sum(state.is_busy for state in self._states.values())
        self._line.set_queue(len(self._states) - busy, len(self._states))
        working = [s for s in self._session.songs if s.state in _WORKING]
        others = [s for s in working if s is not self._session.current]
        if others:
            stage, title = others[0].stage, others[0].caption
            self._line.set_running("{stage}: {title}", stage=lambda: tr(stage), title=title)
        else:
            self._line.set_running("")


def _describe(song: Song) -> str:
    """``Title – Artist  ·  FLAC, 16 bit, 44.1 kHz, stereo``: what the file is."""
    if song.decoded is None:
        return song.title
    info = song.decoded.info
    facts = [info.container, f"{info.sample_rate / 1000:g} kHz"]
    if info.is_float:
        facts.insert(1, tr("float"))
    elif info.bit_depth is not None:
        facts.insert(1, tr("{n} bit", n=info.bit_depth))
    names = {1: tr("mono"), 2: tr("stereo")}
    facts.append(names.get(info.n_channels) or tr("{n} channels", n=info.n_channels))
    return f"{song.caption}  ·  {', '.join(facts)}"
