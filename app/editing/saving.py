"""One project on its way to disk, in the pool. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.audio import Audio
from core.card import Card
from core.editing.edited import MaskState
from core.masks import Mask
from core.project import (
    ModelFacts,
    Project,
    SourceFile,
    autosave_path,
    describe_source,
    write_project,
)


@dataclass(frozen=True)
class PageState:
    """What of the page goes into a project."""

    view: dict[str, Any]
    mixer: dict[str, Any]
    loop_s: tuple[float, float] | None
    position_s: float


@dataclass(frozen=True)
class Saving:
    """Everything that the pool needs to write one project."""

    hashes: dict[tuple[str, int, int], SourceFile]
    song_path: Path
    model_id: str
    audio: Audio
    mask: Mask
    sources: tuple[str, ...]
    state: MaskState
    page: PageState

    def write(
        self,
        path: Path | None,
        autosaves: Callable[[], Path],
        card: Card,
        pack: bool,
        progress: Callable[..., None],
        should_stop: Callable[[], bool],
    ) -> Path:
        """Write to ``path``, or into the folder ``autosaves`` without one; where that is.

        ``card`` is the model's.
        """
        source = self._source(should_stop)
        model = ModelFacts(self.model_id, card.title, card.sha256, {})
        project = Project(
            source,
            model,
            self.sources,
            self.mask,
            self.state,
            self.page.view,
            self.page.mixer,
            self.page.loop_s,
            self.page.position_s,
        )
        if path is None:
            path = autosave_path(autosaves(), source.sha256)
        packed = self.song_path if pack else None
        write_project(path, project, pack_from=packed, progress=progress, should_stop=should_stop)
        return path

    def _source(self, should_stop: Callable[[], bool]) -> SourceFile:
        """The song's file; its content is read once as long as it stays the same."""
        status = self.song_path.stat()
        key = str(self.song_path), status.st_size, status.st_mtime_ns
        known = self.hashes.get(key)
        if known is None:
            known = describe_source(
                self.song_path,
                n_samples=self.audio.n_samples,
                sample_rate=self.audio.sample_rate,
                n_channels=self.audio.n_channels,
                should_stop=should_stop,
            )
            self.hashes[key] = known
        return known
