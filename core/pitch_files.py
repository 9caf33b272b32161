"""The pitch of a voice leaves the program: as a table of its frames, as a MIDI file of its notes.

The MIDI file is of type 0 (Standard MIDI Files 1.0, The MIDI Association, RP-001).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import UsageError
from core.pitch import Note, PitchLine
from core.whole_file import whole_file

TICKS_PER_QUARTER = 480
VELOCITY = 80
TEMPO_LIMITS = (4.0, 1000.0)
"""Beats per minute; a file keeps the microseconds of a beat in 24 bits."""

_ON, _OFF = 0x90, 0x80


def write_pitch_csv(path: Path, line: PitchLine) -> None:
    """Write a row for each frame: ``time_s,f0_hz,midi,cents,certainty``.

    ``midi`` is the nearest note number (A4 is 69), ``cents`` the rest, from −50 to 50. Where there
    is no pitch these three are empty. Pitch and certainty are the shortest numbers that read back
    as the same float32. The file is replaced if it is there. Raises ``OutputError``.
    """
    numbers = np.rint(line.midi)
    cents = 100 * (line.midi - numbers)
    rows = zip(line.f0_hz, numbers, cents, line.certainty, strict=True)
    with whole_file(path) as temporary, temporary.open("w", encoding="ascii", newline="") as file:
        file.write("time_s,f0_hz,midi,cents,certainty\n")
        for index, (hertz, number, rest, certainty) in enumerate(rows):
            pitch = ",," if math.isnan(hertz) else f"{hertz!s},{int(number)},{rest:.2f}"
            file.write(f"{round(index * line.hop_s, 6)},{pitch},{certainty!s}\n")


def write_midi(path: Path, notes: Sequence[Note], tempo_bpm: float = 120.0, name: str = "") -> None:
    """Write ``notes`` as a MIDI file of type 0 with the track name ``name``, all equally loud.

    Times are kept to a tick, a 480th of a beat; no note is shorter. Cents are left out. The file is
    replaced if it is there. Raises ``UsageError`` for a tempo beyond ``TEMPO_LIMITS`` or if there
    are no notes, ``OutputError``, or ``ValueError`` for a note number beyond 0 to 127.
    """
    lowest, highest = TEMPO_LIMITS
    if not lowest <= tempo_bpm <= highest:
        raise UsageError(
            "“{name}” cannot have a tempo of {tempo} beats per minute. Choose one from {lowest} to "
            "{highest}.",
            name=path.name,
            tempo=f"{tempo_bpm:g}",
            lowest=f"{lowest:g}",
            highest=f"{highest:g}",
        )
    if not notes:
        raise UsageError(
            "There are no notes for “{name}”: no pitch was found. Choose a stem in which a voice "
            "sings.",
            name=path.name,
        )
    track = _track(notes, tempo_bpm, name)
    with whole_file(path) as temporary:
        temporary.write_bytes(
            b"MThd"
            + struct.pack(">IHHH", 6, 0, 1, TICKS_PER_QUARTER)
            + b"MTrk"
            + struct.pack(">I", len(track))
            + track
        )


def _track(notes: Sequence[Note], tempo_bpm: float, name: str) -> bytes:
    """The events of all notes, each after the ticks since the one before it.

    Ticks are counted from the start, so that rounding does not add up.
    """
    per_second = tempo_bpm / 60 * TICKS_PER_QUARTER
    events: list[tuple[int, int, int]] = []
    for note in notes:
        if not 0 <= note.midi <= 127:
            raise ValueError(f"not a note number: {note.midi}")
        start = max(0, round(note.start_s * per_second))
        stop = max(start + 1, round(note.stop_s * per_second))
        events += [(start, _ON, note.midi), (stop, _OFF, note.midi)]
    track = _meta(0x51, round(60e6 / tempo_bpm).to_bytes(3, "big"))
    if name:
        track += _meta(0x03, name.encode())
    last = 0
    for tick, kind, number in sorted(events):  # at one tick, ends come before beginnings
        track += _variable(tick - last) + bytes([kind, number, VELOCITY if kind == _ON else 0])
        last = tick
    return track + _meta(0x2F, b"")


def _meta(kind: int, content: bytes) -> bytes:
    """An event that is no sound, at the tick of the one before."""
    return b"\x00\xff" + bytes([kind]) + _variable(len(content)) + content


def _variable(number: int) -> bytes:
    """Seven bits to a byte, the highest first; all but the last have the eighth set."""
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))
