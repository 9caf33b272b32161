"""What a training reads: several folders, held-out songs, accompaniments; and its run.json."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from core.card import NetworkSettings, StftSettings
from core.errors import DataError, UsageError
from core.training import shelf
from core.training.recipe import Recipe
from core.training.request import TrainRequest, request_of
from core.training.run import train
from core.training.run_data import load
from core.training.run_folder import RUN_FILE, RunFolder
from core.training.settings import AugmentationSettings, OptimiserSettings, ValidationSettings
from core.training.summary import summarise

RATE = 8000


def write(path: Path, seed: int, seconds: float = 0.6, level: float = 0.1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).normal(0, level, round(seconds * RATE))
    soundfile.write(path, samples, RATE, subtype="FLOAT")


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    for k, place in enumerate(("one", "two")):
        for song in ("a", "b", "c"):
            write(tmp_path / place / song / "vocals.wav", k, level=0.0 if song == "c" else 0.1)
            write(tmp_path / place / song / "accompaniment.wav", k + 9)
    write(tmp_path / "more" / "tune.wav", 5)
    return {name: tmp_path / name for name in ("one", "two", "more")}


def recipe(songs: tuple[str, ...] = (), **augmentation: Any) -> Recipe:
    return Recipe(
        model_id="small",
        title="Small",
        description="For tests.",
        terms="none",
        sample_rate=RATE,
        stft=StftSettings(256, 128),
        network=NetworkSettings("recurrent", {"n_bins": 129, "hidden": [8, 8]}),
        augmentation=AugmentationSettings(**augmentation),
        optimiser=OptimiserSettings(epochs=1, batch_sequences=2, sequence_frames=20),
        validation=ValidationSettings(songs=songs),
    )


def wanted(folders: dict[str, Path], made: Recipe, **changes: Any) -> TrainRequest:
    return TrainRequest(
        (folders["one"], folders["two"]),
        made,
        folders["one"].parent / "run",
        accompaniment=(folders["more"],),
        **changes,
    )


def test_all_folders_are_read(folders: dict[str, Path]) -> None:
    data = load(wanted(folders, recipe(("b",))))
    assert data.training_names == ("one/a", "two/a", "tune")
    assert [pair.name for pair in data.validation] == ["one/b", "two/b"]
    assert data.training[-1].vocals.size == 0
    assert {name for name, _ in data.left_out} == {"one/c", "two/c"}
    assert "1 of its 1 songs" in data.split_rule
    assert data.validation_layout == data.layout == "pairs"
    assert data.minutes == pytest.approx(2 * 0.6 / 60)
    assert data.pinned.name == "one/b"


def test_silent_voices_are_music_where_examples_are_drawn(folders: dict[str, Path]) -> None:
    weights = (1.0, 2.0, 3.0)
    data = load(wanted(folders, recipe(("b",), epoch_examples=5), weights=weights))
    found = {pair.name: (pair.vocals.size > 0, pair.weight) for pair in data.training}  # type: ignore[attr-defined]
    assert found == {
        "one/a": (True, 1.0),
        "one/c": (False, 1.0),
        "two/a": (True, 2.0),
        "two/c": (False, 2.0),
        "tune": (False, 3.0),
    }
    assert not data.left_out


def test_weights_need_drawn_examples(folders: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match="epoch_examples"):
        wanted(folders, recipe(), weights=(1.0, 2.0, 3.0))
    assert wanted(folders, recipe(), weights=(1.0, 1.0, 1.0)).weights
    assert TrainRequest(folders["one"], recipe(), folders["one"]).data == (folders["one"],)  # type: ignore[arg-type]


def test_large_sets_lie_in_temporary_files(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = load(wanted(folders, recipe()))
    monkeypatch.setattr(shelf, "MEMORY_BYTES", 0)
    monkeypatch.setattr(shelf.Shelf.__init__, "__defaults__", (0, None, 4096, None))
    there = load(wanted(folders, recipe()))
    for first, second in zip(here.training, there.training, strict=True):
        np.testing.assert_array_equal(first.vocals, second.vocals)
        np.testing.assert_array_equal(first.accompaniment, second.accompaniment)
        assert not second.accompaniment.flags.writeable


def test_a_run_of_several_folders_says_so_and_goes_on(folders: dict[str, Path]) -> None:
    made = recipe(("b",), epoch_examples=4, own_accompaniment=0.2)
    request = wanted(folders, made, weights=(1.0, 2.0, 3.0))
    list(train(request))
    run = RunFolder(request.folder)
    info = run.info()
    assert [Path(folder).name for folder in info.data] == ["one", "two"]
    assert [Path(folder).name for folder in info.accompaniment] == ["more"]
    again = request_of(request.folder)
    assert again == replace(request, resume=True, layout="pairs", pinned="one/b")
    facts = json.loads((run.model_folder / "card.json").read_text())["training"]
    assert (facts["data"], facts["accompaniment"]) == ("one, two", "more")
    assert facts["weights"] == [1.0, 2.0, 3.0]
    assert facts["recipe"]["validation"]["songs"] == ["b"]
    (folders["more"] / "tune.wav").rename(folders["more"] / "jig.wav")
    with pytest.raises(DataError, match="data have changed"):
        list(train(replace(request, resume=True)))


def test_runs_of_before_are_read(folders: dict[str, Path]) -> None:
    request = TrainRequest((folders["one"],), recipe(), folders["one"].parent / "run")
    list(train(request))
    path = request.folder / RUN_FILE
    table = json.loads(path.read_text())
    table["data"] = table["data"][0]
    for name in ("accompaniment", "weights"):
        del table[name]
    path.write_text(json.dumps(table))
    info = RunFolder(request.folder).info()
    assert (info.data, info.accompaniment, info.weights) == ((str(folders["one"]),), (), ())
    assert request_of(request.folder).data == (folders["one"],)


def test_validation_on_other_data_leaves_listed_songs_out(folders: dict[str, Path]) -> None:
    request = TrainRequest(
        (folders["one"],), recipe(("b",)), folders["one"], validation_data=folders["two"]
    )
    data = load(request)
    assert data.training_names == ("a",)
    assert [pair.name for pair in data.validation] == ["a", "b"]


def test_the_summary_lists_each_folder(folders: dict[str, Path]) -> None:
    request = wanted(folders, recipe(("b",), epoch_examples=7), weights=(1.0, 2.0, 3.0))
    found = summarise(request.collection(), request.recipe)
    assert found.n_examples == 7
    assert (found.n_clips, found.n_backing) == (4, 1)
    assert found.minutes == pytest.approx(4 * 0.6 / 60)
    assert found.backing_minutes == pytest.approx(0.6 / 60)
    listed = [(f.folder.name, f.layout, f.n_clips, f.weight) for f in found.folders]
    assert listed == [
        ("one", "pairs", 2, 1.0),
        ("two", "pairs", 2, 2.0),
        ("more", "accompaniment", 1, 3.0),
    ]
    alone = summarise(TrainRequest((folders["one"],), recipe(), Path()).collection(), recipe())
    assert alone.folders == ()
