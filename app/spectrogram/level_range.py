"""The range of levels that the colours of the spectrograms stand for."""

from __future__ import annotations

from dataclasses import dataclass, replace

LOWEST_DB, HIGHEST_DB = -120.0, 0.0
LEAST_SPAN_DB = 10.0
"""Closer together, floor and ceiling would turn levels into black and white."""


@dataclass(frozen=True)
class LevelRange:
    """Levels in dBFS that get the first and the last colour; always some decibels apart."""

    floor_db: float = -100.0
    ceiling_db: float = -15.0

    @property
    def span_db(self) -> float:
        return self.ceiling_db - self.floor_db

    def with_floor(self, floor_db: float) -> LevelRange:
        """Another floor; it stops short of the ceiling."""
        most = self.ceiling_db - LEAST_SPAN_DB
        return replace(self, floor_db=min(max(floor_db, LOWEST_DB), most))

    def with_ceiling(self, ceiling_db: float) -> LevelRange:
        """Another ceiling; it stops short of the floor."""
        least = self.floor_db + LEAST_SPAN_DB
        return replace(self, ceiling_db=max(min(ceiling_db, HIGHEST_DB), least))

    def moved(self, by_db: float) -> LevelRange:
        """Both by as much, until one of them comes to the end of the scale."""
        by_db = min(max(by_db, LOWEST_DB - self.floor_db), HIGHEST_DB - self.ceiling_db)
        return LevelRange(self.floor_db + by_db, self.ceiling_db + by_db)

    def rounded(self) -> LevelRange:
        """In whole decibels."""
        return LevelRange(float(round(self.floor_db)), float(round(self.ceiling_db)))
