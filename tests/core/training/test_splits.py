"""Parts of a data set: the paper's for MIR-1K, by song for others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.clip_files import Part
from core.datasets import Clip, find_clips
from core.errors import UsageError
from core.training.settings import ValidationSettings
from core.training.splits import PAPER_VALIDATION, song_of, split, split_by_singer


def named(*names: str) -> list[Clip]:
    part = Part(Path("nowhere"))
    return [Clip(name, "mir1k", part, (part,), 16000, 16000) for name in names]


MIR1K = named(
    *PAPER_VALIDATION,
    *(
        f"{singer}_{song}_{part:02}"
        for singer in ("abjones", "amy")
        for song in (1, 5)
        for part in (1, 2)
    ),
    *("Ani_1_01", "jmzen_2_05"),
)


def names(clips: tuple[Clip, ...]) -> set[str]:
    return {clip.name for clip in clips}


def test_mir1k_is_split_as_in_the_paper() -> None:
    parts = split(MIR1K, ValidationSettings())
    assert names(parts.validation) == set(PAPER_VALIDATION)
    assert names(parts.test) == {"Ani_1_01", "jmzen_2_05"}
    assert len(parts.training) == 8
    assert parts.rule == (
        "As in Huang et al. 2014: 8 clips of abjones and amy are trained on and 4 measured on; 2 "
        "clips of other singers are kept for testing."
    )


def test_folders_before_names_do_not_hide_the_singers() -> None:
    clips = named("train/amy_1_01", "dev/amy_9_08", "test/Ani_1_01")
    parts = split(clips, ValidationSettings())
    assert names(parts.training) == {"train/amy_1_01"}
    assert names(parts.validation) == {"dev/amy_9_08"}
    assert names(parts.test) == {"test/Ani_1_01"}


def test_singers_of_the_test_are_never_held_out_for_validation() -> None:
    clips = named("amy_1_01", "amy_1_02", "amy_2_01", "Ani_1_01", "Ani_2_01")
    parts = split(clips, ValidationSettings(share=0.5))
    assert names(parts.test) == {"Ani_1_01", "Ani_2_01"}
    assert {song_of(clip) for clip in parts.training} | {
        song_of(clip) for clip in parts.validation
    } == {"amy_1", "amy_2"}
    assert parts.validation


def test_the_training_singers_alone_are_split_by_song() -> None:
    clips = named(*(f"amy_{song}_{part:02}" for song in range(1, 11) for part in range(1, 4)))
    parts = split(clips, ValidationSettings(share=0.2))
    assert (len(parts.training), len(parts.validation), len(parts.test)) == (24, 6, 0)
    held = {song_of(clip) for clip in parts.validation}
    assert not held & {song_of(clip) for clip in parts.training}
    assert "2 of 10 songs" in parts.rule
    assert "seed 1" in parts.rule


def test_other_sets_are_split_by_song_and_seed() -> None:
    clips = named(*(f"Song {k}" for k in range(20)))
    first = split(clips, ValidationSettings(share=0.25, seed=1))
    assert len(first.validation) == 5
    assert names(first.training) | names(first.validation) == names(tuple(clips))
    again = split(clips[::-1], ValidationSettings(share=0.25, seed=1))
    assert names(again.validation) == names(first.validation)
    other = split(clips, ValidationSettings(share=0.25, seed=2))
    assert names(other.validation) != names(first.validation)


@pytest.mark.parametrize(
    ("n_songs", "share", "n_held"), [(1, 0.5, 0), (2, 0.01, 1), (2, 0.9, 1), (9, 0.0, 0)]
)
def test_something_is_always_left_to_train_on(n_songs: int, share: float, n_held: int) -> None:
    parts = split(named(*"ABCDEFGHI"[:n_songs]), ValidationSettings(share=share))
    assert (len(parts.training), len(parts.validation)) == (n_songs - n_held, n_held)
    if not n_held:
        assert "none is held out" in parts.rule


def test_one_singer_is_left_out() -> None:
    clips = named("abjones_1_01", "amy_1_01", "amy_2_01")
    parts = split_by_singer(clips, "abjones")
    assert names(parts.training) == {"amy_1_01", "amy_2_01"}
    assert names(parts.validation) == {"abjones_1_01"}
    assert "1 clips of abjones" in parts.rule
    with pytest.raises(UsageError, match=r"“abjone”\. Did you mean “abjones”"):
        split_by_singer(clips, "abjone")
    with pytest.raises(UsageError, match="none is left to train on"):
        split_by_singer(clips[1:], "amy")
    with pytest.raises(UsageError, match="like amy_1_01"):
        split_by_singer(named("Song"), "amy")


def test_listed_songs_are_held_out_wherever_they_are() -> None:
    clips = named("Band - Song", "more/Band - Song", "amy_1_01", "amy_1_02", "Ani_1_01", "Other")
    settings = ValidationSettings(songs=("Band - Song", "amy_1", "Somewhere Else"), share=0.5)
    parts = split(clips, settings)
    assert names(parts.validation) == {"Band - Song", "more/Band - Song", "amy_1_01", "amy_1_02"}
    assert names(parts.training) == {"Ani_1_01", "Other"}
    assert not parts.test
    assert "2 of its 3 songs are here" in parts.rule
    # Where there are none of them, they say nothing.
    others = named(*(f"Song {k}" for k in range(8)))
    assert len(split(others, settings).validation) == 4
    assert split(others, ValidationSettings(songs=("Song",))).training == tuple(others)


def test_the_real_sets(data_dir: Path) -> None:
    clips = find_clips(data_dir / "mir1k" / "train") + find_clips(data_dir / "mir1k" / "dev")
    alone = split(clips, ValidationSettings(share=0.1))
    assert not alone.test
    parts = split([*clips, *named("Ani_1_04")], ValidationSettings())
    assert (len(parts.training), len(parts.validation), len(parts.test)) == (171, 4, 1)
    assert [len(split_by_singer(clips, s).validation) for s in ("abjones", "amy")] == [43, 132]


def test_data_is_prepared_and_described_without_torch() -> None:
    names = ("augmentation", "examples", "mixing", "request", "splits", "summary", "voice_shift")
    lines = [f"import core.training.{name}" for name in names]
    code = "\n".join([*lines, "import sys", "assert 'torch' not in sys.modules"])
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
