"""The pitch of synthesised voices, and the notes they sing."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

import core.pitch
from core.audio import ArrayAudio
from core.errors import Cancelled
from core.pitch import Note, PitchLine, find_pitch, notes_of

RATE = 16000
SAW = tuple(1 / k for k in range(1, 9))

Signal = NDArray[np.float64]


def times(seconds: float, rate: int = RATE) -> Signal:
    return np.arange(round(seconds * rate)) / rate


def voice(hertz: Signal, amplitudes: Sequence[float] = SAW, rate: int = RATE) -> Signal:
    """A tone of the pitch ``hertz`` at each sample, with harmonics below half the rate."""
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    parts = [
        np.where(number * hertz < rate / 2, amplitude, 0) * np.sin(number * phase)
        for number, amplitude in enumerate(amplitudes, 1)
    ]
    return 0.2 * np.sum(parts, axis=0)


def with_noise(samples: Signal, below_db: float) -> Signal:
    noise = np.random.default_rng(1).normal(size=samples.shape)
    return samples + noise * np.sqrt(np.mean(samples**2)) * 10 ** (-below_db / 20)


def pitch_of(samples: Signal, rate: int = RATE) -> PitchLine:
    return find_pitch(ArrayAudio(np.atleast_2d(samples), rate))


def assert_pitch(line: PitchLine, hertz: Signal, rate: int = RATE, cents: float = 10) -> None:
    """Nearly all inner frames are voiced, and 95 % of them within ``cents`` of ``hertz``."""
    centres = np.minimum(np.arange(line.n_frames) * rate // 100, len(hertz) - 1)
    found, wanted = line.f0_hz[3:-3], hertz[centres][3:-3]
    voiced = ~np.isnan(found)
    assert voiced.mean() > 0.97
    errors = 1200 * np.abs(np.log2(found[voiced] / wanted[voiced]))
    assert np.percentile(errors, 95) < cents


@pytest.mark.parametrize("rate", [16000, 44100])
@pytest.mark.parametrize("hertz", [55, 110, 261.63, 987.77, 1760])
def test_sines_and_tones(hertz: float, rate: int) -> None:
    wanted = np.full(round(0.4 * rate), float(hertz))
    for amplitudes in ((1,), SAW):
        line = pitch_of(voice(wanted, amplitudes, rate), rate)
        assert_pitch(line, wanted, rate, cents=3)
        assert line.certainty[3:-3].min() > 0.9


@pytest.mark.parametrize("amplitudes", [(1,), SAW])
@pytest.mark.parametrize("hertz", [82.41, 220, 880])
def test_tones_in_noise(hertz: float, amplitudes: tuple[float, ...]) -> None:
    wanted = np.full(RATE, hertz)
    assert_pitch(pitch_of(with_noise(voice(wanted, amplitudes), 10)), wanted)


@pytest.mark.parametrize("cents", [50, 100])
def test_vibrato_is_followed(cents: float) -> None:
    wanted = 330 * 2 ** (cents / 1200 * np.sin(2 * np.pi * 5.5 * times(1)))
    assert_pitch(pitch_of(voice(wanted)), wanted)


@pytest.mark.parametrize("octaves_per_s", [-2, 1, 3])
def test_glides_are_followed(octaves_per_s: float) -> None:
    wanted = 300 * 2 ** (octaves_per_s * (times(0.8) - 0.4))
    assert_pitch(pitch_of(voice(wanted)), wanted)


@pytest.mark.parametrize(
    "amplitudes",
    [
        (0, 0, 1, 1, 1, 0.5),  # no fundamental
        (0, 1, 1, 1),
        (0.2, 1, 0.1, 0.5),  # nearly an octave higher
        (1, 0.1, 0.9, 0.05, 0.8),  # odd harmonics
    ],
)
def test_no_octave_is_mistaken(amplitudes: tuple[float, ...]) -> None:
    for wanted in (np.full(RATE // 2, 200.0), 200 * 2 ** (0.04 * np.sin(30 * times(0.5)))):
        assert_pitch(pitch_of(voice(wanted, amplitudes)), wanted)
        assert_pitch(pitch_of(with_noise(voice(wanted, amplitudes), 15)), wanted)


def test_an_octave_that_is_sung_is_heard() -> None:
    wanted = np.repeat([220.0, 440.0, 220.0, 110.0, 220.0], RATE // 4)
    assert_pitch(pitch_of(voice(wanted)), wanted)


def test_silence_and_noise_have_no_pitch() -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, RATE)
    for samples in (np.zeros(RATE), noise, 1e-4 * voice(np.full(RATE, 220.0))):
        line = pitch_of(samples)
        assert line.n_frames == 100
        assert np.isnan(line.f0_hz).mean() > 0.98
        assert not line.certainty[np.isnan(line.f0_hz)].any()
    assert pitch_of(np.zeros(0)).n_frames == 0
    assert pitch_of(np.zeros(1)).n_frames == 1


def test_what_is_left_of_other_sounds_is_silence() -> None:
    song = np.concatenate([voice(np.full(RATE, 220.0)), 2.5e-3 * voice(np.full(RATE, 330.0))])
    line = pitch_of(song)
    assert line.at(0.5) == pytest.approx(220, rel=1e-3)
    assert line.at(1.5) is None
    assert pitch_of(song[RATE + 2000 :]).at(0.5) == pytest.approx(330, rel=1e-3)


def test_frames_stand_where_they_say() -> None:
    samples = np.concatenate([np.zeros(RATE), voice(np.full(RATE, 220.0)), np.zeros(RATE)])
    voiced = np.flatnonzero(~np.isnan(pitch_of(samples).f0_hz))
    assert voiced[0] == pytest.approx(100, abs=2)
    assert voiced[-1] == pytest.approx(199, abs=2)
    np.testing.assert_array_equal(np.diff(voiced), 1)


def test_channels_that_cancel_are_heard() -> None:
    wanted = np.full(RATE // 2, 220.0)
    tone = voice(wanted)
    for other in (-tone, tone, 0 * tone, -0.8 * tone):
        assert_pitch(pitch_of(np.stack([tone, other])), wanted, cents=2)
    moved = np.where(np.arange(len(tone)) < len(tone) // 2, tone, -tone)  # within one piece
    assert_pitch(pitch_of(np.stack([tone, moved])), wanted, cents=2)


def test_pieces_leave_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = 220 * 2 ** (0.1 * np.sin(10 * times(1, 44100)))
    samples = voice(wanted, SAW, 44100)
    whole = pitch_of(samples, 44100)
    monkeypatch.setattr(core.pitch, "_PIECE_FRAMES", 7)
    monkeypatch.setattr("core.pitch_track._PATH_FRAMES", 9)
    parts = pitch_of(samples, 44100)
    np.testing.assert_allclose(parts.f0_hz, whole.f0_hz, rtol=1e-4)


def test_it_stops_and_tells_how_far_it_is() -> None:
    audio = ArrayAudio(np.zeros((1, 8 * RATE)), RATE)
    told: list[float] = []
    find_pitch(audio, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    assert len(told) > 3
    for n_before in (0, 2, len(told) - 1):
        answers = iter([False] * n_before + [True])
        with pytest.raises(Cancelled):
            find_pitch(audio, functools.partial(next, answers))
    with pytest.raises(ValueError, match="range"):
        find_pitch(audio, lowest_hz=500, highest_hz=100)


def line_of(midi: Signal) -> PitchLine:
    """A line of a semitone per frame, NaN where there is none."""
    hertz = 440 * 2 ** ((np.asarray(midi) - 69) / 12)
    return PitchLine(0.01, hertz.astype(np.float32), (~np.isnan(midi)).astype(np.float32))


def test_the_line_is_read_by_time() -> None:
    line = line_of(np.array([np.nan, 69, 69, np.nan, 81, np.nan, 57, 57]))
    assert line.at(0.014) == pytest.approx(440)
    assert line.at(0.036) == pytest.approx(880)
    assert line.at(0.0) is None
    assert line.at(-1) is None
    assert line.at(0.08) is None
    found = [(t.tolist(), np.rint(hz).tolist()) for t, hz in line.polylines(-1, 1)]
    assert found == [
        (pytest.approx([0.01, 0.02]), [440, 440]),
        (pytest.approx([0.04]), [880]),
        (pytest.approx([0.06, 0.07]), [220, 220]),
    ]
    ((seconds, _),) = line.polylines(0.014, 0.016)  # a line through the view, no frame inside
    assert seconds == pytest.approx([0.01, 0.02])
    assert line.polylines(1, 2) == line.polylines(-2, -1) == []
    assert line_of(np.zeros(0)).polylines(0, 1) == []


def spans(notes: Sequence[Note]) -> list[tuple[int, int, int]]:
    """Note number, first frame, one past the last."""
    return [
        (note.midi, round(note.start_s * 100 + 0.5), round(note.stop_s * 100 + 0.5))
        for note in notes
    ]


def test_steps_and_gaps_end_notes() -> None:
    none = [np.nan]
    midi = none * 5 + [60.0] * 30 + none * 6 + [60.0] * 20 + none * 7 + [60.0] * 20 + [61.0] * 9
    assert spans(notes_of(line_of(np.array(midi)))) == [(60, 5, 61), (60, 68, 88), (61, 88, 97)]
    assert notes_of(line_of(np.full(50, np.nan))) == notes_of(line_of(np.zeros(0))) == []


def test_short_excursions_and_vibrato_end_none() -> None:
    midi = np.full(100, 60.3)
    midi[40:48] = 63
    (note,) = notes_of(line_of(midi))
    assert (note.midi, note.start_s, note.stop_s) == (60, 0, pytest.approx(0.995))
    assert note.cents == pytest.approx(30, abs=0.1)
    midi[48] = 63
    assert spans(notes_of(line_of(midi))) == [(60, 0, 40), (63, 40, 49), (60, 49, 100)]


@pytest.mark.parametrize("phase", range(6))
def test_vibrato_ends_no_note(phase: float) -> None:
    wave = np.sin(2 * np.pi * 5.5 * np.arange(180) / 100 + phase)
    for width, steps in ((0.5, (60, 61, 59)), (0.3, (70, 69, 68)), (1, (60, 64, 52))):
        notes = notes_of(line_of(np.repeat(np.float64(steps), 60) + width * wave))
        assert [note.midi for note in notes] == list(steps)
        assert [note.start_s for note in notes] == pytest.approx([0, 0.6, 1.2], abs=0.05)
        assert max(abs(note.cents) for note in notes) < 15
    for n_frames in (20, 70, 180):
        (note,) = notes_of(line_of(60 + 1.2 * wave[:n_frames]))
        assert note.midi == 60


def test_what_is_too_short_is_joined_or_dropped() -> None:
    nan = np.nan
    midi = [60.0] * 7 + [nan] * 10 + [62.0] * 20 + [nan] * 10 + [64.0] * 8
    assert spans(notes_of(line_of(np.array(midi)))) == [(62, 17, 37), (64, 47, 55)]


def test_no_note_is_shorter_whatever_is_sung() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        wild = 60 + np.cumsum(rng.normal(0, 0.5, 300)) + np.repeat(rng.normal(0, 6, 30), 10)
        wild[rng.random(300) < 0.02] = np.nan
        notes = notes_of(line_of(wild))
        assert len(notes) > 3
        assert all(note.stop_s - note.start_s > 0.0749 for note in notes)  # the first loses half
        assert all(one.stop_s <= two.start_s + 1e-9 for one, two in itertools.pairwise(notes))
        assert all(abs(note.cents) <= 50 for note in notes)


@pytest.mark.parametrize(("step", "n_frames"), [(1, 15), (2, 10)])
def test_short_notes_of_a_scale_stay(step: int, n_frames: int) -> None:
    scale = [60 + step * index for index in range(8)]
    midi = np.repeat(np.float64(scale), n_frames)
    slide = np.convolve(np.pad(midi, 1, mode="edge"), np.ones(3) / 3, "valid")
    for sung in (midi, slide):
        assert [note.midi for note in notes_of(line_of(sung))] == scale


def test_equal_notes_a_semitone_apart_are_two() -> None:
    midi = np.concatenate([np.full(30, 62.0), np.linspace(62, 61, 7), np.full(30, 61.0)])
    ((one, _, border), (two, start, _)) = spans(notes_of(line_of(midi)))
    assert (one, two) == (62, 61)
    assert border == start == pytest.approx(33, abs=2)


def test_notes_of_a_melody() -> None:
    """Sung with vibrato, slides of 40 ms, a breath, in noise."""
    melody = [(60, 0.4), (62, 0.3), (64, 0.2), (None, 0.15), (64, 0.5), (76, 0.3), (57, 0.4)]
    hertz, level, wanted = [], [], []
    start = 0.0
    for number, seconds in melody:
        n = round(seconds * RATE)
        hertz.append(np.full(n, float(number or 64)))
        level.append(np.full(n, float(number is not None)))
        if number is not None:
            wanted.append((start, start + seconds, number))
        start += seconds
    slide = np.ones(RATE // 25) / (RATE // 25)
    padded = np.pad(np.concatenate(hertz), len(slide) // 2, mode="edge")
    midi = np.convolve(padded, slide, "valid")[: round(start * RATE)]
    midi += 0.4 * np.sin(2 * np.pi * 5.5 * np.arange(len(midi)) / RATE)
    samples = voice(440 * 2 ** ((midi - 69) / 12)) * np.concatenate(level)
    samples += np.random.default_rng(3).normal(0, 0.01, len(samples))
    notes = notes_of(pitch_of(samples))
    assert [note.midi for note in notes] == [number for *_, number in wanted]
    for note, (begin, end, _) in zip(notes, wanted, strict=True):
        assert note.start_s == pytest.approx(begin, abs=0.05)
        assert note.stop_s == pytest.approx(end, abs=0.05)
        assert abs(note.cents) < 20
