"""Compose and render the demo song into resources/demo: `python packaging/demo/compose.py`.

What it needs, none of it part of Stemscope:

- apt: `fluidsynth fluid-soundfont-gm espeak-ng` (the soundfont FluidR3_GM is under the MIT
  licence; espeak-ng is a GPL program, and what a program says is not the program)
- pip, best into an environment of its own: `numpy scipy soundfile mido mutagen pyworld
  "setuptools<81"` (pyworld 0.3 imports pkg_resources, which later setuptools lack)

The same seed and the same versions of these tools give the same song. Written are the mixture
(`demo.flac`), the voice (`vocals.flac`) and `card.json`. The accompaniment is the mixture minus
the voice, exact in 16-bit integers, so it needs no file; the card holds its hash.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
from pathlib import Path

import band
import mixing
import numpy as np
import score
import singer
import soundfile
from mutagen.flac import FLAC

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "demo"
SEED = 20
# All were rendered and compared; the first sings on the shipped recording.
VOICES = {
    "female": singer.Voice("en-us+f5", breath_db=-3.0),
    "female-bright": singer.Voice("en-us+Annie"),
    "female-plain": singer.Voice("en-us+f2"),
    "female-warped": singer.Voice("en-us", formant_ratio=1.16),
    "male": singer.Voice("en-us", semitones=-12),
}
VOICE_OVER_BAND_DB = 0.5
PEAK = 0.64
# The voice keeps 13 bits: its file is much smaller, its rounding noise 60 dB below it.
VOICE_STEP = 8
# Loudness of every part below the voice, in dB.
PART_DB = {
    "drums": -6.0, "bass": -7.5, "piano": -8.5, "guitar": -11.0, "strings": -11.5, "bells": -18.0,
}  # fmt: skip


def record_voice(name: str, n_samples: int) -> np.ndarray:
    """The voice as it sits on the record: equalised, compressed, in a room; `(2, n_samples)`."""
    dry = singer.sing(score.LINES, VOICES[name], SEED, n_samples)
    dry = mixing.highpass(dry[None], 110.0)
    dry *= 0.1 / mixing.rms(dry)
    dry = mixing.compress(dry, -20.0, 2.5)
    dry = mixing.bell(dry, 11000.0, 2.5, 0.7)
    dry = mixing.limit(dry, 5.0 * mixing.rms(dry))
    room = mixing.reverb(dry[0], 1.5, 0.035, SEED)
    room = mixing.lowpass(mixing.lowpass(room, 4500.0), 4500.0)
    return np.repeat(dry, 2, axis=0) + room * float(mixing.amplitude(-15.0))


def record_band(n_samples: int, folder: Path) -> np.ndarray:
    """The band, mixed and glued together by a gentle compressor; `(2, n_samples)`."""
    total = np.zeros((2, n_samples))
    for part in band.Band(SEED).parts:
        sound = band.render(part, folder, n_samples)
        if part.highpass_hz:
            sound = mixing.highpass(sound, part.highpass_hz)
        if part.name in ("piano", "guitar", "strings"):
            # Room for the voice in the middle of the spectrum.
            sound = mixing.bell(sound, 2200.0, -2.5, 0.8)
        if part.name == "drums":
            sound = mixing.limit(sound, 8.0 * mixing.rms(sound))
        total += sound / mixing.rms(sound) * 0.1 * float(mixing.amplitude(PART_DB[part.name]))
    total = mixing.compress(mixing.highpass(total, 30.0), -24.0, 1.8)
    return mixing.limit(total, 4.5 * mixing.rms(total))


def mix(voice: np.ndarray, backing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both stems as int16 `(n, 2)` at their final level; their sum stays within PEAK."""
    sung = slice(round(score.seconds(8) * score.SAMPLE_RATE),
                 round(score.seconds(72) * score.SAMPLE_RATE))  # fmt: skip
    ratio = mixing.rms(voice[:, sung]) / mixing.rms(backing[:, sung])
    voice = voice * float(mixing.amplitude(VOICE_OVER_BAND_DB)) / ratio
    fade = np.ones(voice.shape[1])
    n_fade = round(1.6 * score.SAMPLE_RATE)
    fade[-n_fade:] = 0.5 + 0.5 * np.cos(np.linspace(0.0, np.pi, n_fade))
    gain = PEAK / np.max(np.abs((voice + backing) * fade))
    steps = np.round(voice * fade * gain * 32768.0 / VOICE_STEP) * VOICE_STEP
    return steps.astype(np.int16).T, np.round(backing * fade * gain * 32768.0).astype(np.int16).T


def save(samples: np.ndarray, path: Path, title: str) -> None:
    """A tagged 16-bit FLAC file, replaced in one step."""
    temporary = path.with_name(f".{path.name}.tmp")
    soundfile.write(temporary, samples, score.SAMPLE_RATE, "PCM_16", format="FLAC",
                    compression_level=1.0)  # fmt: skip
    tags = FLAC(temporary)
    tags["title"], tags["artist"], tags["album"] = title, "Demo song", "Stemscope"
    tags["license"] = "CC0-1.0"
    tags.save()
    os.replace(temporary, path)


def describe(voice: np.ndarray, backing: np.ndarray) -> dict[str, object]:
    """What the card says of the song."""
    return {
        "title": score.TITLE,
        "authors": "Stemscope",
        "licence": "CC0-1.0",
        "mixture": "demo.flac",
        "stems": {"vocals": "vocals.flac"},
        "accompaniment": "mixture minus vocals, exact in 16-bit integers",
        "sha256_of_samples": {
            name: hashlib.sha256(np.ascontiguousarray(stem, dtype="<i2").tobytes()).hexdigest()
            for name, stem in (
                ("mixture", voice + backing),
                ("vocals", voice),
                ("accompaniment", backing),
            )
        },
        "sample_rate": score.SAMPLE_RATE,
        "seconds": len(voice) / score.SAMPLE_RATE,
        "lyrics": [line.words for line in score.LINES],
        "how_it_was_made": (
            "Chords, melody, words and arrangement were made for Stemscope. The band is MIDI "
            "played by FluidSynth. The voice is speech of espeak-ng, taken apart and put together "
            "again on the melody by WORLD; no human voice was recorded."
            " packaging/demo/compose.py composes and renders all of it."
        ),
        "tools": [
            {"name": "FluidSynth", "licence": "LGPL-2.1-or-later", "part": "program used"},
            {"name": "FluidR3_GM soundfont", "licence": "MIT", "part": "sounds of the band"},
            {
                "name": "espeak-ng",
                "licence": "GPL-3.0-or-later",
                "part": "program used; the GPL covers the program, not the speech it puts out",
            },
            {
                "name": "WORLD (pyworld)",
                "licence": "BSD-3-Clause (pyworld: MIT)",
                "part": "program used",
            },
            {"name": "mido", "licence": "MIT", "part": "program used"},
        ],
        "training": "Never used to train a model, and not to be: it shows what models do with it.",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Compose and render the demo song.")
    parser.add_argument("--voice", choices=sorted(VOICES), default="female")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    n_samples = round(score.LENGTH_S * score.SAMPLE_RATE)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        backing = record_band(n_samples, Path(scratch))
    voice, backing = mix(record_voice(arguments.voice, n_samples), backing)
    save(voice + backing, arguments.folder / "demo.flac", score.TITLE)
    save(voice, arguments.folder / "vocals.flac", f"{score.TITLE} (vocals)")
    card = json.dumps(describe(voice, backing), indent=2, ensure_ascii=False) + "\n"
    (arguments.folder / "card.json").write_text(card, encoding="utf-8")
    for name, stem in (("mixture", voice + backing), ("vocals", voice), ("backing", backing)):
        sound = stem.T / 32768.0
        print(f"{name}: peak {mixing.decibels(np.abs(sound).max()):.1f} dBFS, "
              f"RMS {mixing.decibels(mixing.rms(sound)):.1f} dBFS, "
              f"loudness about {mixing.loudness_db(sound):.1f} LUFS")  # fmt: skip


if __name__ == "__main__":
    main()
