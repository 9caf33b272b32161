"""What the window looks like next time: its place and size, how it is divided, what is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray

from app import settings

if TYPE_CHECKING:
    from app.main_window import MainWindow


def restore(window: MainWindow) -> None:
    """Make the window what it was when it was closed."""
    page = window.page
    geometry = settings.get(settings.GEOMETRY)
    if not (geometry and window.restoreGeometry(QByteArray(geometry))):
        window.resize(1400, 900)
    splitter = settings.get(settings.SPLITTER)
    if splitter:
        page.splitter.restoreState(QByteArray(splitter))
    page.view.set_pane_heights(settings.get(settings.PANE_HEIGHTS))
    page.toolbar.inspector.setChecked(settings.get(settings.INSPECTOR_SHOWN))
    page.inspector.show_part(settings.get(settings.INSPECTOR_PART))
    page.mixer.master.fader.set_gain_db(settings.get(settings.MASTER_DB))


def remember(window: MainWindow) -> None:
    """Write it all down, to disk."""
    page = window.page
    settings.set(settings.GEOMETRY, bytes(window.saveGeometry().data()))
    settings.set(settings.SPLITTER, bytes(page.splitter.saveState().data()))
    settings.set(settings.PANE_HEIGHTS, page.view.pane_heights())
    settings.set(settings.INSPECTOR_SHOWN, page.toolbar.inspector.isChecked())
    settings.set(settings.INSPECTOR_PART, page.inspector.part)
    settings.set(settings.MASTER_DB, page.mixer.master.fader.gain_db())
    settings.store().sync()
