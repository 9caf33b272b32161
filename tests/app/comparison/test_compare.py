"""Two models on one song: the second separation, the pictures, the figures and the keys."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.comparison.second import SecondState
from app.jobs import Priority
from app.session import SongState
from app.spectrogram.compared_view import DIFFERENCE, MaskShown
from app.spectrogram.stage import GUTTER
from app.spectrogram.view import MASK
from core.editing.edits import Action, Edit
from core.editing.regions import Rectangle
from core.mask_difference import DifferenceTrack

from .conftest import PATIENCE_MS, wait_ready

Key, Modifier = Qt.Key, Qt.KeyboardModifier


def test_a_second_model_is_chosen_by_keys_and_the_song_keeps_its_own(make_pair) -> None:
    stage = make_pair()
    song = stage.open_song(seconds=3.0)
    window, panel = stage.window, stage.window.comparison.panel
    before = song.result
    priorities = []
    submit = stage.session.jobs.submit
    stage.session.jobs.submit = lambda request, priority: (
        priorities.append(priority) or submit(request, priority)
    )
    stage.key(Key.Key_M, Modifier.ControlModifier)
    assert window.page.inspector.part == "compare"
    assert panel.isVisible()
    popup = panel.model.view()
    stage.qtbot.waitUntil(popup.isVisible)
    names = [panel.model.itemText(i) for i in range(panel.model.count())]
    assert "Tiny" not in names, "A cannot be compared with itself"
    popup.setCurrentIndex(panel.model.model().index(names.index("Other"), 0))
    QTest.keyClick(popup, Key.Key_Return)
    assert window.comparison.desk.second_id == "other"
    wait_ready(stage)
    assert stage.session.model_id == "tiny"
    assert song.result is before
    assert song.state is SongState.DONE
    assert set(song.results) == {"tiny", "other"}
    assert priorities == [Priority.QUEUE], "behind what is on screen"
    assert panel.rest.isVisible()
    assert not panel.progress.isVisible()


def colours(pane, places) -> list:
    image = pane.grab().toImage()
    scale = pane.stage.viewport.scale
    return [
        image.pixelColor(round(pane.x_of(s)), round(pane.y_of(scale.to_unit(hz))))
        for s, hz in places
    ]


def test_the_pane_shows_a_b_and_their_difference(pair, set_masks) -> None:
    """A gives low frequencies to the voice, B the second half of the song."""
    set_masks(
        lambda s, hz: np.where(hz < 1500, 1.0, 0.0) + 0 * s,
        lambda s, hz: np.where(s >= 3, 1.0, 0.0) + 0 * hz,
    )
    view, panel = pair.window.page.view, pair.window.comparison.panel
    pair.window.page.inspector.show_part("compare")
    pane = view.pane(MASK)
    assert view.mask_shown is MaskShown.DIFFERENCE, "what a second model is chosen for"
    pair.qtbot.mouseClick(panel.shown.button(0), Qt.MouseButton.LeftButton)
    assert pane.title == "Mask A: Tiny"
    pair.qtbot.mouseClick(panel.shown.button(2), Qt.MouseButton.LeftButton)
    assert view.mask_shown is MaskShown.DIFFERENCE
    pair.qtbot.waitUntil(lambda: view.idle, timeout=PATIENCE_MS)
    assert pane.title == "Mask: A − B"
    first, none, neither, second = colours(pane, [(1.5, 700), (4.5, 700), (1.5, 2300), (4.5, 2300)])
    assert first.green() > first.red() + 30, "only A: green"
    assert min(second.red(), second.blue()) > second.green() + 30, "only B: purple"
    for colour in (none, neither):
        assert max(colour.getRgb()[:3]) - min(colour.getRgb()[:3]) < 12, "both alike: neutral"
    legend = next(child for child in pane.children() if child.metaObject().className()
                  == "DifferenceLegend")  # fmt: skip
    assert legend.isVisible()
    picture = legend.grab().toImage()
    left, right = (picture.pixelColor(x, 23) for x in (12, legend.width() - 12))
    assert left.red() > left.green() + 30
    assert right.green() > right.red() + 30

    pair.window.setFocus()
    pair.key(Key.Key_K, Modifier.ShiftModifier)  # round to A
    assert view.mask_shown is MaskShown.FIRST
    assert not legend.isVisible()
    pair.key(Key.Key_K, Modifier.ShiftModifier)
    assert view.mask_shown is MaskShown.SECOND
    assert panel.shown.checkedId() == 1
    pair.qtbot.waitUntil(lambda: view.idle, timeout=PATIENCE_MS)
    assert pane.title == "Mask B: Other"
    early, late = colours(pane, [(1.5, 700), (4.5, 700)])
    assert late.red() > early.red() + 60, "the voice's colour where B has the voice"
    assert view._stage.band_hz == pytest.approx(0.92 * 3000), "B's own band"


def test_the_second_separation_shows_how_far_it_is_and_can_be_stopped(
    make_pair, step_by_step
) -> None:
    steps = step_by_step()
    stage = make_pair(separator_factory=steps)
    for _ in range(100):
        steps.may.release()
    song = stage.open_song(seconds=4.0)
    while steps.may.acquire(blocking=False):
        pass
    window, panel = stage.window, stage.window.comparison.panel
    desk, view = window.comparison.desk, window.page.view
    window.page.inspector.show_part("compare")
    desk.compare_with("other")
    steps.may.release()
    stage.qtbot.waitUntil(
        lambda: desk.second is not None and bool(desk.second.frames_ready), timeout=PATIENCE_MS
    )
    stage.qtbot.waitUntil(lambda: desk.difference.idle and view.idle, timeout=PATIENCE_MS)
    assert panel.progress.isVisible()
    assert panel.progress.stage.text() == "Separating"
    assert panel.over.text().startswith("So far, in ")
    assert 0 < desk.difference.figures.known < 0.9
    pyramid = view._pictures.layers[DIFFERENCE].pyramid
    assert pyramid.value_at(0.3, 500.0) is not None
    assert pyramid.value_at(3.5, 500.0) is None, "B is not there yet"
    assert not panel.blind.isEnabled()
    assert song.state is SongState.DONE

    stage.qtbot.mouseClick(panel.progress.cancel, Qt.MouseButton.LeftButton)
    assert desk.work.state is SecondState.CANCELLED
    assert desk.second is None
    assert set(song.results) == {"tiny"}
    assert view.mask_shown is MaskShown.FIRST
    assert panel.progress.retry.isVisible()

    for _ in range(100):
        steps.may.release()
    stage.qtbot.mouseClick(panel.progress.retry, Qt.MouseButton.LeftButton)
    wait_ready(stage)
    assert set(song.results) == {"tiny", "other"}
    assert pyramid is not view._pictures.layers[DIFFERENCE].pyramid


def test_figures_are_those_of_the_masks_and_turn_with_a_and_b(pair) -> None:
    song, desk = pair.session.current, pair.desk
    track = DifferenceTrack(song.decoded.audio)
    a, b = song.results["tiny"].mask, song.results["other"].mask
    assert a.sample_rate != b.sample_rate
    track.update(a, b, (0, 0), 0, track.n_frames)
    expected, found = track.figures(), desk.difference.figures
    assert found == expected
    panel = pair.window.comparison.panel
    assert f"{100 * expected.over:.1f} %" in panel.over.text()
    assert f"{expected.mean:.3f}" in panel.mean.text()
    gives = "Tiny gives" if expected.balance >= 0 else "Other gives"
    assert panel.balance.text().startswith(gives)

    # Who chooses B for the song has both exchanged.
    pair.session.set_model("other")
    assert pair.desk.second_id == "tiny"
    wait_ready(pair)
    after = pair.desk.difference.figures
    assert after.over == pytest.approx(expected.over)
    assert after.balance == pytest.approx(-expected.balance)
    assert pair.window.comparison.panel.first.text().startswith("A is Other")


def test_what_b_made_comes_from_the_cache_next_time_and_the_next_song_is_compared(pair) -> None:
    song = pair.session.current
    work = pair.session.work(song.song_id)
    pair.qtbot.waitUntil(lambda: work.stored_models == {"tiny", "other"}, timeout=PATIENCE_MS)
    mask = song.results["other"].mask
    pair.session.remove(song.song_id)
    assert pair.desk.second is None
    requests = []
    submit = pair.session.jobs.submit
    pair.session.jobs.submit = lambda request, priority: (
        requests.append(request) or submit(request, priority)
    )
    pair.drop([pair.folder / "song.wav"])
    wait_ready(pair)
    assert requests == [], "nothing was computed again"
    np.testing.assert_array_equal(pair.session.current.results["other"].mask.values, mask.values)

    # The next song is compared too.
    pair.session.jobs.submit = submit
    first = pair.session.current
    pair.open_song("second.wav", seconds=3.0, seed=4)
    wait_ready(pair)
    assert set(pair.session.current.results) == {"tiny", "other"}
    pair.session.set_current(first.song_id)
    assert pair.desk.is_ready
    pair.session.remove(first.song_id)
    pair.session.remove(pair.session.current.song_id)
    assert pair.desk.second is None
    assert pair.desk.difference.figures is None


def test_crosshair_keys_and_edits_go_by_both_masks(pair, set_masks) -> None:
    def b(s, hz):
        return np.where((s > 1.5) & (s < 2.5) | (s > 4.2) & (s < 5.2), 0.9, 0.2) + 0 * hz

    set_masks(lambda s, hz: 0.2 + 0 * s * hz, b)
    playback = pair.window.playback
    pair.window.setFocus()
    assert pair.window.comparison.panel.places.text() == "2 places stand out"
    for expected in (1.5, 4.2):
        pair.key(Key.Key_C)
        assert playback.position_s == pytest.approx(expected, abs=0.6)
    pair.key(Key.Key_C)
    assert playback.position_s == pytest.approx(4.2, abs=0.6), "there is no other"
    pair.key(Key.Key_C, Modifier.ShiftModifier)
    assert playback.position_s == pytest.approx(1.5, abs=0.6)

    # The crosshair reads A, B and the difference.
    set_masks(lambda s, hz: 0.8 + 0 * s * hz, lambda s, hz: np.where(s < 3, 0.3, 0.9) + 0 * hz)
    view, compared = pair.window.page.view, pair.window.page.inspector.compared
    pane = view.pane(MASK)
    assert compared.isVisible()
    assert compared.names[1].text() == "Mask B: Other"
    for seconds, b, difference in ((1.0, "0.30", "+0.50"), (5.0, "0.90", "−0.10")):
        QTest.mouseMove(pane, QPoint(round(pane.x_of(seconds)), pane.height() // 2))
        pair.qtbot.waitUntil(lambda b=b: compared.values["second"].text() == b)
        assert compared.values["first"].text() == "0.80"
        assert compared.values["difference"].text() == difference
    mouse_away = QPoint(GUTTER // 2, -5)
    assert view._reading().mask - view._reading().other_mask == pytest.approx(-0.1, abs=0.01)
    QTest.mouseMove(pair.window, mouse_away)

    # Edits of A are compared.
    set_masks(lambda s, hz: 0.2 + 0 * s * hz, lambda s, hz: 0.2 + 0 * s * hz)
    assert pair.desk.difference.figures.mean == pytest.approx(0, abs=1e-6)
    layer = pair.window.page.view._pictures.layers[DIFFERENCE]
    assert layer.pyramid.value_at(3.0, 1000.0) == pytest.approx(0, abs=0.005)
    edits = pair.window.workbench.desk
    edit = Edit(Rectangle(2.0, 4.0, 0.0, float("inf")), Action.TO_VOICE, name="x", edit_id=1)
    edits.push("To voice", replace(edits.state, edits=(edit,)))
    difference = pair.desk.difference
    pair.qtbot.waitUntil(lambda: edits.idle and view.idle and difference.idle, timeout=PATIENCE_MS)
    assert difference.figures.over == pytest.approx(1 / 3, abs=0.03)
    assert layer.pyramid.value_at(3.0, 1000.0) == pytest.approx(0.8, abs=0.01)
    assert layer.pyramid.value_at(1.0, 1000.0) == pytest.approx(0, abs=0.005)

    # Nothing is compared any more.
    pair.desk.compare_with("")
    assert not compared.isVisible()
    assert pane.title == "Mask"


def test_a_model_that_cannot_be_loaded_says_so(pair) -> None:
    models = Path(os.environ["XDG_DATA_HOME"]) / "stemscope" / "models"
    pair.desk.compare_with("")
    song = pair.session.current
    del song.results["other"]
    (pair.folder / "cache").rename(pair.folder / "cache moved")
    (models / "other" / "model.safetensors").write_bytes(b"damaged")
    pair.session.shop.make_separator._loaded.clear()
    with pair.qtbot.waitSignal(pair.desk.failed, timeout=PATIENCE_MS):
        pair.desk.compare_with("other")
    assert pair.window.errors.isVisible()
    assert pair.desk.work.state is SecondState.FAILED
    assert song.state is SongState.DONE
    assert song.result.complete
