"""A song with its two stems, as a separation gives them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.audio import ArrayAudio, Audio, DifferenceAudio

RATE = 44100
Song = tuple[Audio, dict[str, Audio]]


@pytest.fixture(scope="session")
def make_song() -> Callable[..., Song]:
    """A mixture on the grid of ``bits`` (or float) with its stems; ``voice_gain`` may clip."""

    def make(
        bits: int | None = 16,
        n_samples: int = 150_001,
        n_channels: int = 2,
        rate: int = RATE,
        voice_gain: float = 0.6,
        peak: float = 0.9,
    ) -> Song:
        rng = np.random.default_rng(n_samples)
        samples = rng.uniform(-peak, peak, (n_channels, n_samples))
        if bits is not None:
            samples = np.rint(samples * 2 ** (bits - 1)) / 2 ** (bits - 1)
        mixture = ArrayAudio(samples, rate)
        noise = rng.normal(0, 0.02, samples.shape)
        voice = ArrayAudio(samples * voice_gain + noise, rate)
        return mixture, {"vocals": voice, "accompaniment": DifferenceAudio(mixture, [voice])}

    return make
