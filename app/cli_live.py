"""The command ``live``: an input, a causal model, an output, until it is stopped."""

from __future__ import annotations

import difflib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from app.audio.backend import Backend
from app.audio.input import LiveDevice, feeds_back, find_device, live_devices, no_input_error
from app.cli_errors import EXIT_OK, interruptible
from app.live.engine import RESERVES_S, LiveEngine, LiveRequest, LiveState, sentence_of
from app.live.figures import LiveFigures
from core.causality import live_refusal
from core.errors import DeviceError, ModelError, UsageError
from core.models import ModelEntry, find_model, list_models

_POLL_S = 0.1
_SWITCH_INTERVAL_S = 0.0005  # callbacks need the interpreter often, and for a short time


@dataclass(frozen=True)
class Request:
    source: str | None
    sink: str | None
    model: str | None
    heard: str
    reserve: str
    seconds: float | None


def list_devices() -> int:
    """Print all inputs and outputs, the default ones marked."""
    backend = _backend()
    for title, direction in (("Inputs", "input"), ("Outputs", "output")):
        print(f"{title}:")
        for device in live_devices(backend, direction):  # type: ignore[arg-type]
            mark = "*" if device.is_default else " "
            rate = f"{device.sample_rate / 1000:g} kHz"
            print(f"{mark} {device.name} ({device.host_api}, {device.n_channels} ch, {rate})")
    return EXIT_OK


def separate_live(request: Request) -> int:
    """Run until Ctrl-C, or for so many seconds; a line of figures on stderr meanwhile."""
    _check(request)
    backend = _backend()
    source = _device(live_devices(backend, "input"), request.source, "input")
    sink = _device(live_devices(backend, "output"), request.sink, "output")
    if feeds_back(source, sink):
        print(
            f"Warning: “{source.name}” listens to “{sink.name}”: what goes out comes in again.",
            file=sys.stderr,
        )
    model = _model(request.model)
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    engine = LiveEngine(backend)
    engine.hear(request.heard, {})
    try:
        with interruptible() as interrupt:
            engine.start(LiveRequest(model.folder, source, sink, request.reserve))
            while engine.state is not LiveState.STOPPED and not interrupt.is_set():
                time.sleep(_POLL_S)
                figures = engine.figures()
                if sys.stderr.isatty():
                    print(f"\r{_line(figures)}", end="", file=sys.stderr, flush=True)
                if request.seconds is not None and figures.seconds >= request.seconds:
                    break
    finally:
        figures = engine.figures()
        engine.stop()
        sys.setswitchinterval(interval_s)
    if engine.error is not None:
        raise sentence_of(engine.error)
    print(("\r" if sys.stderr.isatty() else "") + _line(figures), file=sys.stderr)
    return EXIT_OK


def _check(request: Request) -> None:
    heard = ("vocals", "accompaniment", "mixture")
    for option, value, known in (
        ("stem", request.heard, heard),
        ("latency", request.reserve, tuple(RESERVES_S)),
    ):
        if value not in known:
            near = difflib.get_close_matches(value, known, n=1, cutoff=0.0)[0]
            raise UsageError(
                "--{option} is one of {known}, not “{value}”. Did you mean “{near}”?",
                option=option,
                known=", ".join(known),
                value=value,
                near=near,
            )


def _backend() -> Backend:
    backend = Backend()
    if backend.module is None:
        reason = backend.unavailable_reason
        assert reason is not None
        raise reason
    return backend


def _device(devices: Sequence[LiveDevice], name: str | None, direction: str) -> LiveDevice:
    if not devices:
        if direction == "input":
            raise no_input_error()
        raise DeviceError(
            "No sound output was found. Connect headphones or speakers, then look for devices "
            "again."
        )
    found = find_device(devices, name)
    if found is None:
        names = [device.name for device in devices]
        near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.0)[0]
        raise DeviceError(
            "There is no sound {direction} called “{name}”. Did you mean “{near}”?",
            direction=direction,
            name=name,
            near=near,
        )
    return found


def _model(name: str | None) -> ModelEntry:
    if name is not None:
        entry = find_model(name)
        refusal = live_refusal(entry.card)
        if refusal is not None:
            raise refusal
        return entry
    for entry in list_models():
        if live_refusal(entry.card) is None:
            return entry
    raise ModelError(
        "No installed model can separate live sound: all of them hear ahead. Install a causal "
        "model, or train one."
    )


def _line(figures: LiveFigures) -> str:
    return (
        f"{figures.seconds:7.1f} s, latency {1000 * figures.latency.total_s:4.0f} ms, "
        f"{figures.dropouts.total} dropouts, {100 * figures.load:3.0f} % of a core"
    )
