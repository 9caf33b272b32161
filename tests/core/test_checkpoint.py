from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from core.card import read_card
from core.checkpoint import load_model, save_model
from core.errors import ModelError, OutputError, UsageError
from core.models import find_model


@pytest.fixture
def model_copy(tiny_model_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model_folder, tmp_path / "copy"))


def edit_card(folder: Path, **changes: object) -> None:
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | changes))


def test_round_trip(tiny_model_folder: Path, tmp_path: Path) -> None:
    model = load_model(tiny_model_folder)
    assert read_card(tiny_model_folder) == model.card
    features = np.random.default_rng(0).random((2, 5, 129), np.float32)
    masks = model.masks(features)
    assert masks.shape == (2, 1, 1, 5, 129)
    again = load_model(Path(shutil.copytree(tiny_model_folder, tmp_path / "b")))
    np.testing.assert_array_equal(again.masks(features), masks)
    assert not list(tiny_model_folder.parent.glob(".*")), "no temporary folder stays behind"


def test_an_existing_model_is_not_overwritten_unasked(model_copy: Path) -> None:
    card = read_card(model_copy)
    with pytest.raises(OutputError, match="already exists"):
        save_model(card, {"w": torch.zeros(2)}, model_copy)
    assert load_model(model_copy).card == card
    assert save_model(card, {"w": torch.zeros(2)}, model_copy, overwrite=True).sha256 != card.sha256


def test_damaged_weights_are_refused(model_copy: Path) -> None:
    weights = model_copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ModelError, match="not those its card names"):
        load_model(model_copy)


def test_weights_that_do_not_fit_the_card_are_refused(model_copy: Path) -> None:
    network = json.loads((model_copy / "card.json").read_text())["network"]
    network["arguments"]["hidden"] = [24, 25]
    edit_card(model_copy, network=network)
    with pytest.raises(ModelError, match="does not fit its card"):
        load_model(model_copy)


def test_newer_unknown_or_broken_cards_are_refused(model_copy: Path) -> None:
    edit_card(model_copy, format=99)
    with pytest.raises(ModelError, match="newer Stemscope"):
        read_card(model_copy)
    edit_card(model_copy, format=1, surprise=True)
    with pytest.raises(ModelError, match="surprise"):
        read_card(model_copy)
    (model_copy / "card.json").write_text("{")
    with pytest.raises(ModelError, match="damaged"):
        read_card(model_copy)
    (model_copy / "card.json").unlink()
    with pytest.raises(ModelError, match="not a model"):
        read_card(model_copy)


def test_pickles_are_never_opened(model_copy: Path, tmp_path: Path) -> None:
    pickle_file = tmp_path / "umx.pth"
    torch.save({"w": torch.zeros(1)}, pickle_file)
    with pytest.raises(ModelError, match="can run any program"):
        load_model(pickle_file)
    with pytest.raises(ModelError, match="can run any program"):
        find_model(str(pickle_file))
    (model_copy / "model.safetensors").rename(model_copy / "model.pt")
    with pytest.raises(ModelError, match="can run any program"):
        load_model(model_copy)


def test_an_unknown_model_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model called “papier”"):
        find_model("papier")


def test_binary_masks_give_each_point_to_its_largest_source(tiny_model_folder: Path) -> None:
    model = load_model(tiny_model_folder)
    features = np.random.default_rng(1).random((2, 5, 129), np.float32)
    soft = model.masks(features)
    model.mask_kind = "binary"
    np.testing.assert_array_equal(model.masks(features), (soft >= 0.5).astype(np.float32))
    model.mask_kind = "soft"
    np.testing.assert_array_equal(model.masks(features), soft)
    with pytest.raises(UsageError, match="Did you mean “binary”"):
        model.mask_kind = "binry"
    assert model.mask_kind == "soft"
