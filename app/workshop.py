"""What the songs of a session share: threads, the cache, what makes separators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cache import ResultCache
from app.cache_file import CacheKey
from app.jobs import JobRunner
from app.separation_job import SeparatorFactory
from app.song import Song, SongResult
from app.song_decoding import Decode
from app.song_export import Shelf, export_task
from app.speed_memory import WINDOW, SpeedMemory
from app.tasks import TaskHandle, TaskPool
from core.audio import Audio, decode
from core.models import ModelEntry, find_model

if TYPE_CHECKING:
    from core.project import Project

RESTORE, STORE = 8, -10  # priorities in the pool

Found = tuple[Path, CacheKey | None, SongResult | None]
"""A model's folder, where its result would lie in the cache, and the result if it does."""


@dataclass(frozen=True)
class Workshop:
    """The session's means, and the small tasks that songs have done by them."""

    pool: TaskPool
    runner: JobRunner
    cache: ResultCache | None
    make_separator: SeparatorFactory
    decode: Decode = decode
    find_model: Callable[[str], ModelEntry] = find_model
    scratch_dir: str | None = None
    speeds: SpeedMemory | None = None
    projects: dict[Path, Project] = field(default_factory=dict)
    """Of songs that are about to be opened from projects."""

    def look_up(
        self, model_id: str, mixture: Audio, fingerprint: str, project: Project | None = None
    ) -> TaskHandle:
        """Look for the model and for what it made of ``mixture``; finishes with ``Found``.

        With a ``project`` of that model it is in there. Without a ``fingerprint`` of the song
        nothing is looked for in the cache.
        """

        def task(progress: Callable[[float], None], should_stop: Callable[[], bool]) -> Found:
            entry = self.find_model(model_id)
            if project is not None and project.model.model_id == model_id:
                from app.editing.project_result import project_result

                made = project_result(project, mixture, self.scratch_dir, should_stop)
                return entry.folder, None, made
            if self.cache is None or not fingerprint:
                return entry.folder, None, None
            key = CacheKey(fingerprint, model_id, entry.card.sha256)
            return entry.folder, key, self.cache.load(key, mixture, self.scratch_dir, should_stop)

        return self.pool.submit(task, priority=RESTORE)

    def export(self, song: Song | None, key: CacheKey | None, options: Any) -> TaskHandle:
        """Write stems of ``song``, whose result lies at ``key`` of the cache if it was let go."""
        shelf = Shelf(self.decode, self.cache, key, self.scratch_dir)
        return self.pool.submit(export_task(song, shelf, options), stage="Exporting", priority=5)

    def store(self, key: CacheKey, result: SongResult) -> TaskHandle | None:
        """Put ``result`` into the cache; finishes with whether it was kept.

        None where there is no cache, or the place is another model's.
        """
        cache = self.cache
        if cache is None or key.model_id != result.model_id:
            return None

        def task(progress: Callable[[float], None], should_stop: Callable[[], bool]) -> bool:
            return cache.store(key, result, should_stop)

        return self.pool.submit(task, priority=STORE)

    def note_speed(self, result: SongResult, device: str) -> TaskHandle | None:
        """Remember what making ``result`` took; None where nothing is known or remembered."""
        run, speeds = result.run, self.speeds
        if run is None or speeds is None:
            return None

        def task(progress: Callable[[float], None], should_stop: Callable[[], bool]) -> None:
            speeds.note(result.model_id, device, WINDOW, run)

        return self.pool.submit(task, priority=STORE)
