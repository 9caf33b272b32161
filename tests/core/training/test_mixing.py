"""Examples are what was drawn, can be heard, and are made again bit for bit."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.card import StftSettings
from core.features import heard_magnitude
from core.training import mixing
from core.training.examples import DrawnAudio, all_frames
from core.training.mixing import ClipPair, Mixer, n_examples
from core.training.recipe import Recipe
from core.training.settings import AugmentationSettings, ObjectiveSettings

RATE = 8000
ROOT = Path(__file__).resolve().parents[3]

EVERYTHING = {
    "circular_shift": "random",
    "own_accompaniment": 0.3,
    "speed_min": 0.8,
    "speed_max": 1.25,
    "n_speeds": 3,
    "pitch_semitones": 3.0,
    "formant_semitones": 2.0,
    "voice_to_music_db": 5.0,
    "level_min_dbfs": -40.0,
    "level_max_dbfs": -8.0,
    "equaliser_db": 3.0,
    "channel_swap": 0.5,
}


def recipe(spectra: str = "phase_sensitive", **augmentation: object) -> Recipe:
    return Recipe(
        model_id="small",
        title="Small",
        description="For tests.",
        terms="none",
        sample_rate=RATE,
        stft=StftSettings(256, 128),
        augmentation=AugmentationSettings(**augmentation),  # type: ignore[arg-type]
        objective=ObjectiveSettings(spectra=spectra),
    )


def clips(n: int = 4, seconds: float = 1.0, n_channels: int = 2) -> list[ClipPair]:
    rng = np.random.default_rng(5)

    def coloured() -> np.ndarray:
        noise = rng.normal(0, rng.uniform(0.01, 0.3), (n_channels, round(seconds * RATE)))
        return np.cumsum(noise, axis=1).astype(np.float32) * 0.01 + noise.astype(np.float32)

    return [ClipPair(f"clip {k}", coloured(), coloured()) for k in range(n)]


def rms_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


def digest(mixer: Mixer, epoch: int, item: int) -> str:
    example, audio = mixer.example(epoch, item), mixer.audio(epoch, item)
    arrays = (example.features, example.scale, example.voice, example.music, audio.mixture)
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


WANTED = [(epoch, item) for epoch in (0, 9) for item in range(4)]


def all_digests(order: list[tuple[int, int]]) -> dict[tuple[int, int], str]:
    mixer = Mixer(clips(), recipe(**EVERYTHING))
    return {where: digest(mixer, *where) for where in order}


def test_examples_are_the_same_in_any_order_and_process(monkeypatch: pytest.MonkeyPatch) -> None:
    first = all_digests(WANTED)
    assert len(set(first.values())) == len(WANTED)
    assert all_digests(WANTED[::-1]) == first
    monkeypatch.setattr(mixing, "VARIANT_BYTES", 0)
    assert all_digests(WANTED) == first
    code = (
        "import importlib.util as u, json; "
        f"spec = u.spec_from_file_location('other', {str(Path(__file__))!r}); "
        "module = u.module_from_spec(spec); spec.loader.exec_module(module); "
        "print(json.dumps(list(module.all_digests(module.WANTED).values())))"
    )
    import json

    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == list(first.values())


def test_another_seed_is_another_epoch() -> None:
    settings = recipe(**EVERYTHING)
    mixers = Mixer(clips(), settings), Mixer(clips(), replace(settings, seed=2))
    assert digest(mixers[0], 0, 0) != digest(mixers[1], 0, 0)


def test_stems_sum_to_the_mixture_at_the_drawn_level_and_ratio() -> None:
    mixer = Mixer(clips(), recipe(**EVERYTHING))
    for epoch in range(6):
        for item in range(len(mixer)):
            drawn, audio = mixer.draw(epoch, item), mixer.audio(epoch, item)
            np.testing.assert_array_equal(audio.mixture, audio.vocals + audio.accompaniment)
            voice_db, music_db = rms_db(audio.vocals), rms_db(audio.accompaniment)
            # The accompaniment is cut or repeated to the length of the voice.
            assert voice_db - music_db == pytest.approx(drawn.voice_to_music_db, abs=1.5)
            assert voice_db == pytest.approx(
                drawn.level_dbfs + drawn.voice_to_music_db / 2, abs=1e-3
            )


def test_without_augmentation_clips_are_themselves_at_unit_power() -> None:
    mixer = Mixer(clips(), recipe())
    for item, clip in enumerate(clips()):
        audio = mixer.audio(7, item)
        for signal, own in (
            (audio.vocals, clip.vocals),
            (audio.accompaniment, clip.accompaniment),
        ):
            assert rms_db(signal) == pytest.approx(-20, abs=1e-4)
            np.testing.assert_allclose(signal / 0.1, own / 10 ** (rms_db(own) / 20), rtol=1e-4)


def test_the_grid_gives_each_shift_an_example() -> None:
    settings = recipe(circular_shift="grid", circular_shift_samples=4000)  # 2000 at this rate
    mixer = Mixer(clips(2, 1.0), settings)  # 8000 samples: 0, 2000, 4000
    assert len(mixer) == 6
    assert [mixer.name(item) for item in range(6)] == ["clip 0"] * 3 + ["clip 1"] * 3
    still, moved = mixer.audio(0, 3), mixer.audio(0, 5)
    np.testing.assert_array_equal(still.vocals, moved.vocals)
    np.testing.assert_array_equal(np.roll(still.accompaniment, -4000, axis=1), moved.accompaniment)
    assert n_examples(8000, settings.augmentation, RATE) == 3
    assert n_examples(3999, settings.augmentation, RATE) == 1
    assert n_examples(8000, AugmentationSettings(), RATE) == 1


def test_channels_are_swapped() -> None:
    plain = Mixer(clips(), recipe()).audio(0, 1)
    swapped = Mixer(clips(), recipe(channel_swap=1.0)).audio(0, 1)
    np.testing.assert_array_equal(swapped.vocals, plain.vocals[::-1])
    np.testing.assert_array_equal(swapped.accompaniment, plain.accompaniment[::-1])


@pytest.mark.parametrize("spectra", ["phase_sensitive", "magnitude"])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_an_example_is_an_analysis_of_its_sound(spectra: str, n_channels: int) -> None:
    settings = recipe(spectra, **EVERYTHING)
    mixer = Mixer(clips(n_channels=n_channels), settings)
    stft = settings.stft.stft()
    for item in range(4):
        drawn, example, audio = mixer.draw(3, item), mixer.example(3, item), mixer.audio(3, item)
        voice, music = all_frames(audio.vocals, stft), all_frames(audio.accompaniment, stft)
        mixture = all_frames(audio.mixture, stft)
        unit = 10 ** (-drawn.level_dbfs / 20) / np.sqrt(stft.energy)
        heard = heard_magnitude(mixture) * unit
        np.testing.assert_allclose(
            example.features * example.scale[:, None], heard, rtol=1e-3, atol=1e-4
        )
        if spectra == "magnitude":
            np.testing.assert_allclose(example.voice, heard_magnitude(voice) * unit, rtol=1e-3)
            np.testing.assert_allclose(example.music, heard_magnitude(music) * unit, rtol=1e-3)
        else:
            np.testing.assert_allclose(example.voice + example.music, heard, atol=1e-4)
            # The best gain per bin for all channels, times what is heard there.
            best = np.sum((voice * mixture.conj()).real, 0) / np.sum(np.abs(mixture) ** 2, 0)
            np.testing.assert_allclose(example.voice, best * heard, atol=2e-3)


def test_features_do_not_depend_on_the_level() -> None:
    quiet, loud = (
        Mixer(clips(), recipe(level_min_dbfs=level, level_max_dbfs=level)).example(0, 0)
        for level in (-30.0, -10.0)
    )
    np.testing.assert_allclose(quiet.features, loud.features, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(quiet.voice, loud.voice, rtol=1e-3, atol=1e-4)


def test_without_voice_the_mixture_is_the_accompaniment() -> None:
    audio = Mixer(clips(), recipe(no_voice=1.0)).audio(0, 0)
    assert not audio.vocals.any()
    np.testing.assert_array_equal(audio.mixture, audio.accompaniment)
    example = Mixer(clips(), recipe(no_voice=1.0)).example(0, 0)
    assert not example.voice.any()


def test_remixing_takes_another_accompaniment_at_another_place() -> None:
    mixer = Mixer(clips(), recipe(own_accompaniment=0.0))
    for epoch in range(5):
        for item in range(4):
            voice, music = mixer.names(mixer.draw(epoch, item))
            assert voice == f"clip {item}"
            assert music != voice
    shifts = {mixer.draw(epoch, 0).shift for epoch in range(5)}
    assert len(shifts) == 5
    alone = Mixer(clips(1), recipe(own_accompaniment=0.0))
    assert alone.names(alone.draw(0, 0)) == ("clip 0", "clip 0")


def test_long_songs_are_cut_and_keep_their_balance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixing, "LONGEST_PIECE_S", 1.0)
    rng = np.random.default_rng(1)
    music = rng.normal(0, 0.1, (1, 3 * RATE)).astype(np.float32)
    voice = rng.normal(0, 0.1, (1, 3 * RATE)).astype(np.float32)
    voice[:, :RATE] = 0  # an introduction
    voice[:, 2 * RATE :] *= 0.1
    mixer = Mixer([ClipPair("song", voice, music)], recipe())
    assert len(mixer) == n_examples(3 * RATE, AugmentationSettings(), RATE) == 3
    parts = [mixer.audio(0, item) for item in range(3)]
    assert not parts[0].vocals.any()
    assert rms_db(parts[2].vocals) - rms_db(parts[1].vocals) == pytest.approx(-20, abs=0.5)
    whole = np.concatenate([part.vocals for part in parts], axis=1)
    assert rms_db(whole) == pytest.approx(-20, abs=1e-3)
    np.testing.assert_allclose(whole, voice * 0.1 / 10 ** (rms_db(voice) / 20), rtol=1e-3)


def test_mono_goes_over_stereo() -> None:
    mono = clips(1, n_channels=1)[0]
    both = [mono, replace(clips(1)[0], name="stereo")]
    audio = Mixer(both, recipe(own_accompaniment=0.0)).audio(0, 0)
    assert audio.vocals.shape == audio.accompaniment.shape == (2, RATE)
    np.testing.assert_array_equal(audio.vocals[0], audio.vocals[1])
    assert not np.array_equal(audio.accompaniment[0], audio.accompaniment[1])


def test_what_is_too_loud_to_play_is_turned_down_together() -> None:
    voice, music = np.full((1, 9), 1.5, np.float32), np.full((1, 9), -0.5, np.float32)
    heard = DrawnAudio(voice + music, voice, music, RATE).playable()
    assert float(np.abs(heard.vocals).max()) == pytest.approx(0.98)
    np.testing.assert_allclose(heard.mixture, heard.vocals + heard.accompaniment, rtol=1e-6)
    quiet = DrawnAudio(voice / 4 + music / 4, voice / 4, music / 4, RATE)
    assert quiet.playable() is quiet
