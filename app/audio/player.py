"""The player: transport, strips and device, over one sound stream."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from enum import Enum

from PySide6.QtCore import QObject, QTimer, Signal

from app.audio.backend import Backend, FillFunction, OutputDevice, OutputStream
from app.audio.feed import Feed, Lanes
from app.audio.gains import Strip, Targets
from app.audio.meters import FLOOR_DB
from app.audio.mixer import Mixer
from app.audio.reader import RING_S, Reader
from app.audio.timeline import LOOP_FADE_S, SHORTEST_LOOP_S, ReadyRanges, Timeline
from core.audio import Audio
from core.errors import DeviceError, StemscopeError

_POLL_MS = 30
_IDLE_S = 3.0
_SILENT_DEVICE_S = 2.0
_FADE_OUT_TIMEOUT_S = 0.3


class PlayerState(Enum):
    STOPPED = "stopped"
    """Paused, at the end, or nothing to play."""
    PLAYING = "playing"
    WAITING = "waiting"
    """Playing, but the stems are not computed at this place yet; goes on by itself."""


class Player(QObject):
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
    devices_changed = Signal()

    def __init__(self, parent: QObject | None = None, backend: Backend | None = None) -> None:
        super().__init__(parent)
        self._backend = backend or Backend()
        self._mixture: Audio | None = None
        self._stems: dict[str, Audio] = {}
        self._strips: dict[str, Strip] = {}
        self._ready = ReadyRanges()
        self._loop: tuple[int, int] | None = None
        self._to_loop = False
        self._master_db = 0.0
        self._original = False
        self._device_key: str | None = None
        self._fixed_rate: int | None = None
        self._low_latency = False
        self._state = PlayerState.STOPPED
        self._rest = 0
        """Where play begins while there is no feed."""
        self._stream: OutputStream | None = None
        self._stale_devices = False
        self._mixer: Mixer | None = None
        self._reader: Reader | None = None
        self._lanes: Lanes | None = None
        self._feed: Feed | None = None
        self._idle_since = 0.0
        self._seen_blocks = (0, 0.0)
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MS)
        self._poll.timeout.connect(self._on_poll)

    # --- the song -----------------------------------------------------------------------------

    def set_sources(self, mixture: Audio | None, stems: Mapping[str, Audio]) -> None:
        """Play this from now on. The same mixture with other stems goes on where it is (with a
        crossfade); another mixture stops, at its start. Nothing of the stems is ready until
        ``set_ready`` says so. Strips keep their settings by stem name."""
        same = mixture is not None and mixture is self._mixture
        position = self.position() if same else 0
        if not same:
            self._stop(0)
            self._loop, self._to_loop = None, False
        self._mixture, self._stems = mixture, dict(stems)
        for name in self._stems:
            self._strips.setdefault(name, Strip())
        self._ready = ReadyRanges()
        self._lanes = None
        if not same:
            self._drop_feed()
        elif self._feed is not None:
            self._renew(position, follows=True)

    def set_ready(self, n_samples_ready: int) -> None:
        """The stems are computed from the start of the song up to here."""
        self.set_ready_ranges([(0, n_samples_ready)])

    def set_ready_ranges(self, ranges: list[tuple[int, int]]) -> None:
        """The stems are computed in these ranges of samples."""
        self._ready = ReadyRanges(ranges)
        if self._lanes is not None:
            self._lanes.ready = self._ready
        if self._reader is not None:
            self._reader.wake()

    def reload(self) -> None:
        """The stems' samples have changed in place: read them again, without a gap."""
        if self._feed is not None:
            self._renew(self.position(), follows=True)

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
        return self._loop

    def play(self) -> None:
        """Play on; from the start if at the end; from the loop's start if a loop was set around
        another place and nobody has sought since."""
        mixture = self._mixture
        if mixture is None or self.playing:
            return
        position = self.position()
        loop = self._loop
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
            if self._mixer is not None:
                self._mixer.playing = False
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
        mixture = self._mixture
        if mixture is None:
            loop = None
        if loop is not None and mixture is not None:
            shortest = int(SHORTEST_LOOP_S * mixture.sample_rate)
            start = min(max(min(loop), 0), max(mixture.n_samples - shortest, 0))
            loop = (start, min(max(max(loop), start + shortest), mixture.n_samples))
            if loop[0] >= loop[1]:
                loop = None
        if loop == self._loop:
            return
        self._loop = loop
        self._to_loop = loop is not None and not self.playing
        if self._feed is not None:
            position = self.position()
            if loop is not None and position >= loop[1] and self.playing:
                self._renew(loop[0], follows=False)
            else:
                self._renew(position, follows=True)

    def position(self) -> int:
        """The sample that is heard now (or would be, were it not paused)."""
        feed, mixer = self._feed, self._mixer
        if feed is None or mixer is None:
            return self._rest
        heard = mixer.playhead.at(time.perf_counter())
        if heard is None or (heard[0] is not feed.timeline and not feed.follows):
            return feed.timeline.sample(0)
        return heard[0].sample(heard[1])

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
        levels = dict.fromkeys((*self._stems, "master"), (FLOOR_DB, FLOOR_DB))
        if self._stream is not None and self._mixer is not None:
            levels["master"] = self._mixer.meters.levels()[0]
            if self._lanes is not None:
                of_lanes = self._lanes.meters.levels()
                levels.update(zip(self._lanes.names, of_lanes[1:], strict=True))
        return levels

    # --- device -------------------------------------------------------------------------------

    @property
    def available(self) -> bool:
        return self.unavailable_reason is None

    @property
    def unavailable_reason(self) -> StemscopeError | None:
        return self._backend.unavailable_reason

    def devices(self) -> list[OutputDevice]:
        """The outputs known since the start or the last ``refresh_devices``."""
        return self._backend.devices()

    @property
    def active_device(self) -> OutputDevice | None:
        """The device that is playing now."""
        return None if self._stream is None else self._stream.device

    @property
    def latency_s(self) -> float:
        """What the open stream says of its latency; 0 while none is open."""
        return 0.0 if self._stream is None else self._stream.latency_s

    def set_device(self, name: str | None) -> None:
        """Play on the device of this ``key`` (or name); None, or one that is gone: the default."""
        if name != self._device_key:
            self._device_key = name
            self._reopen()

    def set_low_latency(self, low: bool) -> None:
        if low != self._low_latency:
            self._low_latency = low
            self._reopen()

    def set_sample_rate(self, rate: int | None) -> None:
        """Open devices at this rate; None: at the song's own, where the device takes it."""
        if rate != self._fixed_rate:
            self._fixed_rate = rate
            self._reopen()

    def refresh_devices(self) -> None:
        """Look for new devices. What plays is interrupted for a moment (PortAudio starts over)."""
        before = self.devices()
        self._reopen(self._backend.refresh)
        self._stale_devices = False
        if self.devices() != before:
            self.devices_changed.emit()

    def close(self) -> None:
        """Stop the stream and the reader. The player can be used again."""
        self._stop(self.position())
        self._drop_feed()
        self._drop_mixer()

    # --- inside -------------------------------------------------------------------------------

    def _start(self) -> None:
        """Have a stream, a feed and sound."""
        if self._stream is None:
            self._rest = self.position()
            self._open()
        mixer = self._mixer
        assert mixer is not None
        assert self._reader is not None
        if self._feed is None:
            self._renew(self._rest, follows=False)
        self._seen_blocks = (mixer.n_blocks, time.perf_counter())
        mixer.playing = True
        self._reader.wake()
        self._poll.start()

    def _open(self) -> None:
        assert self._mixture is not None
        if self._stale_devices:
            self._backend.refresh()
            self._stale_devices = False
            self.devices_changed.emit()
        self._stream = self._backend.open(
            self._device_key,
            self._mixture.sample_rate,
            self._fixed_rate,
            self._low_latency,
            self._filler,
        )

    def _filler(self, stream: OutputStream) -> FillFunction:
        """What fills the blocks of ``stream``: the mixer there is, or one of its shape."""
        mixer = self._mixer
        if mixer is None or (mixer.rate, mixer.n_channels) != (stream.rate, stream.n_channels):
            self._drop_feed()
            self._drop_mixer()
            mixer = self._mixer = Mixer(stream.rate, stream.n_channels)
            self._reader = Reader(mixer)
            self._reader.start()
        mixer.playhead.restart()
        return mixer.fill

    def _seek(self, sample: int) -> None:
        last = 0 if self._mixture is None else self._mixture.n_samples
        sample = min(max(sample, 0), last)
        if self._feed is None:
            self._rest = sample
        elif self._stream is None:
            self._drop_feed()
            self._rest = sample
        else:
            self._renew(sample, follows=False)

    def _renew(self, sample: int, follows: bool) -> None:
        """Go a new way from ``sample`` on; or, following, from wherever the old one is by then."""
        mixer, reader = self._mixer, self._reader
        assert mixer is not None
        assert reader is not None
        assert self._mixture is not None
        if self._stream is None:  # nobody would take it over: begin with it at the next play
            self._drop_feed()
            self._rest = sample
            return
        if self._lanes is None:
            self._lanes = Lanes(
                self._mixture, self._stems, mixer.rate, mixer.n_channels, self._targets()
            )
            self._lanes.ready = self._ready
        view = self._lanes.views[0]
        loop = None
        if self._loop is not None:
            loop = (round(self._loop[0] / view.step), round(self._loop[1] / view.step))
        start = round(sample / view.step)
        current = mixer.current
        if follows and self._feed is not None:
            if current is None or (current is not self._feed and not self._feed.follows):
                follows = False  # still on the way to the place sought last: go there
                start = self._feed.timeline.start
            else:
                start = current.timeline.song_frame(current.read)
                passed = loop is not None and start >= loop[1]
                if passed and self._loop is not None and sample < self._loop[1]:
                    start, follows = loop[0], False  # read behind the loop, not heard there yet
        timeline = Timeline(
            view.n_frames,
            self._mixture.n_samples,
            view.step,
            start,
            loop,
            int(LOOP_FADE_S * mixer.rate),
        )
        self._feed = Feed(self._lanes, timeline, int(RING_S * mixer.rate), follows)
        reader.set_feed(self._feed)

    def _targets(self) -> Targets:
        original = self._original or not self._stems
        return Targets.of(self._strips, tuple(self._stems), self._master_db, original)

    def _apply_targets(self) -> None:
        if self._lanes is not None:
            self._lanes.gains.wanted = self._targets()

    def _set_state(self, state: PlayerState) -> None:
        before, self._state = self._state, state
        if state is before:
            return
        if PlayerState.WAITING in (before, state):
            self.waiting_changed.emit(state is PlayerState.WAITING)
        self.state_changed.emit(state)

    def _on_poll(self) -> None:
        mixer, reader, stream, feed = self._mixer, self._reader, self._stream, self._feed
        if mixer is None or reader is None or stream is None:
            self._poll.stop()
            return
        now = time.perf_counter()
        if reader.error is not None:
            error, reader.error = reader.error, None
            self._stop(self.position())
            self._drop_feed()
            self.failed.emit(_read_error(error))
            return
        if self._is_lost(mixer, stream, now):
            name = stream.device.name
            self._stop(self.position())
            self._stale_devices = True
            self.device_lost.emit(
                DeviceError(
                    "The sound output “{name}” has stopped or was unplugged. Press play to go on "
                    "with the output that is there now.",
                    name=name,
                )
            )
            return
        if not self.playing:
            if now - self._idle_since > _IDLE_S and mixer.silent:
                self._close_stream()  # leaves the device to other programs
            return
        if feed is None or mixer.current is not feed:
            return
        if feed.finished and self.position() >= feed.timeline.sample(feed.end or 0):
            self._rest = self.position()
            self.pause()
        else:
            waits = feed.stalled and feed.blocked
            self._set_state(PlayerState.WAITING if waits else PlayerState.PLAYING)

    def _is_lost(self, mixer: Mixer, stream: OutputStream, now: float) -> bool:
        if mixer.n_blocks != self._seen_blocks[0]:
            self._seen_blocks = (mixer.n_blocks, now)
        return not stream.active or now - self._seen_blocks[1] > _SILENT_DEVICE_S

    def _stop(self, position: int) -> None:
        """Silence, no stream; rest at ``position``."""
        if self._mixer is not None:
            self._fade_out(self._mixer)
        self._close_stream()
        if self._feed is not None and self._mixer is not None:
            self._drop_feed()
        self._rest = position
        self._set_state(PlayerState.STOPPED)

    def _fade_out(self, mixer: Mixer) -> None:
        mixer.playing = False
        if self._stream is None:
            return
        deadline = time.perf_counter() + _FADE_OUT_TIMEOUT_S
        while not mixer.silent and self._stream.active and time.perf_counter() < deadline:
            time.sleep(0.002)  # a block or two
        blocks = mixer.n_blocks
        while mixer.n_blocks == blocks and self._stream.active and time.perf_counter() < deadline:
            time.sleep(0.002)

    def _close_stream(self) -> None:
        if self._stream is not None:
            self._backend.close(self._stream)
            self._stream = None
        self._poll.stop()

    def _reopen(self, between: object = None) -> None:
        """Close the stream, call ``between``, and play on if it was playing."""
        playing, position = self.playing, self.position()
        if self._stream is not None:
            if self._mixer is not None:
                self._fade_out(self._mixer)
            self._close_stream()
        self._drop_feed()
        self._rest = position
        if callable(between):
            between()
        if playing:
            try:
                self._start()
            except StemscopeError as error:
                self._set_state(PlayerState.STOPPED)
                self.failed.emit(error)

    def _drop_feed(self) -> None:
        self._feed = self._lanes = None
        if self._reader is not None:
            self._reader.set_feed(None)
        if self._mixer is not None:
            self._mixer.upcoming = None
            if self._stream is None:
                self._mixer.clear()

    def _drop_mixer(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._mixer = self._reader = None


def _read_error(error: Exception) -> StemscopeError:
    if isinstance(error, StemscopeError):
        return error
    with contextlib.suppress(Exception):
        return StemscopeError(
            "The song could not be read any further ({reason}). Open it again.", reason=str(error)
        )
    return StemscopeError("The song could not be read any further. Open it again.")
