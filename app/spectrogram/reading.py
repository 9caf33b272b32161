"""What is under the pointer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.spectrogram import Note


@dataclass(frozen=True)
class CursorReading:
    """Time, frequency, note, each pane's level in dBFS and the mask, None where not computed."""

    time_s: float
    frequency_hz: float
    note: Note | None
    levels_db: Mapping[str, float | None]
    mask: float | None
    other_mask: float | None = None
    """That of the model compared with."""
