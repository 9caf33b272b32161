"""Masks of noise, one region of each kind, and random edits of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.editing import (
    Action,
    Cells,
    Edit,
    Harmonics,
    Lasso,
    Moved,
    Outside,
    Patch,
    Rectangle,
    Region,
    Stroke,
)
from core.masks import Mask
from core.spectrogram.frequency import FrequencyScale

RATE, HOP, WINDOW = 8000, 64, 128


@pytest.fixture(scope="session")
def make_mask() -> Callable[..., Mask]:
    """A mask of 65 bins and frames of 8 ms; some of its values are 0 and 1."""

    def make(n_channels: int = 2, n_frames: int = 150, seed: int = 1) -> Mask:
        mask = Mask.empty(2, n_frames, RATE, HOP, WINDOW, n_channels)
        rng = np.random.default_rng(seed)
        mask.values[:] = np.clip(rng.normal(0.5, 0.4, mask.values.shape), 0, 1)
        mask.above[:] = np.clip(rng.normal(0.5, 0.4, mask.above.shape), 0, 1)
        return mask

    return make


@pytest.fixture(scope="session")
def regions() -> dict[str, Region]:
    """One of each kind, within 1.2 s and partly above the band of ``make_mask``."""
    rng = np.random.default_rng(2)
    scale = FrequencyScale.of_kind("mel", 44100)
    rectangle = Rectangle(0.2, 0.5, 700.0, 6000.0)
    points = [(float(t), float(f)) for t, f in rng.uniform((0.1, 0), (0.7, 9000), (9, 2))]
    cells = Cells.of(rng.random((40, 60)) < 0.5, 33, 11, RATE, HOP, WINDOW)
    return {
        "rectangle": rectangle,
        "band": Rectangle(-np.inf, np.inf, 1000.0, np.inf),
        "lasso": Lasso(points),
        "stroke": Stroke(points, 0.05, 0.08, 0.4, scale),
        "harmonics": Harmonics([(0.3, 200.0), (0.9, 320.0), (0.6, 400.0)], 40, 90.0, 0.3),
        "cells": cells,
        "outside": Outside(Lasso(points)),
        "moved": Moved(cells, 10 * HOP / RATE, -3 * RATE / WINDOW),
    }


@pytest.fixture(scope="session")
def make_patch() -> Callable[..., Patch]:
    def make(seed: int = 3, n_channels: int = 2) -> Patch:
        rng = np.random.default_rng(seed)
        values = rng.random((n_channels, 20, 40)).astype(np.float16)
        above = rng.random((n_channels, 40)).astype(np.float16)
        place = rng.integers(-15, 120), rng.integers(-10, 60)
        return Patch.of(values, int(place[0]), int(place[1]), above if seed % 2 else None)

    return make


@pytest.fixture(scope="session")
def make_edits(
    regions: dict[str, Region], make_patch: Callable[..., Patch]
) -> Callable[[int, int], list[Edit]]:
    """Any actions in any regions, of any strength, on one channel or both."""

    def make(n_edits: int, seed: int) -> list[Edit]:
        rng = np.random.default_rng(seed)
        edits = []
        for edit_id in range(n_edits):
            region = regions[str(rng.choice(list(regions)))]
            if rng.random() < 0.8:
                region = Moved(region, float(rng.uniform(-0.5, 0.6)), float(rng.normal(0, 500)))
            action = Action(str(rng.choice(list(Action))))
            edits.append(
                Edit(
                    region,
                    action,
                    float(rng.uniform(-60, 60)),
                    float(rng.choice([1.0, rng.random()])),
                    [None, 0, 1][rng.integers(3)],
                    hidden=bool(rng.random() < 0.1),
                    edit_id=edit_id,
                    patch=make_patch(edit_id) if action is Action.PASTE else None,
                )
            )
        return edits

    return make
