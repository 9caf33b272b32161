"""Live separation with real streams: what another program plays to a null sink is listened to
through its monitor, and what goes out to another null sink is recorded."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.audio.backend import Backend
from app.audio.input import LiveDevice, feeds_back, find_device, live_devices
from app.live.engine import LiveEngine, LiveRequest, LiveState, sentence_of
from core.errors import DeviceError

RATE = 44100
LOW_HZ, HIGH_HZ = 400, 3000


def fresh_backend() -> Backend:
    backend = Backend()
    backend.devices()
    backend.refresh()  # PortAudio may have been loaded before the server was there
    return backend


@pytest.fixture
def backend(sinks) -> Backend:
    return fresh_backend()


@pytest.fixture
def engine(backend: Backend) -> Iterator[LiveEngine]:
    engine = LiveEngine(backend)
    yield engine
    assert engine.stop()


def device(backend: Backend, direction: str, name: str) -> LiveDevice:
    found = find_device(live_devices(backend, direction), name)  # type: ignore[arg-type]
    assert found is not None
    return found


def request(backend: Backend, model: Path, reserve: str = "large") -> LiveRequest:
    source = device(backend, "input", "song.monitor")
    return LiveRequest(model, source, device(backend, "output", "phones"), reserve)


def wait(condition, timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def smooth(n_samples: int, low_hz: float, high_hz: float, seed: int) -> NDArray[np.float32]:
    """Noise between two frequencies, ``(2, n_samples)``."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal((2, n_samples)))
    freqs = np.arange(spectrum.shape[1]) * RATE / n_samples
    spectrum[:, (freqs < low_hz) | (freqs > high_hz)] = 0
    signal = np.fft.irfft(spectrum, n_samples)
    return (signal / np.abs(signal).max() * 0.3).astype(np.float32)


def place(heard: NDArray[np.float32], wanted: NDArray[np.float32]) -> int:
    """Where ``wanted`` (one channel) lies in ``heard``."""
    size = 1 << (len(heard) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size))
    return int(np.argmax(np.fft.irfft(spectrum, size)[: len(heard)]))


def likeness(heard: NDArray[np.float32], wanted: NDArray[np.float32]) -> list[float]:
    """The correlations of tenths of a second of ``wanted`` with where each is heard best, sorted.

    Each is sought by itself: a busy machine may drop a buffer between two programs, and then the
    sound is taken a little faster for a while.
    """
    found = []
    for first in range(0, wanted.shape[1] - RATE // 10 + 1, RATE // 10):
        block = wanted[:, first : first + RATE // 10]
        part = heard[:, place(heard[0], block[0]) :][:, : block.shape[1]]
        part = np.pad(part, ((0, 0), (0, block.shape[1] - part.shape[1])))
        found.append(np.corrcoef(part.ravel(), block.ravel())[0, 1])
    return sorted(found)


def test_monitors_and_sinks_are_listed(backend: Backend) -> None:
    inputs, outputs = live_devices(backend, "input"), live_devices(backend, "output")
    monitor, sink = inputs[0], device(backend, "output", "pulse:phones")
    assert (monitor.key, monitor.is_monitor, monitor.is_default) == (
        "pulse:song.monitor", True, True,
    )  # fmt: skip
    assert monitor.sample_rate == RATE
    assert sum(each.is_default for each in inputs) == 1
    assert sink.is_default
    assert len({each.key for each in (*inputs, *outputs)}) >= 6
    assert {"pulse", "default"} <= {each.name for each in inputs}
    assert not feeds_back(monitor, sink)
    assert feeds_back(monitor, device(backend, "output", "pulse:song"))
    assert find_device(inputs, None) is monitor
    assert find_device(inputs, "something else") is None


def test_twenty_seconds_without_a_dropout(sinks, backend, engine, causal_model_folder) -> None:
    """Low noise is the voice, high noise the music; the voice alone is heard, then both."""
    n = RATE * 24
    voice, music = smooth(n, 200, 800, 1), smooth(n, 1500, 3500, 2)
    engine.hear("voice", {})
    engine.start(request(backend, causal_model_folder))
    wait(lambda: engine.state is LiveState.RUNNING)
    song, phones = sinks.record("song", "phones")
    sinks.play(voice + music)
    wait(lambda: engine.figures().seconds > 12, 30)
    engine.hear("mixture", {})
    wait(lambda: engine.figures().seconds > 20, 30)
    figures = engine.figures()
    ends = np.median([[song.n_frames, phones.n_frames] for _ in range(300)], axis=0)
    came, heard = song.heard(), phones.heard()
    sinks.silence()
    assert engine.error is None
    # Where more programs compute than there are cores, sound of any program has gaps.
    assert figures.dropouts.total <= (1 if os.getloadavg()[0] < (os.cpu_count() or 1) else 60)
    assert figures.load < 0.5
    assert 0.03 < figures.latency.total_s < 0.6
    assert figures.latency.window_s == pytest.approx(0.0324, abs=0.001)
    assert figures.levels["vocals"][1] > -30

    # The latency: what was recorded of both sinks, brought to one clock by where it ended.
    probe = (voice + music)[0, RATE * 13 : RATE * 14]
    delay = (place(heard[0], probe) - ends[1]) - (place(came[0], probe) - ends[0])
    if figures.dropouts.total <= 1:
        assert delay / RATE == pytest.approx(figures.latency.total_s, abs=0.08)

    # What was heard: the low noise first, both later.
    assert likeness(heard, voice[:, RATE * 3 : RATE * 5])[-1] > 0.95
    alike = likeness(heard, (voice + music)[:, RATE * 13 : RATE * 15])
    assert alike[-1] > 0.95
    if figures.dropouts.total == 0:
        assert np.median(alike) > 0.95  # it may lie between two samples
    first = place(heard[0], voice[0, RATE * 4 : RATE * 5])
    spectrum = np.abs(np.fft.rfft(heard[0, first : first + RATE])) ** 2
    assert 10 * np.log10(spectrum[200:800].sum() / spectrum[1500:3500].sum()) > 20


def test_other_rates_and_a_second_start(sinks, backend, engine, causal_model_folder) -> None:
    """A microphone of one channel at 16 kHz, say, and an output at 48 kHz."""
    asked = request(backend, causal_model_folder)
    asked = replace(
        asked,
        source=replace(asked.source, sample_rate=16000, n_channels=1),
        sink=replace(asked.sink, sample_rate=48000),
    )
    voice = smooth(RATE * 8, 200, 800, 3)
    sinks.play(voice)
    for _ in range(2):
        engine.start(asked)
        wait(lambda: engine.state is LiveState.RUNNING and engine.figures().seconds > 1.5)
        assert engine.figures().levels["vocals"][1] > -35
        assert engine.picture is not None
        assert engine.picture.n_written > 20
        assert engine.picture.sample_rate == 16000
        assert engine.stop()
        assert engine.state is LiveState.STOPPED
    sinks.silence()


def test_what_cannot_be_opened(sinks, backend, engine, causal_model_folder) -> None:
    asked = request(backend, causal_model_folder)
    for end, word in (("source", "input"), ("sink", "output")):
        gone = replace(getattr(asked, end), index=99, pulse_name="")
        engine.start(replace(asked, **{end: gone}))
        wait(lambda: engine.state is LiveState.STOPPED)
        assert isinstance(engine.error, DeviceError)
        assert f"The sound {word}" in str(engine.error)
        assert "could not be opened" in str(engine.error)
    engine.start(replace(asked, model=causal_model_folder / "nothing"))
    wait(lambda: engine.state is LiveState.STOPPED)
    assert "is not a model" in str(sentence_of(engine.error))


def test_a_model_that_hears_ahead_is_refused(backend, engine, tiny_model_folder) -> None:
    engine.start(request(backend, tiny_model_folder))
    wait(lambda: engine.state is LiveState.STOPPED)
    assert "hears ahead" in str(engine.error)


def test_devices_that_go_away(doomed_sinks, causal_model_folder, capfd) -> None:
    backend = fresh_backend()
    engine = LiveEngine(backend)
    engine.start(request(backend, causal_model_folder))
    wait(lambda: engine.figures().seconds > 0.3)
    doomed_sinks.stop()
    wait(lambda: engine.state is LiveState.STOPPED, 15)
    assert "has stopped or was unplugged" in str(engine.error)
    assert live_devices(backend, "input")[0].name == "pulse", "the server is gone, the list is not"
