"""What is heard: a real PortAudio stream into a PulseAudio null sink that is recorded."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from app.audio.player import Player, PlayerState
from core.audio import ArrayAudio, DifferenceAudio, ScratchAudio

RATE = 44100
BLOCK = 4096


def noise(n_channels: int, n_samples: int, seed: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n_channels, n_samples)) * 0.05).astype(np.float32)


def smooth(n_channels: int, n_samples: int, rate: int, seed: int) -> NDArray[np.float32]:
    """Noise under 600 Hz: keeps its correlation through any converter, and shows every click."""
    spectrum = np.fft.rfft(noise(n_channels, n_samples, seed))
    spectrum[:, int(600 * n_samples / rate) :] = 0
    signal = np.fft.irfft(spectrum, n_samples)
    return (signal / np.abs(signal).max() * 0.3).astype(np.float32)


def load(
    player: Player, voice: NDArray[np.float32], music: NDArray[np.float32], rate: int = RATE
) -> None:
    mixture, vocals = ArrayAudio(voice + music, rate), ArrayAudio(voice, rate)
    stems = {"vocals": vocals, "accompaniment": DifferenceAudio(mixture, [vocals])}
    player.set_sources(mixture, stems)
    player.set_ready(mixture.n_samples)


def place(heard: NDArray[np.float32], wanted: NDArray[np.float32]) -> int:
    """Where ``wanted`` (one channel) lies in ``heard``."""
    size = 1 << (len(heard) + len(wanted)).bit_length()
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size))
    return int(np.argmax(np.fft.irfft(spectrum, size)[: len(heard)]))


def blocks(
    heard: NDArray[np.float32], wanted: NDArray[np.float32]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Parts of ``heard`` beside the blocks of ``wanted``, each sought by itself.

    A busy machine may drop a buffer between the program and the recording: one or two of the
    blocks are broken then, and the others lie later.
    """
    for first in range(0, wanted.shape[1] - BLOCK + 1, BLOCK):
        block = wanted[:, first : first + BLOCK]
        start = place(heard[0], block[0])
        part = heard[:, start : start + BLOCK]
        yield np.pad(part, ((0, 0), (0, BLOCK - part.shape[1]))), block


def likeness(heard: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    """Correlation of two signals ``(n_channels, n)`` after alignment by the first channel."""
    start = place(heard[0], wanted[0])
    part = heard[:, start : start + wanted.shape[1]]
    return float(np.corrcoef(part.ravel(), wanted[:, : part.shape[1]].ravel())[0, 1])


@pytest.fixture
def player(pulse: object, qapp: QObject) -> Iterator[Player]:
    player = Player()
    player.refresh_devices()  # PortAudio may have been loaded before the server was there
    assert player.available
    yield player
    player.close()


def hear_to_the_end(player: Player, recorder, qtbot) -> NDArray[np.float32]:
    player.play()
    assert player.state is PlayerState.PLAYING
    qtbot.waitUntil(lambda: player.state is PlayerState.STOPPED, timeout=15000)
    end = recorder.n_frames + RATE // 5
    qtbot.waitUntil(lambda: recorder.n_frames > end, timeout=5000)
    return recorder.stop()


def test_the_soloed_stem_is_heard_bit_for_bit(player, recorder, qtbot) -> None:
    voice, music = noise(2, RATE, 1), noise(2, RATE, 2)
    load(player, voice, music)
    player.set_soloed("vocals", True)
    heard = hear_to_the_end(player, recorder, qtbot)
    assert player.position() == RATE
    # The first 1000 samples fade in.
    exact = [np.array_equal(part, block) for part, block in blocks(heard, voice[:, 1000:])]
    assert len(exact) == 10
    assert sum(exact) >= 8
    assert set(player.levels()) == {"vocals", "accompaniment", "master"}


@pytest.mark.parametrize(
    ("n_channels", "rate", "device_rate"),
    [(1, 44100, None), (2, 48000, None), (2, 48000, 44100), (6, 48000, 44100), (1, 8000, 44100)],
)
def test_other_shapes_are_heard_as_they_are(
    player, recorder, qtbot, n_channels: int, rate: int, device_rate: int | None
) -> None:
    voice, music = (smooth(n_channels, rate * 3 // 4, rate, seed) for seed in (1, 2))
    voice, music = voice * 0.3, music * 0.3
    load(player, voice, music, rate)
    player.set_sample_rate(device_rate)
    player.set_muted("accompaniment", True)
    heard = hear_to_the_end(player, recorder, qtbot)
    gains = {
        1: [[1], [1]],
        2: [[1, 0], [0, 1]],
        6: [[1, 0, 0.5**0.5, 0, 0.5**0.5, 0], [0, 1, 0.5**0.5, 0, 0, 0.5**0.5]],
    }
    stereo = np.array(gains[n_channels]) @ voice
    times = np.arange(RATE * 3 // 4) / RATE
    wanted = np.stack([np.interp(times, np.arange(voice.shape[1]) / rate, x) for x in stereo])
    pairs = list(blocks(heard, wanted.astype(np.float32)))
    assert len(pairs) == 8
    assert np.median([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs]) > 0.99
    assert player.position() == voice.shape[1]


def test_seek_loop_and_original_without_gap_or_click(player, recorder, qtbot) -> None:
    n = RATE * 20
    voice, music = smooth(2, n, RATE, 1), smooth(2, n, RATE, 2)
    load(player, voice, music)
    player.play()
    qtbot.waitUntil(lambda: player.position() > RATE // 5, timeout=5000)
    player.seek(10 * RATE)
    assert player.position() == 10 * RATE
    qtbot.waitUntil(lambda: player.position() > 10 * RATE + RATE // 5, timeout=5000)
    player.set_original(True)
    qtbot.waitUntil(lambda: player.position() > 10 * RATE + RATE * 2 // 5, timeout=5000)
    player.set_original(False)
    loop = (12 * RATE, 12 * RATE + 9001)
    player.set_loop(loop)
    player.seek(loop[0])
    turns = 0
    positions = [player.position()]

    def looped() -> bool:
        nonlocal turns
        positions.append(player.position())
        turns += positions[-1] < positions[-2]
        return turns >= 4

    qtbot.waitUntil(looped, timeout=10000)
    assert all(loop[0] <= position <= loop[1] for position in positions)
    player.set_loop(None)
    qtbot.waitUntil(lambda: player.position() > loop[1] + RATE // 5, timeout=5000)
    player.pause()
    end = recorder.n_frames + RATE // 2
    qtbot.waitUntil(lambda: recorder.n_frames > end, timeout=5000)
    heard = recorder.stop()

    mixture = voice + music
    sounding = np.flatnonzero(np.abs(heard).max(axis=0) > 0)
    part = heard[:, sounding[0] : sounding[-1] + 1]
    # No step is steeper than in the song itself, plus what a fade of 8 ms adds.
    assert np.abs(np.diff(heard)).max() < np.abs(np.diff(mixture)).max() + 1.0 / (0.005 * RATE)
    # No gap: nowhere is it silent for more than a fade.
    loud = np.abs(part).max(axis=0) > 1e-4
    assert np.diff(np.flatnonzero(loud)).max() < 0.004 * RATE
    # The original goes in and out unheard: the song from 10 s on runs straight through.
    passage = mixture[:, 10 * RATE + 500 : 10 * RATE + RATE // 3]
    assert likeness(heard, passage) > 0.999
    # A whole turn of the loop lies exactly one turn before the same again.
    body = mixture[:, loop[0] + 400 : loop[1] - 400]
    first = place(part[0], body[0])
    turn = loop[1] - loop[0]
    places = [first + k * turn for k in range(-5, 6)]
    alike = [
        np.abs(part[:, p : p + body.shape[1]] - body).max() < 1e-5
        for p in places
        if 0 <= p <= part.shape[1] - body.shape[1]
    ]
    assert sum(alike) >= 4


def test_waits_where_stems_are_missing_and_goes_on(player, recorder, qtbot) -> None:
    voice, music = smooth(2, RATE * 3, RATE, 1), smooth(2, RATE * 3, RATE, 2)
    load(player, voice, music)
    player.set_ready(RATE // 2)
    with qtbot.waitSignal(player.waiting_changed, timeout=5000) as waiting:
        player.play()
    assert waiting.args == [True]
    assert player.state is PlayerState.WAITING
    qtbot.waitUntil(lambda: player.position() == RATE // 2, timeout=5000)
    with qtbot.waitSignal(player.waiting_changed, timeout=5000) as waiting:
        player.set_ready(RATE * 3)
    assert waiting.args == [False]
    qtbot.waitUntil(lambda: player.position() > RATE * 3 // 4, timeout=5000)
    assert player.state is PlayerState.PLAYING


def test_other_stems_of_the_same_song_keep_the_place(player, recorder, qtbot) -> None:
    voice, music = smooth(2, RATE * 5, RATE, 1), smooth(2, RATE * 5, RATE, 2)
    mixture, vocals = ArrayAudio(voice + music, RATE), ArrayAudio(voice, RATE)
    player.set_sources(mixture, {})
    player.play()
    qtbot.waitUntil(lambda: player.position() > RATE // 4, timeout=5000)
    stems = {"vocals": vocals, "accompaniment": DifferenceAudio(mixture, [vocals])}
    player.set_sources(mixture, stems, RATE * 5)
    qtbot.waitUntil(lambda: player.position() > RATE, timeout=5000)
    assert player.state is PlayerState.PLAYING
    heard = recorder.stop()
    passage = (voice + music)[:, RATE // 8 : RATE * 3 // 4]
    assert likeness(heard, passage) > 0.999, "the change itself is not heard"
    player.set_sources(ArrayAudio(music, RATE), {})
    assert player.position() == 0
    assert player.state is PlayerState.STOPPED


def test_another_song_takes_over_in_the_midst_of_one(player, recorder, qtbot) -> None:
    first, second = smooth(2, RATE * 5, RATE, 1), smooth(2, RATE * 5, RATE, 2)
    player.set_sources(ArrayAudio(first, RATE), {})
    player.play()
    qtbot.waitUntil(lambda: player.position() > RATE // 2, timeout=5000)
    player.set_sources(ArrayAudio(second, RATE), {})
    assert player.state is PlayerState.STOPPED
    assert player.position() == 0
    player.play()  # at once, while the first one fades
    qtbot.waitUntil(lambda: player.position() > RATE, timeout=5000)
    player.set_sources(None, {})
    qtbot.waitUntil(lambda: player.active_device is None, timeout=5000)
    heard = recorder.stop()
    assert likeness(heard, first[:, RATE // 8 : RATE * 3 // 8]) > 0.999
    assert likeness(heard, second[:, RATE // 8 : RATE * 3 // 4]) > 0.999
    last = place(heard[0], second[0, RATE // 2 : RATE * 3 // 4])
    steps = np.abs(np.diff(heard[:, : last + RATE // 4], axis=1)).max()
    assert steps < 1.5 * max(np.abs(np.diff(song, axis=1)).max() for song in (first, second))


def test_playhead_follows_what_the_sink_plays(player, recorder, qtbot) -> None:
    n = RATE * 3
    voice = smooth(2, n, RATE, 1)
    load(player, voice, np.zeros_like(voice))
    player.play()
    qtbot.waitUntil(lambda: player.position() > RATE, timeout=5000)
    position, recorded = player.position(), recorder.n_frames
    qtbot.waitUntil(lambda: recorder.n_frames > recorded + RATE // 4, timeout=5000)
    heard = recorder.stop()
    start = place(heard[0], voice[0, RATE // 4 : RATE // 2]) - RATE // 4
    assert abs(recorded - start - position) < RATE * 0.15


def test_a_song_that_vanishes_pauses_and_says_so(player, qtbot) -> None:
    song = ScratchAudio(2, RATE)
    song.append(smooth(2, RATE * 6, RATE, 1))
    player.set_sources(song, {})
    player.play()
    qtbot.waitUntil(lambda: player.position() > RATE // 4, timeout=5000)
    with qtbot.waitSignal(player.failed, timeout=5000) as failed:
        song.close()
    assert "could not be read" in str(failed.args[0])
    assert player.state is PlayerState.STOPPED


@pytest.mark.skipif(
    sys.platform != "linux" or Path("/proc/asound/cards").exists(),
    reason="this machine may have a sound card",
)
def test_a_device_that_comes_later_is_found_at_the_next_play(pulse, qtbot, monkeypatch) -> None:
    reached = os.environ["PULSE_SERVER"]
    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent/native")
    player = Player()
    player.refresh_devices()
    assert player.devices() == []
    player.set_sources(ArrayAudio(smooth(2, RATE * 2, RATE, 1), RATE), {})
    with qtbot.waitSignal(player.failed):
        player.play()
    monkeypatch.setenv("PULSE_SERVER", reached)
    with qtbot.waitSignal(player.devices_changed):
        player.play()
    qtbot.waitUntil(lambda: player.position() > RATE // 4, timeout=5000)
    player.close()


def test_refresh_goes_on_playing(player, qtbot) -> None:
    voice = smooth(2, RATE * 5, RATE, 1)
    load(player, voice, voice)
    assert player.devices()
    player.set_device(player.devices()[0].key)
    player.play()
    qtbot.waitUntil(lambda: player.position() > RATE // 4, timeout=5000)
    before = player.position()
    usual_latency_s = player.latency_s
    player.refresh_devices()
    player.set_low_latency(True)
    assert player.latency_s < usual_latency_s
    assert player.state is PlayerState.PLAYING
    assert player.active_device is not None
    qtbot.waitUntil(lambda: player.position() > before + RATE // 4, timeout=5000)


def test_a_dead_device_pauses_and_says_so(doomed_pulse, qtbot, capfd) -> None:
    player = Player()
    player.refresh_devices()
    voice = smooth(2, RATE * 5, RATE, 1)
    load(player, voice, voice)
    player.play()
    qtbot.waitUntil(lambda: player.position() > RATE // 4, timeout=5000)
    with qtbot.waitSignal(player.device_lost, timeout=8000) as lost:
        doomed_pulse.stop()
    assert "stopped or was unplugged" in str(lost.args[0])
    assert player.state is PlayerState.STOPPED
    assert player.position() > RATE // 4
    player.seek(1000)
    assert player.position() == 1000
    with qtbot.waitSignal(player.failed, timeout=5000) as failed:
        player.play()
    assert str(failed.args[0])
    assert player.state is PlayerState.STOPPED
    player.close()
