"""Masks that leave the window and come back."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog

from app.editing.files import MaskFiles
from core.datasets import find_clips
from core.editing.edits import Action, Edit
from core.editing.regions import Rectangle


@pytest.fixture
def files(stage) -> MaskFiles:
    """The commands, over a separated song of which a rectangle is selected and edited."""
    stage.open_song(seconds=4.0)
    workbench = stage.window.workbench
    stage.qtbot.waitUntil(lambda: workbench.desk.can_edit, timeout=20_000)
    region = Rectangle(1.0, 2.0, 500.0, 1500.0)
    stage.window.page.view.set_selection(region)
    edit = Edit(region, Action.TO_VOICE, name="To voice", edit_id=1)
    workbench.desk.push("To voice", replace(workbench.desk.state, edits=(edit,)))
    stage.qtbot.waitUntil(lambda: workbench.desk.idle)
    return workbench.files


def answer(monkeypatch: pytest.MonkeyPatch, kind: str, path: Path | str, chosen: str = "") -> None:
    result = str(path) if kind == "getExistingDirectory" else (str(path), chosen)
    monkeypatch.setattr(QFileDialog, kind, lambda *_: result)


def run(stage, files: MaskFiles, name: str) -> None:
    with stage.qtbot.waitSignal(files.said):
        stage.window.actions_[name].trigger()


def test_a_mask_goes_out_and_comes_back_as_an_edit(stage, files, tmp_path, monkeypatch) -> None:
    desk, result = stage.window.workbench.desk, stage.session.current.result
    edited = result.mask.values.copy()
    answer(monkeypatch, "getSaveFileName", tmp_path / "mine")
    run(stage, files, "save_mask")
    assert (tmp_path / "mine.npz").exists()
    about = json.loads((tmp_path / "mine.json").read_text(encoding="utf-8"))
    assert (about["format"], about["song"]) == ("stemscope-mask", "song")
    assert "mine.npz" in stage.window.workbench.panel.note.text()
    desk.undo()
    stage.qtbot.waitUntil(lambda: desk.idle)
    assert (result.mask.values != edited).any()
    answer(monkeypatch, "getOpenFileName", tmp_path / "mine.npz")
    run(stage, files, "load_mask")
    stage.qtbot.waitUntil(lambda: desk.idle)
    np.testing.assert_array_equal(result.mask.values, edited)
    assert desk.history.entries[-1] == "Mask from a file"
    desk.undo()
    stage.qtbot.waitUntil(lambda: desk.idle)
    np.testing.assert_array_equal(result.mask.values, result.network_mask.values)


def test_a_mask_is_drawn(stage, files, tmp_path, monkeypatch) -> None:
    answer(monkeypatch, "getSaveFileName", tmp_path / "picture", "Picture (*.png)")
    run(stage, files, "save_mask")
    assert (tmp_path / "picture.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_selection_becomes_a_table(stage, files, tmp_path, monkeypatch) -> None:
    answer(monkeypatch, "getSaveFileName", tmp_path / "cells.csv")
    run(stage, files, "save_table")
    with (tmp_path / "cells.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {float(row["mask"]) for row in rows} == {1.0}
    assert all(1.0 <= float(row["time_s"]) <= 2.0 for row in rows)
    assert all(500 <= float(row["frequency_hz"]) <= 1500 for row in rows)


def test_a_correction_becomes_training_data(stage, files, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "pairs"
    folder.mkdir()
    answer(monkeypatch, "getExistingDirectory", folder)
    run(stage, files, "save_pair")
    clips = find_clips(folder)
    assert len(clips) == 1
    voice, music = clips[0].load(16000)
    assert voice.shape[1] == pytest.approx(16000, abs=2)
    audio = stage.session.current.decoded.audio
    whole = audio.read(16000, 32000)
    np.testing.assert_allclose((voice + music)[:, :15000], whole[:, :15000], atol=1e-4)


def test_a_foreign_file_is_refused_with_a_sentence(stage, files, tmp_path, monkeypatch) -> None:
    (tmp_path / "odd.npz").write_bytes(b"not a mask")
    answer(monkeypatch, "getOpenFileName", tmp_path / "odd.npz")
    with stage.qtbot.waitSignal(files.failed):
        stage.window.actions_["load_mask"].trigger()
    assert "odd.npz" in stage.window.errors.sentence.text()
    assert files.idle


def test_nothing_happens_where_the_user_thinks_better_of_it(stage, files, monkeypatch) -> None:
    for kind in ("getSaveFileName", "getOpenFileName", "getExistingDirectory"):
        answer(monkeypatch, kind, "")
    for name in ("save_mask", "load_mask", "save_table", "save_pair"):
        stage.window.actions_[name].trigger()
    assert files.idle
