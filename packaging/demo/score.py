"""The demo song as data: tempo, chords, melody, words. Everything here was made for Stemscope.

Times are in eighth notes from the start of the song, pitches are MIDI note numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

TITLE = "Shining Through"
SAMPLE_RATE = 44100
BEATS_PER_MINUTE = 100.0
EIGHTH_S = 30.0 / BEATS_PER_MINUTE
LEAD_IN_S = 0.1
LENGTH_S = 25.6
N_BARS = 10
# Semitones from the key it was written in (D) to the key it is sung in (A).
TRANSPOSE = -5


@dataclass(frozen=True)
class Note:
    """A sung note; a syllable holds one or, sung over several pitches, more."""

    start: float
    stop: float
    pitches: tuple[int, ...]
    accent: float = 0.0

    @property
    def start_s(self) -> float:
        return LEAD_IN_S + self.start * EIGHTH_S

    @property
    def stop_s(self) -> float:
        return LEAD_IN_S + self.stop * EIGHTH_S


@dataclass(frozen=True)
class Line:
    """A line of the lyrics with one note per vowel, sung in one breath."""

    words: str
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Chord:
    """A chord of the band: bass note, then the notes of the piano's right hand."""

    start: float
    stop: float
    bass: int
    voicing: tuple[int, ...]


def _line(words: str, *notes: tuple[float, float, tuple[int, ...] | int, float]) -> Line:
    return Line(
        words,
        tuple(
            Note(
                start,
                stop,
                tuple(p + TRANSPOSE for p in (pitch if isinstance(pitch, tuple) else (pitch,))),
                accent,
            )
            for start, stop, pitch, accent in notes
        ),
    )


LINES = (
    _line(
        "morning rain is on the window",
        (8, 9, 66, 1.0), (9, 10, 66, 0.0), (10, 13, 69, 1.5), (13, 14, 67, 0.0),
        (14, 15, 66, 0.5), (15, 16, 64, 0.0), (16, 19, 66, 1.0), (19, 22.6, 62, 0.0),
    ),
    _line(
        "every drop becomes a song",
        (24, 25, 67, 1.0), (25, 26, 67, 0.0), (26, 29, 71, 1.5), (29, 30, 69, 0.0),
        (30, 31, 67, 0.5), (31, 32, 66, 0.0), (32, 37, 69, 1.0),
    ),
    _line(
        "take the song apart",
        (38, 39, 69, 1.0), (39, 40, 71, 0.5), (40, 43, 74, 2.0), (43, 44, 73, 0.0),
        (44, 45.5, 71, 1.0),
    ),
    _line(
        "keep the sound of you",
        (46, 47, 69, 1.0), (47, 48, 71, 0.5), (48, 51, 73, 2.0), (51, 52, 71, 0.0),
        (52, 53.5, 69, 1.0),
    ),
    _line(
        "under all the noise",
        (54, 55, 66, 1.0), (55, 56, 69, 0.5), (56, 59, 71, 2.0), (59, 60, 69, 0.0),
        (60, 61.6, 66, 1.0),
    ),
    _line(
        "it comes shining through",
        (62, 63, 67, 1.0), (63, 64, 69, 0.5), (64, 67, 71, 2.0), (67, 68, 71, 0.0),
        (68, 78, (69, 66), 1.5),
    ),
)  # fmt: skip

# One bar of introduction, four of verse, four of chorus, one to ring out.
_WRITTEN = (
    Chord(0, 8, 38, (62, 66, 69)),  # D
    Chord(8, 16, 38, (62, 66, 69)),  # D
    Chord(16, 24, 35, (62, 66, 71)),  # Bm
    Chord(24, 32, 31, (62, 67, 71)),  # G
    Chord(32, 36, 33, (62, 64, 69)),  # Asus4
    Chord(36, 40, 33, (61, 64, 69)),  # A
    Chord(40, 48, 31, (62, 67, 71)),  # G
    Chord(48, 56, 33, (61, 64, 69)),  # A
    Chord(56, 64, 35, (62, 66, 71)),  # Bm
    Chord(64, 68, 40, (64, 67, 71)),  # Em
    Chord(68, 72, 33, (61, 64, 67)),  # A7
    Chord(72, 80, 38, (62, 66, 69)),  # D
)
LOWEST_BASS = 28
CHORDS = tuple(
    Chord(
        chord.start,
        chord.stop,
        chord.bass + TRANSPOSE + (12 if chord.bass + TRANSPOSE < LOWEST_BASS else 0),
        tuple(key + TRANSPOSE for key in chord.voicing),
    )
    for chord in _WRITTEN
)
CHORUS_START, ENDING_START = 40, 72


def seconds(eighths: float) -> float:
    """The time of a place in the song, from the start of the file."""
    return LEAD_IN_S + eighths * EIGHTH_S
