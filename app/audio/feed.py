"""A ring of device frames, all stems and the mixture side by side, between reader and callback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from app.audio.channels import DeviceView
from app.audio.gains import LaneGains, Targets
from app.audio.meters import Meters
from app.audio.tempo import StretchedView, Tempo
from app.audio.timeline import Timeline
from core.audio import Audio, FloatArray
from core.audio.growing import n_there
from core.ranges import Ranges

LONGEST_SPAN = 2048
"""Frames that the mixer handles in one go."""
RAMP_S = 0.008
"""Length of every gain change, fade in and fade out, in seconds."""
CHUNK_FRAMES = 8192
_NOWHERE = 1 << 62


class Lanes:
    """What is mixed: lane 0 is the mixture, the others the stems, at the device's rate."""

    def __init__(
        self,
        mixture: Audio,
        stems: Mapping[str, Audio],
        rate: int,
        n_channels: int,
        targets: Targets,
        tempo: Tempo | None = None,
    ) -> None:
        self.names = tuple(stems)
        self.mixture = mixture
        views = [DeviceView(audio, rate, n_channels) for audio in (mixture, *stems.values())]
        stretched = tempo is not None and not tempo.is_neutral
        self.views: Sequence[DeviceView | StretchedView] = (
            [StretchedView(view, rate, tempo) for view in views] if stretched else views
        )
        self.n_samples = mixture.n_samples
        self.rate = rate
        self.n_channels = n_channels
        self.gains = LaneGains(targets, max(int(RAMP_S * rate), 8))
        self.meters = Meters(len(self.views), rate, LONGEST_SPAN, n_channels)
        self.ready = Ranges()
        """Computed samples of the stems; replaced as a whole."""

    def forget(self) -> None:
        """The stems have changed."""
        for view in self.views:
            if isinstance(view, StretchedView):
                view.forget()

    def ready_of(self, lane: int) -> Ranges:
        """What of a lane can be read without waiting."""
        return Ranges([(0, n_there(self.mixture))]) if lane == 0 else self.ready


class Feed:
    """One way through the song, filled ahead by the reader and emptied by the callback.

    Frames are counted from the start of the way and never wrap. ``read`` and the fields under
    "callback" are the callback's, the heads are the reader's; each side only looks at the other's.
    The stems have a head of their own: they may be computed later than the mixture is known.
    """

    def __init__(
        self, lanes: Lanes, timeline: Timeline, capacity: int, follows: bool = False
    ) -> None:
        self.lanes = lanes
        self.timeline = timeline
        self.end = timeline.end
        self.capacity = capacity
        self.follows = follows
        """Takes over from the feed before it at the place that one has reached."""
        shape = (len(lanes.views), capacity, lanes.n_channels)
        self.ring = np.zeros(shape, np.float32)
        # reader
        self.mixture_head = 0
        self.stems_from = 0
        self.stems_head = 0
        self.blocked = False
        """The stems stop where they are not computed yet."""
        self.undecoded = False
        """The mixture stops where its file has not been read yet."""
        # callback
        self.read = 0
        self.envelope = 0
        self.stalled = False
        self.finished = False

    # --- callback ---------------------------------------------------------------------------

    def left(self, mixture: bool, stems: bool) -> int:
        """Frames that can be played from ``read`` on with the lanes named."""
        left = _NOWHERE
        if mixture:
            left = self.mixture_head - self.read
        if stems:
            left = min(left, self.stems_head - self.read if self.read >= self.stems_from else 0)
        return max(left, 0)

    def whole(self, original: bool) -> bool:
        """The lanes in use are there to the end."""
        return self.end is not None and self.end <= (
            self.mixture_head if original else self.stems_head
        )

    # --- reader -----------------------------------------------------------------------------

    def fill(self) -> bool:
        """Read the next chunk of whatever is short; False if there is nothing to do."""
        did = self._fill_mixture()
        if self.lanes.names:
            did = self._fill_stems() or did
        return did

    def primed(self, n_frames: int) -> bool:
        """Is enough there to start, or all that can be?"""
        for head, blocked in (
            (self.mixture_head, self.undecoded),
            (self.stems_head, self.blocked or not self.lanes.names),
        ):
            enough = n_frames if self.end is None else min(n_frames, self.end)
            if head < enough and not blocked:
                return False
        return True

    def _fill_mixture(self) -> bool:
        head = self.mixture_head
        n = self._room(head)
        if n <= 0:
            return False
        n = min(n, self._computed(head, self.lanes.ready_of(0)))
        self.undecoded = n <= 0
        if self.undecoded:
            return False
        self._copy(0, head, n)
        self.mixture_head = head + n
        return True

    def _fill_stems(self) -> bool:
        read = self.read
        if self.stems_head < read or (self.stalled and self.stems_from > read):
            # Played on with the mixture alone: go on beyond where it is, or just there if it waits.
            place = read if self.stalled or self.envelope == 0 else read + self.lanes.rate // 10
            self.stems_from = _NOWHERE
            self.stems_head = place
            self.stems_from = place
        head = self.stems_head
        n = self._room(head)
        if n <= 0:
            return False
        n = min(n, self._computed(head, self.lanes.ready))
        self.blocked = n <= 0
        if self.blocked:
            return False
        for lane in range(1, len(self.lanes.views)):
            self._copy(lane, head, n)
        self.stems_head = head + n
        return True

    def _room(self, head: int) -> int:
        """Frames from ``head`` on that fit, lie side by side in the song and make one chunk."""
        n = min(CHUNK_FRAMES, self.capacity - (head - self.read))
        if self.end is not None:
            return min(n, self.end - head)
        return min(n, self.timeline.straight(head))

    def _computed(self, head: int, ready: Ranges) -> int:
        """Frames from ``head`` on whose samples, and those the rate converter needs, are there."""
        frame = self.timeline.song_frame(head)
        step = self.timeline.step
        sample = frame * step.numerator // step.denominator
        behind, ahead = self.lanes.views[0].reach
        until = ready.until(max(0, sample - behind))
        if until >= self.lanes.n_samples:
            return CHUNK_FRAMES
        return int((until - ahead) / step) - frame

    def _copy(self, lane: int, head: int, n: int) -> None:
        block = self._song(lane, head, n)
        start = head % self.capacity
        first = min(n, self.capacity - start)
        self.ring[lane, start : start + first] = block[:first]
        self.ring[lane, : n - first] = block[first:]

    def _song(self, lane: int, head: int, n: int) -> FloatArray:
        """``n`` frames of one lane, with the crossfade where the loop closes."""
        view, ready = self.lanes.views[lane], self.lanes.ready_of(lane)
        frame = self.timeline.song_frame(head)
        block = view.read(frame, frame + n, ready)
        loop, fade = self.timeline.loop, self.timeline.joint_frames
        if loop is None or frame + n <= loop[1] - fade or fade == 0:
            return block
        first = max(frame, loop[1] - fade)
        weight = ((np.arange(first, frame + n) - (loop[1] - fade) + 1) / (fade + 1))[:, None]
        part = block[first - frame :]
        part *= (1.0 - weight).astype(np.float32)
        before = loop[0] - loop[1] + first
        if lane == 0 or self._is_computed(before, loop[0]):
            part += view.read(before, before + len(part), ready) * weight.astype(np.float32)
        return block

    def _is_computed(self, first_frame: int, last_frame: int) -> bool:
        step = self.timeline.step
        stop = int(last_frame * step) + self.lanes.views[0].reach[1]
        return self.lanes.ready.covers(
            max(int(first_frame * step), 0), min(stop, self.lanes.n_samples)
        )
