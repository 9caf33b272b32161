"""A real view on a real (offscreen) screen, with a song whose picture is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.spectrogram import SpectrogramView
from core.audio.source import ArrayAudio, DifferenceAudio
from core.masks import Mask

RATE = 44100
SECONDS = 20
TONE_HZ = 1500.0
TONE_DB = -20.0
PATIENCE_MS = 30_000  # for machines that are busy with other things


@dataclass(frozen=True)
class Song:
    """A tone as the voice, noise as the music, and a mask that rises with time."""

    mixture: ArrayAudio
    voice: ArrayAudio
    music: DifferenceAudio
    mask: Mask

    @property
    def n_samples(self) -> int:
        return self.mixture.n_samples


@pytest.fixture(scope="session")
def song() -> Song:
    rng = np.random.default_rng(0)
    time = np.arange(SECONDS * RATE) / RATE
    tone = 10 ** (TONE_DB / 20) * np.sin(2 * np.pi * TONE_HZ * time)
    noise = rng.standard_normal((2, time.size)) * 1e-4
    mixture = ArrayAudio(noise + tone, RATE)
    voice = ArrayAudio(np.stack([tone, tone]), RATE)
    n_frames = 1 + SECONDS * 16000 // 512
    mask = Mask.empty(2, n_frames, 16000, 512, 1024)
    mask.values[...] = np.arange(n_frames) / n_frames
    mask.above[...] = 0.25
    return Song(mixture, voice, DifferenceAudio(mixture, [voice]), mask)


@pytest.fixture
def view(qtbot: QtBot) -> Iterator[SpectrogramView]:
    widget = SpectrogramView()
    qtbot.addWidget(widget)
    widget.resize(1064, 800)
    widget.show()
    qtbot.waitExposed(widget)
    yield widget
    widget.shutdown()


@pytest.fixture
def loaded(view: SpectrogramView, song: Song, qtbot: QtBot) -> SpectrogramView:
    """The view with everything computed."""
    view.set_song(song.mixture)
    view.set_stem("vocals", song.voice)
    view.set_stem("accompaniment", song.music)
    view.set_mask(song.mask)
    view.advance(["vocals", "accompaniment"], 0, song.n_samples)
    view.mask_advanced(0, song.mask.n_frames)
    qtbot.waitUntil(lambda: view.idle, timeout=PATIENCE_MS)
    return view
