"""What a signal looks like over time and frequency: levels, masks and envelopes at every zoom."""

from __future__ import annotations

from core.spectrogram.analysis import Analysis, display_stft
from core.spectrogram.codes import CEILING_DB, FLOOR_DB, PENDING, code_of_db, db_of_code
from core.spectrogram.columns import ColumnPyramid
from core.spectrogram.envelope import Envelope, EnvelopePyramid
from core.spectrogram.frequency import FrequencyScale, Note, note_of
from core.spectrogram.mask_pyramid import MaskLike, MaskPyramid
from core.spectrogram.pyramid import SpectrogramPyramid
from core.spectrogram.rows import RowMap

__all__ = [
    "CEILING_DB",
    "FLOOR_DB",
    "PENDING",
    "Analysis",
    "ColumnPyramid",
    "Envelope",
    "EnvelopePyramid",
    "FrequencyScale",
    "MaskLike",
    "MaskPyramid",
    "Note",
    "RowMap",
    "SpectrogramPyramid",
    "code_of_db",
    "db_of_code",
    "display_stft",
    "note_of",
]
