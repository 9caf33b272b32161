"""Editing of a separation's mask: its shape, edits of regions, undo, and how they are kept."""

from __future__ import annotations

from core.editing.brushes import Harmonics, Stroke
from core.editing.cells import Cells
from core.editing.edited import EditedMask, MaskState, touched
from core.editing.edits import Action, Edit, apply_edits
from core.editing.grid import Grid
from core.editing.history import EditHistory
from core.editing.odds import from_log_odds, log_odds, with_gain_db
from core.editing.patch import Patch
from core.editing.plain import state_as_dict, state_from_dict
from core.editing.regions import Lasso, Moved, Outside, Rectangle, Region
from core.editing.shape import BAND_CENTRES_HZ, MaskShape
from core.editing.wand import connected

__all__ = [
    "BAND_CENTRES_HZ",
    "Action",
    "Cells",
    "Edit",
    "EditHistory",
    "EditedMask",
    "Grid",
    "Harmonics",
    "Lasso",
    "MaskShape",
    "MaskState",
    "Moved",
    "Outside",
    "Patch",
    "Rectangle",
    "Region",
    "Stroke",
    "apply_edits",
    "connected",
    "from_log_odds",
    "log_odds",
    "state_as_dict",
    "state_from_dict",
    "touched",
    "with_gain_db",
]
