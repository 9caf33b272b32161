"""A stop or a failing disk leaves nothing half done."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

import numpy as np
import pytest

from core.audio import ArrayAudio
from core.errors import Cancelled, OutputError
from core.export import ExportOptions, export_stems

BOTH = ("vocals", "accompaniment")
FORMATS = ["wav", "flac", "mp3", "ogg"]


@pytest.mark.parametrize("audio_format", FORMATS)
def test_a_stop_at_any_point_leaves_nothing(tmp_path, make_song, audio_format, capfd) -> None:
    mixture, stems = make_song(16, 140_000)
    options = ExportOptions(BOTH, audio_format, 16, tmp_path / "a" / "b", balance={})
    n_polls = 0

    def count() -> bool:
        nonlocal n_polls
        n_polls += 1
        return False

    seen: list[float] = []
    export_stems(mixture, stems, None, None, options, seen.append, count)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    for stop_at in range(n_polls):
        folder = tmp_path / f"stop-{stop_at}"
        left = iter(range(stop_at))
        stopped = ExportOptions(BOTH, audio_format, 16, folder / "x", balance={})
        with pytest.raises(Cancelled):
            export_stems(
                mixture, stems, None, None, stopped,
                should_stop=lambda left=left: next(left, None) is None,
            )  # fmt: skip
        assert not folder.exists()
    assert capfd.readouterr().err == ""


def test_a_stop_keeps_what_was_there(tmp_path, make_song) -> None:
    mixture, stems = make_song(16, 1000)
    (tmp_path / "vocals.wav").write_text("mine")
    options = ExportOptions(BOTH, "wav", 16, tmp_path, "{stem}", if_exists="overwrite")
    polls = iter(range(2))
    with pytest.raises(Cancelled):
        export_stems(
            mixture, stems, None, None, options, should_stop=lambda: next(polls, None) is None
        )
    assert [p.name for p in tmp_path.iterdir()] == ["vocals.wav"]
    assert (tmp_path / "vocals.wav").read_text() == "mine"


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount command here")
    if done.returncode:
        pytest.skip("a small tmpfs can only be mounted as root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("audio_format", FORMATS)
def test_a_full_disk(small_disk, make_song, audio_format, capfd) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(bytes(900_000))
    mixture, stems = make_song(16, 400_000)
    options = ExportOptions(BOTH, audio_format, 16, small_disk / "out")
    with pytest.raises(OutputError, match="no room left") as caught:
        export_stems(mixture, stems, None, None, options)
    assert str(small_disk) in str(caught.value)
    assert list(small_disk.iterdir()) == [filler]
    assert capfd.readouterr().err == ""


def test_a_disk_too_full_for_the_cover(small_disk, make_song) -> None:
    from core.audio import Tags

    mixture, stems = make_song(16, 100_000)  # 400 kB a file
    tags = Tags(title="T", cover=b"\xff\xd8" + bytes(400_000), cover_mime="image/jpeg")
    options = ExportOptions(BOTH, "wav", 16, small_disk / "out")
    with pytest.raises(OutputError, match="no room left"):
        export_stems(mixture, stems, None, tags, options)
    assert not list(small_disk.iterdir())


def test_no_permission(tmp_path, make_song) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:2]:  # pytest's own folders are root's alone
        if parent.name.startswith("pytest"):
            parent.chmod(0o755)
    mixture, stems = make_song(16, 1000)
    options = ExportOptions(BOTH, "wav", 16, folder / "sub")
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        with pytest.raises(OutputError, match="no permission to write"):
            export_stems(mixture, stems, None, None, options)
    finally:
        if is_root:
            os.seteuid(0)
    assert not list(folder.iterdir())


def test_a_file_where_a_folder_should_be(tmp_path, make_song) -> None:
    (tmp_path / "out").write_text("a file")
    mixture, stems = make_song(16, 1000)
    for folder in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(OutputError, match="is a file, not a folder"):
            export_stems(
                mixture, stems, None, None, ExportOptions(BOTH, "wav", 16, folder, "{stem}")
            )
    assert (tmp_path / "out").read_text() == "a file"


def test_a_name_taken_meanwhile_is_not_overwritten(tmp_path: Path, make_song) -> None:
    mixture, stems = make_song(16, 1000)

    def steal(fraction: float) -> None:
        if fraction >= 0.9:
            (tmp_path / "accompaniment.wav").write_text("theirs")

    options = ExportOptions(BOTH, "wav", 16, tmp_path, "{stem}")
    with pytest.raises(OutputError, match="already in"):
        export_stems(mixture, stems, None, None, options, progress=steal)
    assert [p.name for p in tmp_path.iterdir()] == ["accompaniment.wav"]
    assert (tmp_path / "accompaniment.wav").read_text() == "theirs"


def test_values_that_are_no_numbers(tmp_path, make_song) -> None:
    mixture, stems = make_song(16, 100)
    samples = np.zeros((2, 100))
    samples[0, 50] = np.nan
    stems = {"vocals": ArrayAudio(samples, 44100), "accompaniment": mixture}
    with pytest.raises(OutputError, match="no numbers"):
        export_stems(mixture, stems, None, None, ExportOptions(BOTH, "wav", 16, tmp_path / "x"))
    assert not (tmp_path / "x").exists()
