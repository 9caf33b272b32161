"""PortAudio behind a guard: may be missing, may have no device, may lose one at any time."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.audio import FloatArray
from core.errors import DeviceError, StemscopeError

HIGH_LATENCY_S = 0.1
LOW_LATENCY_S = 0.02
HIGH_BLOCK_FRAMES = 1024
LOW_BLOCK_FRAMES = 256
_CLOSE_TIMEOUT_S = 2.0

_port_audio = threading.Lock()

FillFunction = Callable[[FloatArray, float], None]


@dataclass(frozen=True)
class OutputDevice:
    """A sound output as PortAudio lists it."""

    index: int
    name: str
    host_api: str
    n_channels: int
    sample_rate: int
    is_default: bool

    @property
    def key(self) -> str:
        """What to remember the device by: its number changes from start to start."""
        return f"{self.name} ({self.host_api})"


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """PortAudio opens and closes one stream at a time, whichever threads ask for it.

    A driver that hangs in it holds others up for two seconds, not for ever.
    """
    has_it = _port_audio.acquire(timeout=_CLOSE_TIMEOUT_S)
    try:
        yield
    finally:
        if has_it:
            _port_audio.release()


def lost_error(device: OutputDevice) -> DeviceError:
    """What the user is told when ``device`` goes away while it plays."""
    return DeviceError(
        "The sound output “{name}” has stopped or was unplugged. Press play to go on with the "
        "output that is there now.",
        name=device.name,
    )


class OutputStream:
    """A running PortAudio stream that asks ``fill`` for its blocks."""

    def __init__(self, stream: Any, device: OutputDevice, rate: int, n_channels: int) -> None:
        self._stream = stream
        self.device = device
        self.rate = rate
        self.n_channels = n_channels
        self.latency_s = float(stream.latency)

    @property
    def active(self) -> bool:
        """The device still asks for blocks."""
        try:
            return bool(self._stream.active)
        except Exception:
            return False

    def close(self) -> bool:
        """Stop at once and free the device; False if the driver hangs (it is left alone then)."""
        # A driver whose server has gone may never come back from here: the window must not wait.
        closer = threading.Thread(target=self._close, name="stemscope-audio-close", daemon=True)
        closer.start()
        closer.join(_CLOSE_TIMEOUT_S)
        return not closer.is_alive()

    def _close(self) -> None:
        with contextlib.suppress(Exception):
            self._stream.abort()
        with contextlib.suppress(Exception), one_at_a_time():
            self._stream.close()


class Backend:
    """Lists devices and opens streams. PortAudio is loaded at the first question."""

    def __init__(self) -> None:
        self._module: Any = None
        self._load_error: StemscopeError | None = None
        self._hung = False
        self.before_refresh: list[Callable[[], None]] = []
        """Called before PortAudio starts over: other players' streams must be closed by then."""

    @property
    def unavailable_reason(self) -> StemscopeError | None:
        """Why nothing can be played, as a sentence; None if something can."""
        if self._load() is None:
            return self._load_error
        if not self.devices():
            return DeviceError(
                "No sound output was found. Connect headphones or speakers, then look for devices "
                "again in the settings."
            )
        return None

    def listed(self, direction: str) -> list[tuple[int, str, str, int, int, bool]]:
        """All devices with channels in ``direction``, ``"input"`` or ``"output"``.

        Each is (index, name, host API, channels, usual sample rate, whether it is the default).
        """
        module = self._load()
        if module is None:
            return []
        try:
            listed, hosts = module.query_devices(), module.query_hostapis()
        except Exception:
            return []
        default = self._default_index(module, hosts, direction)
        return [
            (
                index,
                str(device["name"]),
                str(hosts[device["hostapi"]]["name"]),
                int(device[f"max_{direction}_channels"]),
                round(device["default_samplerate"]),
                index == default,
            )
            for index, device in enumerate(listed)
            if device[f"max_{direction}_channels"] > 0
        ]

    def devices(self) -> list[OutputDevice]:
        """All outputs, in PortAudio's order; empty if there are none."""
        return [OutputDevice(*each) for each in self.listed("output")]

    def find(self, key: str | None) -> OutputDevice | None:
        """The device with this key (or, failing that, this name), else the default one."""
        devices = self.devices()
        for match in (
            lambda device: device.key == key,
            lambda device: device.name == key,
            lambda device: device.is_default,
            lambda device: True,
        ):
            for device in devices:
                if match(device):
                    return device
        return None

    def refresh(self) -> None:
        """Look for devices anew. No stream may be open: PortAudio starts over."""
        for close in self.before_refresh:
            close()
        if self._module is None:
            self._load_error = None
            self._load()
        elif not self._hung:
            with contextlib.suppress(Exception):
                self._module._terminate()
            with contextlib.suppress(Exception):
                self._module._initialize()

    def open(
        self,
        key: str | None,
        song_rate: int,
        fixed_rate: int | None,
        low_latency: bool,
        fill: Callable[[OutputStream], FillFunction],
    ) -> OutputStream:
        """Open and start a stream at the first rate and channel count that the device takes.

        The song's own rate comes first (nothing is converted twice), then the device's usual one.
        ``fill`` is told the stream's shape and returns what fills its blocks
        ``(n_frames, n_channels)``, given the time (``time.perf_counter``) each is heard at.
        Raises ``DeviceError`` with a sentence.
        """
        reason = self.unavailable_reason
        if reason is not None:
            raise reason
        device = self.find(key)
        assert device is not None
        last_error: Exception | None = None
        for rate in self._rates(device, song_rate, fixed_rate):
            for n_channels in dict.fromkeys((min(2, device.n_channels), device.n_channels)):
                try:
                    return self._open(device, rate, n_channels, low_latency, fill)
                except Exception as error:  # PortAudioError and whatever a driver makes of it
                    last_error = error
        raise DeviceError(
            "The sound output “{name}” could not be opened; another program may be using it. "
            "Choose another output in the settings.",
            name=device.name,
        ) from last_error

    @staticmethod
    def _rates(device: OutputDevice, song_rate: int, fixed_rate: int | None) -> list[int]:
        wanted = [song_rate] if fixed_rate is None else [fixed_rate]
        return list(dict.fromkeys([*wanted, device.sample_rate, 48000, 44100]))

    def _open(
        self,
        device: OutputDevice,
        rate: int,
        n_channels: int,
        low_latency: bool,
        fill: Callable[[OutputStream], FillFunction],
    ) -> OutputStream:
        module = self._module
        settings = {
            "device": device.index,
            "samplerate": rate,
            "channels": n_channels,
            "dtype": "float32",
        }
        module.check_output_settings(**settings)
        filler: list[FillFunction] = []
        latency_s = 0.0

        def callback(buffer: Any, n_frames: int, times: Any, _status: Any) -> None:
            # The raw stream, because the other one reshapes in a way that newer numpy warns about.
            ahead_s = times.outputBufferDacTime - times.currentTime
            if not 0.0 < ahead_s < 5.0:  # some drivers leave these empty
                ahead_s = latency_s
            out = np.frombuffer(buffer, np.float32).reshape(n_frames, n_channels)
            filler[0](out, time.perf_counter() + ahead_s)

        with one_at_a_time():
            raw = module.RawOutputStream(
                **settings,
                blocksize=LOW_BLOCK_FRAMES if low_latency else HIGH_BLOCK_FRAMES,
                latency="low"
                if low_latency
                else max(HIGH_LATENCY_S, self._usual_latency_s(device)),
                callback=callback,
            )
        stream = OutputStream(raw, device, rate, n_channels)
        latency_s = stream.latency_s
        try:
            filler.append(fill(stream))
            raw.start()
        except BaseException:
            stream.close()
            raise
        return stream

    def _usual_latency_s(self, device: OutputDevice) -> float:
        return float(self._module.query_devices(device.index)["default_high_output_latency"])

    @staticmethod
    def _default_index(module: Any, hosts: Any, direction: str) -> int:
        index = int(module.default.device[0 if direction == "input" else 1])
        if index >= 0:
            return index
        for host in hosts:
            if host[f"default_{direction}_device"] >= 0:
                return int(host[f"default_{direction}_device"])
        return -1

    def close(self, stream: OutputStream) -> None:
        if not stream.close():
            self._hung = True

    @property
    def module(self) -> Any:
        """The module sounddevice, or None where it is missing."""
        return self._load()

    def _load(self) -> Any:
        if self._module is None and self._load_error is None:
            try:
                import sounddevice
            except OSError:  # the wheel for Linux comes without PortAudio
                self._load_error = DeviceError(
                    "There is no sound because the PortAudio library is missing. Install the "
                    "package libportaudio2 (Debian, Ubuntu) or portaudio (elsewhere) and start "
                    "Stemscope again."
                )
            except ImportError:
                self._load_error = DeviceError(
                    "There is no sound because the Python package sounddevice is missing. Install "
                    "it and start Stemscope again."
                )
            else:
                self._module = sounddevice
        return self._module
