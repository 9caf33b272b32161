"""A whole window over a real session and a real player, whose sound device the test drives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from app import settings, theme
from app.audio.backend import Backend, OutputDevice
from app.audio.player import Player
from app.cache import ResultCache
from app.i18n import set_language
from app.main_window import MainWindow
from app.separation_job import LoadedSeparators
from app.session import Session, SongState
from app.song import Song
from core.audio import DecodedSong, decode
from core.card import read_card
from core.errors import StemscopeError
from core.models import ModelEntry

RATE = 16000
DEVICE = OutputDevice(0, "Test output", "Test", 2, RATE, True)


class HandStream:
    """A stream whose blocks the test asks for."""

    def __init__(self, fill: Callable[[Any], Any]) -> None:
        self.device, self.rate, self.n_channels, self.latency_s = DEVICE, RATE, 2, 0.0
        self.active = True
        self._fill = fill(self)

    def pump(self, n_frames: int) -> np.ndarray:
        out = np.zeros((n_frames, 2), np.float32)
        self._fill(out, time.perf_counter())
        return out

    def close(self) -> bool:
        self.active = False
        return True


class HandBackend(Backend):
    """A sound device that takes a block when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.stream: HandStream | None = None

    @property
    def unavailable_reason(self) -> StemscopeError | None:
        return None

    def devices(self) -> list[OutputDevice]:
        return [DEVICE]

    def refresh(self) -> None:
        pass

    def open(self, key, song_rate, fixed_rate, low_latency, fill):
        self.stream = HandStream(fill)
        return self.stream

    def close(self, stream) -> None:
        stream.close()


def write_song(path: Path, seconds: float = 2.0, seed: int = 1) -> Path:
    """Two tones and noise, stereo, 16 kHz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(RATE * seconds)) / RATE
    tone = 0.2 * np.sin(2 * np.pi * 440 * time_s)[:, None]
    soundfile.write(path, tone + rng.normal(0, 0.02, (time_s.size, 2)), RATE, subtype="PCM_16")
    return path


class SlowDisk:
    """Decodes for real, but stops half way until told to go on."""

    def __init__(self, at: float = 0.5) -> None:
        self.at = at
        self.go_on = threading.Event()
        self.is_reached = threading.Event()

    def __call__(self, path: Path, *, progress, should_stop, **options) -> DecodedSong:
        def slowly(fraction: float) -> None:
            progress(fraction)
            if fraction >= self.at:
                self.is_reached.set()
                while not self.go_on.wait(0.005) and not should_stop():
                    pass

        return decode(path, progress=slowly, should_stop=should_stop, **options)


class StepByStep:
    """Separates for real, a chunk whenever it may."""

    def __init__(self) -> None:
        self.may = threading.Semaphore(0)
        self._loaded = LoadedSeparators()

    def __call__(self, folder: Path, device: str) -> StepByStep:
        self._separator = self._loaded(folder, device)
        return self

    def start(self, mixture, scratch_dir=None):
        return self._separator.start(mixture, scratch_dir)

    def run(self, separation, should_stop) -> Iterator[object]:
        steps = self._separator.run(separation, should_stop)
        while True:
            while not self.may.acquire(timeout=0.005):
                if should_stop():
                    return
            for step in steps:
                yield step
                if step.frames[0] < step.frames[1]:  # else it only waits for the decoder
                    break
            else:
                return


class Stage:
    """The window and what is behind it, with the hands of a user."""

    def __init__(self, qtbot, folder: Path, model_folder: Path, **options: Any) -> None:
        """``options`` are further ones of the session."""
        self.qtbot, self.folder = qtbot, folder
        entry = ModelEntry("tiny", model_folder, read_card(model_folder), False)
        self.backend = HandBackend()
        self.player = Player(backend=self.backend)
        self.cache = ResultCache(folder / "cache")
        self.session = Session(
            settings.SessionMemory(),
            cache=self.cache,
            **{"find_model": lambda _name: entry, "scratch_dir": str(folder), **options},
        )
        self.window = MainWindow(
            self.session,
            self.player,
            cache=self.cache,
            demo=folder / "demo.wav",
            log_file=folder / "stemscope.log",
        )
        self.window.resize(1280, 800)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    def drop(self, paths: Sequence[Path] = (), text: str = "") -> None:
        """Drop files (or a text) in the middle of the window."""
        data = QMimeData()
        if paths:
            data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        if text:
            data.setText(text)
        where = QPointF(self.window.width() / 2, self.window.height() / 2)
        button, no_keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        copy = Qt.DropAction.CopyAction
        enter = QDragEnterEvent(where.toPoint(), copy, data, button, no_keys)
        QApplication.sendEvent(self.window, enter)
        assert enter.isAccepted()
        QApplication.sendEvent(self.window, QDropEvent(where, copy, data, button, no_keys))

    write_song = staticmethod(write_song)

    def song(self, name: str) -> Song:
        return next(song for song in self.session.songs if song.path.name == name)

    def open_song(self, name: str = "song.wav", seconds: float = 2.0, seed: int = 1) -> Song:
        """Drop a song and wait until it is separated."""
        self.drop([write_song(self.folder / name, seconds, seed)])
        song = self.song(name)
        self.qtbot.waitUntil(lambda: song.state is SongState.DONE, timeout=20_000)
        return song

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier):
        """Press and release a key where the focus is."""
        self.qtbot.keyClick(QApplication.focusWidget() or self.window, key, modifier)
        if modifier != Qt.KeyboardModifier.NoModifier:
            # Else the program believes that it is held until the next event, of another test.
            self.qtbot.keyRelease(self.window, Qt.Key.Key_Shift)

    def close(self) -> None:
        self.window.workbench.desk.forget()
        self.window.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def fresh_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[settings.Store]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user data"))  # trainings, models
    yield settings.use_file(tmp_path / "settings.ini")
    settings.use_file(tmp_path / "nobody.ini")


@pytest.fixture
def slow_disk() -> type[SlowDisk]:
    return SlowDisk


@pytest.fixture
def step_by_step() -> type[StepByStep]:
    return StepByStep


@pytest.fixture
def make_stage(
    qtbot, tmp_path: Path, tiny_model_folder: Path, fresh_settings: settings.Store
) -> Iterator[Callable[..., Stage]]:
    """As ``stage``, with further options of the session."""
    set_language("en")
    theme.set_theme("dark")
    made: list[Stage] = []

    def make(**options: Any) -> Stage:
        made.append(Stage(qtbot, tmp_path, tiny_model_folder, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
    set_language("en")
    theme.set_theme("dark")


@pytest.fixture
def stage(
    qtbot, tmp_path: Path, tiny_model_folder: Path, fresh_settings: settings.Store
) -> Iterator[Stage]:
    """The window, shown and active, with the tiny model and a device driven by hand."""
    set_language("en")
    theme.set_theme("dark")
    result = Stage(qtbot, tmp_path, tiny_model_folder)
    yield result
    result.close()
    set_language("en")
    theme.set_theme("dark")
