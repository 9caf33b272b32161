"""What each command of the window does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.main_window import MainWindow


def connect(window: MainWindow) -> None:
    """Join the actions to the parts of the window that answer them."""
    page, pages = window.page, window.all_pages
    mixer, view, transport = page.mixer, page.view, page.transport
    window.actions_.connect(
        {
            "open": window.choose_files,
            "demo": window.open_demo,
            "export": window.dialogs.export,
            "cancel": window.progress.cancel_current,
            "settings": window.dialogs.settings,
            "quit": window.close,
            "play": window.toggle_sound,
            "start": window.playback.to_start,
            "back": window.playback.back,
            "forward": window.playback.forward,
            "loop": transport.loop.toggle,
            "follow": transport.follow.toggle,
            "slower": page.tempo.slower,
            "faster": page.tempo.faster,
            "lower": page.tempo.lower,
            "higher": page.tempo.higher,
            "as_recorded": page.tempo.reset,
            "original": window.toggle_original,
            "voice": pages.hears("voice", mixer.hear_voice),
            "music": pages.hears("accompaniment", mixer.hear_music),
            "balance": pages.hears("balance", mixer.hear_balance),
            "mute1": mixer.mute_voice,
            "mute2": mixer.mute_music,
            "solo1": mixer.solo_voice,
            "solo2": mixer.solo_music,
            "zoom_in": view.zoom_in,
            "zoom_out": view.zoom_out,
            "fit": view.fit,
            "zoom_loop": view.zoom_to_loop,
            "overlay": page.inspector.view.overlay.toggle,
            "pitch": page.inspector.view.pitch.toggle,
            "inspector": page.toolbar.inspector.toggle,
            "queue": window.status.queue.toggle,
            **pages.handlers(),
            **window.workbench.handlers(),
            **window.projects.handlers(),
            **window.comparison.handlers(),
            "shortcuts": window.show_shortcuts,
            "log": window.dialogs.open_log,
            "about": window.dialogs.about,
        }
    )
