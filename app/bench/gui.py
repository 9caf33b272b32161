"""The command ``bench --gui``: how late the window's thread is while it does everything at once.

Opens the real window offscreen, drops a song on it and plays it while it is decoded and separated.
A timer of 16 ms in the GUI thread tells how long that thread was kept from its work; then frames of
scrolling and zooming are timed. Nothing of the user's settings, cache or list of songs is touched.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path

if sys.platform == "win32":
    # torch's libraries must be loaded before Qt's, or they fail to initialise
    import torch  # noqa: F401

import numpy as np
from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from app.bench.painting import Painter
from core.audio import ArrayAudio, decode
from core.errors import StemscopeError, UsageError
from core.export import ExportOptions, export_stems
from core.process_memory import peak_bytes
from core.whole_file import write_json

INTERVAL_MS = 16
WINDOW = 1400, 900
SONG_S = 600
LIMIT_S = 900.0
N_FRAMES = 60
AFTERWARDS_S = 2.0  # what is done at the end (keeping the result, the last tiles) counts too


@dataclass
class Spread:
    """How a set of durations lies, in milliseconds."""

    n: int
    median_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, seconds: list[float]) -> Spread:
        """Raises ``ValueError`` for none."""
        median, p99, most = 1000 * np.percentile(seconds, [50, 99, 100])
        return cls(len(seconds), float(median), float(p99), float(most))


@dataclass
class GuiFigures:
    """What one run measured."""

    machine: str
    n_cores: int
    model_id: str
    song_s: float
    sound: str | None  # the device it was played on
    decoded_after_s: float = 0.0
    first_stems_after_s: float = 0.0
    separated_after_s: float = 0.0
    played_s: float = 0.0
    start: Spread | None = None  # lateness while torch and the sound system are being loaded
    lateness: Spread | None = None  # from the drop on
    lateness_by_stage: dict[str, Spread] = field(default_factory=dict)
    frames: dict[str, Spread] = field(default_factory=dict)
    stroke_to_stems: Spread | None = None  # from letting go of a stroke until it is in the stems
    peak_memory_mb: float | None = None


class LatenessMeter(QObject):
    """A timer of 16 ms in the GUI thread, and by how much more each of its ticks came apart."""

    def __init__(self, stage: Callable[[], str]) -> None:
        """``stage`` says in a word what is going on; called at every tick."""
        super().__init__()
        self.late_s: list[tuple[str, float]] = []
        self._stage = stage
        self._last_s = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._on_tick)

    def start(self) -> None:
        self._last_s = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    @Slot()
    def _on_tick(self) -> None:
        now_s = time.perf_counter()
        late_s = now_s - self._last_s - INTERVAL_MS / 1000
        self.late_s.append((self._stage(), max(0.0, late_s)))
        self._last_s = now_s

    def total(self) -> Spread:
        return Spread.of([late_s for _stage, late_s in self.late_s])

    def by_stage(self) -> dict[str, Spread]:
        stages = dict.fromkeys(stage for stage, _late_s in self.late_s)
        return {
            name: Spread.of([s for stage, s in self.late_s if stage == name]) for name in stages
        }


def run_gui_bench(json_file: Path | None, song: Path | None, model: str | None = None) -> int:
    """Measure, print a table, and write ``json_file`` if asked."""
    if song is not None and not song.is_file():
        raise UsageError("There is no file “{name}”.", name=song)
    with tempfile.TemporaryDirectory(prefix="stemscope-bench-") as folder:
        figures = measure(song or _long_demo(Path(folder)), Path(folder), model)
    print(table(figures))
    if json_file is not None:
        write_json(json_file, asdict(figures))
    return 0


def measure(path: Path, folder: Path, model: str | None = None) -> GuiFigures:
    """Take ``path`` through the window. Raises ``StemscopeError`` where that cannot be done."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    from app import settings, theme
    from app.audio.player import Player
    from app.cache import ResultCache
    from app.i18n import set_language
    from app.interpreter import WindowFirst
    from app.main_window import MainWindow
    from app.session import Session
    from core.models import DEFAULT_MODEL

    settings.use_file(folder / "settings.ini")
    set_language("en")
    theme.set_theme("dark")
    cache = ResultCache(folder / "cache")
    session = Session({"model": model or DEFAULT_MODEL}, cache=cache, scratch_dir=str(folder))
    interpreter = WindowFirst(session)
    player = Player()
    window = MainWindow(session, player, cache=cache)
    try:
        return _Course(app, window, player, path).run()
    finally:
        window.close()
        player.close()
        window.deleteLater()
        interpreter.stop()


class _Course:
    """What the window is put through."""

    def __init__(self, app: QApplication, window, player, path: Path) -> None:  # type: ignore[no-untyped-def]
        self._app, self._window, self._player, self._path = app, window, player, path
        self._session = window.session
        self._began_s = time.perf_counter()
        cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
        machine = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
        self._figures = GuiFigures(
            machine, len(cores) or os.cpu_count() or 1, self._session.model_id, 0.0, None
        )
        self._meter = LatenessMeter(self._stage)
        self._refusals: list[object] = []
        player.failed.connect(self._refusals.append)

    def run(self) -> GuiFigures:
        from app.smoke import drop

        figures, window = self._figures, self._window
        window.resize(*WINDOW)
        window.show()
        self._meter.start()
        self._player.load()
        loaded: list[object] = []
        self._session.devices_found.connect(loaded.append)
        self._session.failed.connect(loaded.append)
        self._session.warm_up()
        self._until(lambda: loaded)
        self._pass(0.5)
        figures.start = self._meter.total()
        self._meter.late_s.clear()
        self._began_s = time.perf_counter()
        drop(window, self._path)
        self._until(lambda: self._song().decoded is not None)
        figures.decoded_after_s = self._elapsed_s()
        audio = self._song().decoded.audio
        figures.song_s = audio.n_samples / audio.sample_rate
        self._play()
        self._until(lambda: (result := self._song().result) is not None and result.n_samples_ready)
        figures.first_stems_after_s = self._elapsed_s()
        scroll, zoom = self._moves()
        if not self._song().result.complete:
            figures.frames["scroll while separating"] = Spread.of(list(self._frames(scroll)))
        self._until(lambda: (result := self._song().result) is not None and result.complete)
        figures.separated_after_s = self._elapsed_s()
        self._until(lambda: window.page.view.idle and self._session.pool.n_unfinished == 0)
        self._pass(AFTERWARDS_S)
        self._meter.stop()
        figures.lateness = self._meter.total()
        figures.lateness_by_stage = self._meter.by_stage()
        figures.frames["scroll"] = Spread.of(list(self._frames(scroll)))
        figures.frames["zoom"] = Spread.of(list(self._frames(zoom)))
        if window.workbench.desk.can_edit:
            painter = Painter(window, self._until)
            figures.frames["paint"] = Spread.of(list(painter.frames()))
            figures.stroke_to_stems = Spread.of(painter.stroke_s)
        peak = peak_bytes()
        figures.peak_memory_mb = None if peak is None else peak / 2**20
        figures.played_s = self._player.position() / audio.sample_rate
        return figures

    def _play(self) -> None:
        if self._player.available:
            self._window.playback.toggle()
        if self._player.playing and self._player.active_device is not None:
            self._figures.sound = self._player.active_device.name

    def _moves(self) -> tuple[Callable[[int], None], Callable[[int], None]]:
        view = self._window.page.view
        turn = N_FRAMES // 2

        def scroll(index: int) -> None:
            if index == 0:
                view.viewport.set_time(0.0, min(20.0, view.viewport.duration_s))
            view.pan(0.1)

        def zoom(index: int) -> None:
            if index == 0:
                view.fit()
            view.viewport.zoom_time(0.85 if index < turn else 1 / 0.85, self._figures.song_s / 3)

        return scroll, zoom

    def _frames(self, step: Callable[[int], None]) -> Iterator[float]:
        """Seconds from a move until it is painted, one frame after the other."""
        view = self._window.page.view
        for index in range(N_FRAMES):
            started_s = time.perf_counter()
            step(index)
            view.repaint()
            yield time.perf_counter() - started_s
            self._pass(INTERVAL_MS / 1000)

    def _song(self):  # type: ignore[no-untyped-def]
        song = self._session.current
        if song is None:
            raise StemscopeError("The window did not take “{name}”.", name=self._path.name)
        if song.error is not None:
            raise song.error
        return song

    def _stage(self) -> str:
        song = self._session.current
        stage = song.state.value if song is not None else "opening"
        return f"{stage}, playing" if self._player.playing else stage

    def _elapsed_s(self) -> float:
        return time.perf_counter() - self._began_s

    def _pass(self, seconds: float) -> None:
        with _waking(round(1000 * seconds)):
            end_s = time.perf_counter() + seconds
            self._until(lambda: time.perf_counter() >= end_s)

    def _until(self, reached: Callable[[], object]) -> None:
        """Let the window work until ``reached``."""
        with _waking(INTERVAL_MS):
            while not reached():
                if self._elapsed_s() > LIMIT_S:
                    raise StemscopeError(
                        "“{name}” was not done within {minutes} minutes.",
                        name=self._path.name,
                        minutes=round(LIMIT_S / 60),
                    )
                self._app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


@contextmanager
def _waking(interval_ms: int) -> Iterator[None]:
    """Something always happens: a wait for events does not last for ever."""
    timer = QTimer()
    timer.start(max(1, interval_ms))
    try:
        yield
    finally:
        timer.stop()


def table(figures: GuiFigures) -> str:
    """The figures for people."""
    sound = f"played on “{figures.sound}”" if figures.sound else "not played: no sound device"
    lines = [
        f"{figures.machine}, {figures.n_cores} cores; model {figures.model_id}",
        f"A song of {figures.song_s:.0f} s, {sound}; a window of {WINDOW[0]} × {WINDOW[1]} pixels",
        f"Decoded after {figures.decoded_after_s:.1f} s, first stems after "
        f"{figures.first_stems_after_s:.1f} s, all after {figures.separated_after_s:.1f} s",
        f"{'ms':<44}{'median':>9}{'p99':>9}{'max':>9}{'n':>8}",
    ]
    rows = [("lateness while the program loads", figures.start)]
    rows += [(f"lateness of a {INTERVAL_MS} ms timer", figures.lateness)]
    rows += [(f"  {stage}", spread) for stage, spread in figures.lateness_by_stage.items()]
    rows += [(f"frame: {name}", spread) for name, spread in figures.frames.items()]
    rows += [("from a stroke's end to its sound", figures.stroke_to_stems)]
    lines += [
        f"{name:<44}{row.median_ms:9.1f}{row.p99_ms:9.1f}{row.max_ms:9.1f}{row.n:8}"
        for name, row in rows
        if row is not None
    ]
    if figures.peak_memory_mb is not None:
        lines.append(f"Peak memory {figures.peak_memory_mb:.0f} MB")
    return "\n".join(lines)


def _long_demo(folder: Path) -> Path:
    """The demo song, over and over, as a file in ``folder``."""
    demo = Path(str(resources.files("resources") / "demo" / "demo.flac"))
    if not demo.is_file():
        raise UsageError("The demo song is not installed. Name a song with --song.")
    audio = decode(demo).audio
    n_times = -(-SONG_S * audio.sample_rate // audio.n_samples)
    samples = np.tile(audio.read(0, audio.n_samples), n_times)[:, : SONG_S * audio.sample_rate]
    song = ArrayAudio(samples, audio.sample_rate)
    audio.close()
    options = ExportOptions(
        stems=("demo",), audio_format="flac", bit_depth=16, folder=folder, name_template="{stem}"
    )
    return export_stems(song, {"demo": song}, None, None, options).files[0]
