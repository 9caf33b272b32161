"""The arithmetic of an export: stems in the numbers of the file, adding up to the mixture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from core.audio.encode import BitDepth
from core.audio.source import Audio
from core.errors import OutputError, UsageError

Block = NDArray[np.floating]
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
        # Single precision holds the integers of both depths and their differences exactly, unless
        # they exceed full scale; then there is a gain.
        is_exact = gain == 1.0 and BALANCE not in wanted
        dtype = np.float32 if is_exact else np.float64
        mixture = _as(dtype, self._mixture.read(start, stop))
        others = {n: _as(dtype, a.read(start, stop)) for n, a in self._others.items()}
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

    def measured(self) -> Peaks:
        """What will say which gain the files need."""
        return Peaks(self._full, self._n_stems)

    def _numbers(self, samples: Block, gain: float) -> Block:
        scale = gain * (self._full or 1.0)
        numbers = np.multiply(samples, samples.dtype.type(scale))
        return numbers if self._full is None else np.rint(numbers, out=numbers)


def _as(dtype: type[np.floating], samples: Block) -> Block:
    return samples.astype(dtype, copy=False)


class Peaks:
    """The extremes of all blocks of all files, in the numbers of the file."""

    def __init__(self, full_scale: float | None, n_stems: int) -> None:
        self._full = full_scale
        self._n_stems = n_stems
        self._lowest = self._highest = 0.0

    def add(self, blocks: Mapping[str, Block]) -> None:
        """Take note of ``blocks`` of stems by name; ``OutputError`` if they are no numbers."""
        for name, block in blocks.items():
            lowest, highest = float(block.min()), float(block.max())
            if not (math.isfinite(lowest) and math.isfinite(highest)):
                raise OutputError(
                    "The stem “{name}” holds values that are no numbers. Separate the song again.",
                    name=name,
                )
            self._lowest = min(self._lowest, lowest)
            self._highest = max(self._highest, highest)

    @property
    def gain_db(self) -> float:
        """The gain, 0 dB or less in steps of 0.1, at which no file exceeds full scale."""
        lowest, highest = self._lowest, self._highest
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
