"""Stream, mixer, reader and feed: what stands between the player's buttons and the device."""

from __future__ import annotations

import time

from app.audio.backend import Backend, FillFunction, OutputStream
from app.audio.feed import Feed, Lanes
from app.audio.gains import Targets
from app.audio.meters import FLOOR_DB
from app.audio.mixer import Mixer
from app.audio.reader import RING_S, Reader
from app.audio.tempo import Tempo
from app.audio.timeline import LOOP_FADE_S, Timeline
from core.audio import Audio
from core.ranges import Ranges

_SILENT_DEVICE_S = 2.0
_FADE_OUT_TIMEOUT_S = 0.045
"""A window must not wait any longer; two blocks take about as much."""


class Engine:
    """Owns the stream and all that feeds it; told what to play by plain attributes.

    Used from one thread. There is a ``feed`` from the first ``start`` until the song is dropped;
    without one, play begins at ``rest``.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.mixture: Audio | None = None
        self.stems: dict[str, Audio] = {}
        self.ready = Ranges()
        self.loop: tuple[int, int] | None = None
        self.targets = Targets(True, (0.0,))
        self.tempo = Tempo()
        self.device_key: str | None = None
        self.fixed_rate: int | None = None
        self.low_latency = False
        self.rest = 0
        self.stream: OutputStream | None = None
        self.mixer: Mixer | None = None
        self.reader: Reader | None = None
        self.lanes: Lanes | None = None
        self.feed: Feed | None = None
        self._seen_blocks = (0, 0.0)

    def position(self) -> int:
        """The song sample that is heard now, or where play would begin."""
        feed, mixer = self.feed, self.mixer
        if feed is None or mixer is None:
            return self.rest
        heard = mixer.playhead.at(time.perf_counter())
        if heard is None or (heard[0] is not feed.timeline and not feed.follows):
            return feed.timeline.sample(0)
        return heard[0].sample(heard[1])

    def levels(self) -> dict[str, tuple[float, float]]:
        """(peak, RMS) in dB per stem, behind its fader, and of "master"."""
        levels = dict.fromkeys((*self.stems, "master"), (FLOOR_DB, FLOOR_DB))
        if self.stream is not None and self.mixer is not None:
            levels["master"] = self.mixer.meters.levels()[0]
            if self.lanes is not None:
                of_lanes = self.lanes.meters.levels()
                levels.update(zip(self.lanes.names, of_lanes[1:], strict=True))
        return levels

    def start(self) -> None:
        """Have a stream, a feed and sound. Raises ``DeviceError``."""
        if self.stream is None:
            self.rest = self.position()
            self._open()
        mixer = self.mixer
        assert mixer is not None
        assert self.reader is not None
        if self.feed is None:
            self.renew(self.rest, follows=False)
        self._seen_blocks = (mixer.n_blocks, time.perf_counter())
        mixer.playing = True
        self.reader.wake()

    def stop(self, position: int) -> None:
        """Fade out, give the device back, rest at ``position``."""
        self._fade_out()
        self.close_stream()
        self.drop_feed()
        self.rest = position

    def leave(self, position: int) -> None:
        """Fade out without waiting for it and rest at ``position``; the stream stays open."""
        if self.mixer is not None:
            self.mixer.playing = False
        self.drop_feed()
        self.rest = position

    def close(self) -> None:
        self.stop(self.position())
        self._drop_mixer()

    def seek(self, sample: int) -> None:
        if self.stream is None or self.feed is None:
            self.drop_feed()
            self.rest = sample
        else:
            self.renew(sample, follows=False)

    def _open(self) -> None:
        assert self.mixture is not None
        self.stream = self.backend.open(
            self.device_key,
            self.mixture.sample_rate,
            self.fixed_rate,
            self.low_latency,
            self._filler,
        )

    def _filler(self, stream: OutputStream) -> FillFunction:
        """What fills the blocks of ``stream``: the mixer there is, or one of its shape."""
        mixer = self.mixer
        if mixer is None or (mixer.rate, mixer.n_channels) != (stream.rate, stream.n_channels):
            self.drop_feed()
            self._drop_mixer()
            mixer = self.mixer = Mixer(stream.rate, stream.n_channels)
            self.reader = Reader(mixer)
            self.reader.start()
        mixer.playhead.restart()
        return mixer.fill

    def renew(self, sample: int, follows: bool) -> None:
        """Go a new way from ``sample`` on; or, following, from wherever the old one is by then."""
        mixer, reader = self.mixer, self.reader
        assert mixer is not None
        assert reader is not None
        assert self.mixture is not None
        if self.stream is None:  # nobody would take it over: begin with it at the next play
            self.drop_feed()
            self.rest = sample
            return
        if self.lanes is None:
            self.lanes = Lanes(
                self.mixture, self.stems, mixer.rate, mixer.n_channels, self.targets, self.tempo
            )
            self.lanes.ready = self.ready
        view = self.lanes.views[0]
        loop = None
        if self.loop is not None:
            loop = (round(self.loop[0] / view.step), round(self.loop[1] / view.step))
        start = round(sample / view.step)
        current = mixer.current
        if follows and self.feed is not None:
            if current is None or (current is not self.feed and not self.feed.follows):
                follows = False  # still on the way to the place sought last: go there
                start = self.feed.timeline.frame_at(0, view.step)
            else:
                start = current.timeline.frame_at(current.read, view.step)
                heard_inside = self.loop is not None and sample < self.loop[1]
                if loop is not None and start >= loop[1] and heard_inside:
                    start, follows = loop[0], False  # read behind the loop, not heard there yet
        timeline = Timeline(
            view.n_frames,
            self.mixture.n_samples,
            view.step,
            start,
            loop,
            int(LOOP_FADE_S * mixer.rate),
        )
        self.feed = Feed(self.lanes, timeline, int(RING_S * mixer.rate), follows)
        reader.set_feed(self.feed)

    def set_tempo(self, tempo: Tempo) -> None:
        """Go on at another speed and pitch, with a crossfade to it."""
        if tempo == self.tempo:
            return
        self.tempo = tempo
        if self.feed is None:
            self.lanes = None
            return
        position, before, self.lanes = self.position(), self.lanes, None
        self.renew(position, follows=True)
        if before is not None and self.lanes is not None:
            self.lanes.meters = before.meters  # what is heard goes on

    def is_lost(self, now: float) -> bool:
        """The open stream has ended by itself, or the device asks for nothing any more."""
        mixer, stream = self.mixer, self.stream
        if mixer is None or stream is None:
            return False
        if mixer.n_blocks != self._seen_blocks[0]:
            self._seen_blocks = (mixer.n_blocks, now)
        return not stream.active or now - self._seen_blocks[1] > _SILENT_DEVICE_S

    def _fade_out(self) -> None:
        mixer = self.mixer
        if mixer is None:
            return
        mixer.playing = False
        if self.stream is None:
            return
        deadline = time.perf_counter() + _FADE_OUT_TIMEOUT_S
        while not mixer.silent and self.stream.active and time.perf_counter() < deadline:
            time.sleep(0.002)  # a block or two
        blocks = mixer.n_blocks
        while mixer.n_blocks == blocks and self.stream.active and time.perf_counter() < deadline:
            time.sleep(0.002)

    def close_stream(self) -> None:
        """Leave the device to others; the way through the song stays."""
        if self.stream is not None:
            self.backend.close(self.stream)
            self.stream = None
            if self.feed is None and self.mixer is not None:
                self.mixer.clear()

    def drop_feed(self) -> None:
        """Forget what was read ahead, and the lanes."""
        self.feed = self.lanes = None
        if self.reader is not None:
            self.reader.set_feed(None)
        if self.mixer is not None:
            self.mixer.upcoming = None
            if self.stream is None:
                self.mixer.clear()

    def _drop_mixer(self) -> None:
        if self.reader is not None:
            self.reader.close()
        self.mixer = self.reader = None
