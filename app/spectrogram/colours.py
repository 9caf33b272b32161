"""Colours of the spectrogram view and the tables that turn codes into pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from app.theme import Theme
from core.spectrogram import CEILING_DB, FLOOR_DB

LEVEL_MAPS = ("magma", "inferno", "viridis", "plasma", "cividis", "CET-L8", "CET-L1", "paper")
MASK_MAPS = ("stems", "CET-D1", "CET-D1A", "CET-D2", "CET-D7", "CET-D9")


@dataclass(frozen=True)
class ViewColours:
    """Every colour the view paints with, as ``#rrggbb``; the defaults are the dark ones."""

    background: str = "#101113"
    panel: str = "#1b1d20"
    line: str = "#2e3136"
    grid: str = "#ffffff"
    text: str = "#d6d8dc"
    muted: str = "#8b9098"
    accent: str = "#e8e9eb"
    playhead: str = "#ffffff"
    pending: str = "#1f1f22"
    hatch: str = "#2d2d32"
    mixture: str = "#9aa0a8"
    voice: str = "#f2a33c"
    accompaniment: str = "#4fa3d9"
    mask: str = "#b58bd6"
    half: str = "#1c1c1e"  # the middle of the mask's own map
    others: tuple[str, ...] = field(default=("#7fbf6b", "#d96c8a", "#5fc2b4", "#c9b458"))

    def of(self, name: str) -> str:
        """The colour of a pane: "mixture", "mask" or the name of a stem."""
        known = {
            "mixture": self.mixture,
            "mask": self.mask,
            "vocals": self.voice,
            "accompaniment": self.accompaniment,
        }
        return known.get(name) or self.others[sum(name.encode()) % len(self.others)]


DARK = ViewColours()


def of_theme(looks: Theme) -> ViewColours:
    """The view's colours for an appearance of the program."""
    return ViewColours(
        background=looks.background,
        panel=looks.panel,
        line=looks.line,
        text=looks.text,
        muted=looks.muted,
        accent=looks.accent,
        pending="#1f1f22" if looks.is_dark else "#dadade",
        hatch="#2d2d32" if looks.is_dark else "#cbcbd0",
        mixture=looks.mixture,
        voice=looks.voice,
        accompaniment=looks.accompaniment,
        mask="#b58bd6" if looks.is_dark else "#8456ad",
        half="#1c1c1e" if looks.is_dark else "#f6f6f6",
    )


Table = tuple[int, ...]  # 256 pixels 0xAARRGGBB, not premultiplied; the first is for pending cells


@lru_cache(maxsize=32)
def level_table(name: str, floor_db: float, ceiling_db: float) -> Table:
    """Pixels of level codes: the colour map stretched from ``floor_db`` to ``ceiling_db``."""
    level_db = np.linspace(FLOOR_DB, CEILING_DB, 255)
    position = (level_db - floor_db) / max(1.0, ceiling_db - floor_db)
    return _table(name, position)


@lru_cache(maxsize=32)
def mask_table(name: str, colours: ViewColours) -> Table:
    """Pixels of mask codes with a two-sided map: the middle of the map is one half.

    "stems" goes from the colour of the accompaniment over a neutral one to that of the voice.
    """
    position = np.linspace(0, 1, 255)
    if name != "stems":
        return _table(name, position)
    ends = (colours.accompaniment, colours.half, colours.voice)
    channels = [[int(end[i : i + 2], 16) for end in ends] for i in (1, 3, 5)]
    # Whole panes of the pure colours would outshine everything: the ends are a little muted.
    channels = [[0.85 * a + 0.15 * m, m, 0.85 * b + 0.15 * m] for a, m, b in channels]
    return _pixels(*(np.interp(position, (0, 0.5, 1), channel) for channel in channels))


@lru_cache(maxsize=64)
def overlay_table(colour: str, opacity: float) -> Table:
    """Pixels that tint where the mask is high: ``opacity`` where it is one, none where zero."""
    rgb = int(colour.lstrip("#"), 16)
    alpha = np.rint(255 * opacity * np.linspace(0, 1, 255)).astype(int)
    return (0, *((int(a) << 24) | rgb for a in alpha))


def _table(name: str, position: np.ndarray) -> Table:
    index = np.clip(np.rint(position * 255), 0, 255).astype(int)
    return _pixels(*_map_colours(name)[index].T)


def _pixels(red: np.ndarray, green: np.ndarray, blue: np.ndarray) -> Table:
    r, g, b = (np.rint(channel).astype(np.int64) for channel in (red, green, blue))
    return (0, *(int(pixel) for pixel in 0xFF000000 | (r << 16) | (g << 8) | b))


@lru_cache(maxsize=32)
def _map_colours(name: str) -> np.ndarray:
    """256 colours ``(256, 3)`` uint8 of one of pyqtgraph's maps; "paper" is white to black."""
    from pyqtgraph import colormap

    colours = colormap.get("CET-L1" if name == "paper" else name)
    table = np.asarray(colours.getLookupTable(nPts=256, alpha=False), np.uint8)
    return table[::-1].copy() if name == "paper" else table
