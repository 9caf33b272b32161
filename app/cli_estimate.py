"""What songs will take at the command line, said before they begin and learnt while they run."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path

from app.speed_memory import FILES, Run, SpeedMemory, total
from core.audio.duration import said_duration_s
from core.process_memory import resident_bytes


class Expectation:
    """The memory of former runs of one model on one device, from file to files."""

    def __init__(self, model_id: str, device: str, speeds: SpeedMemory | None = None) -> None:
        self._model_id, self._device = model_id, device
        self._speeds = speeds or SpeedMemory()

    def sentence(self, paths: Iterable[Path]) -> str | None:
        """Time and memory of all songs; None where this model has not run here yet."""
        if self._speeds.estimate(self._model_id, self._device, FILES, 1.0) is None:
            return None
        lengths_s = [said_duration_s(path) for path in paths]
        whole = total(
            None
            if length_s is None
            else self._speeds.estimate(self._model_id, self._device, FILES, length_s)
            for length_s in lengths_s
        )
        if whole is None:
            return None
        songs = "One song takes" if len(lengths_s) == 1 else f"{len(lengths_s)} songs take"
        memory = "" if whole.n_bytes is None else f" and {whole.n_bytes / 1e6:.0f} MB of memory"
        return f"{songs} about {_words(whole.work_s)}{memory}, as the last ones did here."

    def for_terminal(self, paths: Iterable[Path]) -> str | None:
        """``sentence`` for somebody who watches; None where the output goes to a program."""
        return self.sentence(paths) if sys.stderr.isatty() else None

    def watch(self) -> Watch:
        """Begin to watch a song."""
        return Watch(self)

    def note(self, run: Run) -> None:
        self._speeds.note(self._model_id, self._device, FILES, run)


class Watch:
    """What one song takes."""

    def __init__(self, expectation: Expectation) -> None:
        self._expectation = expectation
        self._began_s = time.perf_counter()
        self._peak_bytes = 0

    def look(self) -> None:
        """Look at the memory in use; call it now and then."""
        self._peak_bytes = max(self._peak_bytes, resident_bytes() or 0)

    def done(self, song_s: float, song_bytes: int) -> None:
        """It is done: ``song_bytes`` of the memory grew with the song."""
        self.look()
        work_s = time.perf_counter() - self._began_s
        self._expectation.note(Run(song_s, work_s, self._peak_bytes or None, song_bytes))


def _words(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
