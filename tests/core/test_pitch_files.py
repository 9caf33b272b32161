"""Tables and MIDI files say what the line and the notes say."""

from __future__ import annotations

import csv
import struct
from pathlib import Path

import numpy as np
import pytest

from core.errors import OutputError, UsageError
from core.pitch import Note, PitchLine
from core.pitch_files import write_midi, write_pitch_csv

MELODY = [
    Note(0.105, 0.5, 60, 12.0),
    Note(0.5, 0.75, 60, -3.0),
    Note(0.9, 0.9001, 72, 0.0),
    Note(3599.5, 3600.0, 57, 49.0),
]

Event = tuple[int, int, bytes]


def read_track(path: Path) -> tuple[int, list[Event]]:
    """Ticks per quarter, and (absolute tick, kind, content) of each event of a type 0 file.

    Kind is the status byte, or that of a meta event.
    """
    data = path.read_bytes()
    assert data[:4] == b"MThd"
    length, kind, n_tracks, division = struct.unpack(">IHHH", data[4:14])
    assert (length, kind, n_tracks) == (6, 0, 1)
    assert data[14:18] == b"MTrk"
    assert struct.unpack(">I", data[18:22])[0] == len(data) - 22
    place, tick, events = 22, 0, []

    def number() -> int:
        nonlocal place
        value = 0
        while True:
            byte = data[place]
            place += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value

    while place < len(data):
        tick += number()
        status = data[place]
        place += 1
        size = 2
        if status == 0xFF:
            status = data[place]
            place += 1
            size = number()
        events.append((tick, status, data[place : place + size]))
        place += size
    assert place == len(data)
    return division, events


@pytest.mark.parametrize("tempo", [120.0, 93.7, 4, 1000])
def test_a_midi_file_reads_back(tmp_path: Path, tempo: float) -> None:
    path = tmp_path / "voice.mid"
    write_midi(path, MELODY, tempo, "Stimme – 歌" * 20)
    division, events = read_track(path)
    assert division == 480
    assert events[0][1] == 0x51
    assert int.from_bytes(events[0][2], "big") == round(60e6 / tempo)
    assert events[1] == (0, 0x03, ("Stimme – 歌" * 20).encode())
    assert events[-1][1:] == (0x2F, b"")
    sounding: dict[int, int] = {}
    found = []
    for tick, kind, content in events[2:-1]:
        if kind == 0x90:
            assert content[1] == 80
            assert content[0] not in sounding
            sounding[content[0]] = tick
        else:
            assert kind == 0x80
            found.append((sounding.pop(content[0]), tick, content[0]))
    assert not sounding
    per_second = tempo / 60 * 480
    for (start, stop, midi), note in zip(found, MELODY, strict=True):
        assert midi == note.midi
        assert start == round(note.start_s * per_second)
        assert stop == max(start + 1, round(note.stop_s * per_second))


def test_a_track_may_have_no_name(tmp_path: Path) -> None:
    write_midi(tmp_path / "a.mid", MELODY)
    assert all(kind != 0x03 for _, kind, _ in read_track(tmp_path / "a.mid")[1])


def test_what_cannot_be_a_midi_file_says_why(tmp_path: Path) -> None:
    path = tmp_path / "voice.mid"
    for tempo in (0, -1, 3, 1e6, float("nan")):
        with pytest.raises(UsageError, match=r"voice\.mid.*from 4 to 1000"):
            write_midi(path, MELODY, tempo)
    with pytest.raises(UsageError, match=r"no notes for “voice\.mid”"):
        write_midi(path, [])
    with pytest.raises(ValueError, match="128"):
        write_midi(path, [Note(0, 1, 128, 0)])
    assert not list(tmp_path.iterdir())


def test_a_table_reads_back(tmp_path: Path) -> None:
    hertz = np.array([np.nan, 440, 446.3, np.nan, 261.6, 55], np.float32)
    certainty = np.array([0, 0.9, 0.123456, 0, 1, 0.5], np.float32)
    path = tmp_path / "voice.csv"
    path.write_text("old")
    write_pitch_csv(path, PitchLine(0.01, hertz, certainty))
    assert b"\r" not in path.read_bytes()
    with path.open(encoding="ascii", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["time_s", "f0_hz", "midi", "cents", "certainty"]
    assert [row["time_s"] for row in rows] == ["0.0", "0.01", "0.02", "0.03", "0.04", "0.05"]
    for row, pitch, sure in zip(rows, hertz, certainty, strict=True):
        assert np.float32(row["certainty"]) == sure
        if np.isnan(pitch):
            assert row["f0_hz"] == row["midi"] == row["cents"] == ""
            continue
        assert np.float32(row["f0_hz"]) == pitch
        midi = int(row["midi"]) + float(row["cents"]) / 100
        assert 440 * 2 ** ((midi - 69) / 12) == pytest.approx(pitch, rel=1e-5)
        assert abs(float(row["cents"])) <= 50
    assert (rows[1]["midi"], rows[1]["cents"]) == ("69", "0.00")


def test_nothing_half_written_stays(tmp_path: Path) -> None:
    broken = PitchLine(0.01, np.zeros(3, np.float32) + 440, np.zeros(2, np.float32))
    with pytest.raises(ValueError, match="shorter"):
        write_pitch_csv(tmp_path / "a.csv", broken)
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError, match="cannot be written"):
        write_midi(tmp_path / "file" / "a.mid", MELODY)
    with pytest.raises(OutputError, match="cannot be written"):
        write_pitch_csv(tmp_path / "file" / "a.csv", broken)
