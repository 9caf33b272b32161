"""A blind test as it is heard: a real stream into a null sink that is recorded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QObject

from app.audio.player import Player
from app.comparison.blind_sound import BlindSound, Match, Pair, PairPlayer
from app.comparison.trials import Heard
from app.tasks import TaskPool
from core.audio import ArrayAudio
from core.loudness import loudness

RATE = 44100
LOOP = (RATE // 2, RATE // 2 + RATE // 2)  # half a second


def sound_of(level: float, lowest_hz: int, highest_hz: int, seed: int) -> np.ndarray:
    """Noise of a band, stereo, 2 s."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(0, 1, (2, 2 * RATE)))
    spectrum[:, : 2 * lowest_hz] = 0
    spectrum[:, 2 * highest_hz :] = 0
    noise = np.fft.irfft(spectrum)
    return (level * noise / np.abs(noise).max()).astype(np.float32)


@pytest.fixture
def sound(pulse: object, qapp: QObject, qtbot) -> Iterator[BlindSound]:
    player, pool = Player(), TaskPool()
    player.refresh_devices()
    own = PairPlayer(player)
    blind = BlindSound(player, own, pool, 0.0)
    yield blind
    blind.leave()
    own.leave()
    player.close()
    pool.shutdown()


def test_both_are_equally_loud_and_switching_leaves_no_gap(sound, recorder, qtbot) -> None:
    """A is low and loud, B high and soft: the ear's weights matter. Each for two rounds or more."""
    a, b = sound_of(0.6, 100, 400, 1), sound_of(0.08, 1500, 3000, 2)
    pair = Pair(ArrayAudio(a + b, RATE), ArrayAudio(a, RATE), ArrayAudio(b, RATE), LOOP)
    with qtbot.waitSignal(sound.measured) as signal:
        sound.take(pair)
    match: Match = signal.args[0]
    assert match.gains_db[Heard.A] < -6
    marks = []
    for heard in (Heard.A, Heard.B, Heard.A):
        sound.hear(heard)
        sound.play()
        marks.append(recorder.n_frames)
        until = recorder.n_frames + round(0.9 * RATE)
        qtbot.waitUntil(lambda until=until: recorder.n_frames > until, timeout=8000)
    sound.player.pause()
    heard = recorder.stop()[:, marks[0] :]

    # Which of them is heard, by the share of what lies above 1 kHz, in pieces of 5 ms.
    piece = RATE // 200
    pieces = heard[0, : len(heard[0]) // piece * piece].reshape(-1, piece)
    powers = np.abs(np.fft.rfft(pieces * np.hanning(piece), axis=1)) ** 2
    high = powers[:, 5:].sum(axis=1) / np.maximum(powers.sum(axis=1), 1e-12)
    audible = np.flatnonzero(np.square(pieces).mean(axis=1) > 1e-7)
    first, last = int(audible[0]) + 4, int(audible[-1]) - 8
    is_b = high[first:last] > 0.5
    edges = np.flatnonzero(np.diff(is_b.astype(int))) + first
    b_from, b_to = int(edges[0]) + 1, int(edges[-1]) + 1
    assert b_to - b_from > 100, "B for most of its time"
    # No gap: 20 ms around each switch carry about as much as each side does at its softest.
    level = np.sqrt(np.square(pieces).mean(axis=1))
    around = [level[edge - 2 : edge + 3] for edge in (b_from, b_to)]
    softest = np.percentile(level[b_from + 6 : b_to - 6], 1)
    assert min(part.min() for part in around) > 0.4 * softest
    # Equally loud: whole rounds of the loop.
    rounds = (LOOP[1] - LOOP[0]) // piece * piece
    spans = [(first + 4) * piece, (b_from + 8) * piece]
    levels = [
        loudness(ArrayAudio(heard[:, begin : begin + rounds], RATE), 0, rounds) for begin in spans
    ]
    assert levels[0] == pytest.approx(levels[1], abs=0.4)
    assert levels[0] == pytest.approx(min(match.a_lufs, match.b_lufs), abs=0.4)
