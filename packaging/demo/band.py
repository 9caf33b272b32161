"""The band: MIDI parts written with mido, each rendered by FluidSynth in its place."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import mido
import numpy as np
import score
import soundfile

SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
_TICKS_PER_SECOND = 960.0
_DRUMS = 9
KICK, SNARE, STICK, CLOSED, OPEN, CRASH, RIDE, TOM_LOW, TOM_MID = 36, 38, 37, 42, 46, 49, 51, 45, 47
TAMBOURINE, SHAKER = 54, 82


@dataclass
class Part:
    """One instrument: GM program (channel 10 for drums), place (-1 left .. 1 right), level."""

    name: str
    program: int
    pan: float
    gain_db: float
    reverb: int = 30
    drums: bool = False
    highpass_hz: float = 0.0
    notes: list[tuple[float, float, int, int]] = field(default_factory=list)  # start_s, stop_s


class Band:
    """Writes the parts of the song; the seed gives each player his small liberties in time."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self.parts = [
            self._drums(), self._bass(), self._piano(), self._guitar(), self._strings(),
            self._bells(),
        ]  # fmt: skip

    def _add(
        self,
        part: Part,
        start: float,
        stop: float,
        key: int,
        velocity: float,
        loose_s: float = 0.006,
    ) -> None:
        begin = score.seconds(start) + float(self._random.normal(0.0, loose_s))
        speed = int(np.clip(velocity + self._random.normal(0.0, 4.0), 12, 120))
        part.notes.append((max(0.0, begin), score.seconds(stop), key, speed))

    def _drums(self) -> Part:
        part = Part("drums", 0, 0.0, 0.0, reverb=20, drums=True)

        def hit(at: float, key: int, velocity: float) -> None:
            self._add(part, at, at + 0.5, key, velocity, 0.003)

        for at, key, velocity in ((6, SNARE, 70), (6.5, SNARE, 80), (7, TOM_MID, 92),
                                  (7.5, TOM_LOW, 98)):  # fmt: skip
            hit(at, key, velocity)
        for bar in range(score.N_BARS - 1):
            at = bar * 8
            chorus = at >= score.CHORUS_START
            for step in range(8):
                if bar > 0:
                    hit(at + step, CLOSED, (76 if step % 2 == 0 else 52) - (8 if chorus else 0))
                hit(at + step, SHAKER, 62 if step % 2 else 44)
                if chorus:
                    hit(at + step + 0.5, SHAKER, 36)
            if bar == 0:
                continue
            for step, velocity in ((0, 104), (3, 78), (4.0, 0), (5, 92)):
                if velocity:
                    hit(at + step, KICK, velocity)
            if chorus:
                hit(at + 7, KICK, 72)
                hit(at + 2, TAMBOURINE, 66)
                hit(at + 6, TAMBOURINE, 72)
            for step in (2, 6):
                hit(at + step, SNARE if chorus else STICK, 96 if chorus else 92)
        for at in (38, 38.5, 39, 39.5):
            hit(at, SNARE, 60 + 28 * (at - 38))
        hit(score.CHORUS_START, CRASH, 92)
        hit(score.ENDING_START, CRASH, 70)
        hit(score.ENDING_START, KICK, 108)
        return part

    def _bass(self) -> Part:
        part = Part("bass", 33, 0.0, 0.0, reverb=0)
        for chord in score.CHORDS:
            if chord.start == 0:
                continue
            root = chord.bass
            if chord.start >= score.ENDING_START:
                self._add(part, chord.start, chord.stop, root, 100)
                continue
            steps: tuple[tuple[float, float, int], ...] = (
                (0, 2.8, 0), (3, 4.8, 0), (5, 6.8, 7), (7, 7.9, 12)
            )  # fmt: skip
            for start, stop, interval in steps:
                if chord.start + start < chord.stop:
                    end = min(chord.start + stop, chord.stop)
                    self._add(part, chord.start + start, end, root + interval, 96)
        return part

    def _piano(self) -> Part:
        part = Part("piano", 0, -0.3, 0.0, reverb=36, highpass_hz=110.0)
        for chord in score.CHORDS:
            span = int(chord.stop - chord.start)
            if chord.start >= score.ENDING_START:
                for number, key in enumerate(
                    (chord.bass + 12, *chord.voicing, chord.voicing[0] + 12)
                ):
                    self._add(part, chord.start + 0.12 * number, chord.stop, key, 76)
                continue
            if chord.start < score.CHORUS_START:
                low, middle, high = chord.voicing
                figure = (low, middle, high, middle, high, middle, high, middle)
                for step in range(span):
                    self._add(part, chord.start + step, chord.start + step + 1.8,
                              figure[step % 8], 66 if step % 4 == 0 else 54)  # fmt: skip
                self._add(part, chord.start, chord.stop, chord.bass + 12, 62)
            else:
                for step in range(0, span, 2):
                    for key in chord.voicing:
                        self._add(part, chord.start + step, chord.start + step + 1.7, key,
                                  74 if step % 4 == 0 else 66)  # fmt: skip
                self._add(part, chord.start, chord.stop, chord.bass + 12, 70)
        return part

    def _guitar(self) -> Part:
        part = Part("guitar", 25, 0.5, 0.0, reverb=30, highpass_hz=130.0)
        for chord in score.CHORDS:
            if chord.start < 8:
                continue
            keys = (chord.bass + 12, chord.bass + 19, *chord.voicing)
            ending = chord.start >= score.ENDING_START
            steps = (0.0,) if ending else (0, 2, 3, 5, 6, 7)
            for step in steps:
                if chord.start + step >= chord.stop:
                    break
                down = step in (0, 2, 6)
                strings = keys if down else keys[:1:-1]
                stop = chord.stop if ending else min(chord.start + step + 1.9, chord.stop)
                for number, key in enumerate(strings):
                    self._add(part, chord.start + step + 0.035 * number, stop, key,
                              (72 if down else 56) - 2 * number, 0.002)  # fmt: skip
        return part

    def _strings(self) -> Part:
        part = Part("strings", 48, 0.15, 0.0, reverb=60, highpass_hz=150.0)
        for chord in score.CHORDS:
            if chord.start < 24:
                continue
            chorus = chord.start >= score.CHORUS_START
            keys = (*chord.voicing, chord.voicing[0] + 12) if chorus else chord.voicing[:2]
            for key in keys:
                self._add(part, chord.start, chord.stop + 0.3, key, 70 if chorus else 52)
        return part

    def _bells(self) -> Part:
        part = Part("bells", 9, -0.55, 0.0, reverb=60)
        answers = ((22, (78, 76, 74)), (37, (81, 83)), (45, (83, 86)), (53, (81, 85)))
        for at, keys in ((0, (74, 78, 81, 86)), (4, (78, 81)), *answers, (76, (86, 90))):
            for number, key in enumerate(keys):
                self._add(part, at + 0.5 * number, at + 0.5 * number + 2, key + score.TRANSPOSE, 62)
        return part


def write_midi(part: Part, path: Path) -> None:
    """One part as a MIDI file of format 0, at 960 ticks a second."""
    channel = _DRUMS if part.drums else 0
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("set_tempo", tempo=500000))
    track.append(mido.Message("program_change", channel=channel, program=part.program))
    for control, value in ((10, round(64 + 63 * part.pan)), (91, part.reverb), (93, 0), (7, 110)):
        track.append(mido.Message("control_change", channel=channel, control=control, value=value))
    events: list[tuple[int, int, int, int]] = []
    for start_s, stop_s, key, velocity in part.notes:
        events.append((round(start_s * _TICKS_PER_SECOND), 1, key, velocity))
        events.append((round(max(stop_s, start_s + 0.05) * _TICKS_PER_SECOND), 0, key, 0))
    now = 0
    for tick, _, key, velocity in sorted(events):
        track.append(
            mido.Message("note_on", channel=channel, note=key, velocity=velocity, time=tick - now)
        )
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=int(4 * _TICKS_PER_SECOND)))
    song = mido.MidiFile(type=0, ticks_per_beat=480)
    song.tracks.append(track)
    song.save(path)


def render(part: Part, folder: Path, n_samples: int) -> np.ndarray:
    """The part played by FluidSynth: float64 `(2, n_samples)`."""
    midi, sound = folder / f"{part.name}.mid", folder / f"{part.name}.wav"
    write_midi(part, midi)
    subprocess.run(
        ["fluidsynth", "-ni", "-g", "0.5", "-r", str(score.SAMPLE_RATE), "-O", "float",
         "-o", "synth.chorus.active=0", "-o", "synth.reverb.room-size=0.55",
         "-o", "synth.reverb.level=0.7", "-F", str(sound), str(SOUNDFONT), str(midi)],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    played, rate = soundfile.read(sound, always_2d=True)
    assert rate == score.SAMPLE_RATE
    block = np.zeros((2, n_samples))
    n_played = min(n_samples, len(played))
    block[:, :n_played] = played[:n_played].T
    return block
