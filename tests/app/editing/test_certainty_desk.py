"""The ribbon under the overview, and the keys that go by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, Qt

from app.spectrogram.stage import GUTTER

RATE = 16000


@pytest.fixture
def desk(stage):
    """A window with a song whose mask the test has made: a voice in two phrases, doubt once."""
    rng = np.random.default_rng(0)
    path = Path(stage.folder) / "phrases.wav"
    soundfile.write(path, 0.1 * rng.normal(size=(12 * RATE, 2)), RATE, subtype="PCM_16")
    stage.drop([path])
    certainty = stage.window.workbench.certainty
    stage.qtbot.waitUntil(lambda: stage.window.workbench.desk.can_edit, timeout=20_000)
    result = stage.session.current.result
    mask = result.mask
    rate = mask.sample_rate / mask.hop_samples
    mask.values[:] = 0.01
    for start, stop, value in ((2, 4, 0.99), (7, 8.5, 0.99), (10, 11, 0.5)):
        mask.values[..., round(start * rate) : round(stop * rate)] = value
    certainty._result = None
    certainty.refresh()
    stage.qtbot.waitUntil(lambda: certainty.idle, timeout=20_000)
    return certainty


def test_keys_go_from_phrase_to_phrase(stage, desk) -> None:
    playback = stage.window.playback
    for expected in (2.0, 7.0):
        stage.key(Qt.Key.Key_Period)
        assert playback.position_s == pytest.approx(expected, abs=0.3)
    stage.key(Qt.Key.Key_Comma)
    assert playback.position_s == pytest.approx(2.0, abs=0.3)


def test_keys_go_to_doubt(stage, desk) -> None:
    playback = stage.window.playback
    stage.key(Qt.Key.Key_D)
    assert playback.position_s == pytest.approx(10.0, abs=0.7)
    position = playback.position_s
    stage.key(Qt.Key.Key_D)
    assert playback.position_s == position, "there is no other"


def test_the_ribbon_shows_voice_and_doubt_and_seeks(stage, desk) -> None:
    ribbon = stage.window.page.view.ribbon
    image = ribbon.grab().toImage()

    def colour(seconds: float, y: int):
        x = GUTTER + seconds / 12 * (ribbon.width() - GUTTER)
        return image.pixelColor(round(x), y)

    voice, doubt = 4, 11
    assert colour(3, voice).red() > colour(5, voice).red() + 60
    assert colour(8, voice).red() > colour(5, voice).red() + 60
    assert colour(10.5, doubt).blue() > colour(3, doubt).blue() + 60
    place = QPoint(GUTTER + (ribbon.width() - GUTTER) // 2, 5)
    stage.qtbot.mouseClick(ribbon, Qt.MouseButton.LeftButton, pos=place)
    assert stage.window.playback.position_s == pytest.approx(6.0, abs=0.1)


def test_edits_are_seen_in_the_ribbon(stage, desk) -> None:
    from dataclasses import replace

    from core.editing.edits import Action, Edit
    from core.editing.regions import Rectangle

    edits = stage.window.workbench.desk
    everything = Rectangle(5.0, 6.0, 0.0, float("inf"))
    edit = Edit(everything, Action.TO_VOICE, name="To voice", edit_id=1)
    edits.push("To voice", replace(edits.state, edits=(edit,)))
    stage.qtbot.waitUntil(lambda: edits.idle and desk.idle, timeout=20_000)
    rate = desk._frames_per_s
    assert desk._track.voice[round(5.5 * rate)] > 0.9
    assert desk.next_phrase(4.2) == pytest.approx(5.0, abs=0.3)


def test_another_song_has_its_own(stage, desk) -> None:
    stage.open_song("other.wav", seconds=3.0, seed=2)
    stage.qtbot.waitUntil(lambda: desk.idle, timeout=20_000)
    assert len(desk._track.voice) == stage.session.current.result.mask.n_frames
    stage.session.remove(stage.session.current.song_id)
    stage.session.remove(stage.session.current.song_id)
    assert desk._track is None
    assert desk.next_phrase(0.0) is None
