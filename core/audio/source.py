"""Audio as a block source: what every part of the program reads samples from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from core.scratch_file import ScratchFile

FloatArray = NDArray[np.float32]


@runtime_checkable
class Audio(Protocol):
    """A signal of known length that is read in blocks, from any thread."""

    @property
    def sample_rate(self) -> int:
        """Samples per second."""

    @property
    def n_channels(self) -> int: ...

    @property
    def n_samples(self) -> int:
        """Samples per channel."""

    def read(self, start: int, stop: int) -> FloatArray:
        """Samples ``start`` to ``stop`` as a new float32 array ``(n_channels, stop - start)``.

        Raises ``IndexError`` unless ``0 <= start <= stop <= n_samples``.
        """


def check_span(audio: Audio, start: int, stop: int) -> None:
    """Raise ``IndexError`` unless ``start`` to ``stop`` lies inside ``audio``."""
    if not 0 <= start <= stop <= audio.n_samples:
        raise IndexError(f"samples {start} to {stop} of a signal of {audio.n_samples}")


def read_padded(audio: Audio, start: int, stop: int) -> FloatArray:
    """Like ``audio.read``, with zeros before the first and after the last sample."""
    if 0 <= start <= stop <= audio.n_samples:
        return audio.read(start, stop)
    block = np.zeros((audio.n_channels, stop - start), np.float32)
    first, last = max(start, 0), min(stop, audio.n_samples)
    if last > first:
        block[:, first - start : last - start] = audio.read(first, last)
    return block


class ArrayAudio:
    """A whole signal in memory: ``samples`` of shape ``(n_channels, n_samples)``."""

    def __init__(self, samples: NDArray[np.floating], sample_rate: int) -> None:
        if samples.ndim != 2:
            raise ValueError(f"expected (n_channels, n_samples), got shape {samples.shape}")
        self._samples = np.array(samples, np.float32)
        self._sample_rate = int(sample_rate)

    @property
    def sample_rate(self) -> int:
        return self._sample_rate

    @property
    def n_channels(self) -> int:
        return int(self._samples.shape[0])

    @property
    def n_samples(self) -> int:
        return int(self._samples.shape[1])

    def read(self, start: int, stop: int) -> FloatArray:
        check_span(self, start, stop)
        return self._samples[:, start:stop].copy()


class ScratchAudio:
    """A signal in a temporary float32 file that disappears with the object.

    Written either by ``append`` (decoding, length unknown) or, when made with ``n_samples``, by
    ``write`` at any position (stems; unwritten parts read as zeros). One writer and any number
    of readers may share it.
    """

    def __init__(
        self,
        n_channels: int,
        sample_rate: int,
        n_samples: int = 0,
        directory: str | Path | None = None,
    ) -> None:
        self._file = ScratchFile(n_samples * n_channels * 4, directory)
        self._n_channels = n_channels
        self._sample_rate = sample_rate
        self._n_samples = n_samples

    @property
    def sample_rate(self) -> int:
        return self._sample_rate

    @property
    def n_channels(self) -> int:
        return self._n_channels

    @property
    def n_samples(self) -> int:
        return self._n_samples

    def append(self, block: FloatArray) -> None:
        """Add ``block`` of shape ``(n_channels, n)`` at the end."""
        stop = self._n_samples + block.shape[1]
        self._put(self._n_samples, block)
        self._n_samples = stop

    def write(self, start: int, block: FloatArray) -> None:
        """Replace the samples from ``start`` by ``block`` of shape ``(n_channels, n)``."""
        check_span(self, start, start + block.shape[1])
        self._put(start, block)

    def truncate(self, n_samples: int) -> None:
        """Drop what lies behind the first ``n_samples``."""
        if not 0 <= n_samples <= self._n_samples:
            raise IndexError(f"{n_samples} of a signal of {self._n_samples} samples")
        self._file.truncate(n_samples * self._n_channels * 4)
        self._n_samples = n_samples

    def read(self, start: int, stop: int) -> FloatArray:
        check_span(self, start, stop)
        interleaved = np.empty((stop - start, self._n_channels), np.float32)
        view = memoryview(interleaved.data).cast("B")
        self._file.read_into(start * self._n_channels * 4, view)
        return np.ascontiguousarray(interleaved.T)

    def close(self) -> None:
        """Give the disk space back; the signal cannot be read afterwards."""
        self._file.close()

    def _again(self, n_samples: int) -> ScratchAudio:
        """The first ``n_samples`` as a signal of its own, over the same file."""
        self.truncate(n_samples)
        other = ScratchAudio.__new__(ScratchAudio)
        other._file, other._n_samples = self._file, n_samples
        other._n_channels, other._sample_rate = self._n_channels, self._sample_rate
        return other

    def _put(self, start: int, block: FloatArray) -> None:
        data = np.ascontiguousarray(block.T, np.float32)
        self._file.write(start * self._n_channels * 4, memoryview(data.data).cast("B"))


class DifferenceAudio:
    """What is left of ``mixture`` after ``stems`` are taken out, computed as it is read."""

    def __init__(self, mixture: Audio, stems: Sequence[Audio]) -> None:
        for stem in stems:
            if (stem.n_channels, stem.n_samples, stem.sample_rate) != (
                mixture.n_channels,
                mixture.n_samples,
                mixture.sample_rate,
            ):
                raise ValueError("stems and mixture differ in shape or rate")
        self._mixture = mixture
        self._stems = tuple(stems)

    @property
    def sample_rate(self) -> int:
        return self._mixture.sample_rate

    @property
    def n_channels(self) -> int:
        return self._mixture.n_channels

    @property
    def n_samples(self) -> int:
        return self._mixture.n_samples

    def read(self, start: int, stop: int) -> FloatArray:
        block = self._mixture.read(start, stop)
        for stem in self._stems:
            block -= stem.read(start, stop)
        return block
