"""The pitch of the voice in the window: found when it is wanted, drawn, saved."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtWidgets import QFileDialog

from core.editing.edits import Action, Edit
from core.editing.regions import Rectangle
from core.editing.shape import MaskShape

RATE = 16000


@pytest.fixture
def pitch(stage):
    """A window with a song of one tone, all of which is the voice's."""
    time = np.arange(4 * RATE) / RATE
    tone = sum(0.1 / k * np.sin(2 * np.pi * 220 * k * time) for k in range(1, 8))
    tone[3 * RATE :] = 0
    path = Path(stage.folder) / "tone.wav"
    soundfile.write(path, np.stack([tone, tone], 1), RATE, subtype="PCM_16")
    stage.drop([path])
    desk = stage.window.workbench.desk
    stage.qtbot.waitUntil(lambda: desk.can_edit, timeout=20_000)
    desk.push("Voice", replace(desk.state, shape=MaskShape(threshold=0.0)))
    stage.qtbot.waitUntil(lambda: desk.idle, timeout=20_000)
    return stage.window.workbench.pitch


def test_the_pitch_is_found_and_drawn_when_it_is_wanted(stage, pitch) -> None:
    view = stage.window.page.view
    assert pitch.idle
    assert pitch.line is None
    stage.qtbot.waitUntil(lambda: view.idle, timeout=20_000)
    before = view.pane("vocals").grab().toImage()
    stage.window.actions_["pitch"].trigger()
    stage.qtbot.waitUntil(lambda: pitch.line is not None, timeout=20_000)
    assert pitch.line.at(1.0) == pytest.approx(220, rel=0.01)
    assert pitch.line.at(3.5) is None
    pane = view.pane("vocals")
    image = pane.grab().toImage()
    x, y = pane.x_of(1.0), pane.y_of(float(view.viewport.scale.to_unit(220.0)))
    assert image != before
    assert image.pixelColor(round(x), round(y)).lightness() > 200
    stage.window.actions_["pitch"].trigger()
    assert view.pane("vocals").stage.pitch is None


def test_it_is_found_again_after_an_edit(stage, pitch) -> None:
    stage.window.actions_["pitch"].trigger()
    stage.qtbot.waitUntil(lambda: pitch.line is not None, timeout=20_000)
    first = pitch.line
    desk = stage.window.workbench.desk
    silence = Edit(
        Rectangle(0.0, 2.0, 0.0, float("inf")),
        Action.TO_ACCOMPANIMENT,
        name="To music",
        edit_id=1,
    )
    desk.push("To music", replace(desk.state, edits=(silence,)))
    stage.qtbot.waitUntil(
        lambda: pitch.line is not None and pitch.line is not first, timeout=20_000
    )
    assert pitch.line.at(1.0) is None
    assert pitch.line.at(2.5) == pytest.approx(220, rel=0.01)


@pytest.mark.parametrize("suffix", ["mid", "csv"])
def test_it_is_saved(stage, pitch, tmp_path, monkeypatch, suffix: str) -> None:
    path = tmp_path / f"tone.{suffix}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    with stage.qtbot.waitSignal(stage.window.workbench.files.said, timeout=20_000):
        stage.window.actions_["save_pitch"].trigger()
    if suffix == "mid":
        data = path.read_bytes()
        assert data[:4] == b"MThd"
        assert bytes([0x90, 57]) in data, "the A below middle C"
        return
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert float(rows[100]["f0_hz"]) == pytest.approx(220, rel=0.01)
    assert rows[350]["f0_hz"] == ""
