"""Live separation: any blocks, a constant latency, the sound of the separation of files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.audio import ArrayAudio
from core.card import Card, ChunkSettings, NetworkSettings, StftSettings
from core.causality import is_causal, live_refusal
from core.checkpoint import Model
from core.errors import UsageError
from core.features import LevelSettings
from core.live import LiveSeparator, live_stft
from core.networks import build_network
from core.separator import separate

RATE = 8000
ARGUMENTS: dict[str, dict[str, Any]] = {
    "recurrent": {"n_bins": 129, "hidden": [24, 24], "context_frames": 1},
    "recurrent_u_net": {
        "n_bins": 129, "n_channels": 2, "fine_bins": 64, "medium_bins": 96, "widths": [4, 6, 8],
        "band_units": 5, "all_units": 12, "causal": True,
    },
}  # fmt: skip


def model(name: str = "recurrent", hop: int = 128, **more: Any) -> Model:
    """A small untrained network at 8 kHz, whose songs are one chunk."""
    torch.manual_seed(5)
    arguments = {**ARGUMENTS[name], **more}
    card = Card(
        "live", "Live", "", "", ("vocals", "accompaniment"), RATE, StftSettings(256, hop),
        LevelSettings(), ChunkSettings(100_000, 0, 0, 0), NetworkSettings(name, arguments),
    )  # fmt: skip
    return Model(card, build_network(name, arguments))


def sound(n_channels: int, n_samples: int, rate: int, seed: int = 1) -> NDArray[np.float32]:
    """Loud and soft noise below 3 kHz: above, masks are smoothed over what comes, or what was."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal((n_channels, n_samples)))
    spectrum[:, int(3000 * n_samples / rate) :] = 0
    swell = 0.1 + 0.9 * np.sin(np.arange(n_samples) / rate * 5) ** 2
    return (np.fft.irfft(spectrum, n_samples) * swell * 0.3).astype(np.float32)


def run(live: LiveSeparator, signal: NDArray[np.float32], sizes: list[int]) -> NDArray[np.float32]:
    """All that comes out, moved to where it went in."""
    latency = live.latency_samples
    padded = np.pad(signal, ((0, 0), (0, latency)))
    parts, place, turn = [], 0, 0
    while place < padded.shape[1]:
        block = padded[:, place : place + sizes[turn % len(sizes)]]
        parts.append(live.process(block))
        assert parts[-1].shape == (2, signal.shape[0], block.shape[1])
        place, turn = place + block.shape[1], turn + 1
    return np.concatenate(parts, axis=2)[:, :, latency:]


def error_db(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.sum((found - wanted) ** 2) / np.sum(wanted**2) + 1e-20))


@pytest.mark.parametrize("n_channels", [1, 2, 3])
@pytest.mark.parametrize("hop", [128, 64])
@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_stems_of_a_file(name: str, n_channels: int, hop: int) -> None:
    made = model(name, hop)
    signal = sound(n_channels, RATE * 3 + 17, RATE)
    stems = run(LiveSeparator(made, RATE, n_channels), signal, [333])
    separation = separate(ArrayAudio(signal, RATE), made)
    for stem, name in zip(stems, made.card.sources, strict=True):
        offline = separation.stems[name].read(0, signal.shape[1])
        assert error_db(stem, offline) < -55  # masks of files are kept in half precision
    separation.close()
    assert np.abs(stems.sum(axis=0) - signal).max() < 1e-6


@pytest.mark.parametrize("rate", [8000, 11025, 6000])
def test_blocks_of_any_size(rate: int) -> None:
    made = model("recurrent_u_net")
    signal = sound(2, rate * 2, rate)
    whole = run(LiveSeparator(made, rate, 2), signal, [signal.shape[1]])
    for sizes in ([1, 700, 3, 64], [256], [0, 1411]):
        pieces = run(LiveSeparator(made, rate, 2), signal, sizes)
        assert error_db(pieces, whole) < -90


@pytest.mark.parametrize(("rate", "least_db"), [(44100, -20), (48000, -20), (16000, -20)])
def test_another_rate_is_separated_alike(rate: int, least_db: float) -> None:
    made = model()
    n_s = 3
    # The same sound at two rates: a sum of sines.
    rng = np.random.default_rng(2)
    freqs, phases = rng.uniform(60, 3000, 40), rng.uniform(0, 6, 40)

    def at(sample_rate: int) -> NDArray[np.float32]:
        times = np.arange(n_s * sample_rate) / sample_rate
        waves = np.sin(2 * np.pi * freqs[:, None] * times + phases[:, None])
        return (waves.sum(axis=0)[None] * 0.02).astype(np.float32)

    own = run(LiveSeparator(made, RATE, 1), at(RATE), [512])
    other = run(LiveSeparator(made, rate, 1), at(rate), [512])
    assert np.abs(other.sum(axis=0) - at(rate)).max() < 1e-6
    size = n_s * RATE
    # Compared at the lower rate, below its band's end.
    voice = np.fft.irfft(np.fft.rfft(other[0])[:, : size // 2 + 1], size) * (RATE / rate)
    middle = slice(RATE // 4, -RATE // 4)
    assert error_db(voice[:, middle], own[0][:, middle]) < least_db
    assert abs(live_stft(made.card, rate).window_samples / rate - 256 / RATE) < 2 / rate


def test_above_the_band_and_below_it() -> None:
    made = model()
    high = sound(1, 44100, 44100)
    times = np.arange(44100) / 44100
    high += (0.1 * np.sin(2 * np.pi * 9000 * times)).astype(np.float32)
    stems = run(LiveSeparator(made, 44100, 1), high, [441])
    share = np.abs(np.fft.rfft(stems[:, 0]))[:, 9000] / np.abs(np.fft.rfft(high[0]))[9000]
    assert share[0] > 0.05
    assert share[0] + share[1] == pytest.approx(1, abs=0.1)


def test_silence_stays_silent_and_nonsense_is_forgotten() -> None:
    live = LiveSeparator(model(), RATE, 2)
    assert not live.process(np.zeros((2, 4000), np.float32)).any()
    live.process(np.full((2, 500), np.nan, np.float32))
    live.process(np.full((2, 500), np.inf, np.float32))
    assert np.isfinite(live.process(sound(2, 4000, RATE))).all()


def test_the_frames_for_a_picture() -> None:
    live = LiveSeparator(model("recurrent_u_net"), 16000, 2)
    live.process(sound(2, 256, 16000))
    assert live.frames is not None
    assert live.frames.spectra.shape == (2, 1, 257)
    assert live.frames.masks.shape == (1, 2, 1, 257)
    live.process(sound(2, 255, 16000))
    assert live.frames is None
    live.process(sound(2, 1025, 16000))
    assert live.frames is not None
    assert live.frames.masks.shape == (1, 2, 5, 257)
    assert 0 <= live.frames.masks.min() <= live.frames.masks.max() <= 1


def test_models_that_hear_ahead() -> None:
    for arguments in (
        {}, {"bidirectional": True}, {"context_frames": 3}, {"attention_heads": 2},
        {"attention_heads": 2, "attention_ahead": 0},
    ):  # fmt: skip
        made = model(**arguments)
        network = build_network("recurrent", made.card.network.arguments)
        assert is_causal("recurrent", made.card.network.arguments) == network.is_causal
        refusal = live_refusal(made.card)
        assert (refusal is None) == network.is_causal
        if refusal is not None:
            assert "hears ahead" in str(refusal)
            with pytest.raises(UsageError):
                LiveSeparator(made, RATE, 1)
    assert not is_causal("recurrent", {})
    assert not is_causal("recurrent_u_net", {})
    assert not is_causal("a network of tomorrow", {"causal": True})
    other = replace(model().card, network=NetworkSettings("recurrent_u_net", {"causal": False}))
    assert live_refusal(other) is not None
