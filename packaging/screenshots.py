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

from screenshot_scenes import (
    long_song,
    show_adapting,
    show_beginning,
    show_blind_test,
    show_comparing,
    show_editing,
    show_training,
    show_waiting,
)

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
    "editing-dark": {"state": "editing"},
    "editing-chinese-light": {"state": "editing", "language": "zh_CN", "theme": "light"},
    "adapt-start-dark": {"state": "adapt-start"},
    "adapt-running-dark": {"state": "adapt-running"},
    "adapt-done-chinese-light": {"state": "adapt-done", "language": "zh_CN", "theme": "light"},
    "adapt-running-200": {"state": "adapt-running", "scale": "2", "size": "1280x800"},
    "compare-dark": {"state": "compare"},
    "compare-chinese-light": {"state": "compare", "language": "zh_CN", "theme": "light"},
    "compare-200": {"state": "compare", "scale": "2", "size": "1280x800"},
    "blind-dark": {"state": "blind"},
    "blind-over-chinese-light": {"state": "blind-over", "language": "zh_CN", "theme": "light"},
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
        if state == "editing":
            show_editing(window, settle)
        if state.startswith("adapt-"):
            show_adapting(window, state, wait)
        if state in ("compare", "blind", "blind-over"):
            show_comparing(window, wait, settle)
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
        if state.startswith("blind"):
            picture = show_blind_test(window, wait, is_over=state == "blind-over")
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
        window.workbench.desk.forget()
        window.close()
        app.processEvents()


if __name__ == "__main__":
    sys.exit(main())
