"""What a model's card says, in words and tables that read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from app import theme
from app.formats import decibels, stem_text
from app.i18n import bind, mark, tip, tr
from app.panels.controls import label
from app.panels.status_line import hertz_short
from core.card import Card
from core.models import ModelEntry

KEY_WIDTH, TEXT_WIDTH = 144, 640
MEASURES = {
    "gnsdr_db": ("GNSDR", mark("How much better the stem stands out than in the song itself")),
    "gsir_db": ("GSIR", mark("How little of the other stem is left in it")),
    "gsar_db": ("GSAR", mark("How free it is of artefacts")),
}
TESTS = {
    "mir1k_test": mark("MIR-1K, test singers"),
    "mir1k_test_20_db_louder": mark("20 dB louder"),
    "mir1k_test_20_db_softer": mark("20 dB softer"),
}
# What the cards of the models that come along say: shown in the language of the window.
CARD_TEXTS = (
    mark("The network of Huang et al. 2014 (DRNN-2): 16 kHz, made for karaoke recordings."),
    mark("Weights trained on MIR-1K (research use); for research and private use."),
    mark("MIR-1K train (the 171 clips of the singers abjones and amy)"),
)


class ModelCard(QWidget):
    """One model: about it, its figures, its training; everything else under a fold."""

    def __init__(self, entry: ModelEntry, buttons: QWidget) -> None:
        super().__init__()
        self.setObjectName("page")
        card = entry.card
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(32, 24, 32, 24)
        self._column.setSpacing(8)
        title = QLabel(card.title)
        title.setFont(theme.font(8, weight=QFont.Weight.DemiBold))
        self._column.addWidget(title)
        self._column.addWidget(_text(tr(card.description)))
        self._column.addWidget(buttons)
        self._facts(mark("About"), about(entry))
        self._figures(card.figures)
        self._facts(mark("Training"), training(card.training))
        self._fold(card)
        self._column.addStretch(1)

    def _facts(self, heading: str, facts: Mapping[str, str]) -> None:
        if not facts:
            return
        self._column.addSpacing(8)
        self._column.addWidget(label(heading, "section"))
        grid = _grid(24)
        for row, (name, value) in enumerate(facts.items()):
            key = QLabel(tr(name))
            key.setProperty("role", "muted")
            key.setFixedWidth(KEY_WIDTH)
            grid.addWidget(key, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_text(value), row, 1)
        grid.setColumnStretch(2, 1)
        self._column.addLayout(grid)

    def _figures(self, figures: Mapping[str, Any]) -> None:
        rows = figure_rows(figures)
        if not rows:
            return
        self._column.addSpacing(8)
        self._column.addWidget(label("Figures", "section"))
        grid = _grid(32)
        for column, (short, meaning) in enumerate(MEASURES.values(), 2):
            head = label("", "muted")
            bind(head.setText, "{measure} (dB)", measure=short)
            tip(head, meaning)
            head.setAccessibleName(short)
            grid.addWidget(head, 0, column, Qt.AlignmentFlag.AlignRight)
        for number, (test, source, values) in enumerate(rows, 1):
            name = label("", "muted")
            name.setText(test)
            grid.addWidget(name, number, 0)
            grid.addWidget(QLabel(tr(stem_text(source))), number, 1)
            for column, key in enumerate(MEASURES, 2):
                shown = QLabel("–" if key not in values else _figure(values[key]))
                shown.setFont(theme.figures_font())
                grid.addWidget(shown, number, column, Qt.AlignmentFlag.AlignRight)
        grid.setColumnMinimumWidth(0, KEY_WIDTH)
        grid.setColumnStretch(len(MEASURES) + 2, 1)
        self._column.addLayout(grid)
        self._column.addWidget(label("Means over the clips, longer ones count more. Higher is "
                                     "better.", "muted"))  # fmt: skip

    def _fold(self, card: Card) -> None:
        self.fold = QToolButton()
        self.fold.setProperty("flat", True)
        self.fold.setCheckable(True)
        self.fold.setIcon(theme.icon("chevron-right"))
        self.fold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fold.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bind(self.fold.setText, "Everything in the card")
        tip(self.fold, "Recipe, commands and versions, word for word")
        self.raw = _text(json.dumps(asdict(card), indent=2, ensure_ascii=False))
        self.raw.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.raw.hide()
        self.fold.toggled.connect(self._on_folded)
        self._column.addSpacing(8)
        self._column.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addWidget(self.raw)

    def _on_folded(self, shown: bool) -> None:
        self.fold.setIcon(theme.icon("chevron-down" if shown else "chevron-right"))
        self.raw.setVisible(shown)


def about(entry: ModelEntry) -> dict[str, str]:
    """Facts of a model, by English names."""
    card = entry.card
    window, hop = card.stft.window_samples, card.stft.hop_samples
    window_ms, hop_ms = (1000 * n / card.sample_rate for n in (window, hop))
    return {
        mark("Stems"): ", ".join(tr(stem_text(source)) for source in card.sources),
        mark("Band"): tr("up to {band}", band=hertz_short(card.band_hz)),
        mark("Network"): network_text(card.network.name, card.network.arguments),
        mark("Window / hop"): f"{window_ms:.3g} / {hop_ms:.3g} ms",
        mark("Terms"): tr(card.terms),
        mark("Origin"): tr("Comes with the program") if entry.built_in else str(entry.folder),
    }


def network_text(name: str, arguments: Mapping[str, Any]) -> str:
    """``3 layers of 1000 units, layer 2 recurrent``; the name of what is not known here."""
    hidden, recurrent = arguments.get("hidden"), arguments.get("recurrent_layers")
    if not (isinstance(hidden, list) and hidden and isinstance(recurrent, list)):
        return name
    units = str(hidden[0]) if len(set(hidden)) == 1 else " / ".join(map(str, hidden))
    layers = ", ".join(map(str, recurrent)) or "–"
    return tr(
        "{n} hidden layers of {units} units, recurrent: {layers}",
        n=len(hidden), units=units, layers=layers,
    )  # fmt: skip


def training(table: Mapping[str, Any]) -> dict[str, str]:
    """What can be said of the training in plain words, by English names."""
    facts: dict[str, str] = {}
    if "data" in table:
        facts[mark("Trained on")] = tr(str(table["data"]))
    if "minutes" in table:
        facts[mark("Material")] = tr("{minutes} minutes of songs", minutes=table["minutes"])
    if "epochs" in table:
        facts[mark("Rounds")] = tr("{n} times through the material", n=table["epochs"])
    return facts


def figure_rows(figures: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Rows (test, source, measures in dB) of the tables in a card that can be read as such."""
    rows: list[tuple[str, str, Mapping[str, Any]]] = []
    for name, table in figures.items():
        if not isinstance(table, Mapping):
            continue
        title = tr(TESTS[name]) if name in TESTS else name.replace("_", " ")
        if "clips" in table:
            title = tr("{test} ({n} clips)", test=title, n=table["clips"])
        for source, values in table.items():
            if isinstance(values, Mapping) and any(key in values for key in MEASURES):
                rows.append((title, source, values))
                title = ""  # once for all stems of a test
    return rows


def _figure(value: Any) -> str:
    if not isinstance(value, (int, float)):
        return "–"
    return decibels(value, digits=2, signed=False).removesuffix(" dB")


def _grid(spacing: int) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(spacing)
    grid.setVerticalSpacing(4)
    return grid


def _text(text: str) -> QLabel:
    result = QLabel(text)
    result.setWordWrap(True)
    result.setMinimumWidth(480)
    result.setMaximumWidth(TEXT_WIDTH)
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return result
