"""The mask of a part of a song equals that part of the song's mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.audio import ArrayAudio
from core.checkpoint import load_model
from core.errors import Cancelled
from core.separator import separate
from core.stretch import stretch_masks


def song(n_channels: int = 2, rate: int = 8000) -> ArrayAudio:
    rng = np.random.default_rng(3)
    return ArrayAudio(rng.normal(0, 0.1, (n_channels, 30 * rate)).astype(np.float32), rate)


@pytest.mark.parametrize(("first", "last"), [(0, 40), (300, 901), (1500, 99999), (17, 17)])
def test_a_part_is_that_part_of_the_whole(tiny_model_folder: Path, first: int, last: int) -> None:
    model = load_model(tiny_model_folder)
    whole = separate(song(), model).mask
    values, above = stretch_masks(song(), model, first, last)
    wanted = whole.values[..., first:last]
    assert values.shape == wanted.shape
    np.testing.assert_allclose(values, wanted, atol=2e-3)
    np.testing.assert_allclose(above, whole.above[..., first:last], atol=2e-3)


def test_another_rate_and_one_channel(tiny_model_folder: Path) -> None:
    model = load_model(tiny_model_folder)
    mixture = song(1, 11025)
    whole = separate(mixture, model).mask
    values, _ = stretch_masks(mixture, model, 100, 500)
    np.testing.assert_allclose(values, whole.values[..., 100:500], atol=2e-3)


def test_asked_to_stop(tiny_model_folder: Path) -> None:
    with pytest.raises(Cancelled):
        stretch_masks(song(), load_model(tiny_model_folder), 0, 900, lambda: True)
