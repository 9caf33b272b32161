"""From the input's blocks to the output's: two rings, and between them the separation."""

from __future__ import annotations

import queue
import time

import numpy as np

from app.audio.channels import mix_matrix
from app.audio.meters import Meters
from app.live.balance import Balance
from app.live.elastic import ElasticResampler, Pace
from app.live.picture import Picture
from app.live.ring import Ring
from app.live.swing import Swing
from core.audio import FloatArray
from core.live import LiveSeparator

LONGEST_BLOCK = 2048
_RING_S = 2.0
_MORE_RESERVE_S = 0.005
_MOST_RESERVE_S = 0.2
_WATCH_S, _SPARE_S = 2.0, 0.01
_MOST_EASED_S = 0.06
_ONE_LOSS_S = 0.05


class Chain:
    """What lies between the callbacks of two streams.

    ``take_in`` and ``give_out`` are theirs; ``work`` belongs to the thread that computes. The
    rings have one writer and one reader each, and other attributes are replaced as a whole.
    """

    def __init__(
        self,
        separator: LiveSeparator,
        rate_out: int,
        n_channels_out: int,
        gains: tuple[float, ...],
        reserve_s: float,
    ) -> None:
        self.separator = separator
        self.rate_in, self.rate_out = separator.sample_rate, rate_out
        n_channels = separator.n_channels
        self.balance = Balance(gains, self.rate_in)
        self.picture = Picture(separator.stft, self.rate_in)
        n_sources = len(separator.card.sources)
        # Lanes: what comes in, each source behind its fader, what goes out.
        self.meters = Meters(n_sources + 2, self.rate_in, LONGEST_BLOCK, n_channels)
        self.reserve_s = reserve_s
        self.underruns = self.overruns = self.n_lost = 0
        self.delay_s = 0.0
        """Mean time between a sound's coming in and its going out."""
        self.n_worked = 0
        self.load = 0.0
        self._in_ring = Ring(int(_RING_S * self.rate_in), n_channels)
        self._out_ring = Ring(int(_RING_S * rate_out), n_channels_out)
        self._elastic = ElasticResampler(self.rate_in, rate_out, n_channels_out)
        self._matrix = np.ascontiguousarray(mix_matrix(n_channels, n_channels_out).T)
        self._block = np.empty((LONGEST_BLOCK, n_channels), np.float32)
        self._pace = Pace()
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._playing = False
        self._swing = Swing(rate_out)
        self._least_there, self._watched = 0, 0
        self._ease_s = 0.0
        self._lost_at = 0.0
        self._longest_in = 0
        self._came = (0, 0.0)  # a frame of the input, and when it came in
        self._went = (0, 0)  # a frame of the output, and the frame of the input it belongs to
        self._seen_restarts = self._restarts = 0
        self._measured = (time.perf_counter(), time.thread_time())

    @property
    def n_behind(self) -> int:
        """Frames of the input by which what is computed lies behind."""
        return self.separator.latency_samples + self._elastic.delay_samples

    # --- callbacks ----------------------------------------------------------------------------

    def take_in(self, block: FloatArray, came_at: float, lost: bool = False) -> None:
        """A block of the input, ``(n_frames, n_channels)``; is sound before it ``lost``?"""
        n_frames = len(block)
        if n_frames > self._longest_in:
            self._longest_in = n_frames
        if lost:
            self._lose(came_at)
        self._came = (self._in_ring.written, came_at)
        if self._in_ring.write(block) < n_frames:
            self.overruns += 1
        self._wake.put(None)

    def give_out(self, block: FloatArray, heard_at: float, lost: bool = False) -> None:
        """Fill a block of the output, ``(n_frames, n_channels)``."""
        ring, n_frames = self._out_ring, len(block)
        if lost:
            self._lose(heard_at)
        if self._playing or not self._swing.is_settled:
            self._swing.watch(ring.written, n_frames)
        if not self._playing:
            spare = ring.n_there - n_frames - self._n_reserve()
            if spare < 0 or not self._swing.is_settled:
                block.fill(0.0)
                return
            self._begin(spare, heard_at)
        self._watch(n_frames, heard_at)
        self.delay_s += 0.02 * (self._delay(heard_at) - self.delay_s)
        n_there = ring.take(block)
        if n_there < n_frames:
            block[n_there:] = 0.0
            self.underruns += 1
            self.reserve_s = min(self.reserve_s + _MORE_RESERVE_S, _MOST_RESERVE_S)
            self._interrupt()

    def _begin(self, spare: int, heard_at: float) -> None:
        """Play on, without the ``spare`` frames: what came too late is not played late."""
        self._out_ring.skip(spare)
        self._playing = True
        self._restarts += 1
        self._swing.begin_again()
        self._least_there, self._watched = self._out_ring.capacity, 0
        self.delay_s = self._delay(heard_at)

    def _watch(self, n_frames: int, heard_at: float) -> None:
        """After a disturbance more may wait than is ever needed.

        A little is made up for by a faster pace, which nobody hears; more is left out at a stroke.
        """
        self._least_there = min(self._least_there, self._out_ring.n_there - n_frames)
        self._watched += n_frames
        if self._watched >= _WATCH_S * self.rate_out:
            spare_s = self._least_there / self.rate_out - self._least_s
            if spare_s > _MOST_EASED_S:
                self.overruns += 1
                self._begin(int(spare_s * self.rate_out), heard_at)
            elif spare_s > _SPARE_S:
                self._ease_s = spare_s
            self._least_there, self._watched = self._out_ring.capacity, 0

    def _lose(self, at: float) -> None:
        """A device has lost sound, and is later than it was: begin again."""
        if self._playing and at - self._lost_at > _ONE_LOSS_S:
            self._lost_at = at
            self.n_lost += 1
            self._interrupt()

    def _interrupt(self) -> None:
        self._playing = False
        self._swing.begin_again()

    def _n_reserve(self) -> int:
        """Frames that must wait beside those that are taken, to begin now.

        So many that the reserve is left when least waits, and a block of the input, by which the
        two devices may slip. Whether most or least waits now is known before the first sound; after
        an interruption it may be most.
        """
        swing = self._swing.n_frames if self._restarts else self._swing.n_above
        return int(self._least_s * self.rate_out) + swing

    @property
    def _least_s(self) -> float:
        """What is to be left when least waits."""
        return self.reserve_s + self._longest_in / self.rate_in

    def _delay(self, heard_at: float) -> float:
        """Seconds between the coming in of the frame that is read next, and ``heard_at``."""
        out_frame, in_frame = self._went
        in_frame_s = in_frame / self.rate_in + (self._out_ring.read - out_frame) / self.rate_out
        came_frame, came_at = self._came
        return heard_at - (came_at + in_frame_s - came_frame / self.rate_in)

    # --- the thread that computes -------------------------------------------------------------

    def wait(self, timeout_s: float) -> bool:
        """Until there is something to do; False after ``timeout_s``."""
        try:
            self._wake.get(timeout=timeout_s)
            while True:
                self._wake.get_nowait()
        except queue.Empty:
            pass
        return self._in_ring.n_there > 0

    def work(self) -> None:
        """Compute all that has come in."""
        while self._in_ring.n_there > 0:
            n = self._in_ring.take(self._block)
            self._process(self._block[:n])
            self.n_worked += n
        self._measure()

    def _process(self, block: FloatArray) -> None:
        n_frames = len(block)
        stems = self.balance.apply(self.separator.process(np.ascontiguousarray(block.T)))
        if self.separator.frames is not None:
            self.picture.add(self.separator.frames)
        mixed = stems.sum(axis=0).T
        np.clip(mixed, -1.0, 1.0, out=mixed)
        self.meters.add(0, block, n_frames)
        for lane, stem in enumerate(stems, start=1):
            self.meters.add(lane, stem.T, n_frames)
        self.meters.add(len(stems) + 1, mixed, n_frames)
        if self._seen_restarts != self._restarts:
            self._seen_restarts = self._restarts
            self._pace.restart()
        ease_s, self._ease_s = self._ease_s, 0.0
        if ease_s:
            self._pace.ease(ease_s)
        correction = 0.0
        if self._playing:
            correction = self._pace.correction(self.delay_s, n_frames / self.rate_in)
        out = self._elastic.process(mixed @ self._matrix, correction)
        if self._out_ring.write(out) < len(out) and self._playing:
            self.overruns += 1
        self._went = (self._out_ring.written, self._in_ring.read - self.n_behind)

    def _measure(self) -> None:
        """The share of a core that computing took over the last second."""
        now, busy = time.perf_counter(), time.thread_time()
        span_s = now - self._measured[0]
        if span_s >= 1.0:
            self.load = (busy - self._measured[1]) / span_s
            self._measured = (now, busy)

    def abandon(self) -> None:
        """Wake the thread that computes, without work for it."""
        self._wake.put(None)
