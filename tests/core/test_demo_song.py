"""The demo song that comes with the program: its files, its stems and how they sound in figures."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "demo"
RATE = 44100
STEMS = ("mixture", "vocals", "accompaniment")


def _read(name: str) -> np.ndarray:
    samples, rate = soundfile.read(FOLDER / name, dtype="int16", always_2d=True)
    assert rate == RATE
    return samples.astype(np.int32)


@pytest.fixture(scope="module")
def song() -> dict[str, np.ndarray]:
    """Mixture, vocals and accompaniment as integers `(n_samples, 2)`."""
    mixture, vocals = _read("demo.flac"), _read("vocals.flac")
    assert mixture.shape == vocals.shape
    return {"mixture": mixture, "vocals": vocals, "accompaniment": mixture - vocals}


@pytest.fixture(scope="module")
def card() -> dict[str, object]:
    return json.loads((FOLDER / "card.json").read_text(encoding="utf-8"))


def _rms_db(samples: np.ndarray) -> float:
    return 10.0 * float(np.log10(np.mean((samples / 32768.0) ** 2) + 1e-12))


def test_files_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir() if path.is_file()}
    assert {"demo.flac", "vocals.flac", "card.json", "README.md"} <= set(sizes)
    assert sum(sizes.values()) < 4_000_000


def test_is_stereo_and_about_25_seconds_long(song: dict[str, np.ndarray]) -> None:
    n_samples, n_channels = song["mixture"].shape
    assert n_channels == 2
    assert 24.0 < n_samples / RATE < 27.0
    left, right = song["accompaniment"].T
    assert _rms_db(left - right) > _rms_db(left) - 20.0


@pytest.mark.parametrize("stem", STEMS)
def test_stems_are_those_that_were_composed(
    song: dict[str, np.ndarray], card: dict[str, dict[str, str]], stem: str
) -> None:
    # The accompaniment was hashed before it was mixed, so equal hashes mean an exact sum.
    data = np.ascontiguousarray(song[stem], dtype="<i2").tobytes()
    assert hashlib.sha256(data).hexdigest() == card["sha256_of_samples"][stem]


@pytest.mark.parametrize("stem", STEMS)
def test_nothing_clips_and_nothing_is_offset(song: dict[str, np.ndarray], stem: str) -> None:
    assert np.abs(song[stem]).max() < 0.9 * 32768
    assert np.abs(song[stem].mean(axis=0)).max() < 16


def test_voice_is_sung_at_least_half_of_the_time(song: dict[str, np.ndarray]) -> None:
    block = RATE // 20
    n_blocks = len(song["vocals"]) // block
    blocks = song["vocals"][: n_blocks * block].reshape(n_blocks, -1)
    levels = np.array([_rms_db(part) for part in blocks])
    assert np.mean(levels > _rms_db(song["vocals"]) - 15.0) > 0.5


def test_voice_sits_in_the_band_as_on_a_record(song: dict[str, np.ndarray]) -> None:
    assert -1.5 < _rms_db(song["vocals"]) - _rms_db(song["accompaniment"]) < 2.0


@pytest.mark.parametrize("stem", STEMS)
def test_has_energy_over_the_whole_band(song: dict[str, np.ndarray], stem: str) -> None:
    power = np.abs(np.fft.rfft(song[stem].mean(axis=1))) ** 2
    freqs_hz = np.fft.rfftfreq(len(song[stem]), 1.0 / RATE)
    edges_hz = (200, 500, 1000, 2000, 4000, 8000, 12000, 15000)
    for low, high in pairwise(edges_hz):
        share = power[(freqs_hz >= low) & (freqs_hz < high)].sum() / power.sum()
        assert 10.0 * np.log10(share) > -50.0, f"{stem} is empty from {low} to {high} Hz"


def test_starts_and_ends_in_silence(song: dict[str, np.ndarray]) -> None:
    assert np.abs(song["mixture"][:64]).max() < 64
    assert np.abs(song["mixture"][-64:]).max() < 64


def test_card_says_what_it_is(card: dict[str, object]) -> None:
    assert card["title"]
    assert card["authors"] == "Stemscope"
    assert card["licence"] == "CC0-1.0"
    assert "Never used to train" in str(card["training"])
