"""Opens the dialogs with what they need to know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QDialog, QMessageBox, QWidget

from app import settings
from app.audio.player import Player
from app.cache import ResultCache
from app.i18n import tr, tr_error
from app.panels.export_dialog import Exportable, ExportDialog
from app.panels.mixer import MixerPanel
from app.panels.settings_dialog import SettingsDialog
from app.panels.shortcuts_dialog import ShortcutsDialog
from core.export import ExportOptions

if TYPE_CHECKING:
    from app.session import Session


class Dialogs(QObject):
    """One dialog at a time over the window; none of them stops playing or separating."""

    def __init__(
        self,
        window: QWidget,
        session: Session,
        player: Player,
        mixer: MixerPanel,
        cache: ResultCache | None,
        log_file: Path | None,
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._player, self._mixer = window, session, player, mixer
        self._cache, self._log_file = cache, log_file
        self.open_dialog: QDialog | None = None

    def show(self, dialog: QDialog) -> None:
        """Open ``dialog`` over the window; it is deleted once it is closed."""
        self.open_dialog = dialog
        dialog.finished.connect(self._on_finished)
        dialog.open()

    def _on_finished(self) -> None:
        dialog, self.open_dialog = self.open_dialog, None
        if dialog is not None:
            dialog.deleteLater()

    def export(self) -> None:
        """Export the song on screen, if it is separated."""
        song = self._session.current
        if song is None or song.decoded is None or song.result is None or self.open_dialog:
            return
        song_id = song.song_id

        def start(options: ExportOptions) -> object:
            return self._session.export(song_id, options)

        exportable = Exportable(
            title=song.title,
            info=song.decoded.info,
            tags=song.decoded.tags,
            sources=song.result.sources,
            gains_db=self._mixer.gains_db(),
            model_title=song.model_id,
        )
        self.show(ExportDialog(exportable, start, self._window))

    def may_lose_edits(self, song_ids: Sequence[int]) -> bool:
        """Ask whether the edits of these songs may go; True where there are none."""
        songs = [song for n in song_ids if (song := self._session.song(n)) is not None]
        if not songs:
            return True
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setText(tr("The edits of “{name}” will be lost.", name=songs[0].title)
                    if len(songs) == 1
                    else tr("The edits of {n} songs will be lost.", n=len(songs)))  # fmt: skip
        box.setInformativeText(tr("Save the project first to keep them."))
        lose = box.addButton(tr("Lose the edits"), QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.exec()
        return box.clickedButton() is lose

    def settings(self) -> None:
        if self.open_dialog is not None:
            return
        if not self._player.playing:  # it would be interrupted; the button is there for that
            self._player.refresh_devices()
        reason = self._player.unavailable_reason
        dialog = SettingsDialog(
            self._sound_devices(),
            tr_error(reason) if reason is not None else "",
            self._window,
        )
        dialog.audio_device_chosen.connect(self._on_sound_chosen)
        dialog.latency_changed.connect(self._player.set_low_latency)
        dialog.refresh_clicked.connect(self._on_refresh)
        dialog.cache_cleared.connect(self._on_clear)
        dialog.cache_limit_changed.connect(self._on_limit)
        self.show(dialog)
        self._tend_cache(None)

    def _sound_devices(self) -> list[tuple[str, str]]:
        return [(device.key, device.key) for device in self._player.devices()]

    def _on_sound_chosen(self, key: str) -> None:
        self._player.set_device(key or None)

    def _on_refresh(self) -> None:
        self._player.refresh_devices()
        if isinstance(self.open_dialog, SettingsDialog):
            self.open_dialog.set_devices(self._sound_devices())

    def _tend_cache(self, first: Callable[[ResultCache], object] | None) -> None:
        """Do ``first`` with the cache, then tell its size: beside the window's thread."""
        cache = self._cache
        if cache is None:
            return

        def task(_progress: object, _should_stop: object) -> int:
            if first is not None:
                first(cache)
            return cache.n_bytes

        handle = self._session.pool.submit(task, priority=5)
        handle.finished.connect(self._on_cache_measured)

    def _on_cache_measured(self, n_bytes: int) -> None:
        if isinstance(self.open_dialog, SettingsDialog):
            self.open_dialog.set_cache_bytes(n_bytes)

    def _on_clear(self) -> None:
        self._tend_cache(ResultCache.clear)

    def _on_limit(self, megabytes: int) -> None:
        if self._cache is not None:
            self._cache.limit_bytes = megabytes * 1_000_000
            self._tend_cache(ResultCache.trim)

    def shortcuts(self, actions: Sequence[QAction]) -> None:
        if self.open_dialog is None:
            self.show(ShortcutsDialog(actions, self._window))

    def open_log(self) -> None:
        if self._log_file is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_file)))

    def about(self) -> None:
        if self.open_dialog is not None:
            return
        try:
            number = version("stemscope")
        except PackageNotFoundError:
            number = ""
        box = QMessageBox(self._window)
        box.setWindowTitle(tr("About Stemscope"))
        box.setText(f"Stemscope {number}")
        box.setInformativeText(
            tr(
                "Separates the singing voice from the music of a song with deep recurrent "
                "networks, and shows how. Songs stay on this computer."
            )
        )
        self.show(box)


def apply_sound_settings(player: Player) -> None:
    """Set the player up as it was left."""
    player.set_device(settings.get(settings.AUDIO_DEVICE) or None)
    player.set_low_latency(settings.get(settings.AUDIO_LOW_LATENCY))
