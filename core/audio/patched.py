"""A signal of which parts are replaced, while the signal itself stays as it is."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from core.audio.source import Audio, FloatArray, ScratchAudio, check_span
from core.ranges import Ranges


class PatchedAudio:
    """``base`` with patches over it, which lie in a temporary file and can be taken off again.

    One writer and any number of readers may share it. ``patched`` says where patches lie, in
    samples; elsewhere a read gives what ``base`` gives. Without any patch there is no file.
    """

    def __init__(self, base: Audio, directory: str | Path | None = None) -> None:
        self.base = base
        self.patched = Ranges()
        self._directory = directory
        self._patches: ScratchAudio | None = None
        self._writing = threading.Lock()

    @property
    def sample_rate(self) -> int:
        return self.base.sample_rate

    @property
    def n_channels(self) -> int:
        return self.base.n_channels

    @property
    def n_samples(self) -> int:
        return self.base.n_samples

    def write(self, start: int, block: FloatArray) -> None:
        """Put ``block``, ``(n_channels, n)``, over the samples from ``start`` on.

        ``OSError`` if the disk has no room for it.
        """
        stop = start + block.shape[1]
        check_span(self, start, stop)
        with self._writing:
            self._made().write(start, block)
            self.patched = self.patched.plus(start, stop)

    def prepare(self) -> None:
        """Make the file now, so that the first patch is there sooner. ``OSError`` as ``write``."""
        with self._writing:
            self._made()

    def _made(self) -> ScratchAudio:
        if self._patches is None:
            self._patches = ScratchAudio(
                self.n_channels, self.sample_rate, self.n_samples, self._directory
            )
        return self._patches

    def revert(self, start: int, stop: int) -> None:
        """Take the patches off samples ``start`` to ``stop``."""
        with self._writing:
            self.patched = self.patched.minus(start, stop)

    def read(self, start: int, stop: int) -> FloatArray:
        check_span(self, start, stop)
        patched, patches = self.patched, self._patches
        if patches is None or not patched.touches(start, stop):
            return self.base.read(start, stop)
        block = np.empty((self.n_channels, stop - start), np.float32)
        for a, b in patched.missing(start, stop):
            block[:, a - start : b - start] = self.base.read(a, b)
        for a, b in patched.within(start, stop):
            block[:, a - start : b - start] = patches.read(a, b)
        return block
