"""The two ends of a live chain: a stream that brings sound in, and one that takes it out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from app.audio import pulse
from app.audio.backend import Backend, OutputStream, one_at_a_time
from app.audio.input import LiveDevice
from core.audio import FloatArray
from core.errors import DeviceError

BlockFunction = Callable[[FloatArray, float, bool], None]
"""Called with a block ``(n_frames, n_channels)``, the time (``time.perf_counter``) at which its
first frame comes in, or is heard, and whether sound was lost before it, by the device's account.
Nothing in it may wait or allocate arrays."""

BLOCK_FRAMES = 256
"""Left to themselves, drivers give blocks of a few frames, thousands of times a second."""
_LONGEST_AHEAD_S = 2.0


class LiveStream(OutputStream):
    """A running stream. ``latency_s`` is what PortAudio says of it."""

    device: LiveDevice  # type: ignore[assignment]

    def __init__(self, stream: Any, device: LiveDevice, rate: int, n_channels: int) -> None:
        super().__init__(stream, device, rate, n_channels)  # type: ignore[arg-type]
        self.n_blocks = 0
        self.device_s = self.latency_s
        """Mean time between the device and a block's being here."""

    def start(self) -> None:
        self._stream.start()


def open_stream(
    backend: Backend,
    direction: Literal["input", "output"],
    device: LiveDevice,
    rates: list[int],
    latency_s: float,
    handle: BlockFunction,
) -> LiveStream:
    """A stream at the first of ``rates`` that the device takes; not started yet.

    One or two channels where the device has that many. Raises ``DeviceError`` with a sentence.
    """
    module = backend.module
    if module is None:
        reason = backend.unavailable_reason
        assert reason is not None
        raise reason
    last_error: Exception | None = None
    for rate in dict.fromkeys(rates):
        for n_channels in dict.fromkeys((min(2, device.n_channels), device.n_channels)):
            try:
                return _open(module, direction, device, rate, n_channels, latency_s, handle)
            except Exception as error:  # PortAudioError and whatever a driver makes of it
                last_error = error
    if direction == "input":
        raise DeviceError(
            "The sound input “{name}” could not be opened; another program may be using it, or the "
            "system does not let Stemscope listen. Choose another input.",
            name=device.name,
        ) from last_error
    raise DeviceError(
        "The sound output “{name}” could not be opened; another program may be using it. Choose "
        "another output.",
        name=device.name,
    ) from last_error


def _open(
    module: Any,
    direction: Literal["input", "output"],
    device: LiveDevice,
    rate: int,
    n_channels: int,
    latency_s: float,
    handle: BlockFunction,
) -> LiveStream:
    stream: list[LiveStream] = []
    is_input = direction == "input"

    def callback(buffer: Any, n_frames: int, times: Any, status: Any) -> None:
        own = stream[0]
        now = time.perf_counter()
        # The raw streams, because the others reshape in a way that newer numpy warns about.
        block = np.frombuffer(buffer, np.float32).reshape(n_frames, n_channels)
        if is_input:
            away_s = times.currentTime - times.inputBufferAdcTime
        else:
            away_s = times.outputBufferDacTime - times.currentTime
        if not 0.0 < away_s < _LONGEST_AHEAD_S:  # some drivers leave these empty
            away_s = own.latency_s
        own.device_s += 0.02 * (away_s - own.device_s)
        own.n_blocks += 1
        lost = bool(status.input_overflow or status.output_underflow)
        handle(block, now - away_s if is_input else now + away_s, lost)

    kind = module.RawInputStream if is_input else module.RawOutputStream
    with contextlib.ExitStack() as stack:
        if device.pulse_name:
            stack.enter_context(pulse.chosen(direction, device.pulse_name))
        stack.enter_context(one_at_a_time())
        raw = kind(
            device=device.index,
            samplerate=rate,
            channels=n_channels,
            dtype="float32",
            blocksize=BLOCK_FRAMES,
            latency=latency_s,
            callback=callback,
        )
    stream.append(LiveStream(raw, device, rate, n_channels))
    return stream[0]


def lost_error(device: LiveDevice, direction: Literal["input", "output"]) -> DeviceError:
    """What the user is told when ``device`` goes away while it is in use."""
    if direction == "input":
        return DeviceError(
            "The sound input “{name}” has stopped or was unplugged. Press Start to go on with the "
            "input that is chosen then.",
            name=device.name,
        )
    return DeviceError(
        "The sound output “{name}” has stopped or was unplugged. Press Start to go on with the "
        "output that is chosen then.",
        name=device.name,
    )
