"""A data set is read and described before training; what is wrong with it is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from core.card import StftSettings
from core.datasets import find_dataset
from core.errors import Cancelled, DataError, StemscopeError, UsageError
from core.training.mixing import Mixer, load_pairs
from core.training.recipe import Recipe
from core.training.settings import AugmentationSettings, ValidationSettings
from core.training.summary import n_clipped_places, summarise

RATE = 8000


def recipe(share: float = 0.0, **augmentation: object) -> Recipe:
    return Recipe(
        model_id="small",
        title="Small",
        description="For tests.",
        terms="none",
        sample_rate=RATE,
        stft=StftSettings(256, 128),
        augmentation=AugmentationSettings(**augmentation),  # type: ignore[arg-type]
        validation=ValidationSettings(share=share),
    )


def noise(seed: int, seconds: float = 0.5, n_channels: int = 1, rate: int = RATE) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.2, 0.2, (round(seconds * rate), n_channels)).astype(np.float32)


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype="FLOAT")


def write_song(folder: Path, voice: np.ndarray, music: np.ndarray, music_rate: int = RATE) -> None:
    write(folder / "vocals.wav", voice)
    write(folder / "accompaniment.wav", music, music_rate)


def write_stem_file(path: Path, tracks: list[np.ndarray], rate: int = 44100) -> None:
    """As MUSDB18 has them: AAC, a track per stereo signal ``(n_samples, 2)``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="mp4") as container:
        streams = [container.add_stream("aac", rate=rate, layout="stereo") for _ in tracks]
        for stream in streams:
            stream.bit_rate = 256_000
        for stream, track in zip(streams, tracks, strict=True):
            for start in range(0, len(track), 1024):
                block = np.ascontiguousarray(track[start : start + 1024].T)
                frame = av.AudioFrame.from_ndarray(block, "fltp", "stereo")
                frame.sample_rate, frame.pts = rate, start
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))


def test_stem_files_of_musdb18_from_file_to_example(tmp_path: Path) -> None:
    rate, t = 44100, np.arange(66150) / 44100
    # Swelling tones, different on both sides: aligned to the sample or not, one sees it.
    tracks = [
        np.stack(
            [0.1 * np.sin(2 * np.pi * f * t) * np.sin(np.pi * t) ** 2 for f in (f, 1.5 * f)], 1
        ).astype(np.float32)
        for f in (1000, 150, 220, 330, 700)
    ]
    tracks[0] = tracks[1] + tracks[2] + tracks[3] + tracks[4]
    write_stem_file(tmp_path / "train" / "Band - Song.stem.mp4", tracks)
    write_stem_file(tmp_path / "train" / "Band - Other.stem.mp4", tracks)
    dataset = find_dataset(tmp_path)
    assert dataset.layout == "musdb18"
    voice, music = dataset.clips[1].load()
    assert voice.shape == music.shape == (2, len(t))
    for found, wanted in ((voice, tracks[4]), (music, tracks[1] + tracks[2] + tracks[3])):
        error = found - wanted.T
        assert 10 * np.log10(np.mean(error**2) / np.mean(wanted**2)) < -25

    found = summarise(dataset, recipe(share=0.5))
    assert (found.n_clips, found.sample_rates, found.channels) == (2, {rate: 2}, {2: 2})
    assert found.problems == ()
    assert len(found.split.training) == len(found.split.validation) == 1
    pairs, left_out = load_pairs(dataset.clips, RATE)
    assert left_out == []
    assert pairs[0].vocals.shape == (2, 12000)
    example = Mixer(pairs, recipe()).example(0, 0)
    strongest = np.argmax(example.voice.max(axis=0)) * RATE / 256
    assert abs(strongest - 700) < RATE / 256 or abs(strongest - 1050) < RATE / 256


def test_every_layout_becomes_pairs(tmp_path: Path) -> None:
    for k in range(3):
        write(tmp_path / "mir1k" / f"amy_1_0{k}.wav", noise(k, n_channels=2))
        write_song(tmp_path / "pairs" / f"Song {k}", noise(k, n_channels=2), noise(9 + k))
        for index, stem in enumerate(("vocals", "drums", "bass", "other")):
            write(tmp_path / "musdb18" / f"Song {k}" / f"{stem}.wav", noise(4 * k + index))
    for layout, n_channels in (("mir1k", 1), ("pairs", 2), ("musdb18", 1)):
        dataset = find_dataset(tmp_path / layout)
        assert dataset.layout == layout
        done: list[float] = []
        pairs, left_out = load_pairs(dataset.clips, RATE, done.append)
        assert (len(pairs), left_out) == (3, [])
        assert done == pytest.approx([1 / 3, 2 / 3, 1])
        for pair in pairs:
            assert pair.vocals.shape == pair.accompaniment.shape == (n_channels, 4000)
    np.testing.assert_array_equal(pairs[2].vocals, noise(8).T)
    total = sum(noise(8 + index).T for index in (1, 2, 3))
    np.testing.assert_allclose(pairs[2].accompaniment, total, atol=1e-6)


def test_a_summary_counts_and_names(tmp_path: Path) -> None:
    good = noise(0, 2.0)
    square = np.clip(2 * np.sin(np.arange(len(good)) / 9), -1, 1)[:, None]
    write_song(tmp_path / "Good", good, noise(2, 2.0, 2))
    write_song(tmp_path / "Clipped", square, noise(3, 2.0))
    write_song(tmp_path / "Silent", 0 * good, noise(4, 2.0))
    write_song(tmp_path / "Karaoke", good, 0 * good)
    write_song(tmp_path / "Short", good[: RATE // 2], noise(5, 2.0))
    write_song(tmp_path / "Rates", good, noise(6, 2.0, rate=16000), 16000)
    write_song(tmp_path / "Surround", noise(7, 2.0, 2), noise(8, 2.0, 6))
    write_song(tmp_path / "Broken", good, good)
    (tmp_path / "Broken" / "vocals.wav").write_bytes(b"RIFF of something else")
    found = summarise(
        find_dataset(tmp_path), recipe(circular_shift="grid", circular_shift_samples=8000)
    )
    problems = [(p.name, p.kind, p.is_left_out) for p in found.problems]
    assert sorted(problems) == [
        ("Broken", "unreadable", True),
        ("Clipped", "clipped", False),
        ("Good", "mismatched", False),
        ("Karaoke", "silent", True),
        ("Rates", "mismatched", False),
        ("Short", "mismatched", False),
        ("Silent", "silent", True),
        ("Surround", "mismatched", True),
    ]
    reasons = {p.name: p.reason for p in found.problems}
    assert reasons["Short"] == (
        "The stems of “Short” last 0.50 and 2.00 s; voice and accompaniment are cut to the shorter."
    )
    assert reasons["Silent"] == "The voice of “Silent” is silent; the clip is left out."
    assert "accompaniment of “Karaoke” is silent" in reasons["Karaoke"]
    assert "8000 and 16000 Hz" in reasons["Rates"]
    assert "2 and 6 channels" in reasons["Surround"]
    assert found.n_left_out == 4
    assert (found.n_clips, found.sample_rates, found.channels) == (4, {RATE: 4}, {1: 4})
    assert found.minutes == pytest.approx((3 * 2 + 0.5) / 60)
    # 16000 samples in steps of 4000: 0, 4000, 8000; the short one has 4000, no more than a step.
    assert found.n_examples == 3 * 3 + 1
    pairs, left_out = load_pairs(find_dataset(tmp_path).clips, RATE)
    assert sorted(pair.name for pair in pairs) == ["Clipped", "Good", "Rates", "Short"]
    assert sorted(clip.name for clip in left_out) == ["Karaoke", "Silent", "Surround"]
    settings = recipe(circular_shift="grid", circular_shift_samples=8000)
    assert len(Mixer(pairs, settings)) == found.n_examples


def test_held_out_clips_are_no_training_examples(tmp_path: Path) -> None:
    for k in range(4):
        write_song(tmp_path / f"Song {k}", noise(k), noise(9 + k))
    found = summarise(find_dataset(tmp_path), recipe(share=0.25))
    assert (found.n_clips, found.n_examples, len(found.split.validation)) == (4, 3, 1)


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    for k in range(3):
        write_song(tmp_path / f"Song {k}", noise(k), noise(9 + k))
    dataset = find_dataset(tmp_path)
    for read in (
        lambda stop: summarise(dataset, recipe(), None, stop),
        lambda stop: load_pairs(dataset.clips, RATE, None, stop),
    ):
        done: list[float] = []
        with pytest.raises(Cancelled):
            read(iter([False, True]).__next__)
        assert not done


def test_clipping_is_told_from_loudness() -> None:
    t = np.arange(RATE) / RATE
    sine = np.sin(2 * np.pi * 20 * t)[None].astype(np.float32)
    assert n_clipped_places(np.clip(2 * sine, -1, 1)) == 40
    assert n_clipped_places(np.clip(2 * sine, -1, 1) * 0.5) == 0
    peaks = np.random.default_rng(0).normal(0, 0.2, (2, RATE)).astype(np.float32)
    assert n_clipped_places(peaks / np.abs(peaks).max()) == 0
    assert n_clipped_places(np.ones((1, 2), np.float32)) == 0
    assert n_clipped_places(np.zeros((1, 9), np.float32)) == 0


def _nan(folder: Path) -> None:
    bad = noise(1)
    bad[5] = np.nan
    write_song(folder / "Song", bad, noise(2))


def _cut_off(folder: Path) -> None:
    for k in range(3):
        soundfile.write(folder / f"clip_{k}.flac", noise(k, 1.0, 2), RATE)
        data = (folder / f"clip_{k}.flac").read_bytes()
        (folder / f"clip_{k}.flac").write_bytes(data[:40])


def _touch(folder: Path, name: str) -> None:
    (folder / name).write_text("words")


BAD_FOLDERS: dict[str, tuple[Callable[[Path], object], str | None, str]] = {
    "empty": (lambda f: None, None, "is no data set that is known here"),
    "only words": (lambda f: _touch(f, "readme.txt"), None, "is no data set"),
    "stereo music": (
        lambda f: write(f / "song.wav", np.repeat(noise(1), 2, axis=1)),
        None,
        "is no data set",
    ),
    "mono files": (lambda f: write(f / "song.wav", noise(1)), "mir1k", "song.wav” is not stereo"),
    "no accompaniment": (
        lambda f: write(f / "Solo" / "vocals.wav", noise(1)),
        None,
        "“Solo” has no accompaniment file",
    ),
    "no voice": (
        lambda f: write(f / "Band" / "accompaniment.wav", noise(1)),
        None,
        "“Band” has no vocals file",
    ),
    "another layout": (
        lambda f: write_song(f / "Song", noise(1), noise(2)),
        "mir1k",
        "no clips in the layout mir1k",
    ),
    "no layout": (
        lambda f: write_song(f / "Song", noise(1), noise(2)),
        "mir1",
        "“mir1” is not a layout of data sets",
    ),
    "no sound in it": (
        lambda f: write_song(f / "Song", noise(1, 0.0), noise(2)),
        None,
        r"Song/vocals.wav” holds no sound",
    ),
    "silence": (
        lambda f: write_song(f / "Song", 0 * noise(1), noise(2)),
        None,
        "The voice of “Song” is silent",
    ),
    "no numbers": (_nan, None, r"Song/vocals.wav” holds samples that are not numbers"),
    "damaged": (_cut_off, "mir1k", "clip_0.flac” cannot be read"),
    "two tracks": (
        lambda f: write_stem_file(f / "Song.stem.mp4", [noise(1, 0.1, 2), noise(2, 0.1, 2)]),
        None,
        "Song.stem.mp4” has 2 audio tracks instead of the five",
    ),
    "surround": (
        lambda f: write_song(f / "Song", noise(1, 0.5, 2), noise(2, 0.5, 6)),
        None,
        "“Song” have 2 and 6 channels",
    ),
}


@pytest.mark.parametrize("case", BAD_FOLDERS)
def test_bad_folders_are_refused_in_a_sentence(case: str, tmp_path: Path) -> None:
    build, layout, sentence = BAD_FOLDERS[case]
    build(tmp_path)
    with pytest.raises(StemscopeError) as caught:
        summarise(find_dataset(tmp_path, layout), recipe())
    assert isinstance(caught.value, DataError | UsageError)
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    _touch(tmp_path, "file.wav")
    for path in (tmp_path / "absent", tmp_path / "file.wav"):
        with pytest.raises(DataError, match="There is no folder"):
            find_dataset(path)


def test_the_training_set_of_the_paper(data_dir: Path) -> None:
    found = summarise(
        find_dataset(data_dir / "mir1k" / "train"),
        recipe(circular_shift="grid", circular_shift_samples=50_000),
    )
    assert (found.n_clips, found.problems) == (171, ())
    assert found.minutes == pytest.approx(23.1, abs=0.1)
    assert (found.sample_rates, found.channels) == ({16000: 171}, {1: 171})
    assert 300 < found.n_examples < 400
