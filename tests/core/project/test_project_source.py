from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import Cancelled, DataError, OutputError
from core.project import (
    Project,
    describe_source,
    file_sha256,
    find_source,
    read_project,
    source_file,
    unpack_source,
    write_project,
)
from core.project.source_file import portable_name


def test_a_file_is_hashed(song: Path) -> None:
    heard: list[float] = []
    assert file_sha256(song, heard.append) == hashlib.sha256(song.read_bytes()).hexdigest()
    assert heard == [1.0]
    song.write_bytes(b"")
    assert file_sha256(song) == hashlib.sha256(b"").hexdigest()
    with pytest.raises(Cancelled):
        file_sha256(song, None, lambda: True)
    with pytest.raises(DataError, match=r"“gone\.wav” cannot be read: No such file"):
        file_sha256(song.with_name("gone.wav"))


def test_a_song_is_described(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(song.parent)
    source = describe_source(Path(song.name), n_samples=10, sample_rate=5, n_channels=1)
    assert source.path == str(song)
    assert (source.n_bytes, source.duration_s, source.track) == (3000, 2.0, None)
    assert not source.packed


def test_a_song_is_found_where_it_may_have_gone(saved: Path, song: Path, tmp_path: Path) -> None:
    project = read_project(saved)
    assert find_source(project, saved) == song
    # The whole folder goes to another place.
    shutil.copytree(tmp_path, tmp_path.parent / "moved", dirs_exist_ok=True)
    moved = tmp_path.parent / "moved" / "saved" / saved.name
    song.write_bytes(bytes(3000))
    assert find_source(project, moved) == moved.parent.parent / "music" / song.name
    # The song lies beside the project.
    beside = moved.with_name(song.name)
    (moved.parent.parent / "music" / song.name).rename(beside)
    assert find_source(project, moved) == beside
    assert find_source(project.source, moved) == beside
    # Another song of that name and size.
    beside.write_bytes(bytes(3000))
    assert find_source(project, moved) is None
    shutil.rmtree(moved.parent.parent)


def test_files_of_another_size_are_not_read(
    saved: Path, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = read_project(saved)
    read: list[Path] = []

    def noted(path: Path, *others: Any) -> str:
        read.append(path)
        return file_sha256(path, *others)

    monkeypatch.setattr(source_file, "file_sha256", noted)
    song.write_bytes(bytes(2999))
    assert find_source(project, saved) is None
    assert not read
    song.write_bytes(bytes(3000))
    assert find_source(project, saved) is None
    assert read == [song], "the same file is not read twice"
    with pytest.raises(Cancelled):
        find_source(project, saved, lambda: True)


@pytest.mark.parametrize("place", ["//host/share/song.wav", "\\\\host\\share\\song.wav"])
def test_a_stranger_is_not_told_that_a_project_was_opened(
    place: str, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = read_project(saved)
    looked: list[str] = []
    monkeypatch.setattr(source_file.os.path, "isabs", lambda path: True)
    monkeypatch.setattr(source_file, "is_same", lambda path, *_: looked.append(str(path)))
    find_source(replace(project.source, path=place, relative_path=""), saved)
    assert looked == [str(saved.with_name(project.source.name))]
    # A project on that share may look for its song there.
    looked.clear()
    find_source(replace(project.source, path=place, relative_path=""), Path(place).parent / "p")
    assert len(looked) == (2 if place.startswith("/") or sys.platform == "win32" else 1)


@pytest.mark.parametrize(
    ("name", "portable"),
    [
        ("song.wav", "song.wav"),
        ("a: b\\c?.flac", "a- b-c_.flac"),
        ("con.mp3", "_con.mp3"),
        (".hidden", "hidden"),
        ("x." + "y" * 400, "x." + "y" * 118),
        ("ü" * 300 + ".ogg", "ü" * 100 + ".ogg"),
        ("...", "untitled"),
        ("song.wa\u202ev", "song.wav"),
    ],
)
def test_names_are_made_such_that_every_system_takes_them(name: str, portable: str) -> None:
    assert portable_name(name) == portable


def test_a_packed_song_is_unpacked(packed: Path, song: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    heard: list[float] = []
    path = unpack_source(packed, folder, progress=heard.append)
    assert path == folder / "Ein Lied – 歌- 1.wav"
    assert path.read_bytes() == song.read_bytes()
    assert heard[-1] == 1
    # It is there; it is not written again.
    before = path.stat().st_mtime_ns
    assert unpack_source(packed, folder) == path
    assert path.stat().st_mtime_ns == before
    # Nothing is replaced.
    path.write_bytes(b"mine")
    assert unpack_source(packed, folder).name == "Ein Lied – 歌- 1 (2).wav"
    assert path.read_bytes() == b"mine"
    assert unpack_source(packed, folder).name == "Ein Lied – 歌- 1 (2).wav"
    assert len(list(folder.iterdir())) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights")
def test_a_link_is_not_followed(packed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "Ein Lied – 歌- 1.wav").symlink_to(tmp_path / "outside")
    assert unpack_source(packed, folder).name == "Ein Lied – 歌- 1 (2).wav"
    assert not (tmp_path / "outside").exists()


def test_what_cannot_be_unpacked_leaves_nothing(
    saved: Path, packed: Path, tmp_path: Path, by_hand: Any
) -> None:
    folder = tmp_path / "new"
    with pytest.raises(DataError, match=r"“song\.stemscope” does not hold its song"):
        unpack_source(saved, folder)
    with pytest.raises(Cancelled):
        unpack_source(packed, folder, should_stop=lambda: True)
    entries = by_hand.entries(packed)
    name = next(name for name in entries if name.startswith("source/"))
    by_hand.archive(packed, entries | {name: bytes(3000)})
    with pytest.raises(DataError, match=r"song in the project “song\.stemscope” is damaged"):
        unpack_source(packed, folder)
    by_hand.archive(packed, entries | {name: bytes(3001)})
    with pytest.raises(DataError, match=r"damaged at “source/Ein Lied"):
        unpack_source(packed, folder)
    assert not folder.exists() or not list(folder.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="names of Unix")
def test_a_song_of_any_name_is_packed(
    make_project: Callable[..., Project], make_mask: Any, tmp_path: Path
) -> None:
    for name in ("C:\\evil\n.wav", os.fsdecode(b"\xff\xfe.wav"), "👩‍🎤.wav", "-" * 200):
        song = tmp_path / name
        song.write_bytes(name.encode(errors="replace"))
        path = tmp_path / "out" / "any.stemscope"
        written = write_project(path, make_project(song, make_mask(20)), pack_from=song)
        assert read_project(path).source == written.source
        assert find_source(written, path) == song
        assert unpack_source(path, tmp_path / "out").read_bytes() == song.read_bytes()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="rights of Unix")
def test_a_folder_that_cannot_be_written_to(packed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    with pytest.raises(OutputError, match="closed"):
        unpack_source(packed, folder)
