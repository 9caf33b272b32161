from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.errors import DataError
from core.project import (
    Project,
    autosave_path,
    discard,
    list_autosaves,
    read_project,
    write_project,
)


def test_autosaves_are_named_by_their_song(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "autosave"
    assert list_autosaves(folder) == []
    path = autosave_path(folder, project.source.sha256)
    assert path.parent == folder
    write_project(path, project)
    (found,) = list_autosaves(folder)
    assert found.path == path
    assert found.is_readable
    assert found.header is not None
    assert found.header.source.name == project.source.name
    assert found.n_bytes == path.stat().st_size
    assert found.saved_at == path.stat().st_mtime
    assert read_project(found.path).state == project.state
    assert discard(path)
    assert discard(path)
    assert list_autosaves(folder) == []


@pytest.mark.parametrize("name", ["", "../" * 20 + "a" * 4, "A" * 64, "a" * 63, "é" * 64])
def test_only_a_hash_is_a_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no SHA-256"):
        autosave_path(tmp_path, name)


def test_what_cannot_be_read_is_listed_as_such(project: Project, tmp_path: Path) -> None:
    good, short, junk, folder, dead = (autosave_path(tmp_path, f"{n:064x}") for n in range(5))
    for age, path in enumerate((good, short)):
        write_project(path, project)
        os.utime(path, (1000 - age, 1000 - age))
    short.write_bytes(short.read_bytes()[:1000])
    os.utime(short, (500, 500))
    junk.write_bytes(b"junk")
    folder.mkdir()
    dead.symlink_to(tmp_path / "nowhere")
    (tmp_path / ".hidden.stemscope").write_bytes(b"")
    (tmp_path / "other.txt").write_bytes(b"")
    found = list_autosaves(tmp_path)
    assert {entry.path for entry in found} == {good, short, junk, folder, dead}
    assert [entry.saved_at for entry in found] == sorted(
        (entry.saved_at for entry in found), reverse=True
    )
    for entry in found:
        assert entry.is_readable == (entry.path == good)
        assert isinstance(entry.problem, DataError) == (entry.path != good)
    assert not discard(folder)
