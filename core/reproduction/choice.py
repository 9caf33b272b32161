"""The table of choices: what each part of the recurrent U-Net brings, beside other networks.

Test clips must not choose anything, so each row is measured on the singers of the training clips,
each of whom is left out of one training.
"""

from __future__ import annotations

from core.reproduction.rows import Row, Table
from core.training.splits import PAPER_SINGERS

RECIPES = "choice/"
MINUTES = 5.5
"""The processor time of one training, which the steps of each recipe were set for."""

_ROWS = {
    "whole": "U-Net as shipped",
    "no-recurrence": "without its recurrences",
    "bands": "recurrence of each band by itself alone",
    "all": "recurrence of all bands together alone",
    "no-pitch": "without variations of pitch and formants",
    "no-remix": "every voice over its own accompaniment",
    "magnitudes": "magnitudes as targets, not their part in phase",
    "half": "half the width",
    "drnn-2": "DRNN-2, same variations",
    "front-end": "DRNN-2 with a convolutional front end",
    "attention": "DRNN-2 with attention",
    "lstm": "LSTM, both directions, 2 × 300",
}

CHOICE = Table(
    "choice",
    "What each part brings",
    tuple(Row(label, RECIPES + name, unheard=PAPER_SINGERS) for name, label in _ROWS.items()),
    "Not a table of the paper. Each row is trained twice, each time without one of the two singers "
    "of the training clips, and measured on that singer's clips; the figure is the mean of both. "
    f"All trainings take about the same processor time, {MINUTES:g} minutes of one quiet core, not "
    "the same number of steps: slower networks see fewer frames. This is a small budget, with "
    "which large networks are short of steps.",
)
