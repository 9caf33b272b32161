"""The further folders of a new training: each with what is in it, and a cross to leave it out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import language_changed, tr
from app.panels.controls import ElidedLabel, icon_button, label, text_button
from app.panels.training.run_header import grouped
from core.training.sources import labels_of
from core.training.summary import FolderSummary


class FolderLine(QWidget):
    """One folder; the pointer on it says the whole path."""

    remove_clicked = Signal(object)  # Path

    def __init__(self, folder: Path, text: str, is_backing: bool) -> None:
        super().__init__()
        self.folder, self._text = folder, text
        self._is_backing = is_backing
        self._summary: FolderSummary | None = None
        self.name = ElidedLabel()
        self.name.hint = str(folder)
        self.counts = label("", "muted")
        self.remove = icon_button("close", "Leave this folder out", side=24, icon_side=14)
        self.remove.clicked.connect(self._on_remove)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.name, 1)
        row.addWidget(self.counts)
        row.addWidget(self.remove)
        language_changed().connect(self._show)
        self._show()

    def set_summary(self, summary: FolderSummary | None) -> None:
        """What was found in it; None while that is not known."""
        self._summary = summary
        self._show()

    def _show(self) -> None:
        alone = self._is_backing
        text = self._text
        self.name.setText(tr("{name} (music alone)", name=text) if alone else text)
        found = self._summary
        self.counts.setText(
            ""
            if found is None
            else tr(
                "{clips} clips, {minutes} minutes",
                clips=grouped(found.n_clips),
                minutes=f"{found.minutes:.1f}",
            )
        )

    def _on_remove(self) -> None:
        self.remove_clicked.emit(self.folder)


class FolderList(QWidget):
    """All folders where there are several, and the buttons that add one."""

    add_clicked = Signal()
    add_backing_clicked = Signal()
    remove_clicked = Signal(object)  # Path

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[FolderLine] = []
        self.add = text_button("add", "Add folder…", "Add another folder of recordings")
        self.add.clicked.connect(self.add_clicked)
        self.add_backing = text_button(
            "music",
            "Add music…",
            "Add a folder of music without voices, to be put under the voices",
        )
        self.add_backing.clicked.connect(self.add_backing_clicked)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.add)
        buttons.addWidget(self.add_backing)
        buttons.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addLayout(buttons)

    def set_folders(self, folders: Sequence[Path], backing: Sequence[Path]) -> None:
        """List these where they are more than one."""
        for line in self.lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines = []
        if len(folders) + len(backing) < 2:
            return
        places = [(folder, False) for folder in folders] + [(folder, True) for folder in backing]
        texts = labels_of([folder for folder, _ in places])
        for (folder, is_backing), text in zip(places, texts, strict=True):
            line = FolderLine(folder, text, is_backing)
            line.remove_clicked.connect(self.remove_clicked)
            # One folder with voices there must be.
            line.remove.setEnabled(is_backing or len(folders) > 1)
            self._column.insertWidget(len(self.lines), line)
            self.lines.append(line)

    def set_summaries(self, summaries: Sequence[FolderSummary]) -> None:
        """What was found in the folders, in their order; empty while it is not known."""
        for number, line in enumerate(self.lines):
            line.set_summary(summaries[number] if number < len(summaries) else None)
