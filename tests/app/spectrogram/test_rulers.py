"""The gutter at the left of a pane, and where the model's band ends."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage

from app.spectrogram import Ruler, SpectrogramView
from app.spectrogram.rulers import KEYS_WIDTH, WHITE_KEY
from app.spectrogram.stage import GUTTER
from core.spectrogram.frequency import note_hz


def column(image: QImage, x: int) -> np.ndarray:
    return np.array([image.pixelColor(x, y).lightness() for y in range(image.height())])


def test_piano_keys_stand_at_their_notes(loaded: SpectrogramView) -> None:
    loaded.set_frequency_scale("log")
    loaded.set_ruler(Ruler.KEYS)
    pane = loaded.pane("vocals")
    loaded.viewport.set_units(
        float(loaded.viewport.scale.to_unit(note_hz(59.5))),
        float(loaded.viewport.scale.to_unit(note_hz(72.5))),
    )
    image = pane.grab().toImage()
    x = GUTTER - KEYS_WIDTH + 4
    for midi in range(60, 73):
        y = round(pane.y_of(float(loaded.viewport.scale.to_unit(note_hz(midi)))))
        is_black = midi % 12 in (1, 3, 6, 8, 10)
        assert (image.pixelColor(x, y).lightness() < 80) == is_black, midi


def test_keys_that_would_be_too_narrow_are_not_drawn(loaded: SpectrogramView) -> None:
    loaded.set_frequency_scale("linear")
    loaded.set_ruler(Ruler.KEYS)
    image = loaded.pane("vocals").grab().toImage()
    names = {image.pixelColor(GUTTER - 6, y).name() for y in range(image.height())}
    assert WHITE_KEY not in names


@pytest.mark.parametrize("band_hz", [7360.0, None, 22050.0])
def test_the_end_of_the_model_s_band_is_marked(
    loaded: SpectrogramView, band_hz: float | None
) -> None:
    loaded.set_mask(None)
    loaded.set_frequency_scale("linear")
    pane = loaded.pane("mask")
    before = column(pane.grab().toImage(), 500)
    loaded.set_band(band_hz)
    after = column(pane.grab().toImage(), 500)
    changed = np.flatnonzero(before != after)
    if band_hz != 7360.0:
        assert not len(changed)
        return
    assert abs(changed.max() - pane.y_of(7360 / 22050)) < 3
    assert changed.min() < 40, "all above it is shaded"
