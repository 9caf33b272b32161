"""How levels and masks are coloured, as plain values, and the tables that follow from them."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.spectrogram.colours import Table, ViewColours, level_table, mask_table, overlay_table
from app.spectrogram.level_range import LevelRange


@dataclass(frozen=True)
class Looks:
    """Maps by their names in ``colours``; the panes in ``tinted`` are covered with the mask."""

    range: LevelRange = field(default_factory=LevelRange)
    level_map: str = "magma"
    mask_map: str = "stems"
    tinted: frozenset[str] = frozenset()
    opacity: float = 0.5
    tint: str | None = None  # "#rrggbb"; the voice's colour if None

    def levels(self) -> Table:
        return level_table(self.level_map, self.range.floor_db, self.range.ceiling_db)

    def masks(self, colours: ViewColours) -> Table:
        return mask_table(self.mask_map, colours)

    def overlay(self, colours: ViewColours) -> Table:
        return overlay_table(self.tint or colours.voice, self.opacity)

    def covers(self, name: str) -> bool:
        """Whether the mask is laid over the pane."""
        return name in self.tinted and self.opacity > 0
