"""Names made from titles are valid on every system."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.audio.file_names import numbered, safe_file_name, unique_song_folder
from core.audio.info import find_audio_files

TITLES = [
    "CON", "nul.txt", "com1", "LPT9.wav", "aux ", "a/b\\c:d*e?f\"g<h>i|j", "ends with dot.",
    "ends with space ", "...", "", " ", "\x00\x07\n", "夜曲" * 100, "x" * 500, ".hidden",
    "a\u202egnp.exe", "é" * 300, "🎵" * 90, "\ud800", "NUL .mp3", "conin$",
]  # fmt: skip


@pytest.mark.parametrize("title", TITLES)
def test_names_are_valid_everywhere(title: str, tmp_path: Path) -> None:
    name = safe_file_name(title)
    assert 0 < len(name) <= 120
    assert len(name.encode()) <= 201
    assert not set(name) & set('<>:"/\\|?*')
    assert all(ord(c) >= 32 for c in name)
    assert name[-1] not in ". "
    assert name[0] not in ". "
    assert name.split(".")[0].strip().lower() not in {"con", "nul", "aux", "com1", "lpt9", "conin$"}
    assert safe_file_name(name) == name
    (tmp_path / f"{name}.wav").touch()


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("夜曲", "夜曲"),
        ("Déjà vu – Ночь", "Déjà vu – Ночь"),
        ("AC/DC", "AC-DC"),
        ("Mr. Big", "Mr. Big"),
        ("Stay.", "Stay"),
        ("What's up?", "What's up_"),
        ("con", "_con"),
        ("two\n lines", "two lines"),
        ("...", "untitled"),
        ("cafe\u0301", "café"),
    ],
)
def test_names_stay_readable(title: str, name: str) -> None:
    assert safe_file_name(title) == name


def test_equal_song_names_get_a_number() -> None:
    taken: list[str] = []
    for title in ("Song", "song", "Song", "Song.", "Other"):
        taken.append(unique_song_folder(title, taken))
    assert taken == ["Song", "song (2)", "Song (3)", "Song (4)", "Other"]
    assert numbered(Path("x/vocals.wav"), 2) == Path("x/vocals (2).wav")


def test_audio_files_of_folders_in_natural_order(tmp_path: Path) -> None:
    for name in (
        "2.wav",
        "10.wav",
        "1.FLAC",
        "notes.txt",
        ".hidden.wav",
        "sub/a.mp3",
        ".git/b.wav",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    named = tmp_path / "notes.txt"
    found = find_audio_files([named, tmp_path, tmp_path / "2.wav"])
    names = [path.relative_to(tmp_path).as_posix() for path in found]
    assert names == ["notes.txt", "1.FLAC", "2.wav", "10.wav", "sub/a.mp3"]
