"""A separation does not depend on the order of its chunks, and says what of it is final."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.audio import ArrayAudio
from core.checkpoint import Model, load_model
from core.separator import Separation, Separator, separate


@pytest.fixture(scope="module")
def model(tiny_model_folder: Path) -> Model:
    return load_model(tiny_model_folder)


def song(rate: int, seconds: float) -> ArrayAudio:
    rng = np.random.default_rng(5)
    return ArrayAudio(0.1 * rng.normal(size=(2, round(rate * seconds))), rate)


def vocals(separation: Separation, start: int, stop: int) -> np.ndarray:
    return separation.stems["vocals"].read(start, stop)


@pytest.mark.parametrize("rate", [8000, 44100])
def test_seeking_does_not_change_the_result(model: Model, rate: int) -> None:
    audio = song(rate, 12)
    whole = separate(audio, model)
    sought = Separator(model).start(audio)
    seen = []
    for number, step in enumerate(Separator(model).run(sought)):
        seen.append(step.frames)
        if number in (0, 2, 5):
            sought.seek(audio.n_samples * (7, 3, 9)[number // 2] // 10)
        for start, stop in sought.samples_ready:
            expected = vocals(whole, start, stop)
            np.testing.assert_allclose(vocals(sought, start, stop), expected, atol=1e-5)
    assert [first for first, _ in seen] != sorted(first for first, _ in seen)
    assert sought.complete
    assert sum(last - first for first, last in seen) == whole.mask.n_frames
    np.testing.assert_allclose(
        vocals(sought, 0, audio.n_samples), vocals(whole, 0, audio.n_samples), atol=1e-5
    )
    assert np.abs(sought.mask.values - whole.mask.values).max() < 1e-3
    sought.close()
    whole.close()


@pytest.mark.parametrize("rate", [8000, 44100])
@pytest.mark.parametrize("share", [0.21, 0.5, 0.77, 0.999])
def test_the_place_sought_is_there_after_two_chunks(model: Model, rate: int, share: float) -> None:
    audio = song(rate, 30)
    separation = Separator(model).start(audio)
    steps = Separator(model).run(separation)
    next(steps)
    place = int(audio.n_samples * share)
    separation.seek(place)
    next(steps), next(steps)
    assert separation.samples_ready.until(place) > place
    separation.close()
