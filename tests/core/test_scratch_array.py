"""Masks of long songs, which lie on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import core.masks
from core.audio import ArrayAudio
from core.checkpoint import load_model
from core.masks import Mask
from core.scratch_array import let_go, scratch_zeros
from core.separator import separate


def test_it_holds_what_is_written_and_leaves_no_file(tmp_path: Path) -> None:
    array = scratch_zeros((3, 1000), np.float16, tmp_path / "new")
    assert not array.any()
    array[1] = 0.5
    let_go(array[1:].T)
    assert (array[1] == 0.5).all()
    assert not array[2].any()
    del array
    assert not list((tmp_path / "new").iterdir())


def test_other_arrays_stay_as_they_are() -> None:
    array = np.ones(5)
    let_go(array[1:])
    assert array.all()


def test_a_large_mask_lies_on_disk_and_is_the_same(
    tiny_model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    song = ArrayAudio(np.random.default_rng(4).normal(0, 0.1, (2, 90_000)), 44100)
    model = load_model(tiny_model_folder)
    small = separate(song, model, scratch_dir=str(tmp_path))
    monkeypatch.setattr(core.masks, "IN_MEMORY_BYTES", 0)
    large = separate(song, model, scratch_dir=str(tmp_path))
    base = large.mask.values.base
    assert isinstance(base, np.memmap)
    assert large.mask.values.shape == small.mask.values.shape
    np.testing.assert_array_equal(large.mask.values, small.mask.values)
    stems = [s.stems["vocals"].read(0, song.n_samples) for s in (small, large)]
    np.testing.assert_array_equal(*stems)


def test_a_mask_takes_its_room_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(core.masks, "IN_MEMORY_BYTES", 0)
    mask = Mask.empty(2, 40, 16000, 512, 1024, scratch_dir=str(tmp_path))
    assert mask.values.shape == (1, 1, 513, 40)
    assert not mask.values.any()
