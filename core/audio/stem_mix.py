"""The arithmetic of an export: stems in the numbers of the file, adding up to the mixture."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from core.audio.encode import BitDepth
from core.audio.source import Audio
from core.errors import OutputError, UsageError

Block = NDArray[np.float64]
BALANCE = "balance"
"""The stem name of the file that holds all stems at the listener's gains."""
_STEPS_PER_DB = 10


class StemMix:
    """Reads any of the stems, or their balance, as numbers ready to be written.

    The last of ``stems`` is never read: it is the mixture minus the others, after all of them were
    rounded to the file's integers. With one stem alone, that one is read.
    """

    def __init__(
        self,
        mixture: Audio,
        stems: Mapping[str, Audio],
        balance_db: Mapping[str, float] | None,
        bit_depth: BitDepth,
    ) -> None:
        for name, stem in stems.items():
            if (stem.sample_rate, stem.n_channels, stem.n_samples) != (
                mixture.sample_rate,
                mixture.n_channels,
                mixture.n_samples,
            ):
                raise ValueError(f"stem {name} and mixture differ in rate, channels or length")
        names = list(stems)
        self._mixture = mixture
        self._last = names[-1]
        self._others = {n: stems[n] for n in names[:-1]}
        if not self._others:  # a single stem is no remainder
            self._mixture = stems[self._last]
        self._n_stems = len(names)
        self._full = None if bit_depth == "float" else float(2 ** (bit_depth - 1))
        unknown = [n for n in balance_db or {} if n not in stems]
        if unknown:
            raise UsageError("There is no stem “{name}” to balance.", name=unknown[0])
        self._gains = {n: 10 ** ((balance_db or {}).get(n, 0.0) / 20) for n in names}

    def read(
        self, wanted: Iterable[str], start: int, stop: int, gain_db: float = 0.0
    ) -> dict[str, Block]:
        """Samples of the ``wanted`` stems as ``(n_channels, n)``, whole numbers for integers."""
        wanted = list(wanted)
        gain = 10 ** (gain_db / 20)
        mixture = self._mixture.read(start, stop).astype(np.float64)
        others = {n: a.read(start, stop).astype(np.float64) for n, a in self._others.items()}
        found: dict[str, Block] = {}
        if BALANCE in wanted:
            # With equal gains this is the mixture itself, to the last bit.
            last = self._gains[self._last]
            balance = last * mixture
            for name, stem in others.items():
                balance += (self._gains[name] - last) * stem
            found[BALANCE] = self._numbers(balance, gain)
        remainder = self._numbers(mixture, gain)
        for name, stem in others.items():
            numbers = self._numbers(stem, gain)
            remainder -= numbers
            if name in wanted:
                found[name] = numbers
        if self._last in wanted:
            found[self._last] = remainder
        return found

    def safe_gain_db(
        self, wanted: Iterable[str], block_samples: int, poll: Callable[[float], None]
    ) -> float:
        """The gain, 0 dB or less in steps of 0.1, at which no wanted file exceeds full scale."""
        wanted = list(wanted)
        lowest = highest = 0.0
        n_samples = self._mixture.n_samples
        for start in range(0, n_samples, block_samples):
            stop = min(start + block_samples, n_samples)
            for name, block in self.read(wanted, start, stop).items():
                lowest = min(lowest, float(block.min()))
                highest = max(highest, float(block.max()))
                if not np.isfinite(block).all():
                    raise OutputError(
                        "The stem “{name}” holds values that are no numbers. "
                        "Separate the song again.",
                        name=name,
                    )
            poll(stop / n_samples)
        top, bottom = (1.0, 1.0) if self._full is None else (self._full - 1, self._full)
        if highest <= top and -lowest <= bottom:
            return 0.0
        # Rounding moves each stem by half a step, and the last by half a step per stem.
        slack = 0.0 if self._full is None else float(self._n_stems)
        ratio = min(
            (top - slack) / highest if highest > top else 1.0,
            (bottom - slack) / -lowest if -lowest > bottom else 1.0,
            (top - slack) / top,
        )
        return -math.ceil(-20 * math.log10(ratio) * _STEPS_PER_DB - 1e-9) / _STEPS_PER_DB

    def _numbers(self, samples: Block, gain: float) -> Block:
        if gain != 1.0:
            samples = samples * gain
        if self._full is None:
            return samples.copy()
        return np.rint(samples * self._full)
