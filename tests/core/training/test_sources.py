"""Several folders are one data set; names that two of them share are told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from core.errors import DataError, UsageError
from core.training.recipe import RECIPES_FOLDER
from core.training.recordings import read_recordings
from core.training.settings import ValidationSettings
from core.training.shelf import Shelf
from core.training.song_lists import song_list
from core.training.sources import BACKING, BackingClip, find_collection, names_of
from core.training.splits import split

RATE = 8000


def write(path: Path, seconds: float = 0.5, n_channels: int = 1, level: float = 0.1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(len(path.name))
    samples = rng.normal(0, level, (round(seconds * RATE), n_channels))
    soundfile.write(path, samples, RATE, subtype="FLOAT")


def write_songs(folder: Path, *names: str) -> Path:
    for name in names:
        write(folder / name / "vocals.wav")
        write(folder / name / "accompaniment.wav")
    return folder


def test_folders_are_joined_and_equal_names_told_apart(tmp_path: Path) -> None:
    first = write_songs(tmp_path / "one" / "train", "a", "b")
    second = write_songs(tmp_path / "two" / "train", "b", "c")
    clips = find_collection([first, second])
    assert [clip.name for clip in clips.clips] == ["a", "one/train/b", "two/train/b", "c"]
    assert clips.layout == "pairs"
    assert clips.folders == (first, second)
    assert clips.weights == dict.fromkeys(["a", "one/train/b", "two/train/b", "c"], 1.0)
    assert clips.folder_weights == ()
    assert clips.name == "train, train"


def test_one_folder_is_what_it_was(tmp_path: Path) -> None:
    alone = find_collection([write_songs(tmp_path / "songs", "a", "b")])
    assert [clip.name for clip in alone.clips] == ["a", "b"]
    assert alone.layout == "pairs"
    assert not alone.backing


def test_layouts_are_those_of_each(tmp_path: Path) -> None:
    songs = write_songs(tmp_path / "songs", "a")
    for k in range(3):
        write(tmp_path / "clips" / f"x_1_0{k}.wav", n_channels=2)
    both = find_collection([songs, tmp_path / "clips"])
    assert both.layout == "pairs,mir1k"
    again = find_collection([songs, tmp_path / "clips"], both.layout)
    assert [clip.name for clip in again.clips] == [clip.name for clip in both.clips]
    with pytest.raises(DataError, match="no clips in the layout mir1k"):
        find_collection([songs, tmp_path / "clips"], "mir1k")


def test_accompaniments_alone(tmp_path: Path) -> None:
    songs = write_songs(tmp_path / "songs", "a", "tune")
    write(tmp_path / "more" / "tune.wav", n_channels=2)
    write(tmp_path / "more" / "deep" / "jig.wav")
    write_songs(tmp_path / "more", "song of its own")
    (tmp_path / "more" / "broken.wav").write_text("words")
    clips = find_collection([songs], None, [tmp_path / "more"], [1.0, 2.5])
    backing = [clip.name for clip in clips.backing]
    assert backing == ["jig", "song of its own", "more/tune"]
    assert clips.weights["jig"] == 2.5
    assert clips.weights["songs/tune"] == 1.0
    assert clips.folder_weights == (1.0, 2.5)
    assert clips.backing_folders == (tmp_path / "more",)
    assert clips.parts[-1].layout == BACKING
    assert [problem.path.name for problem in clips.problems] == ["broken.wav"]
    assert all(isinstance(clip, BackingClip) for clip in clips.backing)
    vocals, music = clips.backing[-1].load(16000)
    assert vocals.shape == (1, 0)
    assert music.shape == (2, RATE)
    assert clips.backing[-1].load(mono=True)[1].shape == (1, RATE // 2)


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    songs = write_songs(tmp_path / "songs", "a")
    with pytest.raises(UsageError, match="named twice"):
        find_collection([songs, songs / ".." / "songs"])
    with pytest.raises(UsageError, match="3 weights for 1 folders"):
        find_collection([songs], weights=[1, 2, 3])
    with pytest.raises(UsageError, match="folder with voices"):
        find_collection([], None, [songs])
    (tmp_path / "empty").mkdir()
    for backing in (tmp_path / "empty", tmp_path / "nowhere"):
        with pytest.raises(DataError, match=backing.name):
            find_collection([songs], None, [backing])


def test_recordings_are_read_with_their_weights(tmp_path: Path) -> None:
    songs = write_songs(tmp_path / "songs", "a", "b")
    write(songs / "b" / "vocals.wav", level=0.0)
    write(tmp_path / "more" / "tune.wav")
    write(tmp_path / "more" / "silence.wav", level=0.0)
    clips = find_collection([songs], None, [tmp_path / "more"], [3.0, 2.0])
    everything = [*clips.clips, *clips.backing]
    for disk in (0, 10**9):
        shelf = Shelf(0 if disk else 10**9, disk)
        found, left_out = read_recordings(everything, RATE, shelf, clips.weights)
        assert [(pair.name, pair.weight) for pair in found] == [("a", 3.0), ("tune", 2.0)]
        assert [pair.vocals.size > 0 for pair in found] == [True, False]
        assert {clip.name for clip in left_out} == {"b", "silence"}
        assert "accompaniment of “silence”" in left_out[1].reason
        np.testing.assert_array_equal(found[0].vocals, clips.clips[0].load(RATE)[0])
    kept, left_out = read_recordings(clips.clips, RATE, Shelf(), keep_voiceless=True)
    assert [pair.vocals.size > 0 for pair in kept] == [True, False]
    assert not left_out


def test_names_in_a_line() -> None:
    assert names_of(["/music/one", Path("two")]) == "one, two"


def test_the_real_folders_together(data_dir: Path) -> None:
    folders = [data_dir / "mir1k" / "train", data_dir / "mir1k" / "extra"]
    folders += [data_dir / "musdb18-7" / "train", data_dir / "everything-is-free"]
    found = find_collection(folders, None, [data_dir / "backing"], [1, 1, 6, 1, 1])
    assert found.layout == "mir1k,mir1k,pairs,pairs"
    assert len({clip.name for clip in [*found.clips, *found.backing]}) == len(found.weights)
    assert [len(part.clips) for part in found.parts] == [171, 337, 94, 6, 11]
    minutes = [sum(clip.duration_s for clip in part.clips) / 60 for part in found.parts]
    assert minutes == pytest.approx([23.1, 44.6, 10.7, 28.5, 23.5], abs=0.1)
    songs = song_list("musdb18-validation", (RECIPES_FOLDER,), "")
    parts = split(found.clips, ValidationSettings(songs=tuple(songs)))
    assert {clip.name for clip in parts.validation} == set(songs)
    assert len(parts.training) == 594
