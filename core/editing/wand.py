"""The magic wand: what hangs together with a place because it is about as loud."""

from __future__ import annotations

import math

import numpy as np

from core.editing.cells import BoolArray
from core.editing.checks import number
from core.masks import FloatArray


def connected(level_db: FloatArray, seed: tuple[int, int], tolerance_db: float) -> BoolArray:
    """The area around ``seed`` whose level is that of the seed to within ± ``tolerance_db``.

    ``level_db`` is ``(n_bins, n_frames)``, ``seed`` a bin and a frame of it; the result has its
    shape, for ``Cells.of``. Cells hang together over their edges and corners. Levels that are not
    known yet are NaN and belong to no area; a seed there gives none. Silence, minus infinity, is as
    loud as silence. ``ValueError`` for a seed that is not in the array.
    """
    from scipy import ndimage

    tolerance = number("tolerance_db", tolerance_db, 0.0, math.inf)
    n_bins, n_frames = level_db.shape
    if not (0 <= seed[0] < n_bins and 0 <= seed[1] < n_frames):
        raise ValueError(f"the seed {seed} is not in {level_db.shape}")
    level = level_db[seed]
    with np.errstate(invalid="ignore"):  # silence less silence
        alike = (np.abs(level_db - level) <= tolerance) | (level_db == level)
    if not alike[seed]:
        return np.zeros(level_db.shape, np.bool_)
    labels, _ = ndimage.label(alike, np.ones((3, 3), np.bool_))
    return np.asarray(labels == labels[seed], np.bool_)
