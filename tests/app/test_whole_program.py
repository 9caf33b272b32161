"""The whole program with its real parts: window, network, sound device and files."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from app import settings, theme
from app.audio.player import Player, PlayerState
from app.cache import ResultCache
from app.i18n import set_language
from app.main_window import MainWindow
from app.session import Session, SongState
from app.smoke import drop
from app.song import Song

# The sound server of the player's own tests.
_spec = importlib.util.spec_from_file_location(
    "stemscope_sound_server", Path(__file__).parent / "audio" / "conftest.py"
)
assert _spec is not None
assert _spec.loader is not None
_sound = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_sound)
pulse, recorder = _sound.pulse, _sound.recorder
SINK_RATE = _sound.SINK_RATE

DEMO = Path(__file__).resolve().parents[2] / "resources" / "demo" / "demo.flac"
PATIENCE_MS = 120_000  # for machines that are busy with other things
STEMS = ("vocals", "accompaniment")


class Program:
    """The window with the built-in model and the default sound device."""

    def __init__(self, qtbot, folder: Path) -> None:
        self.qtbot, self.folder = qtbot, folder
        self.scratch = folder / "scratch"
        self.cache = ResultCache(folder / "cache")
        self.session = Session({}, cache=self.cache, scratch_dir=str(self.scratch))
        self.player = Player()
        self.player.refresh_devices()  # PortAudio may have been loaded before the server was there
        self.window = MainWindow(self.session, self.player, cache=self.cache)
        self.window.resize(1400, 900)
        self.window.show()
        qtbot.waitExposed(self.window)

    def until(self, reached) -> None:
        self.qtbot.waitUntil(reached, timeout=PATIENCE_MS)

    def drop(self, path: Path) -> Song:
        assert drop(self.window, path)
        return next(song for song in self.session.songs if song.path == path)

    def click(self, widget: QWidget | None, where: QPoint | None = None) -> None:
        assert widget is not None
        assert widget.isVisible()
        assert widget.isEnabled()
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=where or QPoint())

    def close(self) -> None:
        self.window.close()
        self.player.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def program(qtbot, tmp_path: Path) -> Iterator[Program]:
    settings.use_file(tmp_path / "settings.ini")
    set_language("en")
    theme.set_theme("dark")
    result = Program(qtbot, tmp_path)
    yield result
    result.close()
    settings.use_file(tmp_path / "nobody.ini")


@pytest.fixture(scope="module")
def long_song(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four minutes of real music and singing, 16 bit."""
    folder = data_dir / "everything-is-free" / "Caesium"
    if not folder.is_dir():
        pytest.skip(f"no song in {folder}")
    parts = [soundfile.read(folder / f"{stem}.ogg", dtype="float32") for stem in STEMS]
    mixture = parts[0][0] + parts[1][0]
    path = tmp_path_factory.mktemp("songs") / "Caesium.wav"
    soundfile.write(path, mixture / max(1.0, np.abs(mixture).max()), parts[0][1], "PCM_16")
    return path


def pixels(widget: QWidget) -> NDArray[np.uint8]:
    """What a pane shows without its ruler, ``(height, width, 3)``."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    # A copy: the image's memory goes with the image.
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1).copy()
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3)[:, 80:]


def stem_samples(song: Song, stem: str, start: int, stop: int) -> NDArray[np.float32]:
    assert song.result is not None
    return song.result.stems[stem].read(start, stop)


def check_panes(program: Program, song: Song) -> None:
    """Each pane shows its own signal: where that is louder the pane is brighter."""
    view = program.window.page.view
    program.until(lambda: view.idle)
    assert song.decoded is not None
    n = song.decoded.audio.n_samples
    for name in ("mixture", *STEMS):
        pane = view.pane(name)
        assert pane.isVisible()
        light = pixels(pane).mean(axis=(0, 2))
        audio = song.decoded.audio if name == "mixture" else song.result.stems[name]
        edges = np.linspace(0, n, 65).astype(int)
        level = [np.log10(np.mean(audio.read(a, b) ** 2) + 1e-7) for a, b in pairwise(edges)]
        shown = [part.mean() for part in np.array_split(light, 64)]
        assert np.corrcoef(level, shown)[0, 1] > 0.5, name
    assert len(np.unique(pixels(view.pane("mask")).reshape(-1, 3), axis=0)) > 50


def most_alike(heard: NDArray[np.float32], wanted: NDArray[np.float32]) -> int:
    """Where ``heard`` is most like ``wanted``, loud or not."""
    n, size = len(wanted), 1 << (len(heard) + len(wanted)).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size))
    alike = np.fft.irfft(product, size)[: len(heard) - n]
    energy = np.cumsum(np.concatenate([[0.0], heard.astype(np.float64) ** 2]))
    return int(np.argmax(alike / np.sqrt(energy[n:-1] - energy[: -n - 1] + 1e-6)))


def check_sound(program: Program, song: Song, recorder, start_s: float) -> None:
    """What the sound server got is the soloed voice and nothing else."""
    page, player = program.window.page, program.player
    program.click(page.mixer.strips["vocals"].solo)
    program.window.playback.seek_s(start_s)
    rate = song.decoded.audio.sample_rate
    program.window.actions_["play"].trigger()
    assert player.state is PlayerState.PLAYING
    program.until(lambda: player.position() > (start_s + 2.5) * rate)
    levels = player.levels()
    assert levels["vocals"][0] > -60
    program.window.actions_["play"].trigger()
    end = recorder.n_frames + SINK_RATE // 2
    program.until(lambda: recorder.n_frames > end)
    heard = recorder.stop()
    heard = heard[:, -4 * rate :]  # what was heard before is longer ago
    likeness: dict[str, list[float]] = {stem: [] for stem in STEMS}
    for part in range(6):
        start = round((start_s + 0.3 + 0.3 * part) * rate)
        voice = stem_samples(song, "vocals", start, start + rate // 4)
        place = most_alike(heard[0], voice[0])
        passage = heard[:, place : place + rate // 4]
        for stem, alike in likeness.items():
            wanted = stem_samples(song, stem, start, start + rate // 4)
            alike.append(np.corrcoef(passage.ravel(), wanted.ravel())[0, 1])
    # A busy machine may drop out for a moment, which is not what is tested here.
    assert np.median(likeness["vocals"]) > 0.999
    assert abs(np.median(likeness["accompaniment"])) < 0.5
    assert page.mixer.strips["vocals"].meter.isVisible()
    program.click(page.mixer.strips["vocals"].solo)


def check_export(program: Program, song: Song) -> None:
    """The dialog writes two files of the song's shape that add up to it, sample by sample."""
    program.window.actions_["export"].trigger()
    dialog = program.window.dialogs.open_dialog
    dialog.folder.setText(str(program.folder / "out"))
    dialog.format.setCurrentIndex(dialog.format.findData("flac"))
    dialog.depth.setCurrentIndex(dialog.depth.findData("16"))
    program.click(dialog.start)
    program.until(dialog.show_folder.isVisible)
    files = sorted((program.folder / "out").rglob("*.flac"))
    assert [file.name for file in files] == ["accompaniment.flac", "vocals.flac"]
    total = sum(soundfile.read(file, dtype="int16")[0].astype(int) for file in files)
    mixture, rate = soundfile.read(song.path, dtype="int16", always_2d=True)
    np.testing.assert_array_equal(total, mixture)
    assert {soundfile.info(file).samplerate for file in files} == {rate}
    dialog.reject()


def test_the_demo_dropped_seen_heard_and_exported(program: Program, recorder) -> None:
    song = program.drop(DEMO)
    program.until(lambda: song.state is SongState.DONE)
    check_panes(program, song)
    check_sound(program, song, recorder, 8.0)
    check_export(program, song)
    assert program.window.status.sum.isVisible()


def test_a_long_song_is_shown_and_heard_while_it_is_separated(
    program: Program, recorder, long_song: Path
) -> None:
    song = program.drop(long_song)
    page, player = program.window.page, program.player
    program.until(lambda: song.decoded is not None)
    assert song.result is None or not song.result.complete
    program.window.actions_["play"].trigger()
    program.until(lambda: song.result is not None and song.result.n_samples_ready > 0)
    assert song.state is SongState.SEPARATING
    assert page.toolbar.progress.isVisible()
    position = player.position()
    program.until(lambda: song.state is SongState.DONE)
    assert player.state is PlayerState.PLAYING
    assert player.position() > position
    player.pause()
    check_panes(program, song)
    check_sound(program, song, recorder, 100.0)
    check_export(program, song)


def test_switching_songs_of_the_queue(program: Program, pulse: object) -> None:
    samples, rate = soundfile.read(DEMO, dtype="int16")
    songs = []
    for index, name in enumerate(("one", "two", "three")):
        path = program.folder / f"{name}.wav"
        soundfile.write(path, samples[rate * index : rate * (index + 2)], rate, "PCM_16")
        songs.append(program.drop(path))
    assert program.session.current is songs[2], "what was dropped last is on screen"
    program.until(lambda: all(song.state is SongState.DONE for song in songs))
    window, player = program.window, program.player
    window.actions_["play"].trigger()
    pictures: list[bytes] = []
    for song in songs:
        program.click(window.queue.rows[song.song_id], QPoint(200, 10))
        assert program.session.current is song
        assert window.windowTitle().startswith(song.path.stem)
        program.until(lambda: window.page.view.idle)
        pictures.append(pixels(window.page.view.pane("vocals")).tobytes())
        assert player.position() == 0
        if not player.playing:
            window.actions_["play"].trigger()
        program.until(lambda: player.position() > rate // 10)
        player.pause()
    assert len(set(pictures)) == 3
    assert len(list(program.cache.folder.glob("*.stems"))) == 3


def test_quitting_in_the_midst_of_everything_leaves_nothing(
    program: Program, pulse: object, long_song: Path, own_threads
) -> None:
    before = own_threads()
    program.drop(DEMO)
    song = program.drop(long_song)
    program.until(lambda: song.decoded is not None)
    program.window.actions_["play"].trigger()
    program.until(lambda: song.state is SongState.SEPARATING)
    program.window.close()
    assert not program.window.isVisible()
    assert not own_threads() - before
    assert program.session.jobs.n_unfinished == program.session.pool.n_unfinished == 0
    assert not list(program.scratch.iterdir())
    assert not list(program.cache.folder.glob("*.part"))
    assert program.player.state is PlayerState.STOPPED
