"""Pictures of the real window: ``python packaging/screenshots.py OUT [--song FILE] [--only NAME]``.

Each picture is taken by a fresh process of its own, so that the scale factor and the system's
colours are those of a fresh start. Needs no display.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHOTS: dict[str, dict[str, str]] = {
    "window": {"state": "close"},  # that of the README
    "empty-dark": {"state": "empty"},
    "empty-light": {"state": "empty", "theme": "light"},
    "working-dark": {"state": "working"},
    "done-dark": {"state": "done"},
    "done-light": {"state": "done", "theme": "light"},
    "done-chinese": {"state": "done", "language": "zh_CN"},
    "done-small": {"state": "done", "size": "1280x800"},
    "done-small-chinese-light": {
        "state": "done",
        "size": "1280x800",
        "language": "zh_CN",
        "theme": "light",
    },
    "done-200": {"state": "done", "scale": "2"},
    "queue-dark": {"state": "queue"},
    "error-dark": {"state": "error"},
    "export-dark": {"state": "export"},
    "export-chinese-light": {"state": "export", "language": "zh_CN", "theme": "light"},
    "settings-dark": {"state": "settings"},
    "models-dark": {"state": "models"},
    "shortcuts-dark": {"state": "shortcuts"},
    "train-empty-dark": {"state": "train-empty"},
    "train-setup-dark": {"state": "train-setup"},
    "train-setup-chinese-light": {"state": "train-setup", "language": "zh_CN", "theme": "light"},
    "train-setup-small-light": {"state": "train-setup", "theme": "light", "size": "1040x640"},
    "train-running-dark": {"state": "train-running"},
    "train-running-small-light": {"state": "train-running", "theme": "light", "size": "1280x800"},
    "train-compare-200": {"state": "train-compare", "scale": "2", "size": "1280x800"},
    "empty-chinese-200": {"state": "empty", "language": "zh_CN", "scale": "2"},
    "beginning": {"state": "beginning"},  # several pictures: the first seconds of a long song
    "waiting-dark": {"state": "waiting"},
}
BEGINNING_MINUTES = 15


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--song", type=Path, action="append", default=[])
    parser.add_argument("--model", type=Path, help="folder of another model")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--shot", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.shot:
        take(arguments.shot, SHOTS[arguments.shot], arguments)
        return 0
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, shot in SHOTS.items():
        if arguments.only and not any(name.startswith(only) for only in arguments.only):
            continue
        environment = dict(os.environ, QT_QPA_PLATFORM="offscreen")
        environment["QT_SCALE_FACTOR"] = shot.get("scale", "1")
        command = [sys.executable, __file__, *sys.argv[1:], "--shot", name]
        root = str(Path(__file__).resolve().parent.parent)
        environment["PYTHONPATH"] = root
        subprocess.run(command, env=environment, check=True)
        print(arguments.out / f"{name}.png", flush=True)
    return 0


def take(name: str, shot: dict[str, str], arguments: argparse.Namespace) -> None:
    """Bring the window into the state and save what it looks like."""
    from PySide6.QtWidgets import QApplication

    from app import settings, theme
    from app.audio.player import Player
    from app.i18n import set_language
    from app.main_window import MainWindow
    from app.session import Session, SongState
    from app.speed_memory import SpeedMemory
    from core.models import find_model

    with tempfile.TemporaryDirectory() as folder:
        settings.use_file(Path(folder) / "settings.ini")
        os.environ["XDG_DATA_HOME"] = folder  # trainings and models of the pictures alone
        app = QApplication([])
        set_language(shot.get("language", "en"))
        theme.set_theme(shot.get("theme", "dark"))
        extra = {}
        if arguments.model is not None:
            extra["find_model"] = lambda _name: find_model(str(arguments.model))
        speeds = SpeedMemory(Path(folder) / "speed.json")
        session = Session(settings.SessionMemory(), scratch_dir=folder, speeds=speeds, **extra)
        demo = Path("resources/demo/demo.flac")
        window = MainWindow(session, Player(), demo=demo, log_file=Path("stemscope.log"))
        width, height = (int(n) for n in shot.get("size", "1400x900").split("x"))
        window.resize(width, height)
        window.show()
        songs = arguments.song or [demo]

        def wait(ready, limit_s: float = 300.0) -> None:  # type: ignore[no-untyped-def]
            end = time.monotonic() + limit_s
            while not ready():
                app.processEvents()
                time.sleep(0.005)
                if time.monotonic() > end:
                    raise SystemExit(f"{name}: the window did not get there in {limit_s:.0f} s")

        def settle() -> None:
            wait(lambda: window.page.view.idle)
            end = time.monotonic() + 0.5
            wait(lambda: time.monotonic() > end)

        def show_levels() -> None:
            for part, levels in (("vocals", (-9, -15)), ("accompaniment", (-6, -12))):
                window.page.mixer.strips[part].meter.set_level(*levels)
            window.page.mixer.master.meter.set_level(-3.5, -10)

        state = shot["state"]
        if state == "beginning":
            song = arguments.song[0] if arguments.song else long_song(Path(folder))
            show_beginning(window, song, arguments.out, wait)
        elif state.startswith("train-"):
            show_training(window, state, Path(folder), wait)
        elif state != "empty":
            session.warm_up()
            window.open_paths(songs[:1] if state not in ("queue", "waiting") else songs)
        if state == "working":
            wait(
                lambda: (
                    session.current.fraction > 0.55
                    and session.current.state is SongState.SEPARATING
                )
            )
        elif state == "waiting":
            show_waiting(window, songs, speeds, wait)
        elif state not in ("empty", "beginning") and not state.startswith("train-"):
            wait(lambda: session.current is not None and session.current.state is SongState.DONE)
            wait(lambda: not window.progress.sum._timer.isActive())
            settle()
            window.playback.seek_s(window.playback.length_s * 0.42)
            window.page.mixer.strips["vocals"].fader.set_gain_db(-3.0)
            show_levels()
            view = window.page.view
            view._stage.set_pointer((window.playback.length_s * 0.61, 0.35))
        if state == "close":
            view.viewport.set_time(3.0, 15.0)
            view._stage.set_loop((6.6, 11.4))
            window.playback.seek_s(9.1)
            view._stage.set_pointer((12.4, 0.35))
            settle()
            show_levels()
        if state == "error":
            window.open_paths([Path("/tmp/missing song.wav")])
            from app.drops import NOT_A_FILE
            from core.errors import UsageError

            window.show_failure(UsageError(NOT_A_FILE))
        if state == "queue":
            window.status.queue.setChecked(True)
        picture = window
        if state in ("export", "settings", "shortcuts"):
            window.actions_[state].trigger()
            picture = window.dialogs.open_dialog
        if state == "models":
            window.all_pages.choose("models")
        end = time.monotonic() + 0.3
        wait(lambda: time.monotonic() > end)
        arguments.out.mkdir(parents=True, exist_ok=True)
        if state != "beginning":
            picture.grab().save(str(arguments.out / f"{name}.png"))
        if state.startswith("train-"):
            for run in window.all_pages.train.desk.busy:
                window.all_pages.train.desk.pause(run.key)
            wait(lambda: not window.all_pages.train.desk.busy)
        window.close()
        app.processEvents()


def long_song(folder: Path) -> Path:
    """The demo song over and over, as FLAC."""
    import soundfile

    samples, rate = soundfile.read(Path("resources/demo/demo.flac"), dtype="int16", always_2d=True)
    path = folder / f"{BEGINNING_MINUTES} minutes.flac"
    n_times = -(-BEGINNING_MINUTES * 60 * rate // len(samples))
    with soundfile.SoundFile(path, "w", rate, samples.shape[1], "PCM_16") as file:
        for _ in range(n_times):
            file.write(samples)
    return path


def show_beginning(window, song: Path, out: Path, wait) -> None:  # type: ignore[no-untyped-def]
    """Pictures of a long song from the drop on, with a place sought, and when each was taken."""
    from app.smoke import drop
    from core.audio.growing import n_there

    session, view = window.session, window.page.view
    loaded: list[object] = []
    session.devices_found.connect(loaded.append)
    session.warm_up()
    wait(lambda: loaded)
    out.mkdir(parents=True, exist_ok=True)
    began_s, began_cpu_s = time.monotonic(), time.process_time()
    lines = [f"{song.name}, model {session.model_id}"]

    def take_one(number: int, what: str) -> None:
        name = f"beginning-{number}.png"
        seconds, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
        window.grab().save(str(out / name))
        line = f"{name}: {what}, {seconds:.2f} s after the drop ({cpu_s:.2f} s of processor time)"
        lines.append(line)
        print(line, flush=True)

    def song_now():  # type: ignore[no-untyped-def]
        return session.current

    def is_drawn(seconds: float) -> bool:
        layer = view._layers.get("vocals")
        column = 0 if layer is None else int(seconds / layer.pyramid.column_s)
        return layer is not None and layer.known.touches(column, column + 1)

    def n_ready() -> int:
        result = song_now().result
        return 0 if result is None else result.samples_ready.size

    drop(window, song)
    take_one(1, "dropped")
    wait(lambda: song_now().decoded is not None)
    mixture = song_now().decoded.audio
    share = n_there(mixture) / mixture.n_samples
    take_one(2, f"can be played, {share:.1%} of the file decoded")
    wait(lambda: n_ready() > 0)
    share = n_there(mixture) / mixture.n_samples
    take_one(3, f"the first stems can be heard, {share:.1%} of the file decoded")
    wait(lambda: n_ready() > 60 * mixture.sample_rate)
    view.viewport.set_time(0.0, 60.0)
    wait(lambda: is_drawn(30.0))
    take_one(4, "a minute is done")
    place_s = 0.6 * window.playback.length_s
    window.playback.seek_s(place_s)
    sought_s = time.monotonic()
    view.viewport.set_time(place_s - 20.0, place_s + 40.0)
    wait(
        lambda: (
            song_now().result.samples_ready.until(mixture.n_samples * 6 // 10)
            > mixture.n_samples * 6 // 10
        )
    )
    lines.append(f"The place sought can be heard after {time.monotonic() - sought_s:.2f} s")
    wait(lambda: is_drawn(place_s + 1.0))
    take_one(5, "a place far ahead was sought, and is being separated")
    view.fit()
    end = time.monotonic() + 1.0
    wait(lambda: time.monotonic() > end)
    take_one(6, "the whole of it")
    (out / "beginning.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def show_waiting(window, songs: list[Path], speeds, wait) -> None:  # type: ignore[no-untyped-def]
    """The queue with what each song will take."""
    from app.speed_memory import WINDOW, Run

    session = window.session
    speeds.note(session.model_id, session.device, WINDOW, Run(240.0, 9.0, 640_000_000, 8_000_000))
    session.speed_noted.emit()
    window.status.queue.setChecked(True)
    wait(lambda: bool(window.queue.total.text()))
    wait(lambda: len(window.queue.rows) == len(songs))
    wait(lambda: session.current is not None and session.current.result is not None)


def write_recordings(folder: Path, n_songs: int = 8) -> Path:
    """The demo song in parts, voice and accompaniment each in a file."""
    import soundfile

    mixture, rate = soundfile.read(Path("resources/demo/demo.flac"), always_2d=True)
    vocals, _ = soundfile.read(Path("resources/demo/vocals.flac"), always_2d=True)
    n_samples = min(len(mixture), len(vocals))
    for number in range(n_songs):
        part = slice(n_samples * number // n_songs, n_samples * (number + 1) // n_songs)
        song = folder / f"part {number + 1}"
        song.mkdir(parents=True)
        soundfile.write(song / "vocals.flac", vocals[part], rate)
        soundfile.write(song / "accompaniment.flac", mixture[part] - vocals[part], rate)
    return folder


def show_training(window, state: str, folder: Path, wait) -> None:  # type: ignore[no-untyped-def]
    """Bring the training page into ``state``: with real trainings, as short as they can be."""
    page = window.all_pages.train
    window.all_pages.choose("train")
    wait(lambda: page.desk.is_loaded)
    if state == "train-empty":
        return
    page.open_folder(write_recordings(folder / "My recordings"))
    setup = page.setup
    wait(lambda: setup.data.data is not None)
    if state == "train-setup":
        setup.examples_card.draw.click()
        wait(lambda: bool(setup.examples_card.rows))
        setup.recipe_card.learning_rate.setFocus()
        return
    runs = (("Quick", 100, 24), ("Smaller", 40, 20))
    for title, units, n_epochs in runs[: 2 if state == "train-compare" else 1]:
        page.show_setup()
        card = setup.recipe_card
        for field, value in ((card.units, units), (card.length, 30), (card.batch, 2)):
            field.set_value(value)
        card._on_edited()
        setup.view.name.setText(title)
        setup.view.name.textEdited.emit(title)
        setup.view.start.click()
        run = page.run
        wait(lambda run=run, n=n_epochs: run.n_epochs_done >= n or not run.state.is_busy)
        if state == "train-compare":
            page.run_view.header.pause.click()
            wait(lambda run=run: not run.state.is_busy)
    for row in page.list.rows.values():
        if not row.tick.isChecked():
            row.tick.click()
    wait(lambda: page.replay_desk.picture is not None)


if __name__ == "__main__":
    sys.exit(main())
