"""The singer: espeak-ng speech, taken apart by WORLD and put together again on the melody.

Only the spectral envelope is kept from the speech. Its time is bent so that every vowel starts
with its note, its pitch is drawn anew (portamento, late vibrato, drift), and its voicing follows
from the phonemes, with breath noise rising towards high frequencies as in a human voice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyworld
import score
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, sosfilt
from speech import Phoneme, Speaker

FRAME_S = 0.0025
_FFT = 2048
_N_BINS = _FFT // 2 + 1
_freqs_hz = np.arange(_N_BINS) * score.SAMPLE_RATE / _FFT
# Shortest and longest time of a consonant, sung.
_SHORT_S, _LONG_S = 0.035, 0.13
# Mean spectrum of sung vowels on a record: hertz, dB per hertz (only its shape matters).
_SUNG_HZ = (
    120.0,
    225.0,
    400.0,
    630.0,
    1000.0,
    1580.0,
    2500.0,
    4000.0,
    6300.0,
    9800.0,
    14000.0,
    2e4,
)
_SUNG_DB = (-35.0, -32.0, -29.7, -30.6, -33.3, -41.0, -52.0, -60.0, -66.0, -71.0, -79.0, -95.0)
_VOWEL_DB = 6.0
# Levels of unvoiced consonants below the vowels, in dB.
_UNVOICED_DB = {"s": -11.0, "S": -9.5, "t": -12.0, "k": -13.0, "p": -16.0, "T": -20.0}
# These glide late when sung: most of the note stays on the first vowel.
_GLIDING = ("aI", "aU", "eI", "oU", "OI", "O@", "A@")


@dataclass(frozen=True)
class Voice:
    """A timbre: espeak-ng's voice, how far formants move up, transposition, words a minute."""

    espeak: str
    formant_ratio: float = 1.0
    semitones: int = 0
    words_per_minute: int = 120
    breath_db: float = 0.0


@dataclass
class _Frames:
    """What WORLD puts together: pitch (0 unvoiced), envelope, aperiodicity, one row per frame."""

    f0: np.ndarray
    envelope_db: np.ndarray
    breath_db: np.ndarray


def _smooth_noise(random: np.random.Generator, n: int, width_s: float) -> np.ndarray:
    """Slow noise of unit standard deviation with time constant `width_s`."""
    noise = gaussian_filter1d(random.normal(size=n), width_s / FRAME_S, mode="wrap")
    return noise / max(1e-9, float(noise.std()))


def speech_envelope(speech: np.ndarray, rate: int, formant_ratio: float) -> np.ndarray:
    """The spectral envelope of speech on the song's frequency grid, in dB, per frame.

    Above the speech's own band the envelope goes on falling, so that s and t keep their air.
    """
    f0, times = pyworld.harvest(speech, rate, f0_floor=60.0, f0_ceil=320.0,
                                frame_period=FRAME_S * 1000.0)  # fmt: skip
    f0 = pyworld.stonemask(speech, f0, times, rate)
    power = pyworld.cheaptrick(speech, f0, times, rate, f0_floor=60.0)
    level = 10.0 * np.log10(power + 1e-14)
    speech_freqs = np.arange(level.shape[1]) * rate / (2.0 * (level.shape[1] - 1))
    edge_hz = 0.86 * rate / 2.0
    rows = np.stack([np.interp(_freqs_hz / formant_ratio, speech_freqs, row) for row in level])
    top = edge_hz * formant_ratio
    around = (_freqs_hz > 0.8 * top) & (_freqs_hz <= top)
    above = _freqs_hz > top
    rows[:, above] = rows[:, around].mean(axis=1)[:, None] - 2.4 * (_freqs_hz[above] - top) / 1000.0
    rows = gaussian_filter1d(rows, 1.6, axis=0)
    # espeak-ng's few resonances leave holes that no throat has: fill them half.
    broad = gaussian_filter1d(rows, 900.0 * _FFT / score.SAMPLE_RATE, axis=1, mode="nearest")
    return np.where(rows < broad, 0.45 * rows + 0.55 * broad, rows)


def _colour_db(vowel_rows: np.ndarray) -> np.ndarray:
    """The smooth correction per bin that gives the vowels the mean spectrum of a sung record."""
    octaves = np.log2(np.maximum(_freqs_hz, 60.0))
    target = np.interp(octaves, np.log2(_SUNG_HZ), _SUNG_DB)
    mean = 10.0 * np.log10((10.0 ** (vowel_rows / 10.0)).mean(axis=0) + 1e-14)
    grid = np.arange(np.log2(100.0), np.log2(20000.0), 0.05)
    difference = gaussian_filter1d(np.interp(grid, octaves, target - mean), 9.0, mode="nearest")
    difference -= np.interp(np.log2(700.0), grid, difference)
    return np.clip(np.interp(octaves, grid, difference), -16.0, 16.0)


def _timeline(
    phonemes: list[Phoneme], notes: tuple[score.Note, ...], rate: int
) -> list[tuple[Phoneme, float, float]]:
    """When each phoneme sounds, in seconds of the song: vowels start with their notes."""
    natural = [float(np.clip((p.stop - p.start) / rate, _SHORT_S, _LONG_S)) for p in phonemes]
    vowels = [i for i, p in enumerate(phonemes) if p.kind == "vowel"]
    if len(vowels) != len(notes):
        names = " ".join(p.name for p in phonemes)
        raise SystemExit(f"{len(vowels)} vowels for {len(notes)} notes: {names}")
    placed: list[tuple[Phoneme, float, float]] = []
    for number, (index, note) in enumerate(zip(vowels, notes, strict=True)):
        first = 0 if number == 0 else vowels[number - 1] + 1
        before = range(first, index)
        # A cluster takes at most 45 % of the note before it.
        length = sum(natural[i] for i in before)
        room = 0.3 if number == 0 else 0.45 * (note.start_s - notes[number - 1].start_s)
        scale = min(1.0, room / length) if length > 0 else 1.0
        at = note.start_s - length * scale
        if number > 0:
            vowel, begin, _ = placed[-1]
            placed[-1] = (vowel, begin, min(at, notes[number - 1].stop_s + 0.05))
            at = placed[-1][2] if placed[-1][2] == at else at
        for i in before:
            placed.append((phonemes[i], at, at + natural[i] * scale))
            at += natural[i] * scale
        placed.append((phonemes[index], note.start_s, note.stop_s))
    tail = range(vowels[-1] + 1, len(phonemes))
    length = sum(natural[i] for i in tail)
    at = notes[-1].stop_s - 0.5 * length
    placed[-1] = (placed[-1][0], placed[-1][1], at)
    for i in tail:
        placed.append((phonemes[i], at, at + natural[i]))
        at += natural[i]
    return placed


def _bend(phoneme: Phoneme, length_s: float, rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Where in the speech (seconds) each frame of a sung phoneme is read; frames from its start."""
    begin, end = phoneme.start / rate, phoneme.stop / rate
    n = max(1, round(length_s / FRAME_S))
    place = (np.arange(n) + 0.5) / n
    own = end - begin
    if phoneme.kind != "vowel" or length_s <= own:
        return begin + own * place, place
    # Start and end at spoken speed, the middle held.
    attack, release = 0.3 * own, 0.25 * own
    t = place * length_s
    middle = np.clip((t - attack) / max(1e-6, length_s - attack - release), 0.0, 1.0)
    if phoneme.name in _GLIDING:
        middle = 0.3 * middle + 0.7 * middle**5
    source = np.where(
        t < attack, t,
        np.where(t > length_s - release, own - (length_s - t),
                 attack + middle * (own - attack - release)),
    )  # fmt: skip
    return begin + source, place


def _pitch(line: score.Line, voice: Voice, n: int, start_s: float,
           random: np.random.Generator) -> np.ndarray:  # fmt: skip
    """The sung pitch in hertz for every frame: a voice never jumps and never stands still."""
    times = start_s + FRAME_S * np.arange(n)
    steps = np.full(n, float(line.notes[0].pitches[0]))
    since = np.zeros(n)
    depth = np.zeros(n)
    for note in line.notes:
        for number, pitch in enumerate(note.pitches):
            share = (note.stop_s - note.start_s) / len(note.pitches)
            at = note.start_s + number * share - (0.05 if number else 0.03)
            inside = times >= at
            steps[inside] = pitch
            since[inside] = times[inside] - at
            depth[inside] = np.clip((share - 0.3) / 0.5, 0.15, 1.0)
    glide = gaussian_filter1d(steps, 0.022 / FRAME_S, mode="nearest")
    glide = 0.75 * glide + 0.25 * gaussian_filter1d(steps, 0.05 / FRAME_S, mode="nearest")
    # From below into the first note of a breath, and a little into every accented one.
    for note in line.notes:
        late = times - note.start_s
        depth_st = 0.9 if note is line.notes[0] else 0.35 * note.accent
        glide -= depth_st * np.exp(-0.5 * ((late + 0.02) / 0.045) ** 2)
    rise = np.clip((since - 0.22) / 0.35, 0.0, 1.0)
    rate_hz = 5.5 + 0.2 * _smooth_noise(random, n, 0.4)
    phase = 2.0 * np.pi * np.cumsum(rate_hz) * FRAME_S
    wobble = 0.38 * depth * rise**1.5 * (1.0 + 0.15 * _smooth_noise(random, n, 0.3))
    cents = 9.0 * _smooth_noise(random, n, 0.18) + 3.0 * _smooth_noise(random, n, 0.012)
    midi = glide + wobble * np.sin(phase) + cents / 100.0 + voice.semitones
    return 440.0 * 2.0 ** ((midi - 69.0) / 12.0)


def _breathiness(kind: str) -> np.ndarray:
    """Noise to voice per bin, in dB: 0 is all noise."""
    if kind == "unvoiced":
        return np.zeros(_N_BINS)
    floor, corner = (-38.0, 2400.0) if kind != "noisy" else (-22.0, 1300.0)
    ceiling = -5.0 if kind != "noisy" else -0.5
    return floor + (ceiling - floor) / (1.0 + (corner / np.maximum(_freqs_hz, 1.0)) ** 1.7)


def _level_db(envelope_db: np.ndarray, highest_hz: float = 6000.0) -> np.ndarray:
    """Level of each frame of an envelope, its bass left out."""
    band = (_freqs_hz > 150.0) & (_freqs_hz < highest_hz)
    return 10.0 * np.log10((10.0 ** (envelope_db[:, band] / 10.0)).sum(axis=1) + 1e-14)


def _sing_line(
    line: score.Line, voice: Voice, speaker: Speaker, random: np.random.Generator
) -> tuple[float, np.ndarray]:
    """One breath: its start in seconds and its sound at the song's rate."""
    speech, phonemes = speaker.speak(line.words)
    rate = speaker.sample_rate
    spoken = speech_envelope(speech, rate, voice.formant_ratio)
    placed = _timeline(phonemes, line.notes, rate)
    start_s, stop_s = placed[0][1] - 0.03, placed[-1][2] + 0.08
    n = int(np.ceil((stop_s - start_s) / FRAME_S))
    frames = _Frames(np.zeros(n), np.full((n, _N_BINS), -140.0), np.zeros((n, _N_BINS)))
    middles = [
        spoken[int((p.start + share * (p.stop - p.start)) / rate / FRAME_S)]
        for p in phonemes if p.kind == "vowel" for share in (0.3, 0.5, 0.7)
    ]  # fmt: skip
    colour = _colour_db(np.stack(middles))
    gain_db = float(np.mean(_VOWEL_DB - _level_db(np.stack(middles) + colour)))
    notes = iter(line.notes)
    last_vowel = [p for p in phonemes if p.kind == "vowel"][-1]
    for phoneme, begin_s, end_s in placed:
        source_s, place = _bend(phoneme, end_s - begin_s, rate)
        first = round((begin_s - start_s) / FRAME_S)
        last = min(n, first + len(source_s))
        at = np.clip(source_s[: last - first] / FRAME_S, 0, len(spoken) - 1.001)
        low = at.astype(int)
        share = (at - low)[:, None]
        rows = (1.0 - share) * spoken[low] + share * spoken[low + 1]
        if phoneme.kind == "unvoiced":
            loudest = float(_level_db(rows, 20000.0).max())
            rows += _VOWEL_DB + _UNVOICED_DB.get(phoneme.name, -18.0) - loudest
        else:
            rows += colour + gain_db
        if phoneme.kind == "vowel":
            note = next(notes)
            # Every vowel alike in level, as after a compressor, swelling and fading with the note.
            shape = 1.1 * note.accent - 1.8 * place[: last - first] ** 2
            swell = -5.0 * np.exp(-place[: last - first] * (end_s - begin_s) / 0.03)
            if phoneme is last_vowel:
                left_s = (1.0 - place[: last - first]) * (end_s - begin_s)
                swell -= 16.0 * np.clip(1.0 - left_s / (0.12 + 0.12 * (end_s - begin_s)), 0, 1) ** 2
            rows += (0.75 * (_VOWEL_DB - _level_db(rows)) + shape + swell)[:, None]
        frames.envelope_db[first:last] = rows
        frames.breath_db[first:last] = _breathiness(phoneme.kind) + (
            0.0 if phoneme.kind == "unvoiced" else voice.breath_db
        )
        frames.f0[first:last] = float(phoneme.kind != "unvoiced")
    frames.breath_db = np.minimum(gaussian_filter1d(frames.breath_db, 2.0, axis=0), 0.0)
    frames.envelope_db = gaussian_filter1d(frames.envelope_db, 2.0, axis=0)
    pitch = _pitch(line, voice, n, start_s, random)
    # Sung louder is sung brighter: the top follows the slow level changes of the voice.
    shimmer = 0.5 * _smooth_noise(random, n, 0.06) + 0.25 * _smooth_noise(random, n, 0.008)
    tilt = np.clip(np.log2(np.maximum(_freqs_hz, 200.0) / 1000.0), -1.0, 3.0)
    frames.envelope_db += shimmer[:, None] * (1.0 + 0.5 * tilt)[None, :]
    envelope = np.ascontiguousarray(10.0 ** (frames.envelope_db / 10.0))
    breath = np.ascontiguousarray(np.clip(10.0 ** (frames.breath_db / 20.0), 0.001, 0.999))
    f0 = np.where(frames.f0 > 0.5, pitch, 0.0)
    sound = pyworld.synthesize(f0, envelope, breath, score.SAMPLE_RATE, FRAME_S * 1000.0)
    return start_s, sound


def _inhale(random: np.random.Generator, length_s: float) -> np.ndarray:
    """A breath taken: noise through a wide open mouth."""
    n = round(length_s * score.SAMPLE_RATE)
    noise = random.normal(size=n)
    sound = np.zeros(n)
    for low, high, gain in (
        (500, 1100, 0.5),
        (1500, 2600, 0.8),
        (3200, 5200, 0.55),
        (6e3, 1e4, 0.3),
    ):
        sound += gain * sosfilt(butter(2, (low, high), "bandpass", fs=score.SAMPLE_RATE,
                                       output="sos"), noise)  # fmt: skip
    place = np.linspace(0.0, 1.0, n)
    return sound * np.sin(np.pi * place**1.4) ** 1.5


def _dispersed(sound: np.ndarray) -> np.ndarray:
    """Phase spread over some milliseconds, as a throat does it; WORLD's pulses buzz without."""
    n = 512
    freqs = np.arange(n // 2 + 1) / (n // 2)
    delay = 1.0 + 90.0 * np.exp(-freqs * 6.0)  # samples, low notes later
    phase = -np.cumsum(delay) * np.pi / (n // 2)
    kernel = np.fft.irfft(np.exp(1j * phase), n)
    return np.convolve(sound, kernel)[: len(sound)]


def sing(lines: tuple[score.Line, ...], voice: Voice, seed: int, n_samples: int) -> np.ndarray:
    """The whole song sung, dry and mono: float64 `(n_samples,)`."""
    random = np.random.default_rng(seed)
    speaker = Speaker(voice.espeak, voice.words_per_minute)
    track = np.zeros(n_samples)
    free_from_s = 0.0
    for line in lines:
        start_s, sound = _sing_line(line, voice, speaker, random)
        first = round(start_s * score.SAMPLE_RATE)
        sound = sound[: n_samples - first]
        track[first : first + len(sound)] += sound
        peak = float(np.sqrt((sound**2).mean()))
        length_s = min(0.42, start_s - free_from_s)
        if length_s > 0.09:
            air = _inhale(random, length_s)
            begin = round((start_s + 0.02) * score.SAMPLE_RATE) - len(air)
            begin = max(0, begin)
            track[begin : begin + len(air)] += air * peak * 0.09 / float(np.sqrt((air**2).mean()))
        free_from_s = line.notes[-1].stop_s + 0.05
    return _dispersed(track)
