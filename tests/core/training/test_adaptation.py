"""A network fine-tuned on what is marked in one song."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import core.training.song_material
from core.audio import ArrayAudio
from core.checkpoint import load_model
from core.editing.marks import Marks
from core.errors import Cancelled, UsageError
from core.separator import separate
from core.training.adaptation import EXAMPLE_S, Adaptation
from core.training.song_material import Kind, SongMaterial

RATE = 8000
MUSIC_S, VOICE_S = (0.0, 4.0), (4.0, 8.0)
MARKS = Marks(voice=(VOICE_S,), music=(MUSIC_S,))


def stems(rate: int = RATE, seconds: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """A warbling voice and low music: music alone, voice alone, then both. ``(2, n)`` each."""
    rng = np.random.default_rng(1)
    time_s = np.arange(rate * seconds) / rate
    phase = 2 * np.pi * np.cumsum(900 + 80 * np.sin(2 * np.pi * 5 * time_s)) / rate
    voice = 0.2 * np.sin(phase) + 0.1 * np.sin(2 * phase)
    music = 0.2 * np.sin(2 * np.pi * 220 * time_s) + rng.normal(0, 0.01, time_s.size)
    voice[time_s < MUSIC_S[1]] = 0
    music[(time_s >= VOICE_S[0]) & (time_s < VOICE_S[1])] = 0
    return tuple(np.stack([part, part * 0.8]).astype(np.float32) for part in (voice, music))


def signals(model, rate: int = RATE, marks: Marks = MARKS) -> tuple[ArrayAudio, ArrayAudio]:
    """The song, and the voice's stem as a user leaves it who marked it."""
    voice, music = stems(rate)
    mixture = ArrayAudio(voice + music, rate)
    now = separate(mixture, model).stems["vocals"].read(0, voice.shape[1])
    for start, stop in (*marks.voice, *marks.music):
        part = slice(round(start * rate), round(stop * rate))
        now[:, part] = voice[:, part]
    return mixture, ArrayAudio(now, rate)


def material(model, marks: Marks = MARKS) -> SongMaterial:
    n_frames = round(EXAMPLE_S * model.card.sample_rate / model.card.stft.hop_samples)
    return SongMaterial(*signals(model, marks=marks), marks, model.card, n_frames)


def sdr_db(model, rate: int = RATE) -> float:
    """Of the voice where both sound."""
    voice, music = stems(rate)
    found = separate(ArrayAudio(voice + music, rate), model).stems["vocals"]
    rest = slice(round(VOICE_S[1] * rate), voice.shape[1])
    error = found.read(0, voice.shape[1])[:, rest] - voice[:, rest]
    return float(10 * np.log10((voice[:, rest] ** 2).sum() / (error**2).sum()))


@pytest.mark.parametrize("rate", [RATE, 11025])
def test_it_learns_the_song_and_leaves_the_model_as_it_was(
    tiny_model_folder: Path, rate: int
) -> None:
    model = load_model(tiny_model_folder)
    before, weights = sdr_db(model, rate), model.weights
    adaptation = Adaptation.to_song(model, *signals(model, rate), MARKS, 3.0)
    reports = list(adaptation.run())
    assert reports[-1].step == adaptation.step > 30
    assert reports[-1].fraction == adaptation.fraction == 1
    assert reports[-1].loss < 0.8 * reports[20].loss
    adapted = adaptation.adapted()
    assert sdr_db(adapted, rate) > before + 1
    assert sdr_db(model, rate) == before
    assert all((weights[name] == value).all() for name, value in model.weights.items())
    assert any((weights[name] != value).any() for name, value in adapted.weights.items())


def test_the_time_is_that_of_the_work(tiny_model_folder: Path) -> None:
    model = load_model(tiny_model_folder)
    adaptation = Adaptation(model, material(model), 5.0)
    for _ in adaptation.run():
        adaptation.worked_s += 0.5  # instead of waiting
    assert adaptation.fraction == 1.0
    assert 3 <= adaptation.step <= 10


def test_what_there_is_to_draw_from(tiny_model_folder: Path) -> None:
    model = load_model(tiny_model_folder)
    both = material(model)
    assert set(both.kinds) == {Kind.MIXED, Kind.VOICE, Kind.MUSIC, Kind.AS_IT_IS}
    only = material(model, marks=Marks(music=(MUSIC_S,), corrected=((10.0, 10.5),)))
    assert set(only.kinds) == {Kind.MIXED, Kind.MUSIC, Kind.CORRECTED, Kind.AS_IT_IS}
    for source in (both, only):
        drawn = {source.kind(number) for number in range(120)}
        assert drawn == set(source.kinds)
    voice_music = [
        (both.kind(k), float(np.abs(both.audio(k).vocals).max()),
         float(np.abs(both.audio(k).accompaniment).max()))
        for k in range(40)
    ]  # fmt: skip
    assert all(v == 0 for kind, v, _ in voice_music if kind is Kind.MUSIC)
    assert all(m == 0 for kind, _, m in voice_music if kind is Kind.VOICE)
    assert all(v > 0.1 and m > 0.1 for kind, v, m in voice_music if kind is Kind.MIXED)


def test_mixtures_are_of_what_was_marked(
    tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tones tell voice and music apart: in no mixture of marked parts is one in the other."""
    monkeypatch.setattr(core.training.song_material, "PART_OF_STEMS", 0.0)
    source = material(load_model(tiny_model_folder))
    for number in range(60):
        if source.kind(number) is not Kind.MIXED:
            continue
        drawn = source.audio(number)
        assert drawn.mixture.shape == drawn.vocals.shape
        np.testing.assert_allclose(drawn.mixture, drawn.vocals + drawn.accompaniment)
        freqs = np.fft.rfftfreq(drawn.vocals.shape[1], 1 / RATE)
        for stem, low, high in ((drawn.vocals, 600, 2600), (drawn.accompaniment, 150, 300)):
            power = np.abs(np.fft.rfft(stem[0])) ** 2
            assert power[(freqs > low) & (freqs < high)].sum() > 0.95 * power.sum()


def test_draws_are_functions_of_their_number(tiny_model_folder: Path) -> None:
    model = load_model(tiny_model_folder)
    one, other = material(model), material(model)
    for number in (7, 3):
        np.testing.assert_array_equal(one.audio(number).mixture, other.audio(number).mixture)
    assert not np.array_equal(one.audio(1).mixture, one.audio(2).mixture)


def test_a_song_shorter_than_an_example(tiny_model_folder: Path) -> None:
    model = load_model(tiny_model_folder)
    voice, music = (stem[:, 30000:34000] for stem in stems())
    mixture = ArrayAudio(voice + music, RATE)
    marks = Marks(voice=((0.3, 0.5),), corrected=((0.0, 0.2),))
    source = SongMaterial(mixture, ArrayAudio(voice, RATE), marks, model.card, 400)
    for number in range(20):
        assert source.example(number).features.shape[0] == 400


def test_refusals(tiny_model_folder: Path) -> None:
    model = load_model(tiny_model_folder)
    for seconds in (0.5, 1e6, float("nan")):
        with pytest.raises(UsageError, match="seconds"):
            Adaptation(model, material(model), seconds)
    with pytest.raises(Cancelled):
        next(Adaptation(model, material(model), 30.0).run(lambda: True))
