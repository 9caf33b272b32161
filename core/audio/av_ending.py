"""Where a sound track ends by its container's word: encoders pad the last frame."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import av.error

from core.audio.av_names import OPEN_OPTIONS
from core.audio.av_tail import decoded_samples
from core.audio.probe import promises_length

_TRIM_MAX_SECONDS = 0.2
"""A container's end is believed if it lies this close before the decoded one: padding is short."""
_SHORT_MAX_SECONDS = 0.15
"""What a whole file may lack of its promised length (codec delay, rounded durations)."""
_MICROSECONDS = 1_000_000
_TOLD_BY_FRAMES = ("matroska", "asf", "aac")
"""Kinds of containers whose own word on the length is rounded, or a guess."""
_MPEG1_RATE_MIN = 32_000
"""Below this rate, MPEG layer III has half as long frames."""


class Ending:
    """Gathers what packets and headers say about the length of one stream."""

    def __init__(self, path: Path, container: Any, stream: Any) -> None:
        self._path = path
        self._stream = stream
        self._time_base = float(stream.time_base or 0)
        self._kind = container.format.name
        self._container_seconds = (container.duration or 0) / _MICROSECONDS
        self._duration = stream.duration
        self._start = stream.start_time or 0
        self._itunes_samples = _itunes_samples(container.metadata)
        self._first_pts: int | None = None
        self._first_frame_seconds = 0.0
        self._last_end: int | None = None
        self._reached_seconds = 0.0
        if self._kind == "mp3":
            self._trusted = promises_length(path)
        else:
            self._trusted = any(k in self._kind for k in ("mp4", "matroska", "asf", "flac", "caf"))

    def saw(self, packet: Any) -> None:
        """Note the times of a demuxed packet of any stream."""
        if packet.pts is None:
            return
        end = packet.pts + (packet.duration or 0)
        self._reached_seconds = max(self._reached_seconds, end * float(packet.time_base))
        if packet.stream.index == self._stream.index:
            if self._first_pts is None:
                self._first_pts = packet.pts
            self._last_end = max(end, self._last_end or end)

    def first_frame(self, frame: Any) -> None:
        """Note when the first samples are to be heard (later than 0 in some videos)."""
        if frame.pts is not None and frame.time_base is not None:
            self._first_frame_seconds = max(0.0, float(frame.pts * frame.time_base))

    @property
    def fraction(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return self._reached_seconds / max(self._container_seconds, 1e-3)

    def packet_samples(self, packet: Any, sample_rate: int) -> int:
        """Length of a packet in samples, as far as known."""
        return round((packet.duration or 0) * self._time_base * sample_rate)

    def n_samples(self, n_decoded: int, sample_rate: int) -> int | None:
        """Samples that are sound and not padding, or None to keep all that was decoded."""
        end = self._end(sample_rate) if sample_rate else None
        if end is None or not 0 < n_decoded - end <= _TRIM_MAX_SECONDS * sample_rate:
            return None
        return end

    def promise(
        self, sample_rate: int, prepare: Callable[[Any], object], n_skipped: int = 0
    ) -> int | None:
        """The length in samples that this file will most likely have; None if it does not say.

        Where only its last frames tell, they are decoded: by a codec that ``prepare`` sets up, and
        without the first ``n_skipped`` samples of all.
        """
        if self._kind == "mp3" and self._duration is not None:
            n_samples = self._duration * self._time_base * sample_rate
            if self._trusted:
                return round(n_samples)
            # From the bit rate: whole frames.
            frame = 1152 if sample_rate >= _MPEG1_RATE_MIN else 576
            return round(n_samples / frame) * frame
        if self._itunes_samples is None and "mp4" in self._kind:
            tail = self._tail()
            return None if tail is None else tail._end(sample_rate)
        if any(kind in self._kind for kind in _TOLD_BY_FRAMES):
            n_decoded = decoded_samples(self._path, self._stream.index, sample_rate, prepare)
            if n_decoded is None:
                return None
            n_decoded -= n_skipped
            return self.n_samples(n_decoded, sample_rate) or n_decoded
        return self._end(sample_rate)

    def _tail(self) -> Ending | None:
        """What the last packets of the file say, read from a file opened once more."""
        try:
            with av.open(str(self._path), options=OPEN_OPTIONS) as container:
                stream = container.streams[self._stream.index]
                tail = Ending(self._path, container, stream)
                container.seek((stream.start_time or 0) + (stream.duration or 0), stream=stream)
                for packet in container.demux(stream):
                    tail.saw(packet)
                return tail
        except av.error.FFmpegError:
            return None

    def _end(self, sample_rate: int) -> int | None:
        end: int | None = None
        if self._itunes_samples is not None:
            end = self._itunes_samples
        elif "mp4" in self._kind and self._last_end is not None:
            # The last packet's own duration is exact; where it is of full length the edit list
            # (stream.duration) says more.
            seconds = (self._last_end - self._start) * self._time_base
            if self._duration is not None:
                seconds = min(seconds, self._edit_seconds())
            end = math.ceil(round(seconds * sample_rate, 3))
        elif self._kind == "ogg" and self._duration is not None:
            end = round(self._duration * self._time_base * sample_rate)
        elif "matroska" in self._kind and self._container_seconds:
            # Times are rounded to milliseconds here, and the duration counts from the first
            # packet; two of them as margin, so that nothing but padding is cut.
            seconds = self._container_seconds + min(self._first_pts or 0, 0) * self._time_base
            seconds += 2 * self._time_base - self._first_frame_seconds
            end = math.ceil(seconds * sample_rate)
        return end

    def _edit_seconds(self) -> float:
        """The edit list's length; one more millisecond if it was rounded to milliseconds."""
        seconds: float = self._duration * self._time_base
        off = abs(seconds * 1000 - round(seconds * 1000)) / 1000
        return seconds + 0.001 if off < self._time_base else seconds

    def n_lost(self, n_decoded: int, sample_rate: int) -> int:
        """Samples that the container promises and does not hold; 0 for a whole file."""
        if not self._trusted or not sample_rate:
            return 0
        if self._duration is not None:
            seconds = self._duration * self._time_base - n_decoded / sample_rate
            lost = round(seconds * sample_rate)
            allowed = _SHORT_MAX_SECONDS * (4 if self._kind == "asf" else 1)  # it counts packets
            return lost if seconds > allowed else 0
        seconds = self._container_seconds - self._reached_seconds
        return round(seconds * sample_rate) if seconds > 10 * _SHORT_MAX_SECONDS else 0


def _itunes_samples(metadata: dict[str, str]) -> int | None:
    """Length in samples from an iTunSMPB tag: flags, delay, padding, length, in hexadecimal."""
    fields = metadata.get("iTunSMPB", "").split()
    try:
        n_samples = int(fields[3], 16)
    except (IndexError, ValueError):
        return None
    return n_samples or None
