"""Pictures made anew with another window while the song is on the screen."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.spectrogram import SpectrogramView
from app.spectrogram.overview import Overview
from app.spectrogram.runner import Done, Work
from app.spectrogram.stage import GUTTER
from core.audio.source import ArrayAudio
from core.spectrogram import Analysis

RATE = 44100
PATIENCE_MS = 30_000
FINE = Analysis(16384, 4)


class ByHand:
    """Work of the background, done one piece at a time when the test says so."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Work, Done]] = deque()
        self.stopped = False

    def __call__(self, work: Work, done: Done) -> None:
        self.waiting.append((work, done))

    def step(self) -> bool:
        if not self.waiting:
            return False
        work, done = self.waiting.popleft()
        done(work(lambda: self.stopped))
        return True

    def finish(self) -> None:
        while self.step():
            pass


@pytest.fixture
def hand() -> ByHand:
    return ByHand()


@pytest.fixture
def slow_view(hand: ByHand, song, qtbot: QtBot) -> SpectrogramView:
    """All of the song is shown; from now on nothing happens by itself."""
    widget = SpectrogramView(hand)
    qtbot.addWidget(widget)
    widget.resize(800, 600)
    widget.show()
    qtbot.waitExposed(widget)
    widget.set_song(song.mixture)
    widget.set_stem("vocals", song.voice)
    widget.advance(["vocals"], 0, song.n_samples)
    hand.finish()
    assert widget.idle
    return widget


def picture(view: SpectrogramView, name: str = "mixture") -> np.ndarray:
    image = view.pane(name).grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return data[40:, GUTTER:, :3].astype(int)


def test_the_old_picture_stays_until_the_new_one_is_there(
    slow_view: SpectrogramView, hand: ByHand
) -> None:
    before = picture(slow_view)
    shares: list[object] = []
    slow_view.pictures_advanced.connect(shares.append)
    slow_view.set_analysis(FINE)
    np.testing.assert_array_equal(picture(slow_view), before)
    seen = []
    while hand.step():
        seen.append(picture(slow_view))
    # Neither hatched nor black at any moment: every picture is near the old or the new one.
    after = seen[-1]
    assert np.abs(after - before).mean() > 5
    for middle in seen:
        assert np.minimum(np.abs(middle - before), np.abs(middle - after)).mean() < 3
    assert shares[0] == 0.0
    assert shares[-1] is None
    told = [share for share in shares if isinstance(share, float)]
    assert told == sorted(told)
    assert slow_view.idle
    fresh = SpectrogramView(hand)
    fresh.set_analysis(FINE)
    fresh.resize(800, 600)
    fresh.show()
    fresh.set_song(slow_view._pictures.layers["mixture"].audio)
    hand.finish()
    np.testing.assert_array_equal(picture(fresh), after)
    fresh.shutdown()
    fresh.close()


def test_what_is_on_the_screen_is_made_first(hand: ByHand, qtbot: QtBot) -> None:
    slow = SpectrogramView(hand)
    qtbot.addWidget(slow)
    slow.set_song(ArrayAudio(np.zeros((1, 100 * RATE)), RATE))
    hand.finish()
    slow.viewport.set_time(70.0, 90.0)
    slow.set_analysis(Analysis(1024, 4))
    hand.step()
    layer = slow._pictures.layers["mixture"]
    assert layer.known.covers(*(round(s / layer.pyramid.column_s) for s in (71, 80)))
    assert not layer.known.touches(0, 100)


def test_changing_again_gives_up_what_was_begun(slow_view: SpectrogramView, hand: ByHand) -> None:
    before = slow_view._pictures.layers["mixture"]
    slow_view.set_analysis(FINE)
    given_up = slow_view._pictures.layers["mixture"]
    slow_view.set_analysis(Analysis(512, 4))
    assert given_up.closed.is_set()
    assert slow_view._pictures.under["mixture"] is before
    hand.finish()
    assert slow_view._pictures.layers["mixture"].pyramid.window_samples == 512
    assert not slow_view._pictures.under
    assert not given_up.known


def test_back_to_the_old_window_nothing_is_made_anew(
    slow_view: SpectrogramView, hand: ByHand
) -> None:
    before, old = slow_view._pictures.layers["mixture"], picture(slow_view)
    shares: list[object] = []
    slow_view.set_analysis(FINE)
    # Meanwhile a part of the song changes: it must not be missed.
    slow_view.advance(["mixture"], 0, RATE)
    slow_view.pictures_advanced.connect(shares.append)
    slow_view.set_analysis(Analysis())
    assert slow_view._pictures.layers["mixture"] is before
    assert shares == [None]
    assert before.to_do.touches(0, RATE)
    assert not before.to_do.touches(RATE, 20 * RATE)
    hand.finish()
    np.testing.assert_array_equal(picture(slow_view), old)


def test_values_follow_the_new_pictures(loaded: SpectrogramView, song, qtbot: QtBot) -> None:
    """Thirty hertz beside a tone is within one bin of the usual window, and eleven of this one."""
    pane = loaded.pane("vocals")
    scale = loaded.viewport.scale
    loaded.viewport.set_units(*(float(scale.to_unit(hz)) for hz in (1300.0, 1700.0)))
    place = QPoint(round(pane.x_of(10.0)), round(pane.y_of(scale.to_unit(1500.0 + 30))))
    with qtbot.waitSignal(loaded.cursor_moved) as caught:
        QTest.mouseMove(pane, place)
    beside_db = caught.args[0].levels_db["vocals"]
    assert beside_db > -50
    loaded.set_analysis(FINE)
    qtbot.waitUntil(lambda: loaded.idle and not loaded._pictures.under, timeout=PATIENCE_MS)
    with qtbot.waitSignal(loaded.cursor_moved) as caught:
        QTest.mouseMove(pane, place + QPoint(0, 1))
    assert caught.args[0].levels_db["vocals"] < -90
    # The mask and the waveforms of the overview are what they were.
    assert caught.args[0].mask == pytest.approx(0.5, abs=0.02)
    overview = loaded.findChild(Overview)
    assert overview._waves.pending_s == ()


class Lost(ArrayAudio):
    """A signal whose file is lost while it is shown."""

    is_lost = False

    def read(self, start: int, stop: int) -> np.ndarray:
        if self.is_lost:
            raise OSError("gone")
        return super().read(start, stop)


def test_where_new_pictures_fail_the_old_ones_are_kept(hand: ByHand, qtbot: QtBot) -> None:
    view = SpectrogramView(hand)
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.show()
    rng = np.random.default_rng(0)
    audio = Lost(rng.standard_normal((1, 20 * RATE)) * 0.1, RATE)
    view.set_song(audio)
    hand.finish()
    before = picture(view)
    failures: list[object] = []
    back: list[object] = []
    view.failed.connect(failures.append)
    view.analysis_given_up.connect(back.append)
    audio.is_lost = True
    view.set_analysis(FINE)
    hand.finish()
    assert [str(failure) for failure in failures] == ["gone"]
    assert back == [Analysis()]
    assert view.analysis == Analysis()
    np.testing.assert_array_equal(picture(view), before)
    # The cursor over a file that is lost is no error either.
    QTest.mouseMove(view.pane("mixture"), QPoint(200, 60))
    view.shutdown()


def test_a_stem_that_is_being_computed_gets_the_new_window(
    view: SpectrogramView, song, qtbot: QtBot
) -> None:
    view.set_song(song.mixture)
    view.set_stem("vocals", song.voice)
    view.advance(["vocals"], 0, 5 * RATE)
    qtbot.waitUntil(lambda: view.idle, timeout=PATIENCE_MS)
    view.set_analysis(Analysis(4096, 2))
    view.advance(["vocals"], 5 * RATE, 10 * RATE)
    qtbot.waitUntil(lambda: view.idle and not view._pictures.under, timeout=PATIENCE_MS)
    layer = view._pictures.layers["vocals"]
    assert layer.pyramid.level_db(9.0, 1500.0) == pytest.approx(-20, abs=2)
    assert layer.pyramid.level_db(12.0, 1500.0) is None
