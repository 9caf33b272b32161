"""Writing a song's stems as a task of the pool."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.cache import ResultCache
from app.cache_file import CacheKey
from app.song import Song
from core.audio import DecodedSong
from core.errors import StemscopeError


@dataclass(frozen=True)
class Shelf:
    """How to bring back a song that was let go: its decoder and its place in the cache."""

    decode: Callable[..., DecodedSong]
    cache: ResultCache | None
    key: CacheKey | None
    scratch_dir: str | None = None


def export_task(
    song: Song | None, shelf: Shelf, options: Any
) -> Callable[[Callable[[float], None], Callable[[], bool]], object]:
    """A task that writes what ``options`` (``core.export.ExportOptions``) ask for.

    It returns the ``ExportReport``. A song without a finished result of the session's model fails
    with a sentence.
    """
    path = None if song is None else song.path
    decoded = None if song is None else song.decoded
    result = None if song is None else song.result
    model_id = "" if song is None else song.model_id

    def task(progress: Callable[[float], None], should_stop: Callable[[], bool]) -> object:
        from core.export import export_stems

        again, found = decoded, result
        key, cache = shelf.key, shelf.cache
        if again is None and path is not None and cache is not None and key is not None:
            again = shelf.decode(path, scratch_dir=shelf.scratch_dir, should_stop=should_stop)
            if key.model_id == model_id:
                found = cache.load(key, again.audio, shelf.scratch_dir, should_stop)
        if again is None or found is None or not found.complete:
            raise StemscopeError(
                "This song is not separated yet. Wait until it is done, then export it."
            )
        return export_stems(
            again.audio,
            found.stems,
            again.info,
            again.tags,
            options,
            progress=progress,
            should_stop=should_stop,
        )

    return task
