"""The spectrogram of a song and its stems: drawing, navigation, readings."""

from __future__ import annotations

from app.spectrogram.reading import CursorReading
from app.spectrogram.stage import Brush, Painted, Ruler, Tool
from app.spectrogram.view import SpectrogramView
from app.spectrogram.viewport import ViewRange

__all__ = [
    "Brush",
    "CursorReading",
    "Painted",
    "Ruler",
    "SpectrogramView",
    "Tool",
    "ViewRange",
]
