"""How long songs take on this machine and how much memory, from the runs before. No Qt, no torch.

Remembered per model, device and way (in the window, or from file to files at the command line), in
one small JSON file beside the cache of results.
"""

from __future__ import annotations

import json
import logging
import math
import os
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from core.errors import OutputError
from core.whole_file import write_json

logger = logging.getLogger(__name__)

FORMAT = 1
SHORTEST_S = 5.0
"""Shorter songs say little about longer ones: most of their time is the beginning."""
LATEST_SHARE = 0.5
"""How much the latest run counts against those before: machines get busier, and faster."""

WINDOW, FILES = "window", "files"


@dataclass(frozen=True)
class Run:
    """What one finished song took: work without pauses, and the most memory of the process."""

    song_s: float
    work_s: float
    peak_bytes: int | None = None
    song_bytes: int = 0
    """The part of the memory that grows with the song (its masks)."""


@dataclass(frozen=True)
class Estimate:
    """What a song will take; ``n_bytes`` None where the system does not tell."""

    work_s: float
    n_bytes: int | None


@dataclass(frozen=True)
class _Speed:
    work_per_s: float
    base_bytes: float | None = None
    bytes_per_s: float = 0.0


class SpeedMemory:
    """Speeds of the finished runs in one file, which may be missing or damaged. Any thread."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()
        self._lock = threading.Lock()
        self._speeds: dict[str, _Speed] | None = None

    def note(self, model_id: str, device: str, way: str, run: Run) -> None:
        """Remember a finished run. A disk that refuses only costs the memory of it."""
        if run.song_s < SHORTEST_S or not 0 < run.work_s < math.inf:
            return
        rest = None if run.peak_bytes is None else float(run.peak_bytes - run.song_bytes)
        now = _Speed(run.work_s / run.song_s, rest, run.song_bytes / run.song_s)
        with self._lock:
            speeds = self._read()
            key = _key(model_id, device, way)
            before = speeds.get(key)
            if before is not None:
                now = _Speed(
                    _blend(before.work_per_s, now.work_per_s),
                    # What was needed once may be needed again.
                    max((b for b in (before.base_bytes, rest) if b is not None), default=None),
                    now.bytes_per_s,
                )
            speeds[key] = now
            table = {"format": FORMAT, "speeds": {k: asdict(s) for k, s in speeds.items()}}
            try:
                write_json(self.path, table)
            except OutputError as error:
                logger.info("The speed of the last run is not kept: %s", error)

    def estimate(self, model_id: str, device: str, way: str, song_s: float) -> Estimate | None:
        """What a song of ``song_s`` seconds will take; None before the first run."""
        with self._lock:
            speed = self._read().get(_key(model_id, device, way))
        if speed is None:
            return None
        n_bytes = None
        if speed.base_bytes is not None:
            n_bytes = round(speed.base_bytes + speed.bytes_per_s * song_s)
        return Estimate(speed.work_per_s * song_s, n_bytes)

    def _read(self) -> dict[str, _Speed]:
        if self._speeds is None:
            self._speeds = {}
            try:
                table = json.loads(self.path.read_text(encoding="utf-8"))
                if table["format"] == FORMAT:
                    found = {str(k): _speed(s) for k, s in table["speeds"].items()}
                    self._speeds = {k: s for k, s in found.items() if s is not None}
            except FileNotFoundError:
                pass
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                logger.info("The speeds of former runs cannot be read: %s", error)
        return self._speeds


def default_path() -> Path:
    """In the user's cache folder, or where ``STEMSCOPE_CONFIG_DIR`` keeps what is remembered."""
    folder = os.environ.get("STEMSCOPE_CONFIG_DIR")
    return (
        Path(folder) if folder else user_cache_path("stemscope", appauthor=False)
    ) / "speed.json"


def total(estimates: Iterable[Estimate | None]) -> Estimate | None:
    """What songs one after the other take; None if nothing is known of one of them."""
    known = list(estimates)
    if not known or any(one is None for one in known):
        return None
    there = [one for one in known if one is not None]
    memory = [one.n_bytes for one in there if one.n_bytes is not None]
    return Estimate(sum(one.work_s for one in there), max(memory, default=None))


def _key(model_id: str, device: str, way: str) -> str:
    return f"{model_id} {device} {way}"


def _blend(before: float, now: float) -> float:
    return before + LATEST_SHARE * (now - before)


def _speed(table: Any) -> _Speed | None:
    speed = _Speed(**table)
    numbers = (speed.work_per_s, speed.base_bytes or 0.0, speed.bytes_per_s)
    if not all(isinstance(n, (int, float)) and math.isfinite(n) and n >= 0 for n in numbers):
        return None
    return speed
