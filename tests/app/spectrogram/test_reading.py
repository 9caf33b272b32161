"""What the view says of the place under the pointer, channel by channel."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.spectrogram import CursorReading, SpectrogramView
from app.spectrogram.layers import Layer
from app.spectrogram.reading import read_at
from core.audio.source import ArrayAudio, DifferenceAudio, ScratchAudio
from core.masks import Mask
from core.spectrogram import Analysis

RATE = 44100
TONE_HZ = 100 * RATE / 2048
PATIENCE_MS = 30_000


def tones(*levels_db: float, seconds: float = 3.0) -> np.ndarray:
    time_s = np.arange(round(seconds * RATE)) / RATE
    wave = np.sin(2 * np.pi * TONE_HZ * time_s)
    return np.stack([10 ** (level / 20) * wave for level in levels_db])


def read_under_pointer(view: SpectrogramView, qtbot: QtBot) -> CursorReading:
    """At the tone, in the middle, by the mouse."""
    pane = view.pane("mixture")
    scale = view.viewport.scale
    span = [float(scale.to_unit(TONE_HZ + d)) for d in (-30, 30)]
    view.viewport.set_units(*span)
    y = round(pane.y_of(float(scale.to_unit(TONE_HZ))))
    QTest.mouseMove(pane, QPoint(pane.width() - 20, y))
    with qtbot.waitSignal(view.cursor_moved) as caught:
        QTest.mouseMove(pane, QPoint(pane.width() // 2, y))
    reading = caught.args[0]
    assert isinstance(reading, CursorReading)
    return reading


def show(view: SpectrogramView, mixture: np.ndarray, voice: np.ndarray, qtbot: QtBot) -> None:
    mix, sung = ArrayAudio(mixture, RATE), ArrayAudio(voice, RATE)
    view.set_song(mix)
    view.set_stem("vocals", sung)
    view.set_stem("accompaniment", DifferenceAudio(mix, [sung]))
    view.advance(["vocals", "accompaniment"], 0, mix.n_samples)
    qtbot.waitUntil(lambda: view.idle, timeout=PATIENCE_MS)


def test_left_and_right_are_read_apart(view: SpectrogramView, qtbot: QtBot) -> None:
    show(view, tones(-23.1, -41.0), tones(-29.1, -47.0), qtbot)
    reading = read_under_pointer(view, qtbot)
    assert reading.channels_db["mixture"] == pytest.approx((-23.1, -41.0), abs=0.1)
    assert reading.channels_db["vocals"] == pytest.approx((-29.1, -47.0), abs=0.1)
    rest = [20 * np.log10(10 ** (a / 20) - 10 ** (b / 20)) for a, b in ((-23.1, -29.1), (-41, -47))]
    assert reading.channels_db["accompaniment"] == pytest.approx(rest, abs=0.1)
    assert reading.levels_db["mixture"] == pytest.approx(-26.04, abs=0.15)
    assert reading.mask is None


def test_mono_songs_have_one_level(view: SpectrogramView, qtbot: QtBot) -> None:
    show(view, tones(-20.0), tones(-30.0), qtbot)
    reading = read_under_pointer(view, qtbot)
    assert reading.channels_db == {}
    assert reading.levels_db["mixture"] == pytest.approx(-20, abs=0.1)


@pytest.mark.parametrize("n_channels", [1, 2])
def test_masks_of_each_channel_are_read(
    view: SpectrogramView, qtbot: QtBot, n_channels: int
) -> None:
    show(view, tones(-20, -20), tones(-30, -30), qtbot)
    mask = Mask.empty(2, 100, 16000, 512, 1024, n_channels=n_channels)
    mask.values[:, 0], mask.values[:, -1] = 0.25, 0.75
    view.set_mask(mask)
    view.mask_advanced(0, 100)
    qtbot.waitUntil(lambda: view.idle, timeout=PATIENCE_MS)
    reading = read_under_pointer(view, qtbot)
    assert reading.mask_channels == (() if n_channels == 1 else pytest.approx((0.25, 0.75)))
    assert reading.mask == pytest.approx(0.75 if n_channels == 1 else 0.5, abs=0.01)


def test_a_reading_takes_no_time_that_is_felt() -> None:
    """A stereo song with two stems on disk, the longest window: well under 5 ms."""
    samples = tones(-20, -30)
    mixture, voice = ScratchAudio(2, RATE), ScratchAudio(2, RATE)
    mixture.append(samples.astype(np.float32))
    voice.append(0.5 * samples.astype(np.float32))
    signals = {"mixture": mixture, "vocals": voice, "rest": DifferenceAudio(mixture, [voice])}
    layers = {}
    for name, audio in signals.items():
        layers[name] = Layer(name, audio, Analysis(16384, 4))
        layers[name].compute(0, audio.n_samples, lambda: False)
    took_s = []
    for place in range(40):
        began_s = time.perf_counter()
        reading = read_at(layers, {}, 0.5 + 0.05 * place, TONE_HZ)
        took_s.append(time.perf_counter() - began_s)
        assert len(reading.channels_db) == 3
    # The median: other processes share the machine.
    assert np.median(took_s) < 0.005
