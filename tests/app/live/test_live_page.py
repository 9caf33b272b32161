"""The page of live separation, with real devices, without any, and its pictures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app import settings, theme
from app.audio.backend import Backend
from app.audio.input import LiveDevice, loopback_advice
from app.audio.player import Player, PlayerState
from app.i18n import set_language
from app.live.desk import LiveDesk, usable
from app.live.engine import LiveState
from app.live.figures import Dropouts, Latency, LiveFigures
from app.panels.live.page import LivePage
from app.panels.live.scroll_pane import GUTTER, ScrollPane
from app.spectrogram.colours import level_table
from app.tasks import TaskPool
from core.audio import ArrayAudio
from core.card import read_card
from core.models import ModelEntry
from core.spectrogram import FrequencyScale

RATE = 44100
Make = Callable[..., LivePage]


class NoBackend(Backend):
    """A system without any sound device."""

    def listed(self, direction: str) -> list[tuple[int, str, str, int, int, bool]]:
        return []

    def refresh(self) -> None:
        pass


@pytest.fixture
def make(
    qtbot, fresh_settings, causal_model_folder: Path, tiny_model_folder: Path
) -> Iterator[Make]:
    """Pages over real devices (or ``backend``), with a model that can and one that cannot."""
    set_language("en")
    theme.set_theme("dark")
    made: list[tuple[LivePage, TaskPool, Player]] = []

    def page(backend: Backend | None = None, causal: bool = True) -> LivePage:
        folders = [tiny_model_folder, *([causal_model_folder] if causal else [])]
        models = [ModelEntry(f.name, f, read_card(f), False) for f in folders]
        player, pool = Player(backend=backend or Backend()), TaskPool(1)
        desk = LiveDesk(player, pool, models=lambda: models)
        result = LivePage(desk)
        qtbot.addWidget(result)
        result.resize(1100, 700)
        made.append((result, pool, player))
        result.show()
        qtbot.waitUntil(lambda: desk.looked, timeout=10_000)
        return result

    yield page
    for result, pool, player in made:
        result.shutdown()
        player.close()
        assert pool.shutdown()


def test_without_a_device_it_says_what_to_do(make: Make, qtbot) -> None:
    page = make(NoBackend())
    assert page.stack.currentWidget() is page.invitation
    assert page.invitation.advice.isVisible()
    assert page.source_bar.source.currentText() == "No sound input"
    with qtbot.waitSignal(page.failed) as failed:
        page.invitation.start.click()
    assert page.desk.state is LiveState.STOPPED
    said = str(failed.args[0])
    # Where PortAudio itself is missing, that is what is said.
    assert "No sound input was found" in said or "PortAudio" in said
    for system, tool in (("linux", "pavucontrol"), ("darwin", "BlackHole"), ("win32", "VB-CABLE")):
        assert tool in loopback_advice(system)
    assert page.invitation.advice.text() == loopback_advice(sys.platform)


def test_models_that_hear_ahead_are_greyed_and_say_why(make: Make, qtbot) -> None:
    page = make(NoBackend())
    bar = page.source_bar
    assert [model.entry.model_id for model in usable(page.desk.models)] == ["halves"]
    assert bar.model.currentText() == "Halves"
    item = bar.model.model().item(0)
    assert not item.isEnabled()
    assert "hears ahead" in item.toolTip()
    alone = make(NoBackend(), causal=False)
    assert alone.source_bar.model.currentText() == "No causal model"
    assert alone.source_bar.chosen_model() is None
    with qtbot.waitSignal(alone.failed) as failed:
        alone.toggle()
    assert "all of them hear ahead" in str(failed.args[0])


def test_what_is_heard_is_remembered(make: Make) -> None:
    page = make(NoBackend())
    bar = page.sound_bar
    assert bar.heard() == "voice"
    page.hear("accompaniment")
    page.hear("original")
    assert bar.heard() == "mixture"
    page.hear("original")
    assert bar.heard() == "accompaniment"
    fader = bar.stems["vocals"].fader
    assert fader is not None
    fader.set_gain_db(-7.5)
    assert bar.heard() == "balance", "a fader is moved to be heard"
    assert page.desk.engine._heard == ("balance", {"vocals": -7.5, "accompaniment": 0.0})
    again = make(NoBackend())
    assert again.sound_bar.heard() == "balance"
    assert again.sound_bar.faders_db()["vocals"] == -7.5


def test_figures(make: Make) -> None:
    page = make(NoBackend())
    bar = page.sound_bar.latency
    assert bar.figure.text() == "–"
    latency = Latency(0.0961, 0.011, 0.064, 0.012, 0.0091)
    page.sound_bar.show_figures(LiveFigures(3.0, latency, Dropouts(1, 0, 0), 0.131))
    assert bar.figure.text() == "96"
    assert bar.dropouts.text() == "1 dropout · 13 % of a core"
    assert "The model's window: 64 ms" in bar.toolTip()
    page.sound_bar.show_figures(LiveFigures(3.0, latency, Dropouts(1, 2, 3), 0.131))
    assert bar.dropouts.text() == "6 dropouts · 13 % of a core"
    set_language("zh_CN")
    assert "模型的窗口: 64 ms" in bar.toolTip()
    assert page.source_bar.toggle.text() == "开始"
    set_language("en")


def test_an_input_that_hears_the_output_is_warned_of(make: Make) -> None:
    page = make(NoBackend())
    sink = LiveDevice(0, "Phones", "PulseAudio", 2, RATE, True, pulse_name="phones")
    other = replace(sink, name="Song", pulse_name="song", is_default=False)
    monitor = replace(
        sink, name="Monitor of Phones", pulse_name="phones.monitor", is_monitor=True,
        monitor_of="phones",
    )  # fmt: skip
    page.desk.inputs, page.desk.outputs = [monitor], [sink, other]
    page.desk.devices_changed.emit()
    assert page.notice.isVisible()
    assert "howl" in page.notice.text()
    assert not page.invitation.advice.isVisible()
    page.source_bar.sink.setCurrentIndex(1)
    page.source_bar.changed.emit()
    assert not page.notice.isVisible()
    assert settings.get(settings.LIVE_OUTPUT) == "pulse:song"
    assert settings.get(settings.LIVE_INPUT) == "pulse:phones.monitor"


def test_a_whole_run(sinks, make: Make, qtbot, tmp_path: Path) -> None:
    backend = Backend()
    backend.devices()
    backend.refresh()
    page = make(backend)
    bar = page.source_bar
    bar.reserve.setCurrentIndex(2)
    assert (page.source().key, page.sink().key) == ("pulse:song.monitor", "pulse:phones")
    rng = np.random.default_rng(1)
    sinks.play((rng.standard_normal((2, RATE * 20)) * 0.1).astype(np.float32))
    page.desk._player.set_sources(ArrayAudio(np.zeros((2, RATE * 9), np.float32), RATE), {})
    page.desk._player.play()
    with qtbot.waitSignal(page.desk.state_changed):
        bar.toggle.click()
    assert page.desk._player.state is PlayerState.STOPPED, "one at a time"
    qtbot.waitUntil(lambda: page.desk.state is LiveState.RUNNING, timeout=20_000)
    qtbot.waitUntil(lambda: page.spectrogram.n_columns > 60, timeout=20_000)
    qtbot.waitUntil(lambda: page.sound_bar.latency.figure.text() != "–", timeout=20_000)
    assert bar.toggle.text() == "Stop"
    assert page.stack.currentWidget() is page.panes
    assert page.mask.n_columns == page.spectrogram.n_columns
    image = page.mask.grab().toImage()
    colours = {
        image.pixel(image.width() - 3, y) for y in (image.height() // 20, image.height() - 9)
    }
    assert len(colours) == 2, "low is voice, high is music"
    page.hide()
    page.show()
    assert page.spectrogram.n_columns > 60, "what came meanwhile is there"
    bar.reserve.setCurrentIndex(1)
    bar.reserve.activated.emit(1)  # another choice is heard at once
    assert settings.get(settings.LIVE_RESERVE) == "medium"
    picture = page.desk.engine.picture
    qtbot.waitUntil(lambda: page.desk.engine.picture is not picture, timeout=20_000)
    qtbot.waitUntil(lambda: page.desk.state is LiveState.RUNNING, timeout=20_000)
    qtbot.waitUntil(lambda: page.spectrogram.n_columns > 30, timeout=20_000)
    with qtbot.waitSignal(page.desk.state_changed, timeout=10_000):
        page.toggle_sound()
    assert page.desk.state is LiveState.STOPPED
    assert bar.toggle.text() == "Start"
    page.desk.start(bar.chosen_model(), page.source(), page.sink(), "large")
    page.desk._player.play()
    qtbot.waitUntil(lambda: page.desk.state is LiveState.STOPPED, timeout=20_000)
    sinks.silence()


def test_a_picture_runs_from_right_to_left(qtbot) -> None:
    theme.set_theme("dark")
    pane = ScrollPane("mixture", "Input")
    qtbot.addWidget(pane)
    pane.resize(GUTTER + 400, 200)
    pane.show()
    pane.set_table(level_table("CET-L1", -100.0, -15.0))
    pane.begin(FrequencyScale.of_kind("linear", 8000), 62.5, 65, 0.16)  # a hundred columns
    loud, soft = np.full((1, 65), 250, np.uint8), np.full((1, 65), 10, np.uint8)

    def bright(x: int) -> bool:
        return pane.grab().toImage().pixelColor(x, 150).lightness() > 128

    pane.add(np.concatenate([loud] * 5))
    pane.add(np.concatenate([soft] * 5))
    assert not bright(GUTTER + 390)
    assert bright(GUTTER + 370)
    for _ in range(7):
        pane.add(np.concatenate([soft] * 12))
    assert pane.n_columns == 94
    assert bright(GUTTER + 34)
    assert not bright(GUTTER + 60)
    pane.add(np.concatenate([loud, *[soft] * 20]))
    assert not bright(GUTTER + 34), "what is older is gone"
    assert bright(GUTTER + 400 - 4 * 21 + 2)
    pane.add(np.concatenate([soft] * 300))
    assert not bright(GUTTER + 200)
    pane.set_table(level_table("paper", -100.0, -15.0))
    assert bright(GUTTER + 200), "other colours for what is there"


def test_in_the_window(stage) -> None:
    window, pages = stage.window, stage.window.all_pages
    stage.key(Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    page = pages.live
    assert pages.stack.currentWidget() is page
    stage.key(Qt.Key.Key_2)
    assert page.sound_bar.heard() == "accompaniment"
    stage.key(Qt.Key.Key_O)
    assert page.sound_bar.heard() == "mixture"
    stage.key(Qt.Key.Key_1)
    assert page.sound_bar.heard() == "voice"
    stage.qtbot.waitUntil(lambda: page.desk.looked, timeout=10_000)
    stage.key(Qt.Key.Key_Space)  # the built-in models hear ahead, or there is no input
    stage.qtbot.waitUntil(lambda: window.errors.isVisible() or page.desk.is_on, timeout=10_000)
    stage.key(Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    stage.key(Qt.Key.Key_2)
    assert page.sound_bar.heard() == "voice", "songs again"
