"""The export dialog: which stems, how, where; then how far it is, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app import settings, theme
from app.formats import decibels, stem_text
from app.i18n import bind, mark, tip, tr, tr_error
from app.panels.controls import ElidedLabel, label
from core.errors import StemscopeError
from core.export import ExportOptions, planned_files

FORMATS = (("wav", "WAV"), ("flac", "FLAC"), ("mp3", "MP3"), ("ogg", "Ogg Vorbis"))
DEPTHS = (("16", mark("16 bit")), ("24", mark("24 bit")), ("float", mark("32 bit float")))


@dataclass(frozen=True)
class Exportable:
    """The song to export, as far as the dialog needs to know it."""

    title: str
    info: Any  # core.audio.FileInfo
    tags: Any  # core.audio.Tags
    sources: Sequence[str]
    gains_db: Mapping[str, float]
    model_title: str


class ExportDialog(QDialog):
    """Asks, starts ``start(options)`` (which returns a task handle) and shows the result."""

    def __init__(
        self,
        song: Exportable,
        start: Callable[[ExportOptions], Any],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._song = song
        self._start = start
        self._task: Any = None
        self._confirmed: list[Path] = []
        self._result_folder: Path | None = None
        bind(self.setWindowTitle, "Export")
        self.setMinimumWidth(520)
        self._make_fields()
        self._make_outcome()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addWidget(self._title)
        column.addLayout(self._form)
        column.addWidget(self._outcome)
        column.addLayout(self._buttons)
        self._load()
        self._refresh()

    # what is asked

    def _make_fields(self) -> None:
        self._title = ElidedLabel(self._song.title)
        self._title.setFont(theme.font(3))
        self.stems: dict[str, QCheckBox] = {}
        row = QHBoxLayout()
        row.setSpacing(16)
        for source in self._song.sources:
            box = QCheckBox()
            bind(box.setText, stem_text(source))
            box.toggled.connect(self._refresh)
            self.stems[source] = box
            row.addWidget(box)
        self.balance = QCheckBox()
        bind(self.balance.setText, "Balance")
        gains = ", ".join(
            f"{tr(stem_text(s))} {decibels(g if g > -100 else -math.inf)}"
            for s, g in self._song.gains_db.items()
        )
        tip(self.balance, "One more file, as the mixer stands: {gains}", gains=gains)
        self.balance.toggled.connect(self._refresh)
        row.addWidget(self.balance)
        row.addStretch(1)
        self.format = QComboBox()
        for value, text in FORMATS:
            self.format.addItem(text, value)
        self.format.currentIndexChanged.connect(self._refresh)
        tip(self.format, "File format")
        self.depth = QComboBox()
        for value, text in DEPTHS:
            self.depth.addItem(tr(text), value)
        self.depth.currentIndexChanged.connect(self._refresh)
        tip(self.depth, "Bit depth")
        kind = QHBoxLayout()
        kind.setSpacing(8)
        kind.addWidget(self.format, 1)
        kind.addWidget(self.depth, 1)
        self.folder = QLineEdit()
        self.folder.textChanged.connect(self._refresh)
        tip(self.folder, "Folder to write into")
        self.browse = QPushButton()
        self.browse.setAutoDefault(False)
        bind(self.browse.setText, "Choose…")
        tip(self.browse, "Choose the folder")
        self.browse.clicked.connect(self._on_browse)
        where = QHBoxLayout()
        where.setSpacing(8)
        where.addWidget(self.folder, 1)
        where.addWidget(self.browse)
        self.template = QLineEdit()
        self.template.textChanged.connect(self._refresh)
        tip(self.template, "Name of the files, of {song}, {stem}, {artist}, {title}, {model}")
        self.example = QLabel()
        self.example.setProperty("role", "muted")
        self.example.setWordWrap(True)
        self.example.setMinimumHeight(40)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(16)
        self._form.setVerticalSpacing(8)
        self._form.addRow(_name("Stems"), row)
        self._form.addRow(_name("Format"), kind)
        self._form.addRow(_name("Folder"), where)
        self._form.addRow(_name("Name"), self.template)
        self._form.addRow(QLabel(), self.example)

    def _make_outcome(self) -> None:
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        bind(self.bar.setAccessibleName, "Progress")
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self._outcome = QWidget()
        column = QVBoxLayout(self._outcome)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.bar)
        column.addWidget(self.sentence)
        self._outcome.hide()
        self.show_folder = QPushButton()
        bind(self.show_folder.setText, "Show in folder")
        self.show_folder.clicked.connect(self._on_show_folder)
        self.show_folder.hide()
        self.cancel = QPushButton()
        bind(self.cancel.setText, "Cancel")
        self.cancel.clicked.connect(self.reject)
        self.start = QPushButton()
        bind(self.start.setText, "Export")
        self.start.setDefault(True)
        self.start.clicked.connect(self._on_start)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._buttons.addWidget(self.show_folder)
        self._buttons.addStretch(1)
        self._buttons.addWidget(self.cancel)
        self._buttons.addWidget(self.start)

    def _load(self) -> None:
        wanted = settings.get(settings.EXPORT_STEMS)
        for source, box in self.stems.items():
            box.setChecked(source in wanted)
        self.balance.setChecked(settings.get(settings.EXPORT_BALANCE))
        self.format.setCurrentIndex(self.format.findData(settings.get(settings.EXPORT_FORMAT)))
        self.depth.setCurrentIndex(self.depth.findData(settings.get(settings.EXPORT_DEPTH)))
        folder = settings.get(settings.EXPORT_FOLDER) or str(Path.home() / "Music")
        self.folder.setText(folder)
        self.template.setText(settings.get(settings.EXPORT_TEMPLATE))

    def _save(self) -> None:
        settings.set(settings.EXPORT_STEMS, [s for s, b in self.stems.items() if b.isChecked()])
        settings.set(settings.EXPORT_BALANCE, self.balance.isChecked())
        settings.set(settings.EXPORT_FORMAT, self.format.currentData())
        settings.set(settings.EXPORT_DEPTH, self.depth.currentData())
        settings.set(settings.EXPORT_FOLDER, self.folder.text())
        settings.set(settings.EXPORT_TEMPLATE, self.template.text())

    def options(self, if_exists: str = "error") -> ExportOptions:
        """What the fields say."""
        depth = self.depth.currentData()
        if self.format.currentData() == "flac" and depth == "float":
            depth = "24"
        return ExportOptions(
            stems=tuple(source for source, box in self.stems.items() if box.isChecked()),
            audio_format=self.format.currentData(),
            bit_depth=depth if depth == "float" else int(depth),  # type: ignore[arg-type]
            folder=Path(self.folder.text()).expanduser(),
            name_template=self.template.text(),
            balance=dict(self._song.gains_db) if self.balance.isChecked() else None,
            if_exists=if_exists,  # type: ignore[arg-type]
            song=self._song.title,
            model=self._song.model_title,
        )

    def _refresh(self) -> None:
        if self.format.count() < len(FORMATS) or not hasattr(self, "start"):
            return
        lossy = self.format.currentData() in ("mp3", "ogg")
        self.depth.setEnabled(not lossy)
        model = self.depth.model()
        model.item(2).setEnabled(self.format.currentData() == "wav")  # type: ignore[attr-defined]
        if self.format.currentData() == "flac" and self.depth.currentData() == "float":
            self.depth.setCurrentIndex(1)
        chosen = self.balance.isChecked() or any(b.isChecked() for b in self.stems.values())
        problem = "" if chosen else tr("Choose at least one stem.")
        if chosen and not self.folder.text().strip():
            problem = tr("Choose a folder.")
        example = ""
        if not problem:
            try:
                files = planned_files(self._song.info, self._song.tags, self.options())
                example = tr("Writes {files}", files=", ".join(_below(f, self) for f in files))
            except StemscopeError as error:
                problem = tr_error(error)
        self.example.setText(problem or example)
        role = "warning" if problem else "muted"
        self.example.setProperty("role", role)
        self.example.style().unpolish(self.example)
        self.example.style().polish(self.example)
        self.start.setEnabled(not problem and self._task is None)

    def _on_browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self, tr("Folder to write into"), self.folder.text()
        )
        if folder:
            self.folder.setText(folder)

    # what happens

    def _on_start(self) -> None:
        files = planned_files(self._song.info, self._song.tags, self.options())
        existing = [file for file in files if file.exists()]
        if existing and existing != self._confirmed:
            self._confirmed = existing
            names = ", ".join(file.name for file in existing)
            bind(self.start.setText, "Overwrite")
            self._say("Already there: {names}. Overwrite?", "warning", names=names)
            return
        self._save()
        self._set_asking(False)
        self._say("Writing…", "muted")
        self.bar.setValue(0)
        self.bar.show()
        self._task = self._start(self.options("overwrite" if existing else "error"))
        self._task.progressed.connect(self._on_progressed)
        self._task.finished.connect(self._on_finished)
        self._task.failed.connect(self._on_failed)
        self._task.cancelled.connect(self._on_cancelled)
        self.start.setEnabled(False)

    def _set_asking(self, asking: bool) -> None:
        for index in range(self._form.rowCount()):
            item = self._form.itemAt(index, QFormLayout.ItemRole.FieldRole)
            for widget in _widgets(item):
                widget.setEnabled(asking)
        if asking:
            self._refresh()

    def _say(self, text: str, role: str, **fields: object) -> None:
        self._outcome.show()
        self.bar.setVisible(self._task is not None)
        bind(self.sentence.setText, text, **fields)
        self.sentence.setProperty("role", role)
        self.sentence.style().unpolish(self.sentence)
        self.sentence.style().polish(self.sentence)

    def _on_progressed(self, fraction: float, _stage: str = "") -> None:
        self.bar.setValue(round(fraction * 1000))

    def _on_finished(self, report: Any) -> None:
        self._task = None
        self._result_folder = report.files[0].parent if report.files else self.options().folder
        n, gain_db = len(report.files), report.gain_db
        if gain_db:
            quieter = decibels(abs(gain_db), signed=False)
            self._say(
                "{n} files written, all {gain} quieter so that none clips.", "", n=n, gain=quieter
            )
        else:
            self._say("{n} files written.", "", n=n)
        self.show_folder.show()
        bind(self.cancel.setText, "Close")
        bind(self.start.setText, "Export")
        self._confirmed = []
        self._set_asking(True)

    def _on_failed(self, failure: Any) -> None:
        self._task = None
        error = getattr(failure, "error", failure)
        self._say("{error}", "error", error=lambda: tr_error(error))
        bind(self.start.setText, "Export")
        self._confirmed = []
        self._set_asking(True)

    def _on_cancelled(self) -> None:
        self._task = None
        self._say("Cancelled; nothing was written.", "muted")
        self._set_asking(True)

    def _on_show_folder(self) -> None:
        if self._result_folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._result_folder)))

    def reject(self) -> None:
        """Cancel the export while it runs; close the dialog otherwise."""
        if self._task is not None:
            self._task.cancel()
        else:
            super().reject()


def _name(text: str) -> QLabel:
    result = label(text, "muted")
    result.setFixedSize(64, 28)
    return result


def _below(file: Path, dialog: ExportDialog) -> str:
    folder = Path(dialog.folder.text()).expanduser()
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)


def _widgets(item: Any) -> list[QWidget]:
    if item is None:
        return []
    if item.widget() is not None:
        return [item.widget()]
    layout = item.layout()
    return [w for i in range(layout.count()) for w in _widgets(layout.itemAt(i))] if layout else []
