"""What reaches the user of a bad file, a bad model, a full disk or a change of mind."""

from __future__ import annotations

import contextlib
import os
import pickle
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QObject, Qt, QTimer

from app import cli_separate
from app.cli import run
from app.session import SongState

RATE = 16000
PATIENCE_MS = 60_000
BAD = {
    "empty.wav": "is empty",
    "letter.wav": "not an audio file",
    "cut.wav": "cut off",
    "cut.mp3": "cut off",
    "nothing.wav": "zero samples",
    "nan.wav": "NaN",
    "endless.wav": "infinite",
}
GOOD = {
    "song.wav": (2, RATE, RATE),
    "one sample.wav": (1, 44100, 1),
    "silence.wav": (2, RATE, RATE),
    "eight.wav": (8, RATE, RATE // 2),
    "fast.wav": (2, 192_000, 48_000),
}


@pytest.fixture(autouse=True)
def _own_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def tiny_model_folder(tiny_model_folder: Path, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    folder = tmp_path / "tiny model"
    shutil.copytree(tiny_model_folder, folder)
    return folder


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """All the bad files with the good ones between them."""
    folder = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(0)
    noise = rng.uniform(-0.3, 0.3, (RATE * 3, 2))
    (folder / "empty.wav").touch()
    (folder / "letter.wav").write_text("This is a letter, not a song.\n" * 100)
    for name in ("cut.wav", "cut.mp3"):
        soundfile.write(folder / name, noise, RATE)
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])
    soundfile.write(folder / "nothing.wav", noise[:0], RATE)
    for name, value in (("nan.wav", np.nan), ("endless.wav", np.inf)):
        values = noise[:RATE].copy()
        values[RATE // 2, 1] = value
        soundfile.write(folder / name, values, RATE, "FLOAT")
    for name, (n_channels, rate, n_samples) in GOOD.items():
        samples = rng.uniform(-0.3, 0.3, (n_samples, n_channels))
        soundfile.write(folder / name, samples * (name != "silence.wav"), rate, "PCM_16")
    names = [name for pair in zip(BAD, GOOD, strict=False) for name in pair]
    return [folder / name for name in dict.fromkeys([*names, *BAD, *GOOD])]


def separate(model: Path, *arguments: object) -> int:
    return run(["separate", "--model", str(model), *map(str, arguments)])


def written(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def complaints(err: str, name: str) -> list[str]:
    """The lines about ``name`` that are no progress."""
    return [line for line in err.splitlines() if name in line and " %" not in line]


def check_stems(song: Path, folder: Path) -> None:
    stems = [soundfile.read(folder / f"{stem}.wav", dtype="int16", always_2d=True)
             for stem in ("vocals", "accompaniment")]  # fmt: skip
    mixture, rate = soundfile.read(song, dtype="int16", always_2d=True)
    np.testing.assert_array_equal(stems[0][0] + stems[1][0], mixture)
    assert {stem[1] for stem in stems} == {rate}


@contextlib.contextmanager
def as_nobody(*folders: Path) -> Iterator[None]:
    """Drop root's rights for a while, all but those to ``folders``; others have none to drop."""
    if os.geteuid() != 0:
        yield
        return
    for folder in folders:
        for parent in (folder, *folder.parents):
            if parent.name.startswith("pytest") or parent == folder:
                parent.chmod(0o777 if parent == folder else 0o755)
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a hundred kilobytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small tmpfs can only be mounted as root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


# The command line


def test_bad_files_are_told_and_the_others_done(
    tiny_model_folder: Path,
    tmp_path: Path,
    files: list[Path],
    capfd: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    folder = tmp_path / "folder.wav"
    folder.mkdir()
    assert separate(tiny_model_folder, *files, folder, tmp_path / "gone.wav", "-o", out) == 2
    err = capfd.readouterr().err
    for name, words in {**BAD, "folder.wav": "no audio file in", "gone.wav": "no file"}.items():
        (line,) = complaints(err, name)
        assert words in line
        assert line.endswith(".")
    for name in GOOD:
        assert not complaints(err, name)
    assert "Traceback" not in err
    stems = ("accompaniment.wav", "vocals.wav")
    assert written(out) == sorted(f"{Path(name).stem}/{stem}" for name in GOOD for stem in stems)
    for path in files:
        if path.name in GOOD:
            check_stems(path, out / path.stem)
    assert not soundfile.read(out / "silence" / "vocals.wav")[0].any()


def test_no_permission(
    tiny_model_folder: Path, tmp_path: Path, files: list[Path], capfd: pytest.CaptureFixture[str]
) -> None:
    songs = tmp_path / "songs"
    songs.mkdir()
    for name in ("mine.wav", "yours.wav"):
        shutil.copy(next(path for path in files if path.name == "song.wav"), songs / name)
    (songs / "mine.wav").chmod(0)
    (songs / "secret").mkdir(mode=0)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    out = tmp_path / "out"
    out.mkdir()
    # What is loaded late may lie where nobody may read.
    assert separate(tiny_model_folder, songs / "yours.wav", "-o", tmp_path / "first") == 0
    with as_nobody(out, tmp_path):
        assert separate(tiny_model_folder, *sorted(songs.iterdir()), "-o", out) == 2
        err = capfd.readouterr().err
        assert separate(tiny_model_folder, songs / "yours.wav", "-o", locked) == 2
    (line,) = complaints(err, "mine.wav")
    assert "permission to read" in line
    (line,) = complaints(err, "secret")
    assert "permission to look into" in line
    assert written(out) == ["yours/accompaniment.wav", "yours/vocals.wav"]
    assert "permission to write" in complaints(capfd.readouterr().err, "locked")[0]
    assert not written(locked)


def test_a_full_disk_while_writing(
    tiny_model_folder: Path, small_disk: Path, files: list[Path], capfd: pytest.CaptureFixture[str]
) -> None:
    song, tiny = (next(p for p in files if p.name == n) for n in ("song.wav", "one sample.wav"))
    assert separate(tiny_model_folder, song, tiny, "-o", small_disk) == 2
    (line,) = complaints(capfd.readouterr().err, "song.wav")
    assert "no room left" in line
    assert written(small_disk) == ["one sample/accompaniment.wav", "one sample/vocals.wav"]


def test_a_song_that_is_deleted_before_its_turn(
    tiny_model_folder: Path,
    tmp_path: Path,
    files: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    song = next(path for path in files if path.name == "song.wav")
    first, second = (Path(shutil.copy(song, tmp_path / f"{name}.wav")) for name in "ab")
    decode = cli_separate.decode

    def deleting(path: Path, **options):
        second.unlink(missing_ok=True)
        return decode(path, **options)

    monkeypatch.setattr(cli_separate, "decode", deleting)
    out = tmp_path / "out"
    assert separate(tiny_model_folder, first, second, "-o", out) == 2
    (line,) = complaints(capfd.readouterr().err, "b.wav")
    assert "not there" in line
    assert written(out) == ["a/accompaniment.wav", "a/vocals.wav"]


class Trap:
    """A pickle that writes a file where it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("place", ["file", "folder", "weights"])
def test_a_pickle_is_no_model(
    tiny_model_folder: Path,
    tmp_path: Path,
    files: list[Path],
    place: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    weights = tiny_model_folder / "model.safetensors"
    path = {"file": tmp_path / "nice.pth", "folder": tiny_model_folder / "nice.pt"}.get(
        place, weights
    )
    weights.unlink()
    path.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    model = path if place == "file" else tiny_model_folder
    assert separate(model, *files, "-o", tmp_path / "out") == 2
    lines = [line for line in capfd.readouterr().err.splitlines() if " %" not in line]
    assert len(lines) == 1
    assert ("pickle" if place != "weights" else "damaged") in lines[0]
    assert ("Tiny" if place == "weights" else path.name) in lines[0]
    assert not (tmp_path / "sprung").exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows raises no SIGINT")
@pytest.mark.parametrize("stage", ["Decoding", "Separating", "Writing", "Drawing"])
def test_interrupted_at_every_stage(
    tiny_model_folder: Path,
    tmp_path: Path,
    stage: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    rng = np.random.default_rng(0)
    for name in ("first", "second"):
        soundfile.write(tmp_path / f"{name}.wav", rng.uniform(-0.3, 0.3, (RATE * 20, 2)), RATE)
    out = tmp_path / "out"
    one = cli_separate._separate_one

    def interrupting(job, request, model, display, update, *others) -> None:
        def told(name: str, fraction: float) -> None:
            update(name, fraction)
            if (job.song, name) == ("second", stage) and not others[0].is_set():
                signal.raise_signal(signal.SIGINT)

        one(job, request, model, display, told, *others)

    monkeypatch.setattr(cli_separate, "_separate_one", interrupting)
    songs = (tmp_path / "first.wav", tmp_path / "second.wav")
    assert separate(tiny_model_folder, *songs, "-o", out, "--figure") == 130
    assert "Stopped." in capfd.readouterr().err
    whole = ["first/accompaniment.wav", "first/figure.png", "first/vocals.wav"]
    if stage == "Drawing":  # the stems were finished before
        whole += ["second/accompaniment.wav", "second/vocals.wav"]
    assert written(out) == whole


def test_a_process_of_its_own_says_it_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "letter.wav").write_text("only words")
    command = [sys.executable, "-m", "app.cli", "separate", "letter.wav", "-o", "out"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    (line,) = complaints(done.stderr, "letter.wav")
    assert "not an audio file" in line
    assert not (tmp_path / "out").exists()


# The window


def ended(stage) -> bool:
    return all(not song.state.is_busy for song in stage.session.songs)


def test_bad_files_say_so_in_their_rows(stage, files: list[Path], tmp_path: Path) -> None:
    gone = tmp_path / "gone.wav"
    shutil.copy(files[-1], gone)
    stage.drop([*files, gone])
    gone.unlink()  # while it is queued
    stage.qtbot.waitUntil(lambda: ended(stage), timeout=PATIENCE_MS)
    stage.qtbot.waitUntil(lambda: len(stage.window.queue.rows) == len(files) + 1)
    for song in stage.session.songs:
        row = stage.window.queue.rows[song.song_id]
        if song.path.name in GOOD:
            assert song.state is SongState.DONE
            n_samples = GOOD[song.path.name][2]
            assert song.result is None or song.result.n_samples_ready == n_samples
            continue
        assert song.state is SongState.FAILED
        assert song.path.name in row.stage.text()
        assert {**BAD, "gone.wav": "not there"}[song.path.name] in row.stage.text()
        assert row.retry.isVisible()
    assert stage.window.page.failed.isVisible(), "the first one dropped is empty.wav"
    assert "empty.wav" in stage.window.page.failed.sentence.text()
    assert not stage.window.errors.isVisible()
    stage.window.close()
    assert not list(tmp_path.glob("stemscope-*")), "no scratch is left"


def test_what_is_left_of_a_cut_song_can_be_opened(stage, files: list[Path]) -> None:
    stage.drop([next(path for path in files if path.name == "cut.wav")])
    song = stage.session.current
    stage.qtbot.waitUntil(lambda: song.state is SongState.FAILED, timeout=PATIENCE_MS)
    stage.qtbot.mouseClick(stage.window.page.failed.rest, Qt.MouseButton.LeftButton)
    stage.qtbot.waitUntil(lambda: song.state is SongState.DONE, timeout=PATIENCE_MS)
    assert RATE < song.decoded.audio.n_samples < 2 * RATE


def test_a_folder_without_songs_is_told(stage, tmp_path: Path) -> None:
    folder = tmp_path / "folder.wav"
    folder.mkdir()
    stage.drop([folder])
    stage.qtbot.waitUntil(stage.window.errors.isVisible)
    assert "folder.wav" in stage.window.errors.sentence.text()
    assert stage.session.songs == []


def test_no_permission_in_the_window(stage, files: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "mine.wav"
    shutil.copy(files[-1], path)
    path.chmod(0)
    with as_nobody(tmp_path):
        stage.drop([path])
        song = stage.session.current
        stage.qtbot.waitUntil(lambda: song.state is SongState.FAILED, timeout=PATIENCE_MS)
    assert "permission to read" in stage.window.page.failed.sentence.text()
    assert "mine.wav" in stage.window.page.failed.sentence.text()


@pytest.mark.parametrize("damage", ["weights", "card", "pickle", "missing"])
def test_a_bad_model_is_told_and_the_song_stays(
    stage, tiny_model_folder: Path, damage: str, tmp_path: Path
) -> None:
    weights = tiny_model_folder / "model.safetensors"
    data = weights.read_bytes()
    if damage == "weights":
        weights.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif damage == "card":
        (tiny_model_folder / "card.json").write_text("{")
    elif damage == "pickle":
        weights.unlink()
        (tiny_model_folder / "model.pt").write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    else:
        shutil.rmtree(tiny_model_folder)
    stage.drop([stage.write_song(tmp_path / "song.wav")])
    song = stage.session.current
    stage.qtbot.waitUntil(lambda: song.state is SongState.FAILED, timeout=PATIENCE_MS)
    sentence = str(song.error)
    name = {"weights": "Tiny", "pickle": "model.pt"}.get(damage, tiny_model_folder.name)
    assert name in sentence
    assert "inside the program" not in sentence
    assert song.decoded is not None, "it can be seen and heard all the same"
    assert not (tmp_path / "sprung").exists()
    if damage == "weights":
        weights.write_bytes(data)
        stage.session.retry(song.song_id)
        stage.qtbot.waitUntil(lambda: song.state is SongState.DONE, timeout=PATIENCE_MS)


def export_dialog(stage, folder: Path):
    stage.window.actions_["export"].trigger()
    dialog = stage.window.dialogs.open_dialog
    dialog.folder.setText(str(folder))
    dialog.depth.setCurrentIndex(dialog.depth.findData("float"))
    return dialog


def test_a_full_disk_while_exporting(stage, small_disk: Path, tmp_path: Path) -> None:
    song = stage.open_song()
    dialog = export_dialog(stage, small_disk)
    stage.qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    stage.qtbot.waitUntil(lambda: "no room left" in dialog.sentence.text(), timeout=PATIENCE_MS)
    assert written(small_disk) == []
    dialog.folder.setText(str(tmp_path / "out"))
    stage.qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    stage.qtbot.waitUntil(dialog.show_folder.isVisible, timeout=PATIENCE_MS)
    assert len(written(tmp_path / "out")) == 2
    assert song.state is SongState.DONE
    dialog.reject()


class AtState(QObject):
    """Does something as soon as the song on screen is in a state."""

    def __init__(self, stage, state: SongState, action: Callable[[], object]) -> None:
        super().__init__()
        self._session, self._state, self._action = stage.session, state, action
        self.seen = False
        stage.session.song_changed.connect(self._on_song_changed)

    def _on_song_changed(self, song_id: int) -> None:
        if not self.seen and self._session.song(song_id).state is self._state:
            self.seen = True
            QTimer.singleShot(0, self._action)


STAGES = [SongState.DECODING, SongState.WAITING, SongState.SEPARATING]


@pytest.mark.parametrize("state", STAGES)
def test_cancelled_at_every_stage(stage, state: SongState, tmp_path: Path) -> None:
    hand = AtState(stage, state, stage.window.actions_["cancel"].trigger)
    stage.drop([stage.write_song(tmp_path / "song.wav", 40.0)])
    song = stage.session.current
    stage.qtbot.waitUntil(lambda: not song.state.is_busy, timeout=PATIENCE_MS)
    assert hand.seen
    assert song.state is SongState.CANCELLED
    assert song.result is None
    assert not list(stage.cache.folder.glob("*"))
    row = stage.window.queue.rows[song.song_id]
    assert row.stage.text() == "Cancelled"
    stage.session.retry(song.song_id)
    stage.qtbot.waitUntil(lambda: song.state is SongState.DONE, timeout=PATIENCE_MS)


@pytest.mark.parametrize("state", STAGES)
def test_quitting_at_every_stage(stage, state: SongState, tmp_path: Path, own_threads) -> None:
    before = own_threads()
    hand = AtState(stage, state, stage.window.close)
    stage.drop([stage.write_song(tmp_path / f"{name}.wav", 40.0) for name in "ab"])
    stage.qtbot.waitUntil(lambda: not stage.window.isVisible(), timeout=PATIENCE_MS)
    assert hand.seen
    assert not own_threads() - before
    assert stage.session.jobs.shutdown(timeout_s=0), "the compute thread has ended"
    assert stage.session.jobs.n_unfinished == stage.session.pool.n_unfinished == 0
    assert not list(tmp_path.glob("stemscope-*")), "no scratch is left"


@pytest.mark.parametrize("how", ["cancel", "quit"])
def test_an_export_that_is_stopped_leaves_nothing(stage, how: str, tmp_path: Path) -> None:
    song = stage.open_song(seconds=60.0)
    out = tmp_path / "out"
    dialog = export_dialog(stage, out)
    dialog.format.setCurrentIndex(dialog.format.findData("mp3"))
    stage.qtbot.mouseClick(dialog.start, Qt.MouseButton.LeftButton)
    if how == "cancel":
        stage.qtbot.mouseClick(dialog.cancel, Qt.MouseButton.LeftButton)
        stage.qtbot.waitUntil(lambda: "nothing was written" in dialog.sentence.text())
        assert dialog.isVisible()
        dialog.reject()
    else:
        stage.window.close()
        assert stage.session.pool.n_unfinished == 0
    assert not out.exists()
    assert song.state is SongState.DONE
