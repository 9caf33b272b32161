"""What is heard at another speed and pitch: a real stream into a null sink that is recorded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from app.audio.player import Player, PlayerState
from app.audio.tempo import Tempo
from core.audio import ArrayAudio

RATE = 44100
CLICKS = RATE // 4
"""Samples from one to the next."""


@pytest.fixture
def player(pulse: object, qapp: QObject) -> Iterator[Player]:
    player = Player()
    player.refresh_devices()  # PortAudio may have been loaded before the server was there
    assert player.available
    yield player
    player.close()


def set_song(player: Player, song: NDArray[np.float32]) -> None:
    """Half of it is the voice, half the accompaniment, all computed."""
    half = ArrayAudio(song / 2, RATE)
    stems = {"vocals": half, "accompaniment": half}
    player.set_sources(ArrayAudio(song, RATE), stems, song.shape[1])


def play_to_the_end(player: Player, recorder, qtbot) -> None:
    player.play()
    qtbot.waitUntil(lambda: player.state is PlayerState.STOPPED, timeout=15000)
    end = recorder.n_frames + RATE // 3
    qtbot.waitUntil(lambda: recorder.n_frames > end, timeout=5000)


def sounding(heard: NDArray[np.float32]) -> list[tuple[int, int]]:
    """The stretches of one channel that are loud, as (start, stop), gaps under 0.1 s left out."""
    loud = np.flatnonzero(np.abs(heard) > 0.01)
    breaks = np.flatnonzero(np.diff(loud) > RATE // 10)
    starts = loud[np.concatenate([[0], breaks + 1])]
    stops = loud[np.concatenate([breaks, [len(loud) - 1]])] + 1
    return list(zip(starts.tolist(), stops.tolist(), strict=True))


def frequency(heard: NDArray[np.float32]) -> float:
    middle = heard[len(heard) // 5 : -len(heard) // 5]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 18))
    return float(np.argmax(spectrum)) * RATE / (1 << 18)


def test_half_speed_takes_twice_as_long_and_an_octave_up_is_an_octave_up(
    player, recorder, qtbot
) -> None:
    t = np.arange(RATE * 3 // 10) / RATE
    set_song(player, np.tile(0.25 * np.sin(2 * np.pi * 440 * t), (2, 1)).astype(np.float32))
    for tempo in (Tempo(50), Tempo(100, 1200)):
        player.set_tempo(tempo)
        assert player.tempo == tempo
        play_to_the_end(player, recorder, qtbot)
        assert player.position() == len(t)
    heard = recorder.stop()[0]
    slow, high = (heard[start:stop] for start, stop in sounding(heard))
    # A busy machine may drop a buffer or two between the program and the recording.
    assert len(slow) == pytest.approx(2 * len(t), abs=RATE // 10)
    assert frequency(slow) == pytest.approx(440, abs=3)
    assert len(high) == pytest.approx(len(t), abs=RATE // 10)
    assert frequency(high) == pytest.approx(880, abs=3)


def test_a_slow_loop_keeps_its_time_and_the_playhead_is_where_it_sounds(
    player, recorder, qtbot
) -> None:
    song = np.zeros((2, 3 * RATE), np.float32)
    song[:, ::CLICKS] = 0.8  # clicks: the loop begins and ends between two
    set_song(player, song)
    player.set_tempo(Tempo(75))
    loop = 4 * CLICKS + CLICKS // 2, 6 * CLICKS + CLICKS // 2
    player.set_loop(loop)
    notes: list[tuple[int, int, float]] = []
    player.play()

    def looped() -> bool:
        notes.append((player.position(), recorder.n_frames, time.perf_counter()))
        return sum(after[0] < before[0] for before, after in pairwise(notes)) >= 2

    qtbot.waitUntil(looped, timeout=10000)
    end = recorder.n_frames + RATE // 5
    qtbot.waitUntil(lambda: recorder.n_frames > end, timeout=5000)
    heard = np.abs(recorder.stop()[0])
    player.pause()
    found = np.flatnonzero(heard > 0.3)
    clicks = found[np.diff(found, prepend=-RATE) > CLICKS // 2]
    gaps = np.diff(clicks)
    assert len(gaps) >= 3
    # A busy machine may drop a buffer between the program and the recording.
    assert (np.abs(gaps - CLICKS / 0.75) < 0.005 * RATE).sum() >= len(gaps) - 1
    assert all(loop[0] - 2 <= place <= loop[1] for place, _, _ in notes)
    turned = next(k for k, (a, b) in enumerate(pairwise(notes)) if b[0] < a[0])
    turn = notes[turned + 1 : -1]
    speed = (turn[-1][0] - turn[0][0]) / RATE / (turn[-1][2] - turn[0][2])
    assert speed == pytest.approx(0.75, abs=0.05)
    # A click is heard whenever the playhead passes one.
    late = [min(abs(clicks - when - (-place % CLICKS) / 0.75)) for place, when, _ in turn]
    assert np.median(late) < 0.1 * RATE


def test_the_tempo_is_changed_and_taken_back_while_it_plays(player, recorder, qtbot, capfd) -> None:
    rng = np.random.default_rng(1)
    n = 3 * RATE
    spectrum = np.fft.rfft(rng.standard_normal((2, n)))
    spectrum[:, int(600 * n / RATE) :] = 0
    song = np.fft.irfft(spectrum, n)
    song = (song / np.abs(song).max() * 0.3).astype(np.float32)
    set_song(player, song)
    player.play()
    place = 0
    for tempo in (Tempo(75), Tempo()):
        qtbot.waitUntil(lambda at=place: player.position() > at + RATE // 4, timeout=5000)
        before = player.position()
        player.set_tempo(tempo)
        assert player.state is PlayerState.PLAYING
        place = player.position()
        assert place == pytest.approx(before, abs=RATE // 50)
    qtbot.waitUntil(lambda: player.position() > place + RATE * 3 // 5, timeout=5000)
    player.pause()
    end = recorder.n_frames + RATE // 3
    qtbot.waitUntil(lambda: recorder.n_frames > end, timeout=5000)
    heard = recorder.stop()
    start, stop = sounding(heard[0])[0][0], sounding(heard[0])[-1][1]
    part = heard[:, start:stop]
    loud = np.flatnonzero(np.abs(part).max(axis=0) > 1e-4)
    gaps = np.diff(loud) > 0.004 * RATE
    steps = np.abs(np.diff(part)).max(axis=0) > 2 * np.abs(np.diff(song)).max() + 0.005
    # A busy machine may drop a buffer; a gap or a click at each change would be more.
    dropped = 1 + capfd.readouterr().err.count("underrun")
    assert gaps.sum() <= dropped
    assert steps.sum() <= 2 * dropped
    # Back at the usual tempo it is the song, bit for bit.
    passage = song[:, place + RATE // 4 : place + RATE // 4 + 8192]
    sizes = 1 << 20
    match = np.fft.irfft(
        np.fft.rfft(heard[0], sizes) * np.conj(np.fft.rfft(passage[0], sizes)), sizes
    )
    at = int(np.argmax(match[: heard.shape[1]]))
    exact = heard[:, at : at + 8192] == passage
    assert exact.mean() > 0.7  # a dropped buffer takes at most a quarter
