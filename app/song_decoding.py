"""The decoding of one song as a task of the pool: handed out early, then as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.cache import fingerprint
from app.tasks import Report, TaskHandle, TaskPool
from core.audio import DecodedSong
from core.errors import AudioFileError

DECODE_SHOWN, DECODE_AHEAD = 10, -5  # priorities in the pool

Decode = Callable[..., DecodedSong]


@dataclass(frozen=True)
class Decoded:
    """A song, perhaps still being read, and the mark of its file's content."""

    song: DecodedSong
    fingerprint: str


class Decoding(QObject):
    """One attempt at one file. Each signal but the last three may come several times, or never."""

    opened = Signal(object)  # Decoded: its beginning can be read
    progressed = Signal(float, str)  # fraction, stage
    finished = Signal(object)  # Decoded
    failed = Signal(object)  # Failure
    cancelled = Signal()

    def __init__(
        self,
        path: Path,
        decode: Decode,
        pool: TaskPool,
        *,
        shown: bool,
        accept_damaged: bool = False,
        scratch_dir: str | None = None,
    ) -> None:
        super().__init__()

        def task(progress: Report, should_stop: Callable[[], bool]) -> Decoded:
            if not path.exists():
                raise AudioFileError(
                    "“{name}” is not there any more. It was moved or deleted; open it again from "
                    "where it is now.",
                    name=path.name,
                )
            try:
                mark = fingerprint(path)
            except OSError:
                mark = ""  # decoding says what is wrong
            song = decode(
                path,
                scratch_dir=scratch_dir,
                progress=progress,
                should_stop=should_stop,
                accept_damaged=accept_damaged,
                opened=lambda song: progress(0.0, detail=Decoded(song, mark)),
            )
            return Decoded(song, mark)

        priority = DECODE_SHOWN if shown else DECODE_AHEAD
        self._stopped = False
        self._handle: TaskHandle = pool.submit(task, stage="Decoding", priority=priority)
        self._handle.told.connect(self._on_told)
        self._handle.progressed.connect(self._on_progressed)
        self._handle.finished.connect(self.finished)
        self._handle.failed.connect(self.failed)
        self._handle.cancelled.connect(self.cancelled)

    @property
    def seconds_left(self) -> float | None:
        return self._handle.seconds_left

    def cancel(self) -> None:
        """Stop; what was handed out will not be read any further."""
        self._stopped = True
        self._handle.cancel()

    @Slot(object)
    def _on_told(self, decoded: Decoded) -> None:
        if not self._stopped:
            self.opened.emit(decoded)

    @Slot(float, str)
    def _on_progressed(self, fraction: float, stage: str) -> None:
        if not self._stopped:
            self.progressed.emit(fraction, stage)
