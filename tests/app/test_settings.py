"""Settings keep their types over an INI file."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import settings
from app.settings import Setting, Store


def reopened(store: Store) -> Store:
    store.sync()
    return Store(store.path)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (settings.INSPECTOR_SHOWN, False),
        (settings.AUDIO_LOW_LATENCY, True),
        (settings.CACHE_LIMIT_MB, 512),
        (settings.MASTER_DB, -6.5),
        (settings.LANGUAGE, "zh_CN"),
        (settings.EXPORT_FOLDER, "/music/Björk; 王菲 = 100 %"),
        (settings.EXPORT_STEMS, ["vocals"]),
        (settings.RECENT, ["/a, b.wav", '/"c".flac']),
        (settings.VIEW, {"scale": "log", "hidden": ["mask"], "floor_db": -90}),
        (settings.GEOMETRY, b"\x00\x01\xff geometry"),
    ],
)
def test_a_value_comes_back_as_it_was(tmp_path: Path, setting: Setting, value: object) -> None:
    store = Store(tmp_path / "a.ini")
    assert store.get(setting) == setting.default
    store.set(setting, value)
    got = reopened(store).get(setting)
    assert got == value
    assert type(got) is type(value)


def test_nonsense_in_the_file_gives_the_default(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.ini")
    for setting, text in (
        (settings.INSPECTOR_SHOWN, "perhaps"),
        (settings.LANGUAGE, '"tlh"'),
        (settings.CACHE_LIMIT_MB, "[1]"),
        (settings.MASTER_DB, "NaN"),
        (settings.VIEW, "3"),
        (settings.GEOMETRY, "text"),
    ):
        store._file.setValue(setting.key, text)
        assert reopened(store).get(setting) == setting.default


def test_numbers_are_held_in_their_range(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.ini")
    store.set(settings.CACHE_LIMIT_MB, 1)
    assert store.get(settings.CACHE_LIMIT_MB) == 256
    store.set(settings.MASTER_DB, 40.0)
    assert store.get(settings.MASTER_DB) == 12.0


def test_a_choice_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="theme"):
        Store(tmp_path / "a.ini").set(settings.THEME, "pink")


def test_change_is_told_once(tmp_path: Path, qtbot) -> None:
    store = Store(tmp_path / "a.ini")
    told = []
    store.changed.connect(told.append)
    store.set(settings.THEME, "light")
    store.set(settings.THEME, "light")
    assert told == [settings.THEME]


def test_reset_forgets_everything(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.ini")
    store.set(settings.THEME, "light")
    store.reset()
    assert reopened(store).get(settings.THEME) == "system"


def test_the_sessions_memory(tmp_path: Path) -> None:
    settings.use_file(tmp_path / "a.ini")
    memory = settings.SessionMemory()
    memory["recent_files"] = ["/a.wav"]
    memory["model"] = "paper"
    assert memory.get("recent_files") == ["/a.wav"]
    assert settings.get(settings.MODEL) == "paper"
    assert memory.get("device", "") == "auto"


def test_every_setting_has_a_key_of_its_own() -> None:
    declared = [value for value in vars(settings).values() if isinstance(value, Setting)]
    assert len({setting.key for setting in declared}) == len(declared) > 15
