"""A song that can be read while its file is still being decoded."""

from __future__ import annotations

import threading
from pathlib import Path

from core.audio.source import Audio, FloatArray, ScratchAudio, check_span
from core.errors import Cancelled


class GrowingAudio(ScratchAudio):
    """A signal of known length whose samples arrive by ``append``; a read waits for them.

    Ends with ``finish``, or with ``abandon`` where the rest will never come: whoever waits then
    gets ``Cancelled``.
    """

    def __init__(
        self, n_channels: int, sample_rate: int, n_samples: int, directory: str | Path | None = None
    ) -> None:
        super().__init__(n_channels, sample_rate, directory=directory)
        self._n_promised = n_samples
        self._growing = True
        self._changed = threading.Condition()

    @property
    def n_samples(self) -> int:
        return self._n_promised

    @property
    def n_received(self) -> int:
        """Samples that came so far; in a file that lies about its length more than promised."""
        return self._n_samples

    @property
    def n_there(self) -> int:
        """Samples from the start on that a read gets without waiting."""
        return min(self._n_samples, self._n_promised)

    def append(self, block: FloatArray) -> None:
        super().append(block)
        with self._changed:
            self._changed.notify_all()

    def read(self, start: int, stop: int) -> FloatArray:
        """As ``Audio.read``; waits for what has not come yet, or ``Cancelled`` if it never will.

        Not for the thread of a window: look at ``n_there`` first.
        """
        check_span(self, start, stop)
        if stop > self.n_there:
            with self._changed:
                self._changed.wait_for(lambda: stop <= self.n_there or not self._growing)
            if stop > self.n_there:
                raise Cancelled
        return super().read(start, stop)

    def wait(self, n_samples: int, timeout_s: float) -> bool:
        """Wait a moment for the first ``n_samples``; False if they are not there then.

        Raises ``Cancelled`` if they never will be.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: n_samples <= self.n_there or not self._growing, timeout_s
            )
            if n_samples > self.n_there and not self._growing:
                raise Cancelled
            return n_samples <= self.n_there

    def finish(self, n_samples: int) -> ScratchAudio:
        """All of the signal has come, and ``n_samples`` of it count.

        This signal itself where it is as long as was promised; else another one over the same
        file, and this one is abandoned.
        """
        if n_samples == self._n_promised:
            self.truncate(n_samples)
            with self._changed:
                self._growing = False
            return self
        whole = self._again(n_samples)
        self.abandon()
        return whole

    def abandon(self) -> None:
        """Nothing more will come."""
        with self._changed:
            self._growing = False
            self._changed.notify_all()

    def close(self) -> None:
        self.abandon()
        super().close()


def n_there(audio: Audio) -> int:
    """Samples from the start of ``audio`` on that can be read without waiting for a decoder."""
    return audio.n_there if isinstance(audio, GrowingAudio) else audio.n_samples
