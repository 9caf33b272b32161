"""Opens the window: ``stemscope [FILE…] [--demo]``."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
from collections.abc import Sequence
from functools import partial
from importlib import resources
from pathlib import Path

if sys.platform == "win32":
    # torch's libraries must be loaded before Qt's, or they fail to initialise
    import torch  # noqa: F401


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="stemscope", description="Separates the singing voice from the music of a song."
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="songs or folders")
    parser.add_argument("--demo", action="store_true", help="open the demo song")
    parser.add_argument(
        "--reset-settings", action="store_true", help="forget settings and window layout"
    )
    parser.add_argument("--smoke", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def demo_song() -> Path | None:
    """The song that comes along, where it does."""
    file = Path(str(resources.files("resources") / "demo" / "demo.flac"))
    return file if file.is_file() else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit status."""
    multiprocessing.freeze_support()
    asked = parse(sys.argv[1:] if arguments is None else arguments)
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app import settings, theme
    from app.audio.player import Player
    from app.cache import ResultCache
    from app.dialogs import apply_sound_settings
    from app.errors_log import ErrorReporter
    from app.i18n import set_language
    from app.interpreter import WindowFirst
    from app.main_window import MainWindow
    from app.preload import load_modules
    from app.session import Session
    from app.speed_memory import SpeedMemory

    app = QApplication(sys.argv[:1])
    app.setApplicationName("Stemscope")
    app.setApplicationDisplayName("Stemscope")
    app.setDesktopFileName("stemscope")
    reporter = ErrorReporter()
    reporter.install()
    if asked.reset_settings:
        settings.store().reset()
    set_language(settings.get(settings.LANGUAGE))
    theme.set_theme(settings.get(settings.THEME))
    app.setWindowIcon(theme.app_icon())
    cache = ResultCache(limit_bytes=settings.get(settings.CACHE_LIMIT_MB) * 1_000_000)
    session = Session(settings.SessionMemory(), cache=cache, speeds=SpeedMemory())
    interpreter = WindowFirst(session)
    player = Player()
    apply_sound_settings(player)
    window = MainWindow(session, player, cache=cache, demo=demo_song(), log_file=reporter.log_file)
    reporter.reported.connect(window.show_failure)
    window.show()
    QTimer.singleShot(100, player.load)
    QTimer.singleShot(300, window.projects.offer_recovery)
    QTimer.singleShot(200, partial(session.warm_up, load_modules))
    files = list(asked.files)
    if asked.demo and (demo := demo_song()) is not None:
        files.append(demo)
    if files:
        window.open_paths(files)
    if asked.smoke is not None:
        from app import smoke

        smoke.arrange(window, session, asked.smoke)
    status = app.exec()
    stopped = session.shutdown()
    interpreter.stop()
    reporter.uninstall()
    if not stopped:
        # In the midst of a batch on a busy machine. Python would destroy the thread with the rest,
        # which aborts the program; whatever is on disk is whole, so it may go at once.
        logging.shutdown()
        os._exit(status)
    return status


if __name__ == "__main__":
    sys.exit(main())
