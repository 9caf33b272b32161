"""What is heard of the stems: a gain for each, changed without clicks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from app.audio.gains import gain_of_db
from core.audio import FloatArray

RAMP_S = 0.01
HEARD = ("voice", "accompaniment", "mixture", "balance")
"""One stem alone, both as they came in, or both by their faders."""


def gains_of(
    heard: str, sources: Sequence[str], faders_db: Mapping[str, float]
) -> tuple[float, ...]:
    """The gain of each source: ``heard`` is one of ``HEARD``, or the name of a source."""
    if heard == "mixture":
        return (1.0,) * len(sources)
    if heard == "balance":
        return tuple(gain_of_db(faders_db.get(source, 0.0)) for source in sources)
    only = {"voice": "vocals"}.get(heard, heard)
    return tuple(float(source == only) for source in sources)


class Balance:
    """Adds stems up. ``wanted`` is replaced as a whole, by any thread."""

    def __init__(self, wanted: tuple[float, ...], rate: int) -> None:
        self.wanted = wanted
        self._gains = np.array(wanted, np.float32)
        self._most_per_frame = 1.0 / (RAMP_S * rate)

    def apply(self, stems: FloatArray) -> FloatArray:
        """``(n_sources, n_channels, n)`` times the gains, in place, and returned.

        A gain that is changed goes its whole way in 10 ms, or over the block if that is longer.
        """
        target = np.array(self.wanted, np.float32)
        n = stems.shape[2]
        if n == 0 or np.array_equal(target, self._gains):
            stems *= self._gains[:, None, None]
            return stems
        share = np.minimum(np.arange(1, n + 1) * self._most_per_frame, 1.0).astype(np.float32)
        curve = self._gains[:, None] + (target - self._gains)[:, None] * share
        self._gains = curve[:, -1].copy()
        stems *= curve[:, None]
        return stems
