"""A separation does not depend on the order of its chunks, and says what of it is final."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.audio import ArrayAudio
from core.audio.growing import GrowingAudio
from core.checkpoint import Model, load_model
from core.errors import Cancelled
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
def test_the_place_sought_is_there_soon(model: Model, rate: int, share: float) -> None:
    audio = song(rate, 60)
    separation = Separator(model).start(audio)
    steps = Separator(model).run(separation)
    next(steps)
    place = int(audio.n_samples * share)
    separation.seek(place)
    n_steps = 0
    while separation.samples_ready.until(place) <= place:
        next(steps)
        n_steps += 1
    assert n_steps < len(separation.plan.chunks) / 2, "what was begun, and then the place sought"
    separation.close()


def test_a_song_is_separated_while_it_is_still_being_decoded(model: Model) -> None:
    samples = song(44100, 12).read(0, 12 * 44100)
    growing = GrowingAudio(2, 44100, samples.shape[1])
    separation = Separator(model).start(growing)
    steps = Separator(model).run(separation)
    assert next(steps).samples == (0, 0), "nothing can be heard yet"
    growing.append(samples[:, : 5 * 44100])
    n_ready = 0
    while next(steps).samples != (0, 0):
        n_ready = separation.samples_ready.until(0)
    assert 2 * 44100 < n_ready < 5 * 44100
    separation.seek(10 * 44100)
    assert next(steps).samples == (0, 0), "what was sought is not there yet"
    growing.append(samples[:, 5 * 44100 :])
    growing.finish(samples.shape[1])
    assert next(steps).samples[0] > 7 * 44100
    assert len(list(steps)) > 1
    assert separation.complete
    whole = separate(ArrayAudio(samples, 44100), model)
    np.testing.assert_allclose(
        vocals(separation, 0, samples.shape[1]), vocals(whole, 0, samples.shape[1]), atol=1e-5
    )


def test_a_song_whose_decoding_is_given_up_is_not_waited_for(model: Model) -> None:
    growing = GrowingAudio(2, 44100, 12 * 44100)
    steps = Separator(model).run(Separator(model).start(growing))
    next(steps)
    growing.abandon()
    with pytest.raises(Cancelled):
        next(steps)
