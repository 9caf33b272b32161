"""The recordings of a new training: the folder, what is in it, what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from app import theme
from app.formats import time_left
from app.i18n import bind, language_changed, mark, tip, tr, tr_error
from app.outcomes import Failure
from app.panels.controls import ElidedLabel, icon_button, label, scrolling, text_button
from app.panels.training.fields import ChoiceField
from app.panels.training.folder_list import FolderList
from app.panels.training.run_header import grouped
from core.training.summary import ClipProblem, Summary

LAYOUTS = (
    ("", mark("Automatic")),
    ("mir1k", mark("MIR-1K: music left, voice right")),
    ("musdb18", mark("MUSDB18: stems per song")),
    ("pairs", mark("Pairs: vocals and accompaniment")),
)
LAYOUT_NAMES = {"mir1k": "MIR-1K", "musdb18": "MUSDB18", "pairs": mark("Pairs")}
FACTS = {
    "layout": mark("Layout"),
    "clips": mark("Clips"),
    "minutes": mark("Duration"),
    "examples": mark("Examples per epoch"),
    "rates": mark("Sample rates"),
    "channels": mark("Channels"),
    "split": mark("Parts"),
}
N_SHOWN = 200


class DataCard(QWidget):
    """Folder, layout, summary and problems; while it looks, a bar with a cross to stop."""

    folder_clicked = Signal()
    layout_chosen = Signal(str)  # "" for automatic
    cancel_clicked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._summary: Summary | None = None
        self._problem: Failure | None = None
        self.choose = text_button("folder", "Choose folder…", "Choose a folder of recordings")
        self.choose.clicked.connect(self.folder_clicked)
        self.folder = ElidedLabel()
        self.layouts = ChoiceField(LAYOUTS, 256)
        tip(self.layouts, "How the folder is laid out; change it if it was guessed wrong")
        self.layouts.chosen.connect(self.layout_chosen)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.choose)
        top.addWidget(self.folder, 1)
        top.addStretch()
        second = QHBoxLayout()
        second.setSpacing(8)
        second.addWidget(self.layouts)
        second.addStretch(1)
        self.folders = FolderList()
        self._make_progress()
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setProperty("role", "error")
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.facts = QWidget()
        grid = QGridLayout(self.facts)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self.values: dict[str, QLabel] = {}
        for row, (name, text) in enumerate(FACTS.items()):
            head = label(text, "muted")
            head.setMinimumWidth(136)
            value = QLabel()
            value.setFont(theme.figures_font())
            value.setWordWrap(True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(head, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row, 1)
            self.values[name] = value
        self.problems_title = label("", "heading")
        inner = QWidget()
        inner.setObjectName("page")
        self._problems = QVBoxLayout(inner)
        self._problems.setContentsMargins(0, 0, 8, 0)
        self._problems.setSpacing(4)
        self._problems.addStretch(1)
        self.problems = scrolling(inner)
        self.problems.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bind(self.problems.setAccessibleName, "Problems of the recordings")
        self.problems.setMaximumHeight(132)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label("Recordings", "section"))
        column.addLayout(top)
        column.addWidget(self.folders)
        column.addLayout(second)
        column.addWidget(self.progress)
        column.addWidget(self.sentence)
        column.addWidget(self.facts)
        column.addWidget(self.problems_title)
        column.addWidget(self.problems)
        language_changed().connect(self._show)
        self._show()

    def _make_progress(self) -> None:
        self.progress = QWidget()
        self.stage = QLabel()
        self.rest = QLabel()
        self.rest.setFont(theme.figures_font())
        self.rest.setProperty("role", "muted")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        bind(self.bar.setAccessibleName, "Progress")
        self.cancel = icon_button("close", "Stop looking", side=24, icon_side=14)
        self.cancel.clicked.connect(self.cancel_clicked)
        grid = QGridLayout(self.progress)
        grid.setContentsMargins(0, 8, 0, 8)
        grid.setVerticalSpacing(4)
        grid.addWidget(self.stage, 0, 0)
        grid.addWidget(self.rest, 0, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self.bar, 1, 0, 1, 2)
        grid.addWidget(self.cancel, 0, 2, 2, 1)
        grid.setColumnStretch(0, 1)
        self.progress.hide()

    def set_folders(self, folders: Sequence[Path], backing: Sequence[Path] = ()) -> None:
        """The folders with voices, and those of music alone."""
        self.folder.setText(str(folders[0]))
        self.folder.setVisible(len(folders) + len(backing) == 1)
        self.folders.set_folders(folders, backing)

    def show_progress(self, fraction: float, stage: str, seconds_left: float | None) -> None:
        bind(self.stage.setText, stage)
        left = time_left(seconds_left)
        self.rest.setText(f"{fraction * 100:.0f} %  {left}".rstrip())
        self.bar.setValue(round(fraction * 1000))
        self.progress.show()
        self._summary, self._problem = None, None
        self.folders.set_summaries(())
        self._show()

    def show_summary(self, summary: Summary) -> None:
        self.progress.hide()
        listed = self._summary is None or self._summary.problems is not summary.problems
        self._summary, self._problem = summary, None
        self.folders.set_summaries(summary.folders)
        if listed:
            self._list_problems(summary.problems)
        self._show()

    def show_failure(self, failure: Failure | None) -> None:
        """It cannot be used, and why; None: looking was stopped."""
        self.progress.hide()
        self._summary, self._problem = None, failure
        self._show()

    def _show(self) -> None:
        summary, problem = self._summary, self._problem
        self.sentence.setVisible(problem is not None)
        self.sentence.setText(tr_error(problem.error) if problem is not None else "")
        self.facts.setVisible(summary is not None)
        there = summary is not None and bool(summary.problems)
        self.problems_title.setVisible(there)
        self.problems.setVisible(there)
        if summary is None:
            return
        for name, text in fact_texts(summary).items():
            self.values[name].setText(text)
        self.problems_title.setText(
            tr(
                "{n} remarks, {left_out} left out",
                n=len(summary.problems),
                left_out=summary.n_left_out,
            )
        )

    def _list_problems(self, problems: tuple[ClipProblem, ...]) -> None:
        while self._problems.count() > 1:
            item = self._problems.takeAt(0)
            line = item.widget() if item is not None else None
            if line is not None:
                line.hide()
                line.deleteLater()
        for place, problem in enumerate(problems[:N_SHOWN]):
            self._problems.insertWidget(place, ProblemLine(problem))
        if len(problems) > N_SHOWN:
            more = label("", "muted")
            bind(more.setText, "… and {n} more", n=len(problems) - N_SHOWN)
            self._problems.insertWidget(N_SHOWN, more)


class ProblemLine(QLabel):
    """One thing that is wrong with one clip; red where the clip is left out."""

    def __init__(self, problem: ClipProblem) -> None:
        super().__init__()
        self._problem = problem
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", "error" if problem.is_left_out else "warning")
        self._show()
        language_changed().connect(self._show)

    def _show(self) -> None:
        text = tr_error(self._problem.error)
        if self._problem.name not in text:
            text = f"{self._problem.name}: {text}"
        self.setText(text)


def fact_texts(summary: Summary) -> dict[str, str]:
    """The lines of the summary, in the language of the window."""
    parts = summary.split
    minutes = summary.minutes
    return {
        "layout": ", ".join(
            tr(LAYOUT_NAMES.get(name, name)) for name in dict.fromkeys(summary.layout.split(","))
        ),
        "clips": grouped(summary.n_clips),
        "minutes": tr("{n} minutes", n=f"{minutes:.1f}"),
        "examples": grouped(summary.n_examples),
        "rates": _counts({f"{rate / 1000:g} kHz": n for rate, n in summary.sample_rates.items()}),
        "channels": _counts({_channels(n): count for n, count in summary.channels.items()}),
        "split": tr(parts.template, **parts.fields),
    }


def _channels(n: int) -> str:
    return {1: tr("mono"), 2: tr("stereo")}.get(n) or tr("{n} channels", n=n)


def _counts(counts: Mapping[str, int]) -> str:
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{name} ({n})" for name, n in counts.items())
