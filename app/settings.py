"""What the program remembers: every setting declared once, with its type and its default.

Kept in one INI file. Values are written as text and read back through the declared type, because
an INI file has no types of its own (a plain ``QSettings`` returns the string ``"false"`` for a
false flag, which is true).
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import platformdirs
from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

T = TypeVar("T")


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One remembered value: its ``key`` in the file, its ``default``, and what it may be."""

    key: str
    default: T
    choices: tuple[T, ...] = ()
    minimum: float = -math.inf
    maximum: float = math.inf


LANGUAGE = Setting("window/language", "system", choices=("system", "en", "zh_CN"))
THEME = Setting("window/theme", "system", choices=("system", "dark", "light"))
GEOMETRY = Setting("window/geometry", b"")
SPLITTER = Setting("window/splitter", b"")
PANE_HEIGHTS: Setting[dict[str, Any]] = Setting("window/pane_heights", {})  # pixels by pane
INSPECTOR_SHOWN = Setting("window/inspector_shown", True)
QUEUE_SHOWN = Setting("window/queue_shown", False)
RECENT: Setting[list[str]] = Setting("files/recent", [])
MODEL = Setting("separation/model", "")
DEVICE = Setting("separation/device", "auto")
CACHE_LIMIT_MB = Setting("cache/limit_mb", 4096, minimum=256, maximum=1_048_576)
AUDIO_DEVICE = Setting("audio/device", "")
AUDIO_LOW_LATENCY = Setting("audio/low_latency", False)
MASTER_DB = Setting("audio/master_db", 0.0, minimum=-60.0, maximum=12.0)
FOLLOW = Setting("audio/follow", True)
LIVE_INPUT = Setting("live/input", "")
LIVE_OUTPUT = Setting("live/output", "")
LIVE_MODEL = Setting("live/model", "")
LIVE_RESERVE = Setting("live/reserve", "medium", choices=("small", "medium", "large"))
LIVE_HEARD = Setting(
    "live/heard", "voice", choices=("voice", "accompaniment", "mixture", "balance")
)
LIVE_FADERS: Setting[dict[str, Any]] = Setting("live/faders_db", {})  # dB by source
OPEN_FOLDER = Setting("folders/open", "")
TRAINING_FOLDER = Setting("folders/training", "")
EXPORT_FOLDER = Setting("folders/export", "")
EXPORT_FORMAT = Setting("export/format", "wav", choices=("wav", "flac", "mp3", "ogg"))
EXPORT_DEPTH = Setting("export/bit_depth", "24", choices=("16", "24", "float"))
EXPORT_STEMS: Setting[list[str]] = Setting("export/stems", ["vocals", "accompaniment"])
EXPORT_BALANCE = Setting("export/balance", False)
EXPORT_TEMPLATE = Setting("export/name_template", "{song}/{stem}")
EVALUATION_DATA = Setting("evaluation/data", "")
EVALUATION_LAYOUT = Setting("evaluation/layout", "")
EVALUATION_COMPARED: Setting[list[str]] = Setting("evaluation/compared", [])
EVALUATION_MODELS = Setting("evaluation/models_folder", "")
EVALUATION_ESTIMATES = Setting("evaluation/estimates_folder", "")
EVALUATION_EXPORT = Setting("evaluation/export_folder", "")
PROJECT_FOLDER = Setting("folders/projects", "")
MASK_FOLDER = Setting("folders/masks", "")
PAIRS_FOLDER = Setting("folders/pairs", "")
SHAPE_PRESETS: Setting[dict[str, Any]] = Setting("editing/shape_presets", {})  # by name
ADAPTATION_S = Setting("editing/adaptation_s", 60, minimum=5, maximum=3600)
INSPECTOR_PART = Setting("window/inspector_part", "view", choices=("view", "edit", "compare"))
BLIND_STEM = Setting("comparison/blind_stem", "vocals")
BLIND_TRIALS = Setting("comparison/blind_trials", 16, minimum=1, maximum=100)
BLIND_TELL = Setting("comparison/blind_tell", False)  # after each answer
BLIND_FOLDER = Setting("folders/blind_tests", "")
VIEW: Setting[dict[str, Any]] = Setting("view/state", {})

VERSION = 1
_VERSION_KEY = "settings/version"


class Store(QObject):
    """The settings in one INI file, in the user's configuration folder unless told otherwise."""

    changed = Signal(object)  # the Setting

    def __init__(self, path: Path) -> None:
        super().__init__()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = QSettings(str(path), QSettings.Format.IniFormat)
        if self._file.value(_VERSION_KEY) is None:
            self._file.setValue(_VERSION_KEY, str(VERSION))

    def get(self, setting: Setting[T]) -> T:
        """The stored value, or the default where nothing usable is stored."""
        raw = self._file.value(setting.key)
        if raw is None:
            return setting.default
        try:
            value = _parse(raw, setting.default)
        except (ValueError, TypeError):
            return setting.default
        if setting.choices and value not in setting.choices:
            return setting.default
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            kind: Callable[[float], Any] = type(setting.default)  # type: ignore[assignment]
            return kind(min(max(value, setting.minimum), setting.maximum))
        return value  # type: ignore[no-any-return]

    def set(self, setting: Setting[T], value: T) -> None:
        """Remember ``value``; raises ``ValueError`` for one the setting does not allow."""
        if setting.choices and value not in setting.choices:
            raise ValueError(f"{setting.key} cannot be {value!r}")
        if self.get(setting) == value and self._file.contains(setting.key):
            return
        self._file.setValue(setting.key, _format(value))
        self.changed.emit(setting)

    def reset(self) -> None:
        """Forget everything."""
        self._file.clear()
        self._file.setValue(_VERSION_KEY, str(VERSION))
        self._file.sync()

    def sync(self) -> None:
        """Write to disk now."""
        self._file.sync()


def _format(value: object) -> object:
    if isinstance(value, bytes):
        return QByteArray(value)
    return json.dumps(value, ensure_ascii=True)


def _parse(raw: object, default: Any) -> Any:
    if isinstance(default, bytes):
        if isinstance(raw, QByteArray):
            return bytes(raw.data())
        raise ValueError
    value = json.loads(str(raw))
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not type(default):
        raise ValueError
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError
    return value


class SessionMemory:
    """The settings as the session knows them: by short names, like a dictionary."""

    _settings: ClassVar[dict[str, Setting[Any]]] = {
        "recent_files": RECENT,
        "model": MODEL,
        "device": DEVICE,
    }

    def get(self, key: str, default: Any = None, /) -> Any:
        return store().get(self._settings[key])

    def __setitem__(self, key: str, value: Any, /) -> None:
        store().set(self._settings[key], value)


_store: Store | None = None


def default_path() -> Path:
    """Where the settings live: ``STEMSCOPE_CONFIG_DIR`` or the platform's configuration folder."""
    folder = os.environ.get("STEMSCOPE_CONFIG_DIR")
    if folder:
        return Path(folder) / "stemscope.ini"
    return Path(platformdirs.user_config_dir("stemscope", appauthor=False)) / "stemscope.ini"


def store() -> Store:
    """The program's settings; opened on first use."""
    global _store
    if _store is None:
        _store = Store(default_path())
    return _store


def use_file(path: Path) -> Store:
    """Take the settings from ``path`` from now on (tests, portable installations)."""
    global _store
    if _store is not None:
        _store.sync()
    _store = Store(path)
    return _store


def get(setting: Setting[T]) -> T:
    """The remembered value of ``setting``."""
    return store().get(setting)


def set(setting: Setting[T], value: T) -> None:
    """Remember ``value`` for ``setting``."""
    store().set(setting, value)
