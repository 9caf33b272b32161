"""What the audio callback does: mix the lanes of a feed into a block, without clicks.

Nothing in ``Mixer.fill`` allocates arrays, takes locks, logs, reads files or touches Qt. Other
threads steer it by replacing whole attributes (``playing``, ``upcoming``, ``LaneGains.wanted``).
"""

from __future__ import annotations

import numpy as np

from app.audio.feed import LONGEST_SPAN, RAMP_S, Feed, Lanes
from app.audio.gains import LaneGains
from app.audio.meters import Meters
from app.audio.playhead import Playhead
from core.audio import FloatArray

START_S = 0.1
"""Sound that must be there before play begins, in seconds."""
RESUME_S = 0.5
"""Sound that must be there before play goes on after it had to wait, in seconds."""


class Mixer:
    """Mixes for one rate and number of channels."""

    def __init__(self, rate: int, n_channels: int) -> None:
        self.rate = rate
        self.n_channels = n_channels
        self.playing = False
        self.upcoming: Feed | None = None
        """The feed to change to; cross-faded as soon as it is noticed."""
        self.current: Feed | None = None
        self.meters = Meters(1, rate, LONGEST_SPAN, n_channels)
        self.playhead = Playhead(rate)
        self.n_blocks = 0
        self._fading: Feed | None = None
        self._fade = max(int(RAMP_S * rate), 8)
        self._up = ((np.arange(self._fade) + 1) / self._fade).astype(np.float32)[:, None]
        self._down = np.ascontiguousarray(1.0 - self._up)
        self._start_frames = int(START_S * rate)
        self._resume_frames = int(RESUME_S * rate)
        self._lane = np.empty((LONGEST_SPAN, n_channels), np.float32)
        self._sum = np.empty((LONGEST_SPAN, n_channels), np.float32)
        self._before = 0

    @property
    def silent(self) -> bool:
        """Nothing is heard, and nothing is fading."""
        return self._fading is None and (self.current is None or self.current.envelope == 0)

    def clear(self) -> None:
        """Forget all feeds; only while no stream runs."""
        self.upcoming = self.current = self._fading = None

    def fill(self, out: FloatArray, heard_at: float = 0.0) -> None:
        """Fill ``out`` ``(n_frames, n_channels)``, which is heard from ``heard_at`` (s) on."""
        n_frames = len(out)
        self._before = 0 if self.current is None else self.current.read
        done = 0
        while done < n_frames:
            done += self._span(out[done : done + LONGEST_SPAN])
        feed = self.current
        self.playhead.note(
            heard_at,
            None if feed is None else feed.timeline,
            self._before,
            0 if feed is None else feed.read,
            n_frames,
        )
        self.n_blocks += 1

    def _span(self, out: FloatArray) -> int:
        """Fill the first frames of ``out``, as many as are handled alike; returns how many."""
        self._take_upcoming()
        feed, fading = self.current, self._fading
        n = len(out)
        direction = 0
        if feed is not None:
            direction = self._direction(feed)
            n = self._alike(feed, direction, n)
        if fading is not None:
            left = fading.left(fading.lanes.gains.applied.original, False)
            if not fading.lanes.gains.applied.original:
                left = fading.left(False, True)
            if fading.envelope == 0 or left == 0:
                self._fading = fading = None
            else:
                n = self._contiguous(fading, min(n, fading.envelope, left))
        out = out[:n]
        out.fill(0.0)
        if feed is not None:
            if direction == 0:
                feed.lanes.meters.rest(n)
            else:
                self._render(feed, direction, out, metered=True)
        if fading is not None:
            self._render(fading, -1, out, metered=False)
            if feed is None or fading.lanes is not feed.lanes:
                fading.lanes.gains.advance(n)
        if feed is not None:
            feed.lanes.gains.advance(n)
        self.meters.add(0, out, n)
        np.clip(out, -1.0, 1.0, out=out)
        return n

    def _take_upcoming(self) -> None:
        feed, current = self.upcoming, self.current
        if feed is None or feed is current or self._fading is not None:
            return
        if feed.follows and current is not None:
            place = current.timeline.frame_at(current.read, feed.timeline.step)
            place -= feed.timeline.start
            head = feed.mixture_head
            if place > 0:
                if place + self._fade <= head or head == feed.end:
                    feed.read = min(place, head)
                elif place + self._fade <= feed.capacity:
                    return  # not read that far yet; the old feed goes on
        if current is not None and current.envelope > 0:
            self._fading = current
        self.current = feed
        self._before = feed.read

    def _direction(self, feed: Feed) -> int:
        """1: heard, or about to be; -1: fading out; 0: silent."""
        gains = feed.lanes.gains
        held = gains.wanted is not gains.applied and not self._change_gains(feed, gains)
        original = gains.applied.original
        left = feed.left(original, not original)
        whole = feed.whole(original)
        if feed.envelope == 0:
            if not self.playing or held:
                return 0
            enough = self._resume_frames if feed.stalled else self._start_frames
            if left >= enough or (whole and left > 0):
                feed.stalled = feed.finished = False
                return 1
            feed.finished = whole
            feed.stalled = not whole
            return 0
        if left == 0:
            # The end of the song, or (with its fade cut short) of all that could be read.
            feed.envelope = 0
            feed.finished = whole
            feed.stalled = not whole
            return 0
        if not self.playing or held:
            return -1
        if left <= self._fade and not whole:
            feed.stalled = True
            return -1
        feed.stalled = False
        return 1

    def _change_gains(self, feed: Feed, gains: LaneGains) -> bool:
        """Start towards the gains wanted; False while that has to wait for silence."""
        wanted = gains.wanted
        fading = self._fading
        if feed.envelope == 0 and (fading is None or fading.lanes is not feed.lanes):
            gains.snap(wanted)
            return True
        mixture = gains.uses_mixture or wanted.original
        stems = gains.uses_stems or not wanted.original
        ends = feed.whole(True) if not stems else feed.whole(False)
        if feed.left(mixture, stems) >= self._fade or (ends and feed.left(mixture, stems) > 0):
            gains.begin(wanted)
            return True
        return False

    def _alike(self, feed: Feed, direction: int, n: int) -> int:
        """How many of the next ``n`` frames keep ``direction`` and one kind of gain curve."""
        gains = feed.lanes.gains
        if gains.left > 0:
            n = min(n, gains.left)
        if direction == 0:
            return n
        original = gains.applied.original
        left = feed.left(original, not original)
        if direction < 0:
            n = min(n, feed.envelope, left)
        elif feed.envelope < self._fade:
            n = min(n, self._fade - feed.envelope, left)
        else:
            n = min(n, left if feed.whole(original) else left - self._fade)
        return self._contiguous(feed, n)

    @staticmethod
    def _contiguous(feed: Feed, n: int) -> int:
        gains = feed.lanes.gains
        if gains.left > 0:
            n = min(n, gains.left)
        return min(n, feed.capacity - feed.read % feed.capacity)

    def _render(self, feed: Feed, direction: int, out: FloatArray, metered: bool) -> None:
        """Add the next frames of ``feed`` to ``out`` and move on."""
        n = len(out)
        total, lane_frames = self._sum[:n], self._lane[:n]
        total.fill(0.0)
        lanes: Lanes = feed.lanes
        start = feed.read % feed.capacity
        stems_there = feed.stems_from <= feed.read and feed.read + n <= feed.stems_head
        for lane in range(len(lanes.views)):
            heard = (lane == 0 or stems_there) and lanes.gains.apply(
                lane, feed.ring[lane, start : start + n], lane_frames
            )
            if heard:
                np.add(total, lane_frames, out=total)
            if metered:
                lanes.meters.add(lane, lane_frames if heard else None, n)
        if direction > 0 and feed.envelope < self._fade:
            np.multiply(total, self._up[feed.envelope : feed.envelope + n], out=total)
            feed.envelope += n
        elif direction < 0:
            done = self._fade - feed.envelope
            np.multiply(total, self._down[done : done + n], out=total)
            feed.envelope -= n
        np.add(out, total, out=out)
        feed.read += n
