"""The player: transport, strips and device, over one sound stream."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from enum import Enum

from PySide6.QtCore import QObject, QTimer, Signal

from app.audio.backend import Backend, lost_error
from app.audio.changes import Changes
from app.audio.gains import Strip, Targets
from app.audio.outputs import Outputs
from app.audio.reader import read_error
from app.audio.tempo import Tempo
from app.audio.timeline import held_inside
from core.audio import Audio
from core.errors import StemscopeError
from core.ranges import Ranges

_POLL_MS, _IDLE_S = 30, 3.0


class PlayerState(Enum):
    STOPPED = "stopped"
    """Paused, at the end, or nothing to play."""
    PLAYING = "playing"
    WAITING = "waiting"
    """Playing, but the stems are not computed at this place yet; goes on by itself."""


class Player(Outputs):
    """Plays a song's stems, mixed live, or its mixture. Positions are samples of the song.

    Lives on the window's thread. Without PortAudio or without a device everything but sound works:
    ``play`` then emits ``failed``. Without stems the mixture is played. Call ``close`` at the end.
    """

    state_changed = Signal(object)
    """PlayerState"""
    waiting_changed = Signal(bool)
    device_lost = Signal(object)
    """StemscopeError: the device went away while playing; paused."""
    failed = Signal(object)
    """StemscopeError: playing could not start, or the song could not be read; paused."""

    def __init__(self, parent: QObject | None = None, backend: Backend | None = None) -> None:
        super().__init__(parent, backend)
        self._strips: dict[str, Strip] = {}
        self._to_loop = False
        self._master_db = 0.0
        self._original = False
        self._state = PlayerState.STOPPED
        self._idle_since = 0.0
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MS)
        self._poll.timeout.connect(self._on_poll)
        self._changes = Changes(self._engine, self)

    # --- the song -----------------------------------------------------------------------------

    def set_sources(
        self, mixture: Audio | None, stems: Mapping[str, Audio], ready: Ranges | int = 0
    ) -> None:
        """Play this from now on, the stems being computed where ``ready`` says.

        The same mixture with other stems goes on where it is (with a crossfade; say at once what
        is ready, or it waits for ``set_ready``); another mixture stops, at its start. Strips keep
        their settings by stem name.
        """
        same = mixture is not None and mixture is self._engine.mixture
        position = self.position() if same else 0
        if not same:
            self._engine.leave(0)
            self._idle_since = float("-inf")  # another rate may suit it: no stream waits for it
            self._set_state(PlayerState.STOPPED)
            self._engine.loop, self._to_loop = None, False
        self._engine.mixture, self._engine.stems = mixture, dict(stems)
        for name in self._engine.stems:
            self._strips.setdefault(name, Strip())
        self._engine.ready = Ranges.of(ready)
        self._engine.lanes = None
        self._apply_targets()
        if same and self._engine.feed is not None:
            self._engine.renew(position, follows=True)

    def set_ready(self, ready: Ranges | int) -> None:
        """The stems are computed in these samples of the song, or from its start up to here."""
        self._engine.ready = ranges = Ranges.of(ready)
        if self._engine.lanes is not None:
            self._engine.lanes.ready = ranges
        if self._engine.reader is not None:
            self._engine.reader.wake()

    def refresh(self, start: int, stop: int) -> None:
        """Samples ``start`` to ``stop`` of the stems have changed: read them again."""
        self._changes.note(start, stop)

    # --- transport ----------------------------------------------------------------------------

    @property
    def state(self) -> PlayerState:
        return self._state

    @property
    def playing(self) -> bool:
        """Play is on, waiting or not."""
        return self._state is not PlayerState.STOPPED

    @property
    def loop(self) -> tuple[int, int] | None:
        return self._engine.loop

    def play(self) -> None:
        """Play on; at the end from the start; from the start of a loop set since, elsewhere."""
        mixture = self._engine.mixture
        if mixture is None or self.playing:
            return
        position = self.position()
        loop = self._engine.loop
        if loop is not None and self._to_loop and not loop[0] <= position < loop[1]:
            self._seek(loop[0])
        elif position >= mixture.n_samples:
            self._seek(0 if loop is None else loop[0])
        self._to_loop = False
        try:
            self._start()
        except StemscopeError as error:
            self.failed.emit(error)
            return
        self._set_state(PlayerState.PLAYING)

    def pause(self) -> None:
        """Fade out and stay here."""
        if self.playing:
            if self._engine.mixer is not None:
                self._engine.mixer.playing = False
            self._idle_since = time.perf_counter()
            self._set_state(PlayerState.STOPPED)

    def toggle(self) -> None:
        """Play or pause."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def seek(self, sample: int) -> None:
        """Go to ``sample`` (held inside the song), playing or not."""
        self._to_loop = False
        self._seek(sample)

    def set_loop(self, loop: tuple[int, int] | None) -> None:
        """Play samples ``start`` to ``stop`` round and round, without a gap; None to go on.

        Playing behind ``stop`` jumps to ``start``; before ``start`` plays into the loop. A loop
        under 50 ms is stretched to that.
        """
        mixture = self._engine.mixture
        if mixture is None or loop is None:
            loop = None
        else:
            loop = held_inside(loop, mixture.n_samples, mixture.sample_rate)
        if loop == self._engine.loop:
            return
        self._engine.loop = loop
        self._to_loop = loop is not None and not self.playing
        if self._engine.feed is not None:
            position = self.position()
            if loop is not None and position >= loop[1] and self.playing:
                self._engine.renew(loop[0], follows=False)
            else:
                self._engine.renew(position, follows=True)

    @property
    def tempo(self) -> Tempo:
        return self._engine.tempo

    def set_tempo(self, tempo: Tempo) -> None:
        """Play at another speed or pitch from here on; positions stay samples of the song."""
        self._engine.set_tempo(tempo)

    def position(self) -> int:
        """The sample that is heard now (or would be, were it not paused)."""
        return self._engine.position()

    # --- strips -------------------------------------------------------------------------------

    def strip(self, stem: str) -> Strip:
        """The settings of a stem's strip (a copy)."""
        strip = self._strips.get(stem, Strip())
        return Strip(strip.gain_db, strip.muted, strip.soloed)

    def set_gain_db(self, stem: str, gain_db: float) -> None:
        """Minus infinity is silence."""
        self._strips.setdefault(stem, Strip()).gain_db = gain_db
        self._apply_targets()

    def set_muted(self, stem: str, muted: bool) -> None:
        self._strips.setdefault(stem, Strip()).muted = muted
        self._apply_targets()

    def set_soloed(self, stem: str, soloed: bool) -> None:
        self._strips.setdefault(stem, Strip()).soloed = soloed
        self._apply_targets()

    def set_master_db(self, gain_db: float) -> None:
        self._master_db = gain_db
        self._apply_targets()

    def set_original(self, original: bool) -> None:
        """Hear the mixture in place of the stems, at the master's gain."""
        self._original = original
        self._apply_targets()

    def levels(self) -> dict[str, tuple[float, float]]:
        """(peak, RMS) in dB per stem (behind its fader) and of "master"."""
        return self._engine.levels()

    def close(self) -> None:
        """Stop the stream and the reader. The player can be used again."""
        self._stop(self.position())
        self._engine.close()

    # --- inside -------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._stale_devices or not self.devices():  # perhaps there is one by now
            self._stale_devices = False
            self._engine.backend.refresh()
            self.devices_changed.emit()
        self._engine.start()
        self._poll.start()

    def _seek(self, sample: int) -> None:
        mixture = self._engine.mixture
        self._engine.seek(min(max(sample, 0), 0 if mixture is None else mixture.n_samples))

    def _apply_targets(self) -> None:
        engine = self._engine
        original = self._original or not engine.stems
        engine.targets = Targets.of(self._strips, tuple(engine.stems), self._master_db, original)
        if engine.lanes is not None:
            engine.lanes.gains.wanted = engine.targets

    def _set_state(self, state: PlayerState) -> None:
        before, self._state = self._state, state
        if state is before:
            return
        if PlayerState.WAITING in (before, state):
            self.waiting_changed.emit(state is PlayerState.WAITING)
        self.state_changed.emit(state)

    def _on_poll(self) -> None:
        engine = self._engine
        mixer, reader, stream, feed = engine.mixer, engine.reader, engine.stream, engine.feed
        if mixer is None or reader is None or stream is None:
            self._poll.stop()
            return
        now = time.perf_counter()
        if reader.error is not None:
            error, reader.error = reader.error, None
            self._stop(self.position())
            self.failed.emit(read_error(error))
            return
        if engine.is_lost(now):
            self._stop(self.position())
            self._stale_devices = True
            self.device_lost.emit(lost_error(stream.device))
            return
        if not self.playing:
            if now - self._idle_since > _IDLE_S and mixer.silent:
                engine.close_stream()  # leaves the device to other programs
            return
        if feed is None or mixer.current is not feed:
            return
        if feed.finished and self.position() >= feed.timeline.sample(feed.end or 0):
            self.pause()
        else:
            waits = feed.stalled and (feed.blocked or feed.undecoded)
            self._set_state(PlayerState.WAITING if waits else PlayerState.PLAYING)

    def _stop(self, position: int) -> None:
        """Silence, no stream; rest at ``position``."""
        self._engine.stop(position)
        self._poll.stop()
        self._set_state(PlayerState.STOPPED)

    def _reopen(self, between: Callable[[], None] | None = None) -> None:
        """Close the stream, call ``between``, and play on if it was playing."""
        self._engine.stop(self.position())
        self._poll.stop()
        if between is not None:
            between()
        if self.playing:
            try:
                self._start()
            except StemscopeError as error:
                self._set_state(PlayerState.STOPPED)
                self.failed.emit(error)
