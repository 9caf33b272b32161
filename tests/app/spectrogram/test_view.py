"""What the panes show of a song whose picture is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QDeadlineTimer, QEventLoop, QPoint
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app import theme
from app.spectrogram import CursorReading, SpectrogramView
from app.spectrogram.overview import Overview
from app.spectrogram.pane import SpectrogramPane
from app.spectrogram.stage import GUTTER
from core.audio.source import ArrayAudio

TONE_HZ = 1500.0
RATE = 44100
PATIENCE_MS = 30_000


def pixels(pane: SpectrogramPane) -> NDArray[np.int64]:
    """What is painted right of the ruler: brightness ``(height, width)``, 0 to 765."""
    image = pane.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return data[:, GUTTER:, :3].astype(np.int64).sum(axis=2)


def test_tone_is_painted_at_its_frequency(loaded: SpectrogramView) -> None:
    for kind in ("linear", "log", "mel"):
        loaded.set_frequency_scale(kind)
        pane = loaded.pane("vocals")
        picture = settled_pixels(loaded, pane)
        row = int(np.argmax(picture[30:, 200:].sum(axis=1))) + 30
        expected = pane.y_of(loaded.viewport.scale.to_unit(TONE_HZ))
        assert abs(row - expected) <= 3, kind


def wait_until(condition: Callable[[], bool]) -> bool:
    deadline = QDeadlineTimer(PATIENCE_MS)
    while not condition() and not deadline.hasExpired():
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)
    return condition()


def settled_pixels(view: SpectrogramView, pane: SpectrogramPane) -> NDArray[np.int64]:
    assert wait_until(lambda: view.idle)
    return pixels(pane)


def test_tiles_meet_without_a_seam(loaded: SpectrogramView) -> None:
    # 20 s are 1723 columns, four tiles; the tone must run through their borders unbroken.
    loaded.viewport.set_time(2.0, 16.0)
    pane = loaded.pane("vocals")
    picture = settled_pixels(loaded, pane)
    y = round(pane.y_of(loaded.viewport.scale.to_unit(TONE_HZ)))
    line = picture[y - 3 : y + 4].max(axis=0)
    plain = np.array([round(pane.x_of(t)) - GUTTER for t in (3, 5, 7, 9, 11, 13)])
    assert line.min() >= line[plain].min() * 0.9


def test_what_is_not_computed_looks_pending(
    view: SpectrogramView, song: object, qtbot: QtBot
) -> None:
    view.set_song(song.mixture)  # type: ignore[attr-defined]
    view.set_stem("vocals", song.voice)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: view.idle, timeout=PATIENCE_MS)
    pane = view.pane("vocals")
    blank = pixels(pane)
    view.advance(["vocals"], 0, 10 * RATE)
    qtbot.waitUntil(lambda: view.idle, timeout=PATIENCE_MS)
    half = pixels(pane)
    middle = half.shape[1] // 2
    np.testing.assert_array_equal(half[:, middle + 8 :], blank[:, middle + 8 :])
    assert (half[40:, : middle - 8] != blank[40:, : middle - 8]).mean() > 0.9
    view.advance(["vocals"], 10 * RATE, 20 * RATE)
    qtbot.waitUntil(lambda: view.idle, timeout=PATIENCE_MS)
    assert (pixels(pane)[40:, middle + 8 :] != blank[40:, middle + 8 :]).mean() > 0.9


def test_crosshair_reads_tone_and_mask(loaded: SpectrogramView, qtbot: QtBot) -> None:
    pane = loaded.pane("mixture")
    x = round(pane.x_of(10.0))
    y = round(pane.y_of(loaded.viewport.scale.to_unit(TONE_HZ)))
    loaded.viewport.set_units(0.3, 0.6)
    y = round(pane.y_of(loaded.viewport.scale.to_unit(TONE_HZ)))
    with qtbot.waitSignal(loaded.cursor_moved) as caught:
        QTest.mouseMove(pane, QPoint(x, y))
    reading = caught.args[0]
    assert isinstance(reading, CursorReading)
    assert reading.time_s == pytest.approx(10.0, abs=0.05)
    assert reading.frequency_hz == pytest.approx(TONE_HZ, rel=0.01)
    assert reading.note is not None
    assert reading.note.name in ("F♯6", "G6")
    # Between two bins a Hann window loses at most 1.4 dB.
    assert reading.levels_db["mixture"] == pytest.approx(-20, abs=1.7)
    assert reading.levels_db["vocals"] == pytest.approx(-20, abs=1.7)
    assert reading.levels_db["accompaniment"] is not None
    assert reading.levels_db["accompaniment"] < -80
    assert reading.mask == pytest.approx(0.5, abs=0.02)
    with qtbot.waitSignal(loaded.cursor_moved) as caught:
        QTest.mouseMove(pane, QPoint(GUTTER // 2, y))
    assert caught.args[0] is None


def test_overlay_tints_only_its_panes(loaded: SpectrogramView) -> None:
    before = {name: settled_pixels(loaded, loaded.pane(name)) for name in ("mixture", "vocals")}
    loaded.set_overlay(["mixture"], 0.8)
    after = {name: settled_pixels(loaded, loaded.pane(name)) for name in ("mixture", "vocals")}
    np.testing.assert_array_equal(after["vocals"], before["vocals"])
    change = (after["mixture"] - before["mixture"])[60:100]
    assert change[:, 800:950].mean() > change[:, 50:200].mean() + 20


def test_mask_pane_is_two_sided(loaded: SpectrogramView) -> None:
    picture = settled_pixels(loaded, loaded.pane("mask"))[100:140].mean(axis=0)
    ends = sorted((picture[20] - picture[500], picture[-20] - picture[500]))
    assert ends[0] > 60  # the music: toned down
    assert ends[1] > 250  # the voice: stands out


def test_level_range_and_map_change_the_picture(loaded: SpectrogramView) -> None:
    dark = settled_pixels(loaded, loaded.pane("mixture")).mean()
    loaded.set_level_range(-120, -70)
    assert settled_pixels(loaded, loaded.pane("mixture")).mean() > dark + 50
    loaded.set_colour_map("paper")
    loaded.set_level_range(-60, 0)
    assert settled_pixels(loaded, loaded.pane("mixture")).mean() > 600


def test_panes_are_there_before_the_stems(
    view: SpectrogramView, song: object, qtbot: QtBot
) -> None:
    view.set_song(None, 20.0, RATE)
    sizes = [view.pane(name).geometry() for name in view.pane_names()]
    assert view.pane_names() == ("mixture", "vocals", "accompaniment", "mask")
    view.viewport.set_time(5, 10)
    view.set_song(song.mixture)  # type: ignore[attr-defined]
    view.set_stem("vocals", song.voice)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: view.idle, timeout=PATIENCE_MS)
    assert [view.pane(name).geometry() for name in view.pane_names()] == sizes
    assert view.view_range.start_s == 5
    view.set_pane_visible("mask", False)
    assert not view.pane("mask").isVisible()
    view.set_song(None)
    assert not view.pane("mixture").isVisible()
    assert view.idle


def test_other_stems_get_panes_of_their_own(view: SpectrogramView, song: object) -> None:
    view.set_song(song.mixture, stems=("vocals", "drums", "rest"))  # type: ignore[attr-defined]
    assert view.pane_names() == ("mixture", "vocals", "drums", "rest", "mask")
    assert view.pane("drums").title == "Drums"
    assert view.pane("drums").accessibleName() == "Drums"


def test_a_new_song_replaces_the_old_one(loaded: SpectrogramView, song: object) -> None:
    loaded.set_loop((2.0, 4.0))
    loaded.viewport.set_time(3, 4)
    shorter = type(song.mixture)(song.mixture.read(0, 5 * RATE), RATE)  # type: ignore[attr-defined]
    loaded.set_song(shorter)
    assert loaded.loop is None
    assert loaded.view_range.stop_s == pytest.approx(5.0)
    assert (settled_pixels(loaded, loaded.pane("mixture"))[60] > 0).any()


def test_real_song_is_drawn(view: SpectrogramView, data_dir: Path, qtbot: QtBot) -> None:
    import soundfile

    file = next((data_dir / "everything-is-free").glob("*/accompaniment.ogg"))
    with soundfile.SoundFile(file) as reader:
        reader.seek(reader.frames // 2)
        samples = reader.read(20 * reader.samplerate, dtype="float32", always_2d=True)
        view.set_song(ArrayAudio(samples.T, reader.samplerate))
    qtbot.waitUntil(lambda: view.idle, timeout=PATIENCE_MS)
    assert pixels(view.pane("mixture")).std() > 50


def test_overview_shows_what_is_computed(view: SpectrogramView, song: object, qtbot: QtBot) -> None:
    overview = view.findChild(Overview)
    assert overview is not None
    view.set_song(song.mixture)  # type: ignore[attr-defined]
    view.set_stem("vocals", song.voice)  # type: ignore[attr-defined]
    view.advance(["vocals"], 0, 10 * RATE)
    voice = QColor(theme.current().voice).name()
    qtbot.waitUntil(lambda: view.idle and colour_at(overview, 5.0) == voice, timeout=PATIENCE_MS)
    # The mixture stands in, in grey.
    qtbot.waitUntil(lambda: QColor(colour_at(overview, 15.0)).lightness() > 80, timeout=PATIENCE_MS)
    assert QColor(colour_at(overview, 15.0)).saturation() < 30


def colour_at(overview: Overview, seconds: float) -> str:
    image = overview.grab().toImage()
    return image.pixelColor(round(overview.x_of(seconds)), overview.height() // 2).name()


class Unreadable(ArrayAudio):
    """A signal whose file has gone."""

    def read(self, start: int, stop: int) -> NDArray[np.float32]:
        raise OSError("gone")


def test_a_failing_signal_is_reported_once(view: SpectrogramView, qtbot: QtBot) -> None:
    failures: list[object] = []
    view.failed.connect(failures.append)
    view.set_song(Unreadable(np.zeros((1, 100 * RATE)), RATE))
    qtbot.waitUntil(lambda: view.idle, timeout=PATIENCE_MS)
    assert [str(failure) for failure in failures] == ["gone"]


def test_themes_change_at_once(loaded: SpectrogramView, qtbot: QtBot) -> None:
    try:
        theme.set_theme("dark")
        dark = loaded.grab().toImage().pixelColor(20, 5).lightness()
        theme.set_theme("light")
        qtbot.waitUntil(lambda: loaded.idle, timeout=PATIENCE_MS)
        assert loaded.grab().toImage().pixelColor(20, 5).lightness() > dark + 100
    finally:
        theme.set_theme("system")
