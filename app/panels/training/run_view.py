"""One training on the page: its figures, its curves beside those of others, its replay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import bind, language_changed, mark, tr
from app.panels.controls import rule
from app.panels.training.curves import Curve, CurvePlot
from app.panels.training.replay_view import ReplayView
from app.panels.training.run_header import BEST, RunHeader
from app.panels.training.runs_list import run_colour
from app.theme import theme_changed
from app.training.runs import Run

NO_EPOCH = mark("The curves begin with the end of the first epoch.")
NO_VALIDATION = mark("Nothing is kept out of training to measure on.")
FIRST_MEASURED = mark("The voice is measured after epoch {n} for the first time.")
LOSS = mark(
    "How far the masked spectra are from voice and accompaniment: lower is better. It has no unit; "
    "compare it only between trainings with the same recipe"
)


class RunView(QWidget):
    """Header, two plots and the replay, in a column."""

    def __init__(self, replay: ReplayView) -> None:
        super().__init__()
        self.setObjectName("page")
        self._runs: list[tuple[Run, int]] = []
        self._current: Run | None = None
        self.header = RunHeader()
        self.loss = CurvePlot(mark("Loss"), digits=4, empty_text=NO_EPOCH)
        self.gnsdr = CurvePlot(mark("Voice, GNSDR"), "dB", 2, NO_VALIDATION)
        bind(self.loss.setToolTip, LOSS)
        bind(self.gnsdr.setToolTip, BEST)
        self.replay = replay
        plots = QHBoxLayout()
        plots.setSpacing(16)
        plots.addWidget(self.loss, 1)
        plots.addWidget(self.gnsdr, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addWidget(self.header)
        column.addWidget(rule())
        column.addLayout(plots, 5)
        column.addWidget(self.replay, 5)
        for plot in (self.loss, self.gnsdr):
            plot.epoch_clicked.connect(replay.show_epoch)
            replay.epoch_shown.connect(plot.set_marked)
        language_changed().connect(self.show_curves)
        theme_changed().connect(self.show_curves)

    def show_run(self, run: Run) -> None:
        """Show ``run``; ``set_compared`` says whose curves."""
        self._current = run
        self.replay.show_run(run)

    def set_compared(self, runs: Sequence[tuple[Run, int]]) -> None:
        """The runs in the plots, each with the number of its colour; the last ends on top."""
        self._runs = list(runs)
        self.show_curves()

    def show_curves(self) -> None:
        """Draw what the histories say now."""
        loss: list[Curve] = []
        gnsdr: list[Curve] = []
        alone = len(self._runs) == 1
        n_epochs = 1
        for run, number in self._runs:
            reports = run.history
            epochs = np.array([r.epoch for r in reports], np.int64)
            colour = run_colour(number)
            n_epochs = max(n_epochs, run.n_epochs)
            best = run.best.epoch if run.best is not None else None
            prominent = run is self._current
            held_out = _values([r.validation_loss for r in reports])
            measured = bool(np.isfinite(held_out).any())
            train_name = tr("Training") if alone else run.title
            first = Curve(
                train_name, colour, epochs, _values([r.loss for r in reports]),
                dashed=measured, prominent=prominent,
                best_epoch=None if measured else best, in_legend=alone or not measured,
            )  # fmt: skip
            second = Curve(
                tr("Validation") if alone else run.title, colour, epochs, held_out,
                best_epoch=best, prominent=prominent,
            )  # fmt: skip
            loss += [first, second] if measured else [first]
            gnsdr.append(
                Curve(
                    tr("Validation") if alone else run.title,
                    colour,
                    epochs,
                    _values([r.gnsdr_db for r in reports]),
                    best_epoch=best,
                    prominent=prominent,
                )
            )
        current = self._current
        if current is not None and (current.info.validation or not current.info.training):
            every = int(current.value("validation", "every_epochs", 1))
            self.gnsdr.set_empty(FIRST_MEASURED, n=min(every, max(1, current.n_epochs)))
        else:
            self.gnsdr.set_empty(NO_VALIDATION)
        self.loss.set_curves(loss, n_epochs)
        self.gnsdr.set_curves(gnsdr, n_epochs)


def _values(values: Sequence[float | None]) -> np.ndarray:
    return np.array([np.nan if v is None else v for v in values], np.float64)
