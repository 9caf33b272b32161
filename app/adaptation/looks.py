"""The mask of another network as an edit, to hear and see for the moment."""

from __future__ import annotations

import math

import numpy as np

from app.adaptation.job import LoopLook
from core.editing.edits import Action, Edit
from core.editing.patch import Patch
from core.editing.regions import Rectangle
from core.editing.shape import MaskShape
from core.masks import Mask

LOOK_ID = 0
"""Edits of the user's own count from 1."""


def look_edit(look: LoopLook, shape: MaskShape, like: Mask) -> Edit:
    """``look``, shaped as the mask of the song is, as an edit of that mask, ``like``."""
    patch = look.patch
    if not shape.is_neutral:
        above = patch.above
        assert above is not None
        part = Mask(
            np.array(patch.values[None]),
            np.array(above[None]),
            like.sample_rate,
            like.hop_samples,
            like.window_samples,
            like.window,
        )
        values, above = shape.apply(part, 0, part.n_frames)
        patch = Patch.of(values[0], patch.first_frame, patch.first_bin, above[0])
    region = Rectangle(*look.span_s, 0.0, math.inf)
    return Edit(region, Action.PASTE, patch=patch, edit_id=LOOK_ID)
