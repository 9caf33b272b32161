"""Where decoded blocks arrive: checked, counted, and laid into a scratch file."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.audio.growing import GrowingAudio
from core.audio.info import N_CHANNELS_MAX, SAMPLE_RATE_MAX, SAMPLE_RATE_MIN, FileInfo
from core.audio.source import FloatArray, ScratchAudio
from core.errors import AudioFileError, Cancelled, OutputError

BLOCK_SAMPLES = 65_536
EARLY_SECONDS = 20.0
"""Only longer songs are handed out before their end is read: shorter ones are there at once."""
VALUE_MAX = 1e9
"""Beyond this (+180 dBFS) a float file holds something other than sound."""


class Intake:
    """Collects blocks of one file into a ``ScratchAudio``; closes it unless ``finish`` is reached.

    Raises ``AudioFileError`` for what cannot be separated (too many channels, a rate out of range,
    values that are no numbers), ``OutputError`` when the scratch disk is full, ``Cancelled``.
    """

    def __init__(
        self,
        path: Path,
        scratch_dir: Path | None,
        progress: Callable[[float], None] | None,
        should_stop: Callable[[], bool] | None,
        opened: Callable[[GrowingAudio, FileInfo], None] | None = None,
    ) -> None:
        self.path = path
        self._scratch_dir = scratch_dir
        self._progress = progress
        self._should_stop = should_stop
        self._opened = opened
        self._describe: Callable[[ScratchAudio], FileInfo] | None = None
        self._scratch: ScratchAudio | None = None
        self._pending: list[FloatArray] = []
        self._n_pending = 0

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def hands_out(self) -> bool:
        """Whether a long song of known length is to be handed out before its end is read."""
        return self._opened is not None

    @property
    def n_samples(self) -> int:
        return self._n_stored + self._n_pending

    @property
    def _n_stored(self) -> int:
        if isinstance(self._scratch, GrowingAudio):
            return self._scratch.n_received
        return self._scratch.n_samples if self._scratch else 0

    @property
    def sample_rate(self) -> int:
        return self._scratch.sample_rate if self._scratch else 0

    @property
    def n_channels(self) -> int:
        return self._scratch.n_channels if self._scratch else 0

    def open(
        self,
        n_channels: int,
        sample_rate: int,
        n_promised: int | None = None,
        describe: Callable[[ScratchAudio], FileInfo] | None = None,
    ) -> None:
        """Make the scratch file; must come before the first ``append``.

        With ``n_promised``, the number of samples that will come, and a ``describe`` that makes a
        song's description, a long song is handed to ``opened`` after its first block.
        """
        if n_channels > N_CHANNELS_MAX:
            raise AudioFileError(
                "“{name}” has {n_channels} channels; Stemscope takes 1 to {most}. "
                "Mix it down to fewer channels first.",
                name=self.name,
                n_channels=n_channels,
                most=N_CHANNELS_MAX,
            )
        if not SAMPLE_RATE_MIN <= sample_rate <= SAMPLE_RATE_MAX:
            raise AudioFileError(
                "“{name}” has a sample rate of {rate} Hz; Stemscope takes 8000 to 192000 Hz. "
                "Convert it to 44100 or 48000 Hz first.",
                name=self.name,
                rate=sample_rate,
            )
        try:
            long = n_promised is not None and n_promised > EARLY_SECONDS * sample_rate
            if n_promised is not None and long and self._opened is not None:
                self._describe = describe
                self._scratch = GrowingAudio(n_channels, sample_rate, n_promised, self._scratch_dir)
            else:
                self._scratch = ScratchAudio(n_channels, sample_rate, directory=self._scratch_dir)
        except OSError as error:
            raise self._scratch_error(error) from error

    def append(self, block: FloatArray) -> None:
        """Take ``block`` of shape ``(n_channels, n)``; small blocks are gathered."""
        self._pending.append(block)
        self._n_pending += block.shape[1]
        if self._n_pending >= BLOCK_SAMPLES:
            self._flush()

    def silence(self, n_samples: int) -> None:
        """Keep the timeline where a part of the file is unreadable."""
        if self._scratch is not None and n_samples > 0:
            self.append(np.zeros((self._scratch.n_channels, n_samples), np.float32))

    def poll(self, fraction: float) -> None:
        """Report progress; raise ``Cancelled`` if asked to stop."""
        if self._should_stop is not None and self._should_stop():
            raise Cancelled
        if self._progress is not None:
            self._progress(min(max(fraction, 0.0), 1.0))

    def finish(self, n_samples: int | None = None) -> ScratchAudio:
        """The whole signal, cut to ``n_samples`` if that is less than what came."""
        self._flush()
        n_stored = self._n_stored
        if self._scratch is None or n_stored == 0:
            raise AudioFileError(
                "“{name}” holds no sound: it has zero samples. Choose another file.",
                name=self.name,
            )
        n_samples = min(n_samples or n_stored, n_stored)
        if isinstance(self._scratch, GrowingAudio):
            whole = self._scratch.finish(n_samples)
        else:
            whole = self._scratch
            if n_samples < n_stored:
                whole.truncate(n_samples)
        self._scratch = None
        return whole

    def close(self) -> None:
        """Give the scratch file back if ``finish`` was not reached.

        One that was handed out can still be read as far as it is, and goes with its last reader.
        """
        self._pending.clear()
        if isinstance(self._scratch, GrowingAudio) and self._describe is None:
            self._scratch.abandon()
        elif self._scratch is not None:
            self._scratch.close()
        self._scratch = None

    def _flush(self) -> None:
        if not self._pending or self._scratch is None:
            return
        block = self._pending[0] if len(self._pending) == 1 else np.concatenate(self._pending, 1)
        self._pending.clear()
        self._n_pending = 0
        if not np.abs(block).max(initial=0.0) <= VALUE_MAX:  # also true for NaN
            self._refuse_values(block)
        try:
            self._scratch.append(block)
        except OSError as error:
            raise self._scratch_error(error) from error
        if self._describe is not None and isinstance(self._scratch, GrowingAudio):
            info, self._describe = self._describe(self._scratch), None
            assert self._opened is not None
            self._opened(self._scratch, info)

    def _refuse_values(self, block: FloatArray) -> None:
        assert self._scratch is not None
        if np.isnan(block).any():
            bad, what = np.isnan(block), "NaN (not a number)"
        elif np.isinf(block).any():
            bad, what = np.isinf(block), "infinite"
        else:
            bad, what = np.abs(block) > VALUE_MAX, "far beyond any sound"
        first = self._n_stored + int(bad.any(axis=0).argmax())
        raise AudioFileError(
            "“{name}” holds samples that are {what}, the first at {seconds:.3f} s. "
            "Export it again from the program that made it.",
            name=self.name,
            what=what,
            seconds=first / self._scratch.sample_rate,
        )

    def _scratch_error(self, error: OSError) -> OutputError:
        folder = self._scratch_dir or "the temporary folder"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return OutputError(
                "There is no room left in “{folder}” to decode “{name}”. Free some disk space.",
                folder=folder,
                name=self.name,
            )
        return OutputError(
            "“{name}” cannot be decoded into “{folder}”: {reason}. Check that folder.",
            name=self.name,
            folder=folder,
            reason=error.strerror or error,
        )
