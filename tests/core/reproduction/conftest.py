"""Records made by hand, with figures that are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.reproduction.records import ClipFigures, Record

SINGERS = ("Ani", "Kenshin", "bobon", "fdps", "geniusturtle", "khair")


@pytest.fixture
def make_record() -> Callable[..., Record]:
    """A record of a method whose clips lie around ``gnsdr_db``, singers differing from singer to
    singer by as much for every method."""

    def make(
        method: str,
        gnsdr_db: float,
        *,
        seed: int = 1,
        mask: str = "soft",
        gsir_db: float = 10.0,
        gsar_db: float = 9.0,
        noise_db: float = 0.0,
    ) -> Record:
        rng = np.random.default_rng([seed, *method.encode()])
        clips = []
        for index, singer in enumerate(SINGERS):
            for take in (1, 2):
                own = index - (len(SINGERS) - 1) / 2 + noise_db * rng.normal()
                clips.append(
                    ClipFigures(
                        f"{singer}_1_0{take}", 6.0, gnsdr_db + own, gsir_db + own, gsar_db + own
                    )
                )
        training = {
            "recipe": {
                "optimiser": {
                    "method": "lbfgs" if "lbfgs" in method else "adam",
                    "batch_sequences": 16,
                    "sequence_frames": 100,
                    "lbfgs_iterations": 30,
                }
            },
            "steps": 1000,
            "seconds": 240.0,
        }
        key = f"{method}{seed}"
        return Record(method, method, seed, mask, key, tuple(clips), training=training)

    return make
