"""The layouts of data sets: told apart, read, and what cannot be used named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.datasets import find_clips, find_dataset
from core.errors import AudioFileError, DataError, UsageError

RATE = 8000


def noise(seed: int, n_samples: int = 4000, n_channels: int = 1) -> np.ndarray:
    """Soft noise ``(n_samples, n_channels)`` in steps of 16-bit samples, so that files keep it."""
    values = np.random.default_rng(seed).uniform(-0.2, 0.2, (n_samples, n_channels))
    return (np.round(values * 32768) / 32768).astype(np.float32)


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate)
    return path


def write_stem_file(path: Path, tracks: list[np.ndarray], rate: int = 44100) -> None:
    """An MP4 with one lossless audio track per mono signal ``(n_samples,)``."""
    import av

    with av.open(str(path), "w", format="mp4") as container:
        streams = [container.add_stream("alac", rate=rate, layout="mono") for _ in tracks]
        for stream in streams:
            stream.format = "s16p"
        for stream, track in zip(streams, tracks, strict=True):
            data = np.round(track * 32768).astype(np.int16)[None]
            for start in range(0, data.shape[1], 4096):
                block = np.ascontiguousarray(data[:, start : start + 4096])
                frame = av.AudioFrame.from_ndarray(block, "s16p", "mono")
                frame.sample_rate, frame.pts = rate, start
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    for index, song in enumerate(("Blue", "Amber")):
        write(tmp_path / song / "vocals.wav", noise(index))
        write(tmp_path / song / "accompaniment.flac", noise(index + 10))
        write(tmp_path / song / "mixture.wav", noise(index + 20))
    return tmp_path


def test_pairs(pairs: Path) -> None:
    dataset = find_dataset(pairs)
    assert dataset.layout == "pairs"
    assert [clip.name for clip in dataset.clips] == ["Amber", "Blue"]
    assert dataset.problems == []
    clip = dataset.clips[1]
    assert (clip.sample_rate, clip.n_samples, clip.duration_s) == (RATE, 4000, 0.5)
    voice, music = clip.load()
    assert voice.dtype == music.dtype == np.float32
    np.testing.assert_array_equal(voice, noise(0).T)
    np.testing.assert_array_equal(music, noise(10).T)


def test_mir1k_reads_music_left_and_voice_right(tmp_path: Path) -> None:
    for index in range(4):
        write(tmp_path / "Wavfile" / f"clip_{index}.wav", noise(index, n_channels=2))
        write(tmp_path / "UndividedWavfile" / f"song_{index}.wav", noise(index, n_channels=2))
    dataset = find_dataset(tmp_path)
    assert dataset.layout == "mir1k"
    assert [clip.name for clip in dataset.clips] == [f"clip_{index}" for index in range(4)]
    voice, music = dataset.clips[2].load()
    np.testing.assert_array_equal(voice[0], noise(2, n_channels=2)[:, 1])
    np.testing.assert_array_equal(music[0], noise(2, n_channels=2)[:, 0])


def test_stereo_music_is_not_taken_for_mir1k(tmp_path: Path) -> None:
    middle = noise(1)
    write(tmp_path / "song.wav", np.concatenate([middle, 0.9 * middle], axis=1))
    with pytest.raises(DataError, match="no data set"):
        find_dataset(tmp_path)
    assert find_dataset(tmp_path, layout="mir1k").layout == "mir1k"


def test_musdb18_sums_the_other_stems(tmp_path: Path) -> None:
    song = tmp_path / "train" / "A Song"
    write(song / "vocals.wav", noise(1, n_channels=2))
    for index, stem in enumerate(("drums", "bass", "other")):
        write(song / f"{stem}.wav", noise(index + 2, n_channels=2))
    write(song / "mixture.wav", noise(9, n_channels=2))
    dataset = find_dataset(tmp_path)
    assert dataset.layout == "musdb18"
    _, music = dataset.clips[0].load()
    total = sum(noise(index, n_channels=2) for index in (2, 3, 4))
    np.testing.assert_allclose(music, total.T, atol=1e-6)
    write(song / "accompaniment.wav", noise(7, n_channels=2))
    _, music = find_clips(tmp_path, "musdb18")[0].load()
    np.testing.assert_array_equal(music, noise(7, n_channels=2).T)


def test_musdb18_stem_files(tmp_path: Path) -> None:
    tracks = [noise(index, 20000)[:, 0] for index in range(5)]
    write_stem_file(tmp_path / "A. Band - Song.stem.mp4", tracks)
    write_stem_file(tmp_path / "Two.stem.mp4", tracks[:2])
    dataset = find_dataset(tmp_path)
    assert dataset.layout == "musdb18"
    assert [clip.name for clip in dataset.clips] == ["A. Band - Song"]
    assert "Two.stem.mp4" in str(dataset.problems[0].reason)
    voice, music = dataset.clips[0].load()
    np.testing.assert_allclose(voice[0], tracks[4], atol=1e-4)
    np.testing.assert_allclose(music[0], tracks[1] + tracks[2] + tracks[3], atol=1e-4)
    assert dataset.clips[0].n_samples == 20000


def test_rate_channels_and_length_are_brought_together(tmp_path: Path) -> None:
    write(tmp_path / "song" / "vocals.wav", noise(1, 4000))
    write(tmp_path / "song" / "accompaniment.wav", noise(2, 9000, 2), rate=2 * RATE)
    clip = find_clips(tmp_path)[0]
    voice, music = clip.load()
    assert voice.shape == music.shape == (2, 4000)
    np.testing.assert_array_equal(voice[0], voice[1])
    voice, music = clip.load(rate=2 * RATE, mono=True)
    assert voice.shape == music.shape == (1, 8000)
    np.testing.assert_allclose(music[0], noise(2, 9000, 2).mean(axis=1)[:8000], atol=1e-6)


def test_what_cannot_be_used_is_named(pairs: Path) -> None:
    (pairs / "Broken").mkdir()
    (pairs / "Broken" / "vocals.wav").write_text("not a sound")
    write(pairs / "Broken" / "accompaniment.wav", noise(1))
    write(pairs / "Empty" / "vocals.wav", noise(1, 0))
    write(pairs / "Empty" / "accompaniment.wav", noise(1))
    write(pairs / "Silent film" / "accompaniment.wav", noise(1))
    write(pairs / "Solo" / "vocals.wav", noise(1))
    write(pairs / "stray.wav", noise(1))
    dataset = find_dataset(pairs)
    assert len(dataset.clips) == 2
    reasons = {problem.path.name: str(problem.reason) for problem in dataset.problems}
    assert set(reasons) == {"Broken", "Empty", "Silent film", "Solo", "stray.wav"}
    assert "Broken/vocals.wav" in reasons["Broken"]
    assert "no sound" in reasons["Empty"]
    assert "vocals" in reasons["Silent film"]
    assert "accompaniment" in reasons["Solo"]


def test_mono_file_in_mir1k_is_named(tmp_path: Path) -> None:
    write(tmp_path / "good.wav", noise(1, n_channels=2))
    write(tmp_path / "mono.wav", noise(1))
    dataset = find_dataset(tmp_path, "mir1k")
    assert [clip.name for clip in dataset.clips] == ["good"]
    assert "mono.wav" in str(dataset.problems[0].reason)


def test_equal_names_keep_their_folders(tmp_path: Path) -> None:
    for part in ("test", "train"):
        write(tmp_path / part / "Song" / "vocals.wav", noise(1))
        write(tmp_path / part / "Song" / "accompaniment.wav", noise(2))
    assert [clip.name for clip in find_clips(tmp_path)] == ["test/Song", "train/Song"]


def test_samples_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    bad = noise(1)
    bad[7] = np.nan
    folder = tmp_path / "song"
    folder.mkdir()
    soundfile.write(folder / "vocals.wav", bad, RATE, subtype="FLOAT")
    write(folder / "accompaniment.wav", noise(2))
    with pytest.raises(AudioFileError, match=r"vocals\.wav"):
        find_clips(tmp_path)[0].load()


def test_bad_folder_and_layout(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no folder"):
        find_clips(tmp_path / "absent")
    with pytest.raises(DataError, match="no data set"):
        find_clips(tmp_path)
    with pytest.raises(UsageError, match="mir1k, musdb18, pairs"):
        find_clips(tmp_path, layout="other")


@pytest.mark.parametrize(
    ("folder", "layout", "n_clips"),
    [
        ("mir1k/train", "mir1k", 171),
        ("mir1k/dev", "mir1k", 4),
        ("mir1k/published", "pairs", 4),
        ("musdb18-7/train", "pairs", 94),
        ("everything-is-free", "pairs", 6),
    ],
)
def test_real_sets(data_dir: Path, folder: str, layout: str, n_clips: int) -> None:
    dataset = find_dataset(data_dir / folder)
    assert (dataset.layout, len(dataset.clips), dataset.problems) == (layout, n_clips, [])
