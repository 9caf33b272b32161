"""The page of installed models: what each is, where it comes from, how well it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFont
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.formats import stem_text
from app.i18n import bind, language_changed, tip, tr
from app.panels.controls import label
from app.panels.status_line import hertz_short
from core.models import ModelEntry


class ModelsPage(QWidget):
    """A list at the left, the card of the chosen model at the right."""

    use_clicked = Signal(str)  # model id

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._entries: list[ModelEntry] = []
        self._in_use = ""
        self.list = QListWidget()
        self.list.setFixedWidth(240)
        self.list.setSpacing(2)
        bind(self.list.setAccessibleName, "Installed models")
        self.list.currentRowChanged.connect(self._on_row_changed)
        self.use = QPushButton()
        self.use.setProperty("primary", True)
        self.use.clicked.connect(self._on_use)
        self.folder = QPushButton()
        bind(self.folder.setText, "Show in folder")
        tip(self.folder, "Open the model's folder")
        self.folder.clicked.connect(self._on_folder)
        self._card = QVBoxLayout()
        self._card.setSpacing(8)
        inner = QWidget()
        inner.setObjectName("page")
        inner.setLayout(self._card)
        self._card.setContentsMargins(32, 24, 32, 24)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inner)
        side = QVBoxLayout()
        side.setContentsMargins(16, 24, 8, 16)
        side.setSpacing(8)
        side.addWidget(label("Installed models", "section"))
        side.addWidget(self.list, 1)
        line = QFrame()
        line.setProperty("rule", True)
        line.setFixedWidth(1)
        line.setStyleSheet("max-height: 16777215px;")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addLayout(side)
        row.addWidget(line)
        row.addWidget(area, 1)
        language_changed().connect(self._show_card)

    def set_models(self, entries: Sequence[ModelEntry], in_use: str) -> None:
        """Show these models."""
        self._entries = list(entries)
        self._in_use = in_use
        self.list.clear()
        for entry in self._entries:
            item = QListWidgetItem(entry.card.title)
            item.setSizeHint(QSize(0, 36))
            item.setToolTip(entry.card.description)
            self.list.addItem(item)
        rows = [i for i, e in enumerate(self._entries) if e.model_id == in_use]
        self.list.setCurrentRow(rows[0] if rows else 0)
        self._show_card()

    def set_in_use(self, model_id: str) -> None:
        self._in_use = model_id
        self._show_card()

    def _entry(self) -> ModelEntry | None:
        row = self.list.currentRow()
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def _on_row_changed(self) -> None:
        self._show_card()

    def _on_use(self) -> None:
        entry = self._entry()
        if entry is not None:
            self.use_clicked.emit(entry.model_id)

    def _on_folder(self) -> None:
        entry = self._entry()
        if entry is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(entry.folder)))

    def _show_card(self) -> None:
        _empty(self._card, keep=(self.use, self.folder))
        entry = self._entry()
        for button in (self.use, self.folder):
            button.setVisible(entry is not None)
        if entry is None:
            self._card.addWidget(label("No model is installed. Install Stemscope again.", "muted"))
            self._card.addStretch(1)
            return
        card = entry.card
        title = QLabel(card.title)
        title.setFont(theme.font(8, weight=QFont.Weight.DemiBold))
        self._card.addWidget(title)
        text = _text(card.description)
        self._card.addWidget(text)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(0, 8, 0, 8)
        buttons.setSpacing(8)
        used = entry.model_id == self._in_use
        bind(self.use.setText, "In use" if used else "Use this model")
        self.use.setEnabled(not used)
        buttons.addWidget(self.use)
        buttons.addWidget(self.folder)
        buttons.addStretch(1)
        self._card.addLayout(buttons)
        sources = ", ".join(tr(stem_text(source)) for source in card.sources)
        stft = f"{card.stft.window_samples} / {card.stft.hop_samples}, {card.stft.window}"
        self._section(
            "About",
            {
                tr("Stems"): sources,
                tr("Band"): tr("up to {band}", band=hertz_short(card.band_hz)),
                tr("Network"): _plain({"": card.network.name, **card.network.arguments}),
                tr("Window / hop"): stft,
                tr("Terms"): card.terms,
                tr("Origin"): tr("Comes with the program") if entry.built_in else str(entry.folder),
            },
        )
        self._section("Figures", {_words(k): _plain(v) for k, v in card.figures.items()})
        plain = {k: v for k, v in card.training.items() if not isinstance(v, dict)}
        self._section("Training", {_words(k): _plain(v) for k, v in plain.items()})
        for name, table in card.training.items():
            if isinstance(table, dict):
                known = {field.name for field in fields(card)}  # told above already
                rest = {_words(k): _plain(v) for k, v in table.items() if k not in known}
                self._section(_words(name), rest)
        self._section("Versions", dict(card.versions))
        self._card.addStretch(1)

    def _section(self, heading: str, facts: dict[str, str]) -> None:
        if not facts:
            return
        self._card.addSpacing(8)
        self._card.addWidget(label(heading, "section"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(2, 1)
        for row, (name, value) in enumerate(facts.items()):
            key = QLabel(name)
            key.setProperty("role", "muted")
            key.setFixedWidth(144)
            key.setWordWrap(True)
            grid.addWidget(key, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_text(value), row, 1)
        self._card.addLayout(grid)


def _text(text: str) -> QLabel:
    result = QLabel(text)
    result.setWordWrap(True)
    result.setMinimumWidth(480)
    result.setMaximumWidth(720)
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return result


def _words(key: str) -> str:
    text = key.replace("_", " ")
    return text[:1].upper() + text[1:]


def _plain(value: Any) -> str:
    """A value of a card in a line that reads."""
    if isinstance(value, dict):
        return ", ".join(f"{_words(k)} {_plain(v)}".strip() for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return " · ".join(_plain(v) for v in value)
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def _empty(layout: Any, keep: tuple[QWidget, ...]) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None and widget not in keep:
            widget.hide()
            widget.deleteLater()
        elif item.layout() is not None:
            _empty(item.layout(), keep)
            item.layout().deleteLater()
