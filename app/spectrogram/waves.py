"""Waveforms as pictures, one column of pixels for each point of an envelope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from app.spectrogram.runner import StopCheck
from core.spectrogram import Envelope, EnvelopePyramid

PEAK_ALPHA = 0.42  # the peaks are a veil around the solid mean level


Source = tuple[EnvelopePyramid, str]  # with its colour


@dataclass(frozen=True)
class Waves:
    """A picture of the waveforms on clear ground, and the stretches that lack a stem."""

    image: QImage
    pending_s: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class WaveRequest:
    """Everything that drawing the whole song needs; the first stem lies at the back."""

    mixture: tuple[Source, ...]
    stems: tuple[Source, ...]
    duration_s: float
    width: int
    height: int

    def draw(self, should_stop: StopCheck) -> Waves:
        """The picture; safe in any thread."""
        whole, stems = (
            [(source.read(0, self.duration_s, self.width), QColor(colour)) for source, colour in s]
            for s in (self.mixture, self.stems)
        )
        known = np.full(self.width, bool(stems))
        for outline, _colour in stems:
            known &= outline.known
        # The mixture stands in where the stems are not known yet.
        for outline, _colour in whole:
            for curve in (outline.high, outline.low, outline.rms):
                curve[known] = 0
        outlines = [*whole, *stems]
        peak = max((float(max(o.high.max(), -o.low.min())) for o, _c in outlines), default=0.0)
        scale = 0.45 * self.height / max(peak, 0.1)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], ~known, [0]]).astype(np.int8)))
        pending = (edges * (self.duration_s / self.width)).reshape(-1, 2).tolist()
        image = wave_image(outlines, self.height, scale)
        return Waves(image, tuple((start, stop) for start, stop in pending))


def wave_image(outlines: list[tuple[Envelope, QColor]], height: int, scale: float) -> QImage:
    """Envelopes over each other around the middle, the first at the back; the rest is clear.

    ``scale`` is pixels for a sample of 1. Edges are smooth: each pixel is filled by the share of
    it that the wave covers.
    """
    width = len(outlines[0][0].low) if outlines else 1
    canvas = np.zeros((height, width, 4), np.float32)  # premultiplied blue, green, red, alpha
    for outline, colour in outlines:
        ink = np.array([colour.blueF(), colour.greenF(), colour.redF(), 1.0], np.float32)
        for high, low, alpha in (
            (outline.high, outline.low, PEAK_ALPHA),
            (outline.rms, -outline.rms, 1.0),
        ):
            cover = alpha * _cover(height, height / 2 - high * scale, height / 2 - low * scale)
            canvas *= 1 - cover[:, :, None]
            canvas += cover[:, :, None] * ink
    data = np.rint(canvas * 255).astype(np.uint8)
    image = QImage(data.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    return image.copy()  # its own pixels: the array ends here


def _cover(
    height: int, top: NDArray[np.float32], bottom: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The share of each pixel between two curves, ``(height, width)``."""
    y = np.arange(height, dtype=np.float32)[:, None]
    return np.clip(np.minimum(bottom, y + 1) - np.maximum(top, y), 0, 1).astype(np.float32)
