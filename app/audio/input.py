"""Sound inputs, monitors of outputs among them, and what can be heard of them live."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.audio import pulse
from app.audio.backend import Backend
from core.errors import DeviceError

_MONITOR_WORDS = ("monitor of", "loopback", "stereo mix", "blackhole", "cable output")


@dataclass(frozen=True)
class LiveDevice:
    """An end of a live chain: a PortAudio device, or a server's source or sink behind one."""

    index: int
    name: str
    host_api: str
    n_channels: int
    sample_rate: int
    is_default: bool
    is_monitor: bool = False
    pulse_name: str = ""
    monitor_of: str = ""
    """The sink (by its ``pulse_name``) whose sound a monitor gives."""

    @property
    def key(self) -> str:
        """What to remember the device by: its number changes from start to start."""
        return f"pulse:{self.pulse_name}" if self.pulse_name else f"{self.name} ({self.host_api})"


def live_devices(backend: Backend, direction: pulse.Direction) -> list[LiveDevice]:
    """All inputs or outputs; empty if there are none. Not for the window's thread.

    On Linux the sources or sinks of the sound server come first, by their own names; then what
    PortAudio lists.
    """
    listed = _port_audio_devices(backend, direction)
    route = next((each for each in listed if each.name == pulse.ALSA_NAME), None)
    found = []
    if route is not None:
        for each in pulse.pulse_devices(direction):
            found.append(
                LiveDevice(
                    route.index,
                    each.description,
                    "PulseAudio",
                    min(each.n_channels, route.n_channels),
                    each.sample_rate,
                    each.is_default,
                    bool(each.monitor_of),
                    each.name,
                    each.monitor_of,
                )
            )
    if any(each.is_default for each in found):
        listed = [LiveDevice(**{**vars(each), "is_default": False}) for each in listed]
    return [*_told_apart(found), *listed]


def find_device(devices: Sequence[LiveDevice], key: str | None) -> LiveDevice | None:
    """The device with this key or name; without a ``key`` the default one, or the first."""
    tests: tuple[Callable[[LiveDevice], bool], ...] = (
        lambda each: each.key == key,
        lambda each: key is not None and key in (each.name, each.pulse_name),
        lambda each: key is not None and key.lower() in each.name.lower(),
    )
    if not key:
        tests = (lambda each: each.is_default, lambda _: True)
    for test in tests:
        for each in devices:
            if test(each):
                return each
    return None


def feeds_back(source: LiveDevice, sink: LiveDevice) -> bool:
    """Whether what goes out at ``sink`` comes in again at ``source``."""
    if source.monitor_of:
        return source.monitor_of == sink.pulse_name or (
            not sink.pulse_name and sink.is_default and source.is_default
        )
    return source.is_monitor and source.name == sink.name


def loopback_advice(platform: str = sys.platform) -> str:
    """How to hear what other programs play, where no input gives it: an English sentence."""
    if platform == "darwin":
        return _ADVICE_MAC
    return _ADVICE_WINDOWS if platform == "win32" else _ADVICE_LINUX


def no_input_error() -> DeviceError:
    """What the user is told where there is nothing to listen to."""
    return DeviceError(
        "No sound input was found. Connect a microphone or an instrument, then look for devices "
        "again."
    )


def _port_audio_devices(backend: Backend, direction: pulse.Direction) -> list[LiveDevice]:
    return [
        LiveDevice(
            index,
            name,
            host,
            n_channels,
            rate,
            is_default,
            any(word in name.lower() for word in _MONITOR_WORDS) and direction == "input",
        )
        for index, name, host, n_channels, rate, is_default in backend.listed(direction)
    ]


def _told_apart(devices: list[LiveDevice]) -> list[LiveDevice]:
    """Devices of one name get the server's own names added."""
    names = [each.name for each in devices]
    return [
        LiveDevice(**{**vars(each), "name": f"{each.name} ({each.pulse_name})"})
        if names.count(each.name) > 1
        else each
        for each in devices
    ]


def mark(text: str) -> str:
    """Says that ``text`` will be translated where it is shown (no Qt here)."""
    return text


_ADVICE_LINUX = mark(
    "To separate what another program plays, choose an input called “Monitor of …”. PulseAudio and "
    "PipeWire have one for every output; pavucontrol (package pavucontrol) shows and chooses them."
)
_ADVICE_MAC = mark(
    "To separate what another program plays, install BlackHole (existential.audio/blackhole), "
    "choose it as the output of that program and as the input here."
)
_ADVICE_WINDOWS = mark(
    "To separate what another program plays, switch on “Stereo Mix” among the recording devices of "
    "the sound settings, or install VB-CABLE (vb-audio.com) and choose it as the input here."
)
